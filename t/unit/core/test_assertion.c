#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/assertion.h"

#define NOW 1000000
#define ISSUER "https://auth.test/"
#define ENDPOINT "https://auth.test/oauth/token"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

/* iss, sub and jti that are in order; the cases add the rest. */
#define NAMES "\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"j\","
#define TIMES "\"iat\":1000000,\"exp\":1000100"
#define AUD "\"aud\":\"" ISSUER "\","

static const struct {
    const char *claims;
    int ok;
} cases[] = {
    { "{" NAMES AUD TIMES "}", 1 },
    { "{" NAMES "\"aud\":\"" ENDPOINT "\"," TIMES "}", 1 },
    { "{" NAMES "\"aud\":[\"x\",\"" ISSUER "\"]," TIMES "}", 1 },
    { "{" NAMES "\"aud\":\"https://auth.test\"," TIMES "}", 0 },
    { "{" NAMES "\"aud\":\"https://other.test/\"," TIMES "}", 0 },
    { "{" NAMES "\"aud\":[]," TIMES "}", 0 },
    { "{" NAMES "\"aud\":[1]," TIMES "}", 0 },
    { "{" NAMES "\"aud\":null," TIMES "}", 0 },
    { "{" NAMES TIMES "}", 0 },
    { "{\"iss\":\"d\",\"sub\":\"c\",\"jti\":\"j\"," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"sub\":\"d\",\"jti\":\"j\"," AUD TIMES "}", 0 },
    { "{\"sub\":\"c\",\"jti\":\"j\"," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"jti\":\"j\"," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"sub\":\"c\"," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"\"," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"sub\":\"c\",\"jti\":7," AUD TIMES "}", 0 },
    { "{\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"" LONG "\"," AUD TIMES "}", 1 },
    { "{\"iss\":\"c\",\"sub\":\"c\",\"jti\":\"" LONG "x\"," AUD TIMES "}", 0 },
    { "{" NAMES AUD "\"iat\":1000000}", 0 },
    { "{" NAMES AUD "\"exp\":\"1000100\"}", 0 },
    { "{" NAMES AUD "\"exp\":1000000}", 0 },
    { "{" NAMES AUD "\"exp\":1000001}", 1 },
    { "{" NAMES AUD "\"iat\":1000000,\"exp\":1000300}", 1 },
    { "{" NAMES AUD "\"iat\":1000000,\"exp\":1000301}", 0 },
    { "{" NAMES AUD "\"exp\":1000310}", 1 },
    { "{" NAMES AUD "\"exp\":1000311}", 0 },
    { "{" NAMES AUD "\"exp\":9223372036854775807}", 0 },
    { "{" NAMES AUD "\"iat\":-9223372036854775807,\"exp\":1000100}", 0 },
    { "{" NAMES AUD "\"iat\":1000010,\"exp\":1000100}", 1 },
    { "{" NAMES AUD "\"iat\":1000011,\"exp\":1000100}", 0 },
    { "{" NAMES AUD "\"iat\":\"now\",\"exp\":1000100}", 0 },
    { "{" NAMES AUD "\"nbf\":1000010,\"exp\":1000100}", 1 },
    { "{" NAMES AUD "\"nbf\":1000011,\"exp\":1000100}", 0 },
    { "{" NAMES AUD "\"nbf\":1.5,\"exp\":1000100}", 0 },
};

START_TEST(claims_table)
{
    const char *text = cases[_i].claims;
    tpa_assertion_t a;
    tpa_json_t *o;
    tpa_err_t *e;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &o, p));
    e = tpa_assertion_check(o, "c", ISSUER, ENDPOINT, apr_time_from_sec(NOW),
                            &a, p);
    ck_assert_msg((e == TPA_OK) == cases[_i].ok, "%s: %s", text,
                  e ? e->detail : "passed");
    if (e) {
        ck_assert_int_eq(e->kind, TPA_E_INVALID_CLIENT);
        ck_assert_str_eq(e->text, "Client authentication failed");
    }
    else
        ck_assert_int_gt(a.expires, apr_time_from_sec(NOW));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/assertion");
    TCase *tc = tap_case(s, "assertion");

    tcase_add_loop_test(tc, claims_table, 0,
                        sizeof(cases) / sizeof(cases[0]));
    return s;
}
