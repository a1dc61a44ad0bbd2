/**
 * @file tap.h
 * @brief main() of a unit test: runs suite(), prints TAP, and gives each test
 *        a fresh pool in p.
 *
 * A test file includes this once and defines: static Suite *suite(void).
 */
#ifndef TPA_UNIT_TAP_H
#define TPA_UNIT_TAP_H

#include <check.h>
#include <stdlib.h>
#include <apr_general.h>
#include <apr_pools.h>

static apr_pool_t *p;
static Suite *suite(void);

static void pool_up(void)
{
    apr_pool_create(&p, NULL);
}

static void pool_down(void)
{
    apr_pool_destroy(p);
}

/** A test case with the pool fixture, added to s. */
static inline TCase *tap_case(Suite *s, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, pool_up, pool_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(s, tc);
    return tc;
}

int main(void)
{
    SRunner *runner;
    int failed;

    apr_initialize();
    runner = srunner_create(suite());
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    apr_terminate();
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
