#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/keyset.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* A key on P-256, of RFC 7517 A.1. */
#define EC_NUMBERS \
    "\"kty\":\"EC\",\"crv\":\"P-256\"," \
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\"," \
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define EC(more) "{" EC_NUMBERS more "}"

static apr_pool_t *key_pool;
static tpa_key_t *key, *other;

static void make_keys(void)
{
    apr_pool_create(&key_pool, NULL);
    ck_assert_ptr_null(tpa_key_generate("a", 0, &key, key_pool));
    ck_assert_ptr_null(tpa_key_generate("b", 0, &other, key_pool));
}

static void drop_keys(void)
{
    apr_pool_destroy(key_pool);
}

static tpa_err_t *parse(const char *text, tpa_keyset_t **out)
{
    return tpa_keyset_parse(text, strlen(text), out, p);
}

static const struct {
    const char *text;
    const char *alg;     /* of the key k1; NULL: it is not found */
    int ok;
} documents[] = {
    { "{\"keys\":[" EC(",\"kid\":\"k1\"") "]}", "ES256", 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k1\",\"alg\":\"ES256\"") "]}", "ES256", 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k1\",\"use\":\"sig\"") "],\"x\":1}",
      "ES256", 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") "," EC(",\"kid\":\"k1\"") "]}",
      "ES256", 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") "]}", NULL, 1 },
    /* what is left out, beside one that is not */
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"use\":\"enc\"") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"alg\":\"ES384\"") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"alg\":\"RS256\"") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"alg\":\"none\"") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"alg\":1") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      EC(",\"kid\":\"k1\",\"d\":\"AAAA\"") "]}", NULL, 1 },
    { "{\"keys\":[" EC(",\"kid\":\"k0\"") ","
      "{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":\"AAAA\"}]}", NULL, 1 },
    { "{\"keys\":[1,null,\"k1\",[]," EC(",\"kid\":\"k0\"") "]}", NULL, 1 },
    /* nothing left */
    { "{\"keys\":[]}", NULL, 0 },
    { "{\"keys\":[" EC("") "]}", NULL, 0 },
    { "{\"keys\":[" EC(",\"kid\":\"\"") "]}", NULL, 0 },
    { "{\"keys\":[" EC(",\"kid\":1") "]}", NULL, 0 },
    { "{\"keys\":{}}", NULL, 0 },
    { "{}", NULL, 0 },
    { "[]", NULL, 0 },
    { "", NULL, 0 },
    { "{\"keys\":[" EC(",\"kid\":\"k1\"") "," EC(",\"kid\":\"k1\"") "]}",
      NULL, 0 },
};

START_TEST(document_table)
{
    tpa_keyset_t *set;
    const char *alg = NULL;
    tpa_err_t *e = parse(documents[_i].text, &set);

    ck_assert_msg((e == NULL) == documents[_i].ok, "%s", documents[_i].text);
    if (e)
        return;
    ck_assert_int_eq(tpa_keyset_find(set, "k1", &alg) != NULL,
                     documents[_i].alg != NULL);
    if (documents[_i].alg)
        ck_assert_str_eq(alg, documents[_i].alg);
    ck_assert_ptr_null(tpa_keyset_find(set, NULL, NULL));
    ck_assert_ptr_null(tpa_keyset_find(set, "K1", NULL));
}
END_TEST

START_TEST(too_many_keys)
{
    const char *text = "{\"keys\":[" EC(",\"kid\":\"k0\"");
    tpa_keyset_t *set;
    int i;

    for (i = 1; i < 64; i++)
        text = apr_psprintf(p, "%s," EC(",\"kid\":\"k%d\""), text, i);
    ck_assert_ptr_null(parse(apr_pstrcat(p, text, "]}", NULL), &set));
    ck_assert_ptr_nonnull(parse(apr_pstrcat(p, text, "," EC(""), "]}", NULL),
                                &set));
}
END_TEST

/* ---- tokens ------------------------------------------------------------- */

#define CLAIMS "{\"iss\":\"https://i/\",\"sub\":\"u\",\"aud\":\"a\",\"exp\":9}"

static const struct {
    const char *kid, *typ, *claims, *why;
    int by_other;
} tokens[] = {
    { "k1", "JWT", CLAIMS, NULL, 0 },
    { "k1", "at+jwt", CLAIMS, NULL, 0 },
    { "k1", "JWT", CLAIMS, "the signature is wrong", 1 },
    { "k2", "JWT", CLAIMS, "kid is not one of the issuer's keys", 0 },
    { "k1", "dpop+jwt", CLAIMS, "typ is not that of an access token", 0 },
    { "k1", "JWT", "{\"iss\":\"https://i/\"}", "iss or sub is no text", 0 },
};

START_TEST(token_table)
{
    tpa_keyset_t *set = tpa_keyset_make(p);
    tpa_access_t access;
    const char *token;
    tpa_err_t *e;

    tpa_keyset_add(set, "k1", key, "RS256");
    ck_assert_ptr_null(tpa_jws_sign(tokens[_i].by_other ? other : key,
                                    "RS256", tokens[_i].typ, tokens[_i].kid,
                                    tokens[_i].claims, &token, p));
    e = tpa_keyset_verify(token, set, &access, p);
    if (!tokens[_i].why) {
        ck_assert_ptr_null(e);
        ck_assert_str_eq(access.kid, "k1");
        ck_assert_str_eq(access.key, tpa_key_thumbprint(key));
        ck_assert_str_eq(access.subject, "u");
        return;
    }
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_TOKEN);
    ck_assert_str_eq(e->detail, tokens[_i].why);
}
END_TEST

/* The algorithm is the one registered for the key, not that of the token. */
START_TEST(other_algorithm)
{
    tpa_keyset_t *set = tpa_keyset_make(p);
    tpa_access_t access;
    const char *token;

    tpa_keyset_add(set, "k1", key, "PS256");
    ck_assert_ptr_null(tpa_jws_sign(key, "RS256", "JWT", "k1", CLAIMS, &token,
                                    p));
    ck_assert_ptr_nonnull(tpa_keyset_verify(token, set, &access, p));
}
END_TEST

START_TEST(no_tokens)
{
    tpa_keyset_t *set = tpa_keyset_make(p);
    tpa_access_t access;
    char *longest = apr_pcalloc(p, 9000);

    memset(longest, 'x', 8999);
    tpa_keyset_add(set, "k1", key, "RS256");
    ck_assert_ptr_nonnull(tpa_keyset_verify("", set, &access, p));
    ck_assert_ptr_nonnull(tpa_keyset_verify("a.b.c", set, &access, p));
    ck_assert_ptr_nonnull(tpa_keyset_verify(longest, set, &access, p));
}
END_TEST

static const struct {
    const char *kid, *claims;
    int lacks;
} unknown[] = {
    { "k2", CLAIMS, 1 },
    { "k1", CLAIMS, 0 },
    { "", CLAIMS, 1 },
    { "k2", "{\"iss\":\"https://j.example.com/\"}", 0 },
    { "k2", "{\"iss\":1}", 0 },
    { "k2", "{}", 0 },
};

START_TEST(unknown_key)
{
    tpa_keyset_t *set = tpa_keyset_make(p);
    const char *token;

    tpa_keyset_add(set, "k1", key, "RS256");
    ck_assert_ptr_null(tpa_jws_sign(key, "RS256", "JWT", unknown[_i].kid,
                                    unknown[_i].claims, &token, p));
    ck_assert_int_eq(tpa_keyset_lacks(token, set, "https://i/", p),
                     unknown[_i].lacks);
    ck_assert(!tpa_keyset_lacks("a.b.c", set, "https://i/", p));
}
END_TEST

static TCase *keys_case(Suite *s, const char *name)
{
    TCase *tc = tap_case(s, name);

    tcase_add_checked_fixture(tc, make_keys, drop_keys);
    return tc;
}

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/keyset");
    TCase *tc = tap_case(s, "documents");

    tcase_add_loop_test(tc, document_table, 0, ROWS(documents));
    tcase_add_test(tc, too_many_keys);
    tc = keys_case(s, "tokens");
    tcase_add_loop_test(tc, token_table, 0, ROWS(tokens));
    tcase_add_test(tc, other_algorithm);
    tcase_add_test(tc, no_tokens);
    tcase_add_loop_test(tc, unknown_key, 0, ROWS(unknown));
    return s;
}
