#include <string.h>

#include "core/renew.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* ---- when --------------------------------------------------------------- */

#define STALE 1000

/* Seconds; what was fetched lives for 100. */
static const struct {
    int tried, got, now;
    int may, due, good;
} moments[] = {
    { 0, 0, 5000, 1, 1, 0 },
    /* it was never there */
    { 5000, 0, 5000, 0, 0, 0 },
    { 5000, 0, 5009, 0, 0, 0 },
    { 5000, 0, 5010, 1, 1, 0 },
    /* it is there */
    { 5000, 5000, 5000, 0, 0, 1 },
    { 5000, 5000, 5009, 0, 0, 1 },
    { 5000, 5000, 5010, 1, 0, 1 },
    { 5000, 5000, 5099, 1, 0, 1 },
    { 5000, 5000, 5100, 1, 1, 1 },
    /* it came before, and then no more */
    { 5100, 5000, 5105, 0, 0, 1 },
    { 5100, 5000, 5110, 1, 1, 1 },
    { 5100, 5000, 6099, 1, 1, 1 },
    { 5100, 5000, 6100, 1, 1, 0 },
    { 6095, 5000, 6099, 0, 0, 1 },
    { 6095, 5000, 6100, 0, 0, 0 },
    { 5050, 5000, 5070, 1, 0, 1 },
    /* the clock was set back */
    { 5000, 5000, 4000, 1, 1, 1 },
    { 5000, 0, 4000, 1, 1, 0 },
};

START_TEST(moment)
{
    tpa_renew_t r = { apr_time_from_sec(moments[_i].tried),
                      apr_time_from_sec(moments[_i].got), 100 };
    apr_time_t now = apr_time_from_sec(moments[_i].now);

    ck_assert_int_eq(tpa_renew_may(&r, now), moments[_i].may);
    ck_assert_int_eq(tpa_renew_is_due(&r, now), moments[_i].due);
    ck_assert_int_eq(tpa_renew_is_good(&r, STALE, now), moments[_i].good);
}
END_TEST

/* Lifetimes add up to more than an int of microseconds holds. */
START_TEST(long_times)
{
    tpa_renew_t r = { 1, 1, 0x7fffffff };

    ck_assert(tpa_renew_is_good(&r, 0x7fffffff,
                                apr_time_from_sec(APR_INT64_C(4000000000))));
    ck_assert(!tpa_renew_is_good(&r, 0x7fffffff,
                                 apr_time_from_sec(APR_INT64_C(4300000000))));
    ck_assert(!tpa_renew_is_due(&r, apr_time_from_sec(2000000000)));
}
END_TEST

/* ---- how long ----------------------------------------------------------- */

static const struct {
    const char *header;
    int seconds;
} ages[] = {
    { NULL, 50 },
    { "", 50 },
    { "public", 50 },
    { "max-age=70", 70 },
    { "public, max-age=70", 70 },
    { "Max-Age=70 , public", 70 },
    { "max-age=1", 10 },
    { "max-age=0", 10 },
    { "max-age=101", 100 },
    { "max-age=99999999999999999999", 100 },
    { "max-age=x", 100 },
    { "max-age", 50 },
    { "x-max-age=70", 50 },
    { "s-maxage=70", 50 },
    { "no-cache", 10 },
    { "max-age=70, no-store", 10 },
    { "no-storage, max-age=70", 70 },
    { ",,,", 50 },
};

START_TEST(age)
{
    ck_assert_msg(tpa_renew_lifetime(ages[_i].header, 10, 50, 100)
                  == ages[_i].seconds, "%s", ages[_i].header);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/renew");
    TCase *tc = tap_case(s, "renew");

    tcase_add_loop_test(tc, moment, 0, ROWS(moments));
    tcase_add_test(tc, long_times);
    tcase_add_loop_test(tc, age, 0, ROWS(ages));
    return s;
}
