#include <string.h>
#include <pthread.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "base/text.h"
#include "crypto/jws.h"
#include "crypto/key_int.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Tokens of another library, all with the same claims; the HS256 one has the
 * PEM of the RSA public key as its secret. */
#define CLAIMS \
    "eyJpc3MiOiJ0cGNfMSIsInN1YiI6InRwY18xIiwiYXVkIjoiaHR0cHM6Ly9hdXRoLmV4" \
    "YW1wbGUuY29tLyIsImlhdCI6MTc5MDAwMDAwMCwiZXhwIjoxNzkwMDAwMjAwLCJqdGki" \
    "OiJhMSJ9"
#define RS256_SIG \
    "ylkET2RvcvqYsxpmLBDbBFojXViNTReYH5wirKHOTUnC0WU3P0e1seCs7va2788wW3wg" \
    "D_GE9kbwNGaUWu60ThNfI4-1OHh2wAyO-" \
    "d4LWariocCPCcvZyOpYLnZw9sHihyhkGaT_aG9tcrJmzoV7Kyf2Faf0uvOUIjIb5f7bZ" \
    "1yNk887ckHdpWbPuedccQpI7ORN4weEgCdoeac7XW_9xzclEwih2iWHYyrivZpAsZh-" \
    "53oGw2zNS1_tQTiJTdXwe9KXFwbfhnbx1e6cIsIh8sLKDuzLLnk9IGwYBWJPoPqGHkrg" \
    "ofTE92E1byCN2n-ZUZDqHIvG7M3fMQJ-Mg0Sog"
#define RS256 \
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0." CLAIMS "." \
    RS256_SIG
#define RS384_SIG \
    "I-" \
    "uAMTVxNoQSjcbho_AAZ09iVmMvSj5wLhRpsPtJy2tTsXCuPvhEh_nwwafQJTwZRyiM1M" \
    "vsP6JCd_0lNrTFUWRaVt4HmP-" \
    "7pls2udryzTBk_obvQdos8TORq7ZtMVDcQGvph4xkhJk52ZlSnwxtxjcvq9leKsm2n6k" \
    "ahOzk9dJuzW3KyQGrc7cBa11EPPS-KO5Qnd9dHxG8jpY27mqc7CT8Rn8hdvp8ynPhUZt" \
    "FLkSCYqitBFDI4oVCarC1yI-y9cxsTyvbefpCgRZTy3w5Wu3v2VitJpe-" \
    "0UhLwztE1ZvvpnWp8YrIs51yCcFILD1z09ELcWFn4P8CDjEym1TKDA"
#define RS384 \
    "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0." CLAIMS "." \
    RS384_SIG
#define PS256_SIG \
    "a5e9pTWau2EsfbUiGCgxTaeqy26hxZiNnAQ4WkSgRN77icdTCQVklaCYBzQkogaCeLqW" \
    "uGvyc8BPgh6fCHUU1GPZ4nKib9IZWPUX5Y1GV6Zt4-h_U_V6B2z1WOBG88DUfiJg3zU-" \
    "rmQ8HZ5K101dPCxFMn9I3wKCaZ0mUQMPJgo9yoRnl5R1KJUyAy0Yia7QFgXp4_Fh0Gs6" \
    "g85N1XcP9bNJycujRbUplejgEeDv0-W7Ss_kN2it1CcwKVRSZlwGnt2971Sa-" \
    "h5ZFn9Q6O1hH9_wki0iZFMio7MCDmL53WbLl4M2jgoIzlb_Es3vRBwamAL-" \
    "OStDMvL0W53I5BfVOg"
#define PS256 \
    "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0." CLAIMS "." \
    PS256_SIG
#define ES256_SIG \
    "KoD7w5k92A7VH_FFWAxe7SIZcumJlz2--" \
    "YLPVfqAs26QBL_0RrJDZTXvsgjhpmVwG1CZOV8cGFLtwj29FsY6ug"
#define ES256 \
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0." CLAIMS "." \
    ES256_SIG
#define ES256_WITH_P384_SIG \
    "K1vmGKZbTC8DdC5anhtXh7PJWVtleyqEvszwo3L1Yj-" \
    "eGUCHTE075JvnOFDKLXGgrVKq1fNJlMYvtR-" \
    "S_toQsxcy3ONqrhhgIaVEgSI4KBToycSsY7D4fH-euDWOGgoo"
#define ES256_WITH_P384 \
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0." CLAIMS "." \
    ES256_WITH_P384_SIG
#define HS256_RSA_KEY_SIG \
    "T_K6-IgCUsTuHBq6_GG9vQBI3ziBaWjRSKSBCQeCXpE"
#define HS256_RSA_KEY \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." CLAIMS "." \
    HS256_RSA_KEY_SIG
#define ALG_NONE_SIGNED_SIG \
    "csM1kikHjs2ghnSMOSCum7KNwQxYmnFtHcVOvF4cdvtz0iANnZ3OpPujWaMqndBGcHhW" \
    "YJf5WSVMznYaJsxO_QkPAaGu1WdGJP0jVn-" \
    "1LGFEhpc24LruY80YG7eMGkkC4U5xQvSuUKYLFal4vuh3gcqmHe14vwvGu2hCPcFI2LD" \
    "MFXhEdW2fwVVRamjPM9L4FxSXGwX0N7hDI3KBYXC4Df0Eo7Vm9qDbH5ApeuYivOkBzWe" \
    "R1RaM0nUuBEPifv6aeHByXr6A5m1yM7zdovMQylB1HgPPR6iT0QCFTHjTSfNuiZvysi1" \
    "E_kTMDF0h3FnI1CbE_mhj6JwIJExVJ_hHIw"
#define ALG_NONE_SIGNED \
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." CLAIMS "." \
    ALG_NONE_SIGNED_SIG
#define RSA_N \
    "4n_jscZgmd6VNfQVxTO4IrwITggLNwSIEcY054OcQr3YJ8CMYKOVfIHr6kTUw9etTlkf" \
    "76zjc5FugDlpihZ23ykil34yLXcWsxlvwREM2dWFDbpwCybvw2-" \
    "EnkPBGT8IefTRz5XVa8lh59xmjec9v3-QpoYKYxkLXqNUXwve7KiUHb3qUjVn-" \
    "EhZLVE757hcIZtcK0eD1uSi7BPmzIrKqKlQr7YxB-" \
    "StTltrA223_ohlJybvXZH8AdE0gaY-13gtDbF-yBbAqKhl49DucLZL1wRXUQf4C4DJ5R" \
    "md1_SVMjvj0l156LV6N7GHuuHrZ3W5Gc8yGHqmcBcuIzUBLiZPVw"
#define RSA_JWK "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"
#define EC_JWK(d) \
    "{\"kty\":\"EC\",\"crv\":\"P-256\"," \
    "\"x\":\"TE1cj_r302hgu9QDOm7QLTZ2Y39oBYjwtPyL6vu5F1U\"," \
    "\"y\":\"bR7SkOC9vfkzFK52JS3mbbFTxBXKZYywk434VICmwc8\"" d "}"
#define EC_D ",\"d\":\"MxXF2H9PxnKORjntiiT22OD6LJzf64cRPW4PYgr3JbQ\""
#define P384_JWK \
    "{\"kty\":\"EC\",\"crv\":\"P-384\"," \
    "\"x\":\"QSJyA0DsN1ct0WtRJcLitN-u0rgEj0H04SRDLLcebKtRIiywSq9a-AcK_" \
    "bWVckuK\"," \
    "\"y\":\"B1SZDl3KrnlDDV_vvUs1gxqlpdNwGWWkeRC4l3ICjrqLQihaD1gpNToLP_" \
    "ZQ4rRV\"}"

/* RFC 7515, A.3: its claims hold line breaks. */
#define RFC_EC_JWK \
    "{\"kty\":\"EC\",\"crv\":\"P-256\"," \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define RFC_ES256 \
    "eyJhbGciOiJFUzI1NiJ9." \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt" \
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ." \
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA" \
    "pmWQxfKTUJqPP3-Kg6NU1Q"

static const tpa_key_t *public_key(const char *jwk)
{
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_key_from_jwk(jwk, &key, p));
    return key;
}

/* Past the gate: private EC keys, and a curve that it refuses. */
static const tpa_key_t *any_key(const char *jwk, const char *const members[])
{
    tpa_json_t *parsed;
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_json_parse(jwk, strlen(jwk), &parsed, p));
    ck_assert_int_eq(tpa_key_adopt(parsed, members, &key, p), 1);
    return key;
}

static const tpa_key_t *own_key(void)
{
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_key_generate("a", 0, &key, p));
    return key;
}

static void refuses(const char *jws, const tpa_key_t *key, const char *alg)
{
    tpa_err_t *e = tpa_jws_verify(jws, key, alg, p);

    ck_assert_msg(e != NULL, "%s verified: %s", alg, jws);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_CLIENT);
    ck_assert_ptr_nonnull(e->detail);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static void accepts(const char *jws, const tpa_key_t *key, const char *alg)
{
    tpa_err_t *e = tpa_jws_verify(jws, key, alg, p);

    ck_assert_msg(e == NULL, "%s: %s", alg, e ? e->detail : "");
}

/* ---- which algorithm, which key ----------------------------------------- */

static const char *const tokens[] = {
    RS256, RS384, PS256, ES256, ES256_WITH_P384, HS256_RSA_KEY,
    ALG_NONE_SIGNED, RFC_ES256
};

static const char *const registered[] = {
    "RS256", "RS384", "PS256", "ES256", "ES384", "HS256", "HS384", "HS512",
    "none", "None", "RS512", "PS384", "EdDSA", "rs256", "RS256 ", ""
};

enum { RSA_KEY, P256_KEY, P384_KEY, RFC_KEY, KEYS };

/* The only ones of all combinations that verify. */
static const struct {
    int token;
    const char *alg;
    int key;
} good[] = {
    { 0, "RS256", RSA_KEY },  { 1, "RS384", RSA_KEY },
    { 2, "PS256", RSA_KEY },  { 3, "ES256", P256_KEY },
    { 7, "ES256", RFC_KEY },
};

static int is_good(int token, const char *alg, int key)
{
    int i;

    for (i = 0; i < ROWS(good); i++) {
        if (good[i].token == token && !strcmp(good[i].alg, alg)
            && good[i].key == key)
            return 1;
    }
    return 0;
}

/* That cjose says no is not enough: it reads past the end of a key that it
 * takes for another kind, so it must not have been asked. */
static void gate_was_shut(const char *jws, const tpa_key_t *key,
                          const char *alg)
{
    tpa_jws_peek_t said;
    tpa_err_t *e = tpa_jws_verify(jws, key, alg, p);

    ck_assert_ptr_null(tpa_jws_peek(jws, 2048, &said, p));
    if (strcmp(said.alg, alg))
        ck_assert_ptr_nonnull(strstr(e->detail, "not the one registered"));
    else if (!tpa_jws_alg_fits(alg, key))
        ck_assert_ptr_nonnull(strstr(e->detail, "does not fit the key"));
}

START_TEST(every_token_with_every_algorithm_and_key)
{
    const tpa_key_t *keys[KEYS];
    int t, a, k, taken = 0;

    keys[RSA_KEY] = public_key(RSA_JWK);
    keys[P256_KEY] = public_key(EC_JWK(""));
    keys[P384_KEY] = any_key(P384_JWK, tpa_key_ec_members);
    keys[RFC_KEY] = public_key(RFC_EC_JWK);
    for (t = 0; t < ROWS(tokens); t++) {
        for (a = 0; a < ROWS(registered); a++) {
            for (k = 0; k < KEYS; k++) {
                if (!is_good(t, registered[a], k)) {
                    refuses(tokens[t], keys[k], registered[a]);
                    gate_was_shut(tokens[t], keys[k], registered[a]);
                    continue;
                }
                accepts(tokens[t], keys[k], registered[a]);
                taken++;
            }
        }
    }
    ck_assert_int_eq(taken, ROWS(good));
}
END_TEST

static const struct {
    const char *alg;
    int fits[3];      /* RSA, P-256, P-384 */
} fits[] = {
    { "RS256", { 1, 0, 0 } }, { "RS384", { 1, 0, 0 } },
    { "PS256", { 1, 0, 0 } }, { "ES256", { 0, 1, 0 } },
    { "ES384", { 0, 0, 0 } }, { "HS256", { 0, 0, 0 } },
    { "none", { 0, 0, 0 } },  { "RS512", { 0, 0, 0 } },
    { "", { 0, 0, 0 } },      { NULL, { 0, 0, 0 } },
};

START_TEST(alg_fits_table)
{
    const tpa_key_t *rsa = public_key(RSA_JWK), *ec = public_key(EC_JWK(""));
    const tpa_key_t *p384 = any_key(P384_JWK, tpa_key_ec_members);

    ck_assert_int_eq(tpa_jws_alg_fits(fits[_i].alg, rsa), fits[_i].fits[0]);
    ck_assert_int_eq(tpa_jws_alg_fits(fits[_i].alg, ec), fits[_i].fits[1]);
    ck_assert_int_eq(tpa_jws_alg_fits(fits[_i].alg, p384), fits[_i].fits[2]);
}
END_TEST

/* ---- changed tokens ----------------------------------------------------- */

static const struct {
    const char *jws;
    const char *alg;
} sources[] = { { RS256, "RS256" }, { PS256, "PS256" }, { ES256, "ES256" } };

static const tpa_key_t *key_of(const char *alg)
{
    return public_key(*alg == 'E' ? EC_JWK("") : RSA_JWK);
}

START_TEST(any_changed_character_is_refused)
{
    const tpa_key_t *key = key_of(sources[_i].alg);
    char *jws = apr_pstrdup(p, sources[_i].jws);
    apr_size_t i;

    for (i = 0; jws[i]; i++) {
        char was = jws[i];

        jws[i] = was == 'A' ? 'B' : 'A';
        refuses(jws, key, sources[_i].alg);
        jws[i] = was;
    }
    accepts(jws, key, sources[_i].alg);
}
END_TEST

START_TEST(shortened_and_longer_tokens_are_refused)
{
    const char *jws = sources[_i].jws, *alg = sources[_i].alg;
    const tpa_key_t *key = key_of(alg);
    apr_size_t i, len = strlen(jws);

    for (i = 0; i < len; i += 7)
        refuses(apr_pstrmemdup(p, jws, i), key, alg);
    refuses(apr_pstrmemdup(p, jws, len - 1), key, alg);
    refuses(apr_pstrcat(p, jws, "AA", NULL), key, alg);
    refuses(apr_pstrcat(p, jws, "=", NULL), key, alg);
    refuses(apr_pstrcat(p, jws, "\n", NULL), key, alg);
    refuses(apr_pstrcat(p, jws, ".", NULL), key, alg);
    refuses(apr_pstrcat(p, " ", jws, NULL), key, alg);
}
END_TEST

/* cjose cuts an ES256 signature in halves and drops what is left over. */
START_TEST(es256_signature_of_another_length_is_refused)
{
    const tpa_key_t *key = public_key(EC_JWK(""));
    const char *head = apr_pstrmemdup(p, ES256, strlen(ES256)
                                                - strlen(ES256_SIG));
    unsigned char *rs, wide[66] = { 0 };
    apr_size_t len;

    ck_assert_int_eq(tpa_text_unb64url(ES256_SIG, &rs, &len, p), 1);
    ck_assert_uint_eq(len, 64);
    memcpy(wide, rs, 64);
    refuses(apr_pstrcat(p, head, tpa_text_b64url(wide, 65, p), NULL), key,
            "ES256");
    memset(wide, 0, sizeof(wide));
    memcpy(wide + 1, rs, 32);
    memcpy(wide + 34, rs + 32, 32);
    refuses(apr_pstrcat(p, head, tpa_text_b64url(wide, 66, p), NULL), key,
            "ES256");
    memset(wide, 0, sizeof(wide));
    refuses(apr_pstrcat(p, head, tpa_text_b64url(wide, 64, p), NULL), key,
            "ES256");
}
END_TEST

/* ---- sign --------------------------------------------------------------- */

static const char *const rsa_algs[] = { "RS256", "RS384", "PS256" };

START_TEST(what_we_sign_verifies_with_the_public_key)
{
    const tpa_key_t *key = own_key();
    const tpa_key_t *other = public_key(RSA_JWK);
    const char *alg = rsa_algs[_i], *jws;
    tpa_jws_peek_t said;

    ck_assert_ptr_null(tpa_jws_sign(key, alg, "at+jwt", "k-1",
                                    "{\"iss\":\"\xc3\xa4\"}", &jws, p));
    ck_assert_ptr_null(tpa_jws_peek(jws, 2048, &said, p));
    ck_assert_str_eq(tpa_json_print(said.header, p),
                     apr_psprintf(p, "{\"alg\":\"%s\",\"typ\":\"at+jwt\","
                                  "\"kid\":\"k-1\"}", alg));
    ck_assert_str_eq(tpa_json_get_str(said.claims, "iss"), "\xc3\xa4");
    accepts(jws, public_key(tpa_key_public_jwk(key, p)), alg);
    accepts(jws, key, alg);
    refuses(jws, other, alg);
}
END_TEST

START_TEST(es256_signs_too)
{
    const tpa_key_t *key = any_key(EC_JWK(EC_D), tpa_key_ec_members);
    const char *jws;
    int i;

    for (i = 0; i < 300; i++) {
        ck_assert_ptr_null(tpa_jws_sign(key, "ES256", "JWT", "k", "{}", &jws,
                                        p));
        accepts(jws, public_key(EC_JWK("")), "ES256");
    }
}
END_TEST

static const char *const unfit[] = {
    "ES256", "HS256", "none", "RS512", "PS384", "rs256", "", NULL
};

START_TEST(no_signature_with_an_algorithm_that_does_not_fit)
{
    const char *jws;
    tpa_err_t *e = tpa_jws_sign(own_key(), unfit[_i], "JWT", "k", "{}", &jws,
                                p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
}
END_TEST

static void cannot_sign(const char *jwk, const char *alg)
{
    const char *jws;
    tpa_err_t *e = tpa_jws_sign(public_key(jwk), alg, "JWT", "k", "{}", &jws,
                                p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_ptr_nonnull(strstr(e->detail, "cannot sign"));
}

START_TEST(no_signature_with_a_public_key)
{
    cannot_sign(RSA_JWK, "RS256");
    cannot_sign(EC_JWK(""), "ES256");
}
END_TEST

#define THREADS 32
#define EACH 20

typedef struct job_t {
    const tpa_key_t *key;
    const char *first;      /* RS256 is deterministic: all must be this */
    int wrong;
} job_t;

static void *sign_many(void *data)
{
    job_t *job = data;
    apr_pool_t *own;
    const char *jws;
    int i;

    for (i = 0; i < EACH; i++) {
        apr_pool_create(&own, NULL);
        if (tpa_jws_sign(job->key, "RS256", "JWT", "k", "{\"a\":1}", &jws, own)
            || strcmp(jws, job->first)
            || tpa_jws_verify(jws, job->key, "RS256", own))
            job->wrong++;
        apr_pool_destroy(own);
    }
    return NULL;
}

START_TEST(one_key_signs_in_32_threads)
{
    pthread_t threads[THREADS];
    job_t jobs[THREADS];
    const tpa_key_t *key = own_key();
    const char *first;
    tpa_key_t *twin;
    int i;

    /* The key itself is used by the threads first. */
    ck_assert_ptr_null(tpa_key_from_private(tpa_key_private_jwk(key, p), &twin,
                                            p));
    ck_assert_ptr_null(tpa_jws_sign(twin, "RS256", "JWT", "k", "{\"a\":1}",
                                    &first, p));
    for (i = 0; i < THREADS; i++) {
        jobs[i].key = key;
        jobs[i].first = first;
        jobs[i].wrong = 0;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, sign_many,
                                        &jobs[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(jobs[i].wrong, 0);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/jws");
    TCase *tc = tap_case(s, "verify");

    tcase_add_test(tc, every_token_with_every_algorithm_and_key);
    tcase_add_loop_test(tc, alg_fits_table, 0, ROWS(fits));
    tcase_add_loop_test(tc, any_changed_character_is_refused, 0,
                        ROWS(sources));
    tcase_add_loop_test(tc, shortened_and_longer_tokens_are_refused, 0,
                        ROWS(sources));
    tcase_add_test(tc, es256_signature_of_another_length_is_refused);
    tc = tap_case(s, "sign");
    tcase_add_loop_test(tc, what_we_sign_verifies_with_the_public_key, 0,
                        ROWS(rsa_algs));
    tcase_add_test(tc, es256_signs_too);
    tcase_add_loop_test(tc, no_signature_with_an_algorithm_that_does_not_fit,
                        0, ROWS(unfit));
    tcase_add_test(tc, no_signature_with_a_public_key);
    tcase_add_test(tc, one_key_signs_in_32_threads);
    return s;
}
