#include <string.h>

#include "base/bounds.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const tpa_param_t own[] = {
    { "token", 5 },
    { "hint", 3 },
    { NULL }
};

static tpa_req_t req;
static tpa_txn_t t;

/* A request with one parameter in its URL and one in its body. */
static tpa_txn_t *request(const char *in_url, const char *in_body,
                          const char *value)
{
    memset(&req, 0, sizeof(req));
    memset(&t, 0, sizeof(t));
    req.query = apr_table_make(p, 2);
    req.form = apr_table_make(p, 2);
    if (in_url)
        apr_table_addn(req.query, in_url, "x");
    if (in_body)
        apr_table_addn(req.form, in_body, value);
    t.p = p;
    t.req = &req;
    return &t;
}

static const struct {
    const char *in_url, *in_body, *value;
    const char *text;    /* NULL: fine */
} cases[] = {
    { NULL,    NULL,    NULL,     NULL },
    { NULL,    "token", "12345",  NULL },
    { NULL,    "token", "",       NULL },
    { NULL,    "token", "123456", "Parameter token is longer than 5 bytes" },
    { NULL,    "hint",  "1234",   "Parameter hint is longer than 3 bytes" },
    { NULL,    "other", "123456", NULL },
    { "other", NULL,    NULL,     NULL },
    { "token", NULL,    NULL,
      "Parameter token belongs in the body of the request, not in its URL" },
};

START_TEST(bounds)
{
    tpa_err_t *e = tpa_bounds_check(
        request(cases[_i].in_url, cases[_i].in_body, cases[_i].value), own);

    if (!cases[_i].text) {
        ck_assert_ptr_null(e);
        return;
    }
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    ck_assert_str_eq(e->text, cases[_i].text);
    ck_assert_str_eq(e->rule, "parameters");
}
END_TEST

START_TEST(needed)
{
    const char *value = NULL;
    tpa_err_t *e;

    ck_assert_ptr_null(tpa_bounds_need(request(NULL, "token", "abc"), "token",
                                       &value));
    ck_assert_str_eq(value, "abc");
    /* Empty is not sent, RFC 6749 3.2; the name counts to the letter. */
    e = tpa_bounds_need(request(NULL, "token", ""), "token", &value);
    ck_assert_ptr_nonnull(e);
    ck_assert_str_eq(e->text, "Parameter token is required");
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    ck_assert_ptr_nonnull(tpa_bounds_need(request(NULL, "Token", "abc"),
                                          "token", &value));
    ck_assert_ptr_nonnull(tpa_bounds_need(request("token", NULL, NULL),
                                          "token", &value));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bounds");
    TCase *tc = tap_case(s, "bounds");

    tcase_add_loop_test(tc, bounds, 0, COUNT(cases));
    tcase_add_test(tc, needed);
    return s;
}
