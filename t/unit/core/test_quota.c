#include <string.h>

#include <apr_strings.h>

#include "core/quota.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* bucket("client", "per_hour", quota, used, left_s) */
static const char *bucket(const char *of, const char *name, int quota,
                          int used, int left_s)
{
    return apr_psprintf(p, "{\"of\":\"%s\",\"bucket\":\"%s\",\"quota\":%d,"
                        "\"used\":%d,\"left_s\":%d,\"enforce\":true}", of, name,
                        quota, used, left_s);
}

static tpa_quota_t answer(const char *used_up, const char *buckets)
{
    tpa_quota_t q;

    ck_assert(tpa_quota_read(apr_psprintf(p,
        "{\"used_up\":%s,\"at\":12345,\"organization_id\":null,"
        "\"buckets\":[%s]}", used_up, buckets), &q, p));
    return q;
}

START_TEST(headers)
{
    tpa_quota_t q = answer("null", apr_pstrcat(p,
        bucket("client", "per_hour", 10, 3, 1200), ",",
        bucket("client", "per_day", 100, 250, 9000), ",",
        bucket("organization", "per_day", 5, 5, 9000), NULL));

    ck_assert_str_eq(tpa_quota_header(&q, TPA_QUOTA_CLIENT, p),
                     "b=per_hour;q=10;r=7;t=1200,b=per_day;q=100;r=0;t=9000");
    ck_assert_str_eq(tpa_quota_header(&q, TPA_QUOTA_ORG, p),
                     "b=per_day;q=5;r=0;t=9000");
    ck_assert(q.is_taken && !q.is_owed);
    ck_assert_str_eq(q.at, "12345");
    ck_assert_ptr_null(tpa_quota_check(&q, p));
    q = answer("null", bucket("client", "per_day", 1, 1, 9));
    ck_assert_ptr_null(tpa_quota_header(&q, TPA_QUOTA_ORG, p));
}
END_TEST

START_TEST(refusals)
{
    const char *both = apr_pstrcat(p,
        bucket("client", "per_hour", 10, 10, 1200), ",",
        bucket("client", "per_day", 100, 100, 9000), ",",
        bucket("organization", "per_hour", 10, 10, 1200), ",",
        bucket("organization", "per_day", 100, 99, 9000), NULL);
    tpa_quota_t q = answer("\"client\"", both);
    tpa_err_t *e = tpa_quota_check(&q, p);

    ck_assert_int_eq(e->kind, TPA_E_TOO_MANY);
    ck_assert_str_eq(e->text, "Client quota exceeded");
    ck_assert_str_eq(e->rule, "client_quota");
    ck_assert_int_eq(e->retry_after_s, 9000);
    ck_assert(!q.is_taken);
    ck_assert_int_eq(tpa_json_size(tpa_quota_steps(&q, p)), 0);
    q = answer("\"organization\"", both);
    e = tpa_quota_check(&q, p);
    ck_assert_str_eq(e->text, "Organization quota exceeded");
    ck_assert_str_eq(e->rule, "organization_quota");
    ck_assert_int_eq(e->retry_after_s, 1200);
}
END_TEST

/* Quota, and the uses at which steps are reached. */
static const struct {
    int quota;
    const char *reached;   /* use:percent ... */
} reached[] = {
    { 100, "60:60 80:80 100:100" }, { 10, "6:60 8:80 10:100" },
    { 7, "5:60 6:80 7:100" },       { 3, "2:60 3:80 3:100" },
    { 2, "2:60 2:80 2:100" },       { 1, "1:60 1:80 1:100" },
    { 2147483647, "" },
};

START_TEST(steps_are_reached_once)
{
    const char *text = "";
    int used;

    for (used = 1; used <= 120; used++) {
        tpa_quota_t q = answer("null", bucket("client", "per_day",
                                              reached[_i].quota, used, 60));
        const tpa_json_t *list = tpa_quota_steps(&q, p);
        apr_size_t i;

        for (i = 0; i < tpa_json_size(list); i++) {
            apr_int64_t percent;

            ck_assert(tpa_json_get_int(tpa_json_at(list, i), "percent",
                                       &percent));
            text = apr_psprintf(p, "%s%s%d:%d", text, *text ? " " : "", used,
                                (int)percent);
        }
    }
    ck_assert_str_eq(text, reached[_i].reached);
}
END_TEST

START_TEST(owed_and_nothing)
{
    tpa_quota_t q;

    ck_assert(tpa_quota_read(NULL, &q, p));
    ck_assert(!q.is_owed && !q.is_taken);
    ck_assert_ptr_null(tpa_quota_check(&q, p));
    ck_assert(tpa_quota_read("{\"is_owed\":true,\"organization_id\":\"org_x\"}",
                             &q, p));
    ck_assert(q.is_owed && !q.is_taken);
    ck_assert_str_eq(q.org_id, "org_x");
    q = answer("null", "");
    ck_assert(!q.is_taken);   /* there is nothing to take back */
}
END_TEST

static const char *const malformed[] = {
    "", "{", "[]", "{}", "{\"at\":1}", "{\"at\":1,\"buckets\":{}}",
    "{\"at\":\"x\",\"buckets\":[]}", "{\"at\":1,\"buckets\":[1]}",
    "{\"at\":1,\"buckets\":[{\"of\":\"client\"}]}",
    ("{\"at\":1,\"buckets\":[{\"of\":\"client\",\"bucket\":\"per_day\","
     "\"quota\":0,\"used\":1,\"left_s\":1}]}"),
};

START_TEST(refuses)
{
    tpa_quota_t q;

    ck_assert(!tpa_quota_read(malformed[_i], &q, p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("quota");
    TCase *tc = tap_case(s, "quota");

    tcase_add_test(tc, headers);
    tcase_add_test(tc, refusals);
    tcase_add_loop_test(tc, steps_are_reached_once, 0, COUNT(reached));
    tcase_add_test(tc, owed_and_nothing);
    tcase_add_loop_test(tc, refuses, 0, COUNT(malformed));
    return s;
}
