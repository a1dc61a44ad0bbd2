#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "base/text.h"
#include "crypto/jws.h"
#include "tap.h"
#include "crypto/es256.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* What peek refuses here has a good signature, so that only the gate keeps it
 * from being verified. */
static tpa_err_t *verify(const char *jws)
{
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_key_from_jwk(public_jwk, &key, p));
    return tpa_jws_verify(jws, key, "ES256", p);
}

static void check_row(int row, const char *jws, const char *says)
{
    tpa_jws_peek_t said;
    tpa_err_t *e = tpa_jws_peek(jws, 2048, &said, p);

    if (!says) {
        ck_assert_msg(!e, "row %d: %s", row, e ? e->detail : "");
        ck_assert_ptr_null(verify(jws));
        return;
    }
    ck_assert_msg(e != NULL, "row %d was read", row);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    ck_assert_msg(strstr(e->detail, says) != NULL, "row %d says: %s", row,
                  e->detail);
    e = verify(jws);
    ck_assert_msg(e != NULL, "row %d verified", row);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_CLIENT);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

#define ES256(rest) "{\"alg\":\"ES256\"" rest "}"

static const struct {
    const char *header;
    const char *says;         /* of the detail; NULL: it is read */
} headers[] = {
    { ES256(""), NULL },
    { ES256(",\"kid\":\"k\",\"typ\":\"JWT\",\"cty\":1"), NULL },
    { " { \"typ\" : \"\", \"alg\" : \"ES256\" } ", NULL },

    { "ES256", "JSON object" },
    { "[\"ES256\"]", "JSON object" },
    { ES256("") "{}", "JSON object" },
    { ES256(",\"alg\":\"ES256\""), "JSON object" },
    { ES256(",\"kid\":\"a\\u0000b\""), "JSON object" },
    { ES256(",\"kid\":\"\xff\""), "JSON object" },
    { "{}", "alg" },
    { "{\"alg\":\"\"}", "alg" },
    { "{\"alg\":null}", "alg" },
    { "{\"alg\":256}", "alg" },
    { "{\"alg\":[\"ES256\"]}", "alg" },
    { "{\"alg\":\"0123456789abcdefg\"}", "alg" },
    { "{\"Alg\":\"ES256\"}", "alg" },
    { ES256(",\"kid\":7"), "kid" },
    { ES256(",\"kid\":null"), "kid" },
    { ES256(",\"kid\":{}"), "kid" },
    { ES256(",\"typ\":[]"), "typ" },
    { ES256(",\"crit\":[\"exp\"],\"exp\":1"), "crit" },
    { ES256(",\"crit\":[\"b64\"],\"b64\":false"), "crit" },
    { ES256(",\"crit\":[]"), "crit" },
    { ES256(",\"crit\":null"), "crit" },
    { ES256(",\"jku\":\"https://a.example/\""), "jku" },
    { ES256(",\"x5u\":\"https://a.example/\""), "x5u" },
    { ES256(",\"x5c\":[\"MII\"]"), "x5c" },
    { ES256(",\"jwk\":{\"kty\":\"EC\"}"), "jwk" },
    { ES256(",\"jwk\":0"), "jwk" },
};

START_TEST(header_table)
{
    check_row(_i, token(headers[_i].header, "{}"), headers[_i].says);
}
END_TEST

static const struct {
    const char *claims;
    const char *says;
} claims[] = {
    { "{}", NULL },
    { "{\"iss\":\"a\",\"x\":[{}]}", NULL },
    { "[]", "JSON object" },
    { "\"a\"", "JSON object" },
    { "1", "JSON object" },
    { "{", "JSON object" },
    { "{\"iss\":\"a\",\"iss\":\"b\"}", "JSON object" },
    { "{\"iss\":\"\xc3\"}", "JSON object" },
    { "", "three parts" },
};

START_TEST(claims_table)
{
    check_row(_i, token(ES256(""), claims[_i].claims), claims[_i].says);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} texts[] = {
    { "", "three parts" },       { ".", "three parts" },
    { "..", "three parts" },     { "...", "three parts" },
    { "e30", "three parts" },    { "e30.", "three parts" },
    { "e30.e30", "three parts" },    { "e30.e30.", "three parts" },
    { ".e30.e30", "three parts" },   { "e30..e30", "three parts" },
    { "e30.e30.e30.e30", "three parts" },
    { "eyJhbGciOiJub25lIn0.e30.", "three parts" },
    { "!.e30.e30", "base64url" },    { "e30=.e30.e30", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e30.A", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e30.AAA=", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e30.AA+A", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e30.AB", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e30.AA AA", "base64url" },
    { "eyJhbGciOiJFUzI1NiJ9.e31.AAAA", "base64url" },
};

START_TEST(what_is_no_token)
{
    check_row(_i, texts[_i].text, texts[_i].says);
}
END_TEST

START_TEST(padding_is_refused_on_a_signed_token)
{
    check_row(0, apr_pstrcat(p, token(ES256(""), "{}"), "==", NULL),
              "base64url");
    check_row(1, apr_pstrcat(p, token(ES256(""), "{}"), "\n", NULL),
              "base64url");
    check_row(2, apr_pstrcat(p, token(ES256(""), "{}"), ".", NULL),
              "three parts");
}
END_TEST

START_TEST(deep_headers_are_refused)
{
    const char *deep = "1";
    int i;

    for (i = 0; i < 40; i++)
        deep = apr_pstrcat(p, "[", deep, "]", NULL);
    check_row(0, token(apr_psprintf(p, "{\"alg\":\"ES256\",\"a\":%s}", deep),
                       "{}"), "JSON object");
}
END_TEST

START_TEST(it_gives_header_and_claims)
{
    tpa_jws_peek_t said;
    apr_int64_t exp;

    ck_assert_ptr_null(tpa_jws_peek(
        token(ES256(",\"typ\":\"JWT\",\"kid\":\"k1\",\"a\":2"),
              "{\"iss\":\"tpc_1\",\"exp\":1790000200}"), 2048, &said, p));
    ck_assert_str_eq(said.alg, "ES256");
    ck_assert_str_eq(said.kid, "k1");
    ck_assert_str_eq(said.typ, "JWT");
    ck_assert_int_eq(tpa_json_get_int(said.header, "a", &exp), 1);
    ck_assert_str_eq(tpa_json_get_str(said.claims, "iss"), "tpc_1");
    ck_assert_int_eq(tpa_json_get_int(said.claims, "exp", &exp), 1);
    ck_assert_int_eq(exp, 1790000200);
    ck_assert_ptr_null(tpa_jws_peek(token(ES256(""), "{}"), 2048, &said, p));
    ck_assert_ptr_null(said.kid);
    ck_assert_ptr_null(said.typ);
}
END_TEST

START_TEST(it_stops_at_the_limit)
{
    const char *jws = token(ES256(""), "{}");
    apr_size_t len = strlen(jws);
    tpa_jws_peek_t said;
    tpa_err_t *e;

    ck_assert_ptr_null(tpa_jws_peek(jws, len, &said, p));
    ck_assert_ptr_null(tpa_jws_peek(jws, (apr_size_t)-1, &said, p));
    e = tpa_jws_peek(jws, len - 1, &said, p);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "too long"));
    ck_assert_ptr_nonnull(tpa_jws_peek(jws, 0, &said, p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/jws, peek");
    TCase *tc = tap_case(s, "all");

    tcase_add_loop_test(tc, header_table, 0, ROWS(headers));
    tcase_add_loop_test(tc, claims_table, 0, ROWS(claims));
    tcase_add_loop_test(tc, what_is_no_token, 0, ROWS(texts));
    tcase_add_test(tc, padding_is_refused_on_a_signed_token);
    tcase_add_test(tc, deep_headers_are_refused);
    tcase_add_test(tc, it_gives_header_and_claims);
    tcase_add_test(tc, it_stops_at_the_limit);
    return s;
}
