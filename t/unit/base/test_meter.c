#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/meter.h"
#include "tap.h"

#define THREADS 4
#define ROUNDS 5000
#define MORE_THAN_ALL 2000   /* labels */

static tpa_meter_t *empty(void)
{
    return apr_pcalloc(p, tpa_meter_size());
}

/* What stands at labels; 0: nothing. */
static apr_uint64_t at(const tpa_meter_t *m, tpa_tally_t what, const char *a,
                       const char *b)
{
    apr_array_header_t *all = tpa_meter_counts(m, p);
    int i;

    for (i = 0; i < all->nelts; i++) {
        const tpa_tallied_t *c = &APR_ARRAY_IDX(all, i, tpa_tallied_t);

        if (c->what == what && !strcmp(c->a, a) && !strcmp(c->b, b))
            return c->n;
    }
    return 0;
}

START_TEST(counts_by_label)
{
    tpa_meter_t *m = empty();

    ck_assert_int_eq(tpa_meter_counts(m, p)->nelts, 0);
    tpa_meter_count(m, TPA_TALLY_REFUSED, "invalid_grant", "code_fresh");
    tpa_meter_count(m, TPA_TALLY_REFUSED, "invalid_grant", "code_fresh");
    tpa_meter_count(m, TPA_TALLY_REFUSED, "invalid_grantc", "ode_fresh");
    tpa_meter_count(m, TPA_TALLY_TOKENS, "invalid_grant", "code_fresh");
    tpa_meter_add(m, TPA_TALLY_CODES, NULL, NULL, 7);
    ck_assert_int_eq(tpa_meter_counts(m, p)->nelts, 4);
    ck_assert_uint_eq(at(m, TPA_TALLY_REFUSED, "invalid_grant", "code_fresh"),
                      2);
    ck_assert_uint_eq(at(m, TPA_TALLY_REFUSED, "invalid_grantc", "ode_fresh"),
                      1);
    ck_assert_uint_eq(at(m, TPA_TALLY_TOKENS, "invalid_grant", "code_fresh"),
                      1);
    ck_assert_uint_eq(at(m, TPA_TALLY_CODES, "", ""), 7);
}
END_TEST

START_TEST(sorted)
{
    tpa_meter_t *m = empty();
    apr_array_header_t *all;

    tpa_meter_count(m, TPA_TALLY_THROTTLED, "login", NULL);
    tpa_meter_count(m, TPA_TALLY_REFUSED, "b", "a");
    tpa_meter_count(m, TPA_TALLY_REFUSED, "a", "b");
    tpa_meter_count(m, TPA_TALLY_REFUSED, "a", "a");
    all = tpa_meter_counts(m, p);
    ck_assert_int_eq(all->nelts, 4);
    ck_assert_str_eq(APR_ARRAY_IDX(all, 0, tpa_tallied_t).b, "a");
    ck_assert_str_eq(APR_ARRAY_IDX(all, 1, tpa_tallied_t).b, "b");
    ck_assert_str_eq(APR_ARRAY_IDX(all, 2, tpa_tallied_t).a, "b");
    ck_assert_int_eq(APR_ARRAY_IDX(all, 3, tpa_tallied_t).what,
                     TPA_TALLY_THROTTLED);
}
END_TEST

/* However many labels come: the table does not grow, and nothing is silent. */
START_TEST(bounded)
{
    tpa_meter_t *m = empty();
    apr_uint64_t sum = 0;
    apr_array_header_t *all;
    int i;

    for (i = 0; i < MORE_THAN_ALL; i++)
        tpa_meter_count(m, TPA_TALLY_REFUSED, "e", apr_itoa(p, i));
    all = tpa_meter_counts(m, p);
    for (i = 0; i < all->nelts; i++)
        sum += APR_ARRAY_IDX(all, i, tpa_tallied_t).n;
    ck_assert_int_lt(all->nelts, MORE_THAN_ALL);
    ck_assert_uint_gt(tpa_meter_lost(m), 0);
    ck_assert_uint_eq(sum + tpa_meter_lost(m), MORE_THAN_ALL);
}
END_TEST

START_TEST(long_labels_are_cut)
{
    tpa_meter_t *m = empty();
    const tpa_tallied_t *c;

    tpa_meter_count(m, TPA_TALLY_REFUSED,
                    "a_label_that_is_much_longer_than_any_name_of_ours", "r");
    c = &APR_ARRAY_IDX(tpa_meter_counts(m, p), 0, tpa_tallied_t);
    ck_assert_str_eq(c->a, "a_label_that_is_much_longer_than_any_na");
    ck_assert_str_eq(c->b, "r");
}
END_TEST

START_TEST(no_meter)
{
    apr_time_t before = apr_time_now();

    tpa_meter_count(NULL, TPA_TALLY_CODES, NULL, NULL);
    ck_assert(tpa_meter_time(NULL, TPA_TIME_SIGNING, 0) >= before);
}
END_TEST

/* took_us: how long; in: the first bound it is within; the rest follow. */
static const struct {
    int took_us, in;
} durations[] = {
    { -5000000, 0 }, { 0, 0 }, { 120, 1 }, { 700000, 11 },
    { 5000000, TPA_METER_BOUNDS },
};

START_TEST(times)
{
    tpa_meter_t *m = empty();
    tpa_timed_t timed;
    int i;

    tpa_meter_time(m, TPA_TIME_DATABASE,
                   apr_time_now() - durations[_i].took_us);
    tpa_meter_timed(m, TPA_TIME_SIGNING, &timed);
    ck_assert_uint_eq(timed.n, 0);
    tpa_meter_timed(m, TPA_TIME_DATABASE, &timed);
    ck_assert_uint_eq(timed.n, 1);
    for (i = 0; i < durations[_i].in - 1; i++)
        ck_assert_uint_eq(timed.within[i], 0);
    if (durations[_i].in < TPA_METER_BOUNDS)
        ck_assert_uint_eq(timed.within[TPA_METER_BOUNDS - 1], 1);
    if (durations[_i].took_us > 0)
        ck_assert_uint_ge(timed.sum_us, durations[_i].took_us);
    else
        ck_assert_uint_le(timed.sum_us, 1000000);
}
END_TEST

static void *APR_THREAD_FUNC hammer(apr_thread_t *thread, void *m)
{
    int i;

    for (i = 0; i < ROUNDS; i++) {
        tpa_meter_count(m, TPA_TALLY_REFUSED, "e", i % 2 ? "odd" : "even");
        tpa_meter_time(m, TPA_TIME_SIGNING, apr_time_now());
    }
    return NULL;
}

START_TEST(threads_lose_nothing)
{
    apr_thread_t *threads[THREADS];
    tpa_meter_t *m = empty();
    tpa_timed_t timed;
    apr_status_t rv;
    int i;

    for (i = 0; i < THREADS; i++)
        apr_thread_create(&threads[i], NULL, hammer, m, p);
    for (i = 0; i < THREADS; i++)
        apr_thread_join(&rv, threads[i]);
    ck_assert_int_eq(tpa_meter_counts(m, p)->nelts, 2);
    ck_assert_uint_eq(at(m, TPA_TALLY_REFUSED, "e", "odd"),
                      THREADS * ROUNDS / 2);
    ck_assert_uint_eq(at(m, TPA_TALLY_REFUSED, "e", "even"),
                      THREADS * ROUNDS / 2);
    tpa_meter_timed(m, TPA_TIME_SIGNING, &timed);
    ck_assert_uint_eq(timed.n, THREADS * ROUNDS);
}
END_TEST

START_TEST(measures)
{
    const tpa_measure_t *m = _i < TPA_TALLIES
        ? tpa_measure_of_count(_i) : tpa_measure_of_timing(_i - TPA_TALLIES);
    const char *end = _i < TPA_TALLIES ? "_total" : "_seconds";

    ck_assert_ptr_nonnull(m->name);
    ck_assert_int_eq(strspn(m->name, "abcdefghijklmnopqrstuvwxyz_"),
                     strlen(m->name));
    ck_assert_str_eq(m->name + strlen(m->name) - strlen(end), end);
    ck_assert(m->help && *m->help);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("meter");
    TCase *tc = tap_case(s, "meter");

    tcase_add_test(tc, counts_by_label);
    tcase_add_test(tc, sorted);
    tcase_add_test(tc, bounded);
    tcase_add_test(tc, long_labels_are_cut);
    tcase_add_test(tc, no_meter);
    tcase_add_loop_test(tc, times, 0,
                        sizeof(durations) / sizeof(durations[0]));
    tcase_add_test(tc, threads_lose_nothing);
    tcase_add_loop_test(tc, measures, 0, TPA_TALLIES + TPA_TIMINGS);
    return s;
}
