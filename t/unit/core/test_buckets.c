#include <stdlib.h>
#include <string.h>

#include <apr_thread_proc.h>

#include "core/buckets.h"
#include "tap.h"

#define NOW apr_time_from_sec(1000000)
#define WAYS 8
#define HOUR apr_time_from_sec(3600)

static const tpa_bucket_spec_t slow = { 3, HOUR };

static tpa_buckets_t *table(apr_uint32_t sets)
{
    return tpa_buckets_make(apr_pcalloc(p, tpa_buckets_size(sets)), sets);
}

static int act(tpa_buckets_t *b, tpa_bucket_act_t what, apr_uint64_t key,
               apr_time_t now)
{
    tpa_bucket_view_t view;

    tpa_buckets_ask(b, what, key, &slow, now, &view);
    return view.allowed;
}

static int take(tpa_buckets_t *b, apr_uint64_t key, apr_time_t now)
{
    return act(b, TPA_BUCKET_TAKE, key, now);
}

static int peek(tpa_buckets_t *b, apr_uint64_t key, apr_time_t now)
{
    return act(b, TPA_BUCKET_PEEK, key, now);
}

static void empty(tpa_buckets_t *b, apr_uint64_t key, apr_time_t now)
{
    int i;

    for (i = 0; i < slow.burst; i++)
        ck_assert(take(b, key, now));
    ck_assert(!take(b, key, now));
}

START_TEST(apart)
{
    tpa_buckets_t *b = table(4);

    empty(b, 1, NOW);
    ck_assert(!peek(b, 1, NOW));
    ck_assert(peek(b, 5, NOW));     /* of the same set */
    ck_assert(peek(b, 2, NOW));
    empty(b, 5, NOW);
    ck_assert(take(b, 1, NOW + HOUR));
    ck_assert(!take(b, 1, NOW + HOUR));
}
END_TEST

START_TEST(peeks_take_nothing)
{
    tpa_buckets_t *b = table(1);
    int i;

    for (i = 0; i < 10; i++)
        ck_assert(peek(b, 1, NOW));
    empty(b, 1, NOW);
    act(b, TPA_BUCKET_GIVE, 1, NOW);
    ck_assert(peek(b, 1, NOW));
    ck_assert(take(b, 1, NOW));
    ck_assert(!take(b, 1, NOW));
    act(b, TPA_BUCKET_GIVE, 2, NOW);    /* never taken from: stays full */
    empty(b, 2, NOW);
}
END_TEST

/* However many others come, a bucket in use keeps what was taken. */
START_TEST(flood)
{
    tpa_buckets_t *b = table(16);
    tpa_bucket_view_t view;
    apr_uint64_t key, no_place = 0;

    empty(b, 1, NOW);
    for (key = 2; key < 100000; key++)
        no_place += !tpa_buckets_ask(b, TPA_BUCKET_TAKE, key, &slow, NOW,
                                     &view);
    ck_assert(!peek(b, 1, NOW));
    ck_assert(!take(b, 1, NOW));
    ck_assert_int_eq(no_place, 99998 - (16 * WAYS - 1));
    ck_assert(view.allowed);            /* nobody is refused for want of room */
    /* When they are full again there is room. */
    ck_assert(tpa_buckets_ask(b, TPA_BUCKET_TAKE, 77777, &slow, NOW + HOUR,
                              &view));
}
END_TEST

/* A place that changes hands begins with a full bucket, and with its own
 * news. */
START_TEST(evicted)
{
    tpa_buckets_t *b = table(1);
    apr_time_t later = NOW + 4 * HOUR;
    apr_uint64_t key;

    for (key = 1; key <= WAYS; key++) {
        empty(b, key, NOW);
        ck_assert(tpa_buckets_tell(b, key, TPA_BUCKET_EMPTY, later - 1));
    }
    empty(b, 99, later);
    ck_assert(tpa_buckets_tell(b, 99, TPA_BUCKET_EMPTY, later));
}
END_TEST

START_TEST(told)
{
    tpa_buckets_t *b = table(1);

    empty(b, 1, NOW);
    ck_assert(tpa_buckets_tell(b, 1, TPA_BUCKET_EMPTY, NOW));
    ck_assert(!tpa_buckets_tell(b, 1, TPA_BUCKET_EMPTY, NOW));
    ck_assert(tpa_buckets_tell(b, 1, TPA_BUCKET_LOW, NOW));
    ck_assert(!tpa_buckets_tell(b, 1, TPA_BUCKET_EMPTY,
                                NOW + apr_time_from_sec(59)));
    ck_assert(tpa_buckets_tell(b, 1, TPA_BUCKET_EMPTY,
                               NOW + apr_time_from_sec(60)));
    /* The clock was set back. */
    ck_assert(tpa_buckets_tell(b, 1, TPA_BUCKET_EMPTY, NOW));
}
END_TEST

/* ---- at the same time --------------------------------------------------- */

#define THREADS 4
#define EACH 20000
#define KEYS 3

typedef struct racer_t {
    tpa_buckets_t *b;
    int passed[KEYS];
} racer_t;

static const tpa_bucket_spec_t raced = { 10000, HOUR };

static void *APR_THREAD_FUNC race(apr_thread_t *thread, void *baton)
{
    racer_t *r = baton;
    tpa_bucket_view_t view;
    int i;

    for (i = 0; i < EACH; i++) {
        tpa_buckets_ask(r->b, TPA_BUCKET_TAKE, i % KEYS + 1, &raced, NOW,
                        &view);
        r->passed[i % KEYS] += view.allowed;
    }
    return NULL;
}

START_TEST(races)
{
    tpa_buckets_t *b = table(1);
    racer_t racers[THREADS] = { { NULL } };
    apr_thread_t *threads[THREADS];
    apr_status_t rv;
    int i, k;

    for (i = 0; i < THREADS; i++) {
        racers[i].b = b;
        ck_assert(!apr_thread_create(&threads[i], NULL, race, &racers[i], p));
    }
    for (i = 0; i < THREADS; i++)
        apr_thread_join(&rv, threads[i]);
    for (k = 0; k < KEYS; k++) {
        int passed = 0;

        for (i = 0; i < THREADS; i++)
            passed += racers[i].passed[k];
        ck_assert_int_eq(passed, raced.burst);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("buckets");
    TCase *tc = tap_case(s, "buckets");

    tcase_add_test(tc, apart);
    tcase_add_test(tc, peeks_take_nothing);
    tcase_add_test(tc, flood);
    tcase_add_test(tc, evicted);
    tcase_add_test(tc, told);
    tcase_add_test(tc, races);
    return s;
}
