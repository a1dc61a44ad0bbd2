#include <string.h>

#include "base/text.h"
#include "core/access.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define ISSUER "https://auth.example.test/"
#define API "https://api.example.test/"
#define JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

/* ---- the header --------------------------------------------------------- */

static const struct {
    const char *value, *token;
    tpa_scheme_t scheme;
} headers[] = {
    { NULL, NULL, TPA_SCHEME_NONE },
    { "", NULL, TPA_SCHEME_NONE },
    { " ", NULL, TPA_SCHEME_NONE },
    { "Bearer a.b-c_d~e+f/g=", "a.b-c_d~e+f/g=", TPA_SCHEME_BEARER },
    { "bEARER abc", "abc", TPA_SCHEME_BEARER },
    { "Bearer   abc", "abc", TPA_SCHEME_BEARER },
    { "DPoP abc", "abc", TPA_SCHEME_DPOP },
    { "dpop abc", "abc", TPA_SCHEME_DPOP },
    { "Bearer", NULL, TPA_SCHEME_BROKEN },
    { "Bearer ", NULL, TPA_SCHEME_BROKEN },
    { "DPoP", NULL, TPA_SCHEME_BROKEN },
    { "Bearer a b", NULL, TPA_SCHEME_BROKEN },
    { "Bearer abc ", NULL, TPA_SCHEME_BROKEN },
    { "Bearer\tabc", NULL, TPA_SCHEME_NONE },
    { "Bearer a\tb", NULL, TPA_SCHEME_BROKEN },
    { "Bearer \"abc\"", NULL, TPA_SCHEME_BROKEN },
    { "Bearer a%62c", NULL, TPA_SCHEME_BROKEN },
    { "Bearer a\xc3\xa4", NULL, TPA_SCHEME_BROKEN },
    { "Bearerabc", NULL, TPA_SCHEME_NONE },
    { "Beare abc", NULL, TPA_SCHEME_NONE },
    { " Bearer abc", NULL, TPA_SCHEME_NONE },
    { "Basic YTpi", NULL, TPA_SCHEME_NONE },
    { "Digest username=\"a\", realm=\"b\"", NULL, TPA_SCHEME_NONE },
    { "Bearer abc, Bearer abc", NULL, TPA_SCHEME_SEVERAL },
    { "Bearer abc,DPoP def", NULL, TPA_SCHEME_SEVERAL },
    { "Basic YTpi, Bearer abc", NULL, TPA_SCHEME_SEVERAL },
    { "Bearer abc, Basic YTpi", NULL, TPA_SCHEME_SEVERAL },
    { "Bearer abc,", NULL, TPA_SCHEME_SEVERAL },
    { ", Bearer abc", NULL, TPA_SCHEME_SEVERAL },
};

START_TEST(header_table)
{
    const char *token;

    ck_assert_int_eq(tpa_access_scheme(headers[_i].value, &token),
                     headers[_i].scheme);
    if (headers[_i].token)
        ck_assert_str_eq(token, headers[_i].token);
    else
        ck_assert_ptr_null(token);
}
END_TEST

/* ---- claims ------------------------------------------------------------- */

#define MUST "\"iss\":\"" ISSUER "\",\"sub\":\"u1\",\"exp\":1000"
#define WITH(more) "{" MUST ",\"aud\":\"" API "\"," more "}"

static const struct {
    const char *typ, *claims;
    int ok;
} claims[] = {
    { "JWT", "{" MUST ",\"aud\":\"" API "\"}", 1 },
    { "jwt", "{" MUST ",\"aud\":\"" API "\"}", 1 },
    { "at+jwt", "{" MUST ",\"aud\":\"" API "\"}", 1 },
    { "application/at+jwt", "{" MUST ",\"aud\":\"" API "\"}", 1 },
    { NULL, "{" MUST ",\"aud\":\"" API "\"}", 0 },
    { "", "{" MUST ",\"aud\":\"" API "\"}", 0 },
    { "dpop+jwt", "{" MUST ",\"aud\":\"" API "\"}", 0 },
    { "logout+jwt", "{" MUST ",\"aud\":\"" API "\"}", 0 },
    { "JWT", "{" MUST ",\"aud\":[\"a\",\"" API "\"]}", 1 },
    { "JWT", "{" MUST ",\"aud\":[]}", 0 },
    { "JWT", "{" MUST ",\"aud\":[1]}", 0 },
    { "JWT", "{" MUST ",\"aud\":{}}", 0 },
    { "JWT", "{" MUST ",\"aud\":\"\"}", 0 },
    { "JWT", "{" MUST ",\"aud\":\"a\\n" API "\\nb\"}", 0 },
    { "JWT", "{" MUST "}", 0 },
    { "JWT", "{\"sub\":\"u1\",\"exp\":1,\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":1,\"sub\":\"u1\",\"exp\":1,\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"exp\":1,\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"sub\":\"\",\"exp\":1,\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"sub\":\"a\\r\\nX: b\",\"exp\":1,"
      "\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"exp\":\"9\"}", 0 },
    { "JWT", "{\"iss\":\"i\",\"sub\":\"u\",\"aud\":\"a\",\"exp\":1.5}", 0 },
    { "JWT", WITH("\"nbf\":\"9\""), 0 },
    { "JWT", WITH("\"nbf\":9"), 1 },
    { "JWT", WITH("\"azp\":\"c1\""), 1 },
    { "JWT", WITH("\"azp\":1"), 0 },
    { "JWT", WITH("\"client_id\":\"c1\\u0007\""), 0 },
    { "JWT", WITH("\"client_id\":null"), 0 },
    { "JWT", WITH("\"org_id\":[\"org_1\"]"), 0 },
    { "JWT", WITH("\"org_id\":\"\""), 0 },
    { "JWT", WITH("\"org_name\":{}"), 0 },
    { "JWT", WITH("\"scope\":\"\""), 1 },
    { "JWT", WITH("\"scope\":[\"read:posts\"]"), 0 },
    { "JWT", WITH("\"scope\":\"a\\nb\""), 0 },
    { "JWT", WITH("\"cnf\":{\"jkt\":\"" JKT "\"}"), 1 },
    { "JWT", WITH("\"cnf\":{\"jkt\":\"short\"}"), 0 },
    { "JWT", WITH("\"cnf\":{\"jkt\":1}"), 0 },
    { "JWT", WITH("\"cnf\":{}"), 0 },
    { "JWT", WITH("\"cnf\":null"), 0 },
    { "JWT", WITH("\"cnf\":{\"x5t#S256\":\"" JKT "\"}"), 0 },
    { "JWT", WITH("\"cnf\":{\"jkt\":\"" JKT "\",\"x5t#S256\":\"a\"}"), 0 },
};

static const char *read_claims(const char *typ, const char *text,
                               tpa_access_t *out)
{
    tpa_json_t *o;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &o, p));
    memset(out, 0, sizeof(*out));
    return tpa_access_read(typ, o, out, p);
}

START_TEST(claims_table)
{
    tpa_access_t a;
    const char *wrong = read_claims(claims[_i].typ, claims[_i].claims, &a);

    ck_assert_msg((wrong == NULL) == claims[_i].ok, "%s: %s", claims[_i].claims,
                  wrong ? wrong : "accepted");
}
END_TEST

#define WHOLE \
    WITH("\"client_id\":\"c1\",\"azp\":\"c2\",\"org_id\":\"org_1\"," \
         "\"org_name\":\"acme\",\"scope\":\"read:posts write:posts\"," \
         "\"cnf\":{\"jkt\":\"" JKT "\"},\"nbf\":7")

static void check_whole(const tpa_access_t *a)
{
    ck_assert_str_eq(a->issuer, ISSUER);
    ck_assert_str_eq(a->subject, "u1");
    ck_assert_str_eq(a->client_id, "c1");
    ck_assert_str_eq(a->org_id, "org_1");
    ck_assert_str_eq(a->org_name, "acme");
    ck_assert_str_eq(a->scope, "read:posts write:posts");
    ck_assert_str_eq(a->audiences, "\n" API "\n");
    ck_assert_str_eq(a->jkt, JKT);
    ck_assert_str_eq(a->kid, "k1");
    ck_assert_str_eq(a->key, JKT);
    ck_assert_int_eq(a->exp_s, 1000);
    ck_assert_int_eq(a->nbf_s, 7);
}

START_TEST(bytes_and_back)
{
    tpa_access_t a, back;
    apr_size_t len;
    char *bytes;

    ck_assert_ptr_null(read_claims("JWT", WHOLE, &a));
    a.kid = "k1";
    a.key = JKT;
    check_whole(&a);
    bytes = tpa_access_pack(&a, &len, p);
    memset(&back, 0xff, sizeof(back));
    tpa_access_unpack(bytes, &back);
    check_whole(&back);
    ck_assert(back.subject > bytes && back.subject < bytes + len);
}
END_TEST

START_TEST(little_and_back)
{
    tpa_access_t a, back;
    apr_size_t len;

    ck_assert_ptr_null(read_claims("JWT", WITH("\"azp\":\"c2\""), &a));
    ck_assert_str_eq(a.client_id, "c2");
    tpa_access_unpack(tpa_access_pack(&a, &len, p), &back);
    ck_assert_str_eq(back.client_id, "c2");
    ck_assert_ptr_null(back.org_id);
    ck_assert_ptr_null(back.org_name);
    ck_assert_ptr_null(back.scope);
    ck_assert_ptr_null(back.jkt);
    ck_assert_ptr_null(back.kid);
    ck_assert_ptr_null(back.key);
}
END_TEST

/* ---- is it good? -------------------------------------------------------- */

static const struct {
    const char *issuer, *api;
    apr_int64_t now_s;
    int ok;
} goods[] = {
    { ISSUER, API, 999, 1 },
    { ISSUER, API, 1000, 0 },              /* RFC 7519 4.1.4: on or after */
    { ISSUER, API, 90, 1 },                /* nbf is 100; some skew is fine */
    { ISSUER, API, 89, 0 },
    { "https://auth.example.test", API, 500, 0 },
    { "https://AUTH.example.test/", API, 500, 0 },
    { ISSUER, "https://other.example.test/", 500, 1 },
    { ISSUER, "https://api.example.test", 500, 0 },
    { ISSUER, API "v1", 500, 0 },
    { ISSUER, "https://", 500, 0 },
    { ISSUER, "", 500, 0 },
    { ISSUER, API "\nhttps://other.example.test/", 500, 0 },
};

START_TEST(good_table)
{
    apr_array_header_t *us = apr_array_make(p, 2, sizeof(const char *));
    tpa_access_t a;

    ck_assert_ptr_null(read_claims("JWT", "{" MUST ",\"nbf\":100,\"aud\":[\""
                                   API "\",\"https://other.example.test/\"]}",
                                   &a));
    APR_ARRAY_PUSH(us, const char *) = "urn:none";
    APR_ARRAY_PUSH(us, const char *) = goods[_i].api;
    ck_assert_int_eq(!tpa_access_wrong(&a, goods[_i].issuer, us,
                                       goods[_i].now_s), goods[_i].ok);
}
END_TEST

static const struct {
    const char *scope, *word;
    int has;
} scopes[] = {
    { "read:posts write:posts", "read:posts", 1 },
    { "read:posts write:posts", "write:posts", 1 },
    { "read:posts write:posts", "posts", 0 },
    { "read:posts write:posts", "read:post", 0 },
    { "read:posts write:posts", "read:posts write:posts", 0 },
    { "read:posts write:posts", " ", 0 },
    { "read:posts write:posts", "", 0 },
    { "read:posts2 read:posts", "read:posts", 1 },
    { "aread:posts read:posts", "read:posts", 1 },
    { "READ:POSTS", "read:posts", 0 },
    { "a", "a", 1 },
    { "", "a", 0 },
    { NULL, "a", 0 },
};

START_TEST(scope_table)
{
    tpa_access_t a = { NULL };

    a.scope = scopes[_i].scope;
    ck_assert_int_eq(tpa_access_has_scope(&a, scopes[_i].word),
                     scopes[_i].has);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/access");
    TCase *tc = tap_case(s, "access");

    tcase_add_loop_test(tc, header_table, 0, ROWS(headers));
    tcase_add_loop_test(tc, claims_table, 0, ROWS(claims));
    tcase_add_test(tc, bytes_and_back);
    tcase_add_test(tc, little_and_back);
    tcase_add_loop_test(tc, good_table, 0, ROWS(goods));
    tcase_add_loop_test(tc, scope_table, 0, ROWS(scopes));
    return s;
}
