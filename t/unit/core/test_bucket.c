#include "core/bucket.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
#define NOW 1000000000
#define S APR_USEC_PER_SEC

/* Seconds from NOW: full_at before, and after. */
static const struct {
    int burst, every_s, full_in;
    int allowed, remaining, kept_in, free_in;
} rows[] = {
    { 3, 10, 0,    1, 2, 10, 0 },     /* full */
    { 3, 10, -500, 1, 2, 10, 0 },     /* long full */
    { 3, 10, 10,   1, 1, 20, 0 },
    { 3, 10, 20,   1, 0, 30, 10 },    /* the last one */
    { 3, 10, 30,   0, 0, 30, 10 },    /* empty */
    { 3, 10, 21,   0, 0, 21, 1 },     /* nearly one there */
    { 3, 10, 19,   1, 0, 29, 9 },
    { 3, 10, 9,    1, 1, 19, 0 },     /* parts of tokens do not count */
    { 3, 10, 99,   0, 0, 30, 10 },    /* it was larger before */
    { 1, 10, 0,    1, 0, 10, 10 },
    { 1, 10, 10,   0, 0, 10, 10 },
    { 0, 10, 0,    0, 0, 0, 10 },     /* blocked */
    { 0, 10, 50,   0, 0, 0, 10 },
    { 1000000, 86400, 0, 1, 999999, 86400, 0 },
};

START_TEST(take)
{
    tpa_bucket_spec_t spec = { rows[_i].burst, rows[_i].every_s * S };
    tpa_bucket_view_t view;
    apr_time_t kept = tpa_bucket_take(&spec, NOW + rows[_i].full_in * S, NOW,
                                      &view);

    ck_assert_int_eq(view.allowed, rows[_i].allowed);
    ck_assert_int_eq(view.remaining, rows[_i].remaining);
    ck_assert_int_eq(view.full_at - NOW, rows[_i].kept_in * S);
    ck_assert_int_eq(kept - NOW, rows[_i].kept_in * S);
    ck_assert_int_eq(view.free_at - NOW, rows[_i].free_in * S);
}
END_TEST

/* Over any stretch of time: the burst, and what came back. */
START_TEST(sustained)
{
    tpa_bucket_spec_t spec = { 5, 2 * S };
    apr_time_t full_at = 0, now = NOW;
    tpa_bucket_view_t view;
    int i, passed = 0;

    for (i = 0; i < 1000; i++) {
        full_at = tpa_bucket_take(&spec, full_at, now, &view);
        passed += view.allowed;
        now += S / 10;
    }
    ck_assert_int_eq(passed, 5 + 49);
}
END_TEST

START_TEST(gave_back)
{
    tpa_bucket_spec_t spec = { 2, 10 * S };
    tpa_bucket_view_t view;
    apr_time_t full_at = tpa_bucket_take(&spec, 0, NOW, &view);

    full_at = tpa_bucket_take(&spec, full_at, NOW, &view);
    full_at = tpa_bucket_give(&spec, full_at);
    full_at = tpa_bucket_take(&spec, full_at, NOW, &view);
    ck_assert(view.allowed);
    full_at = tpa_bucket_take(&spec, full_at, NOW, &view);
    ck_assert(!view.allowed);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bucket");
    TCase *tc = tap_case(s, "bucket");

    tcase_add_loop_test(tc, take, 0, COUNT(rows));
    tcase_add_test(tc, sustained);
    tcase_add_test(tc, gave_back);
    return s;
}
