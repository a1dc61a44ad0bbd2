#include <pthread.h>
#include <string.h>

#include "core/once.h"
#include "tap.h"

#define MOST 1024
#define NOW 1790000000
#define THREADS 4
#define KEYS 400

static void *table_of(int most)
{
    return apr_pcalloc(p, tpa_once_size(most));
}

/* Spread as a hash would be. */
static apr_uint64_t hash_of(apr_uint64_t n)
{
    n = (n + 1) * 0x9e3779b97f4a7c15u;
    n = (n ^ (n >> 31)) * 0xbf58476d1ce4e5b9u;
    return n ^ (n >> 29);
}

static const struct {
    apr_int64_t expires, later;
    tpa_once_t second;
} times[] = {
    { NOW + 300, NOW, TPA_ONCE_AGAIN },
    { NOW + 300, NOW + 299, TPA_ONCE_AGAIN },
    { NOW + 300, NOW + 300, TPA_ONCE_NEW },
    { NOW + 300, NOW + 9000000, TPA_ONCE_NEW },
    /* its clock may lie behind */
    { NOW + 300, NOW - 60, TPA_ONCE_AGAIN },
    /* over the edge of 2^24 seconds */
    { (107 << 24) + 5, (107 << 24) - 5, TPA_ONCE_AGAIN },
    { (107 << 24) + 5, (107 << 24) + 4, TPA_ONCE_AGAIN },
    { (107 << 24) + 5, (107 << 24) + 5, TPA_ONCE_NEW },
    { (107 << 24), (107 << 24) - 1, TPA_ONCE_AGAIN },
};

START_TEST(time_table)
{
    apr_int64_t first = times[_i].expires - 300;
    void *table = table_of(MOST);

    ck_assert_int_eq(tpa_once_take(table, MOST, hash_of(7), times[_i].expires,
                                   first), TPA_ONCE_NEW);
    ck_assert_int_eq(tpa_once_take(table, MOST, hash_of(7),
                                   times[_i].later + 300, times[_i].later),
                     times[_i].second);
}
END_TEST

/* Hashes that are nothing special must not look like a free place. */
START_TEST(odd_hashes)
{
    static const apr_uint64_t odd[] = {
        0, 1, (1u << 24) - 1, 1u << 24, ~(apr_uint64_t)0
    };
    void *table = table_of(1);
    unsigned i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        tpa_once_t first = tpa_once_take(table, 1, odd[i], 107 << 24,
                                         (107 << 24) - 9);

        ck_assert_int_ne(first, TPA_ONCE_FULL);
        ck_assert_int_eq(tpa_once_take(table, 1, odd[i], 107 << 24,
                                       (107 << 24) - 9), TPA_ONCE_AGAIN);
    }
}
END_TEST

START_TEST(half_of_it_fits)
{
    void *table = table_of(MOST);
    int i;

    for (i = 0; i < MOST / 2; i++)
        ck_assert_int_eq(tpa_once_take(table, MOST, hash_of(i), NOW + 300,
                                       NOW), TPA_ONCE_NEW);
    for (i = 0; i < MOST / 2; i++)
        ck_assert_int_eq(tpa_once_take(table, MOST, hash_of(i), NOW + 300,
                                       NOW), TPA_ONCE_AGAIN);
}
END_TEST

/* A full table lets nothing pass, and forgets nothing; time makes room. */
START_TEST(nothing_fits)
{
    int i, full = 0, size = 16;
    void *table = table_of(size);

    for (i = 0; i < size; i++)
        ck_assert_int_eq(tpa_once_take(table, size, hash_of(i), NOW + 300,
                                       NOW), TPA_ONCE_NEW);
    for (i = size; i < 3 * size; i++)
        full += tpa_once_take(table, size, hash_of(i), NOW + 300, NOW)
            == TPA_ONCE_FULL;
    ck_assert_int_eq(full, 2 * size);
    for (i = 0; i < size; i++)
        ck_assert_int_eq(tpa_once_take(table, size, hash_of(i), NOW + 300,
                                       NOW), TPA_ONCE_AGAIN);
    ck_assert_int_eq(tpa_once_take(table, size, hash_of(99), NOW + 600,
                                   NOW + 300), TPA_ONCE_NEW);
}
END_TEST

/* ---- at the same moment ------------------------------------------------- */

static void *shared;
static int told_new[KEYS];

static void *take_all(void *baton)
{
    int i;

    for (i = 0; i < KEYS; i++) {
        if (tpa_once_take(shared, MOST, hash_of(i), NOW + 300, NOW)
            == TPA_ONCE_NEW)
            __atomic_add_fetch(&told_new[i], 1, __ATOMIC_SEQ_CST);
    }
    return baton;
}

START_TEST(at_the_same_moment)
{
    pthread_t thread[THREADS];
    int i, some = 0;

    shared = table_of(MOST);
    memset(told_new, 0, sizeof(told_new));
    for (i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, take_all, NULL), 0);
    for (i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (i = 0; i < KEYS; i++) {
        ck_assert_int_le(told_new[i], 1);
        some += told_new[i];
    }
    ck_assert_int_gt(some, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/once");
    TCase *tc = tap_case(s, "once");

    tcase_add_loop_test(tc, time_table, 0,
                        (int)(sizeof(times) / sizeof(times[0])));
    tcase_add_test(tc, odd_hashes);
    tcase_add_test(tc, half_of_it_fits);
    tcase_add_test(tc, nothing_fits);
    tcase_add_loop_test(tc, at_the_same_moment, 0, 10);
    return s;
}
