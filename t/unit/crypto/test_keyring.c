#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define SECRET "correct-horse-battery-staple-0123456789"
#define OTHER "another-secret-of-more-than-thirty-two-bytes"
#define KEYS 4

static apr_pool_t *keys_pool;
static tpa_signing_key_t good[KEYS];    /* k0 to k3, made once */
static const char *const states[KEYS] = {
    "previous", "revoked", "current", "next"
};

/* What a test may spoil. */
static tpa_sealer_t *sealer;
static tpa_signing_key_t made[KEYS];

static void make_keys(void)
{
    apr_pool_t *work;
    tpa_sealer_t *s;
    int i;

    apr_pool_create(&keys_pool, NULL);
    apr_pool_create(&work, keys_pool);
    ck_assert_ptr_null(tpa_sealer_make(SECRET, &s, work));
    for (i = 0; i < KEYS; i++) {
        const char *jwk, *box;
        tpa_key_t *key;

        ck_assert_ptr_null(tpa_key_generate("a", 0, &key, work));
        jwk = tpa_key_private_jwk(key, work);
        good[i].kid = apr_psprintf(keys_pool, "k%d", i);
        good[i].state = states[i];
        good[i].public_jwk = tpa_key_public_jwk(key, keys_pool);
        good[i].cert_pem = apr_pstrdup(keys_pool, tpa_key_cert_pem(key));
        ck_assert_ptr_null(tpa_seal(s, TPA_SEAL_SIGNING_KEY, jwk, strlen(jwk),
                                    &box, work));
        good[i].sealed = apr_pstrdup(keys_pool, box);
    }
    apr_pool_destroy(work);
}

static void drop_keys(void)
{
    apr_pool_destroy(keys_pool);
}

static void up(void)
{
    memcpy(made, good, sizeof(made));
    ck_assert_ptr_null(tpa_sealer_make(SECRET, &sealer, p));
}

static void down(void)
{
}

static tpa_err_t *make(int n, tpa_keyring_t **out)
{
    apr_array_header_t *rows = apr_array_make(p, KEYS,
                                              sizeof(tpa_signing_key_t));
    int i;

    for (i = 0; i < n; i++)
        APR_ARRAY_PUSH(rows, tpa_signing_key_t) = made[i];
    return tpa_keyring_make(rows, sealer, out, p);
}

static tpa_keyring_t *ring(void)
{
    tpa_keyring_t *r;
    tpa_err_t *e = make(KEYS, &r);

    ck_assert_msg(!e, "%s", e ? e->detail : "");
    return r;
}

static const tpa_json_t *jwks_of(const tpa_keyring_t *r)
{
    const char *text = tpa_keyring_jwks(r);
    tpa_json_t *doc;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &doc, p));
    ck_assert_uint_eq(tpa_json_size(doc), 1);
    return tpa_json_get(doc, "keys");
}

START_TEST(the_current_key_signs_and_its_public_part_verifies)
{
    tpa_keyring_t *r = ring();
    const tpa_key_t *public_key = tpa_keyring_find(r, "k2");
    const char *jws;

    ck_assert_str_eq(tpa_keyring_kid(r), "k2");
    ck_assert_ptr_null(tpa_jws_sign(tpa_keyring_current(r), "RS256", "JWT",
                                    tpa_keyring_kid(r), "{}", &jws, p));
    ck_assert_ptr_null(tpa_jws_verify(jws, public_key, "RS256", p));
    ck_assert_ptr_nonnull(tpa_jws_verify(jws, tpa_keyring_find(r, "k3"),
                                         "RS256", p));
    ck_assert_ptr_null(tpa_key_private_jwk(public_key, p));
}
END_TEST

static const struct {
    const char *kid;
    int known;
} kids[] = {
    { "k0", 1 }, { "k1", 0 }, { "k2", 1 }, { "k3", 1 },
    { "k4", 0 }, { "K2", 0 }, { "k", 0 }, { "", 0 }, { NULL, 0 },
};

START_TEST(find_table)
{
    ck_assert_int_eq(tpa_keyring_find(ring(), kids[_i].kid) != NULL,
                     kids[_i].known);
}
END_TEST

START_TEST(find_gives_the_key_of_that_kid)
{
    tpa_keyring_t *r = ring();

    ck_assert_str_eq(tpa_key_public_jwk(tpa_keyring_find(r, "k0"), p),
                     made[0].public_jwk);
    ck_assert_str_eq(tpa_key_public_jwk(tpa_keyring_find(r, "k3"), p),
                     made[3].public_jwk);
}
END_TEST

/* ---- what is published -------------------------------------------------- */

START_TEST(jwks_is_current_then_next_then_previous)
{
    static const char *const order[] = { "k2", "k3", "k0" };
    const tpa_json_t *keys = jwks_of(ring());
    apr_size_t i;

    ck_assert_uint_eq(tpa_json_size(keys), 3);
    for (i = 0; i < 3; i++)
        ck_assert_str_eq(tpa_json_get_str(tpa_json_at(keys, i), "kid"),
                         order[i]);
}
END_TEST

/* The text of the entry, so that nothing else can be in it. */
static const char *entry_of(const tpa_signing_key_t *row, int with_cert)
{
    const char *x5c, *x5t, *cert = "";
    tpa_json_t *jwk;

    ck_assert_ptr_null(tpa_json_parse(row->public_jwk, strlen(row->public_jwk),
                                      &jwk, p));
    if (with_cert) {
        ck_assert_ptr_null(tpa_cert_parts(row->cert_pem, &x5c, &x5t, NULL, p));
        cert = apr_psprintf(p, ",\"x5t\":\"%s\",\"x5c\":[\"%s\"]", x5t, x5c);
    }
    return apr_psprintf(p, "{\"kty\":\"RSA\",\"use\":\"sig\",\"n\":\"%s\","
                        "\"e\":\"%s\",\"kid\":\"%s\",\"alg\":\"RS256\"%s}",
                        tpa_json_get_str(jwk, "n"), tpa_json_get_str(jwk, "e"),
                        row->kid, cert);
}

/* The serialiser may write '/' of base64 as it likes; compare what is read. */
static void same_json(const char *text, const char *expected)
{
    tpa_json_t *a, *b;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &a, p));
    ck_assert_ptr_null(tpa_json_parse(expected, strlen(expected), &b, p));
    ck_assert_str_eq(tpa_json_print(a, p), tpa_json_print(b, p));
}

START_TEST(jwks_entry_is_exact)
{
    tpa_keyring_t *r = ring();

    same_json(tpa_keyring_jwks(r),
              apr_psprintf(p, "{\"keys\":[%s,%s,%s]}", entry_of(&made[2], 1),
                           entry_of(&made[3], 1), entry_of(&made[0], 1)));
    made[3].cert_pem = NULL;
    same_json(tpa_keyring_jwks(ring()),
              apr_psprintf(p, "{\"keys\":[%s,%s,%s]}", entry_of(&made[2], 1),
                           entry_of(&made[3], 0), entry_of(&made[0], 1)));
}
END_TEST

START_TEST(etag_is_quoted_and_follows_the_document)
{
    const char *first = tpa_keyring_etag(ring()), *again, *other;
    apr_size_t len = strlen(first);

    ck_assert_uint_eq(len, 45);
    ck_assert_int_eq(first[0], '"');
    ck_assert_int_eq(first[len - 1], '"');
    ck_assert_ptr_null(strchr(apr_pstrndup(p, first + 1, len - 2), '"'));
    again = tpa_keyring_etag(ring());
    ck_assert_str_eq(first, again);
    made[0].state = "revoked";
    other = tpa_keyring_etag(ring());
    ck_assert_str_ne(first, other);
}
END_TEST

/* ---- what goes wrong ---------------------------------------------------- */

static void no_keys(void)
{
    int i;

    for (i = 0; i < KEYS; i++)
        made[i].state = "revoked";
}

static void no_current(void)
{
    made[2].state = "previous";
}

static void current_is_revoked(void)
{
    made[2].state = "revoked";
}

static void unknown_state(void)
{
    made[2].state = "Current";
}

static void two_current(void)
{
    made[3].state = "current";
}

static void another_secret(void)
{
    ck_assert_ptr_null(tpa_sealer_make(OTHER, &sealer, p));
}

static void no_box(void)
{
    made[2].sealed = NULL;
}

static void broken_box(void)
{
    made[2].sealed = "a.b.c";
}

static void swapped_box(void)
{
    made[2].sealed = made[3].sealed;
}

static void box_of_another_purpose(void)
{
    ck_assert_ptr_null(tpa_seal(sealer, "ticket", "{}", 2, &made[2].sealed,
                                p));
}

static void box_without_key(void)
{
    ck_assert_ptr_null(tpa_seal(sealer, TPA_SEAL_SIGNING_KEY, "{}", 2,
                                &made[2].sealed, p));
}

static void broken_public_part(void)
{
    made[0].public_jwk = "{}";
}

static void no_public_part(void)
{
    made[3].public_jwk = NULL;
}

static void ec_public_part(void)
{
    made[3].public_jwk =
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
}

static void broken_certificate(void)
{
    made[3].cert_pem = "hello";
}

static const struct {
    void (*spoil)(void);
    const char *says;
} spoils[] = {
    { no_keys, "no current signing key" },
    { no_current, "no current signing key" },
    { current_is_revoked, "no current signing key" },
    { unknown_state, "no current signing key" },
    { two_current, "second current" },
    { another_secret, "TPASecretFile" },
    { no_box, "cannot be opened" },
    { broken_box, "cannot be opened" },
    { box_of_another_purpose, "cannot be opened" },
    { swapped_box, "other half" },
    { box_without_key, "other half" },
    { broken_public_part, "k0" },
    { no_public_part, "k3" },
    { ec_public_part, "no RSA key" },
    { broken_certificate, "certificate" },
};

START_TEST(spoiled_table)
{
    tpa_keyring_t *r;
    tpa_err_t *e;

    spoils[_i].spoil();
    e = make(KEYS, &r);
    ck_assert_msg(e != NULL, "row %d was taken", _i);
    ck_assert_int_eq(e->kind, TPA_E_UNAVAILABLE);
    ck_assert_msg(strstr(e->detail, spoils[_i].says) != NULL, "row %d: %s", _i,
                  e->detail);
    ck_assert_ptr_null(strstr(e->detail, SECRET));
    ck_assert_ptr_null(strstr(e->detail, OTHER));
}
END_TEST

START_TEST(no_rows_at_all)
{
    tpa_keyring_t *r;
    tpa_err_t *e = make(0, &r);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_UNAVAILABLE);
}
END_TEST

/* Only the current key is opened, and a revoked one is not even looked at. */
START_TEST(what_is_not_needed_may_be_broken)
{
    made[0].sealed = NULL;
    made[3].sealed = "x";
    made[1].public_jwk = "x";
    made[1].cert_pem = "x";
    made[1].sealed = NULL;
    ck_assert_str_eq(tpa_keyring_kid(ring()), "k2");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/keyring");
    TCase *tc = tap_case(s, "all");

    tcase_add_unchecked_fixture(tc, make_keys, drop_keys);
    tcase_add_checked_fixture(tc, up, down);
    tcase_add_test(tc, the_current_key_signs_and_its_public_part_verifies);
    tcase_add_loop_test(tc, find_table, 0, ROWS(kids));
    tcase_add_test(tc, find_gives_the_key_of_that_kid);
    tcase_add_test(tc, jwks_is_current_then_next_then_previous);
    tcase_add_test(tc, jwks_entry_is_exact);
    tcase_add_test(tc, etag_is_quoted_and_follows_the_document);
    tcase_add_loop_test(tc, spoiled_table, 0, ROWS(spoils));
    tcase_add_test(tc, no_rows_at_all);
    tcase_add_test(tc, what_is_not_needed_may_be_broken);
    return s;
}
