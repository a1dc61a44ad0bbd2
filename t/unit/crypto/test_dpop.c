#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "crypto/dpop.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "tap.h"
#include "crypto/es256.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

#define NOW 1000000
#define URL "https://auth.test/oauth/token"
#define OTHER_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define OTHER_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define X "TE1cj_r302hgu9QDOm7QLTZ2Y39oBYjwtPyL6vu5F1U"
#define Y "bR7SkOC9vfkzFK52JS3mbbFTxBXKZYywk434VICmwc8"
#define KTY "\"kty\":\"EC\""
#define CRV "\"crv\":\"P-256\""
#define XY(x, y) "\"x\":\"" x "\",\"y\":\"" y "\""
#define JWK "{" KTY "," CRV "," XY(X, Y) "}"

#define HEADER(typ, alg, jwk) \
    "{\"typ\":" typ ",\"alg\":" alg ",\"jwk\":" jwk "}"
#define GOOD_HEADER HEADER("\"dpop+jwt\"", "\"ES256\"", JWK)
#define WITH(jwk) HEADER("\"dpop+jwt\"", "\"ES256\"", jwk)

#define HTM "\"htm\":\"POST\","
#define HTU "\"htu\":\"" URL "\","
#define JTI "\"jti\":\"j1\","
#define IAT "\"iat\":1000000"
#define GOOD_CLAIMS "{" HTM HTU JTI IAT "}"
#define AT(url) "{" HTM "\"htu\":\"" url "\"," JTI IAT "}"
#define THEN(iat) "{" HTM HTU JTI "\"iat\":" iat "}"
#define ONCE(jti) "{" HTM HTU "\"jti\":" jti "," IAT "}"

#define TEN "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567"

static const tpa_dpop_ask_t at_token = { "POST", URL, NULL };

static const struct {
    const char *header, *claims;
    const char *says;        /* NULL: accepted */
} cases[] = {
    { GOOD_HEADER, GOOD_CLAIMS, NULL },
    /* ---- what it is ---- */
    { HEADER("\"dpop+jwt\"", "\"none\"", JWK), GOOD_CLAIMS, "alg must" },
    { HEADER("\"dpop+jwt\"", "\"HS256\"", JWK), GOOD_CLAIMS, "alg must" },
    { HEADER("\"dpop+jwt\"", "\"RS256\"", JWK), GOOD_CLAIMS, "alg must" },
    { HEADER("\"dpop+jwt\"", "\"ES384\"", JWK), GOOD_CLAIMS, "alg must" },
    { HEADER("\"dpop+jwt\"", "\"es256\"", JWK), GOOD_CLAIMS, "alg must" },
    { HEADER("\"dpop+jwt\"", "1", JWK), GOOD_CLAIMS, "alg is no text" },
    { HEADER("\"JWT\"", "\"ES256\"", JWK), GOOD_CLAIMS, "typ must" },
    { HEADER("\"at+jwt\"", "\"ES256\"", JWK), GOOD_CLAIMS, "typ must" },
    { HEADER("\"DPoP+JWT\"", "\"ES256\"", JWK), GOOD_CLAIMS, "typ must" },
    { HEADER("[]", "\"ES256\"", JWK), GOOD_CLAIMS, "typ is no text" },
    { "{\"alg\":\"ES256\",\"jwk\":" JWK "}", GOOD_CLAIMS, "typ must" },
    { "{\"typ\":\"dpop+jwt\",\"jwk\":" JWK "}", GOOD_CLAIMS, "alg is no" },
    { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"}", GOOD_CLAIMS, "no jwk" },
    { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"kid\":\"k\"}", GOOD_CLAIMS,
      "no jwk" },
    { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"x\"],\"jwk\":" JWK
      "}", GOOD_CLAIMS, "crit" },
    { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jku\":\"" URL "\",\"jwk\":"
      JWK "}", GOOD_CLAIMS, "jku" },
    /* ---- its key ---- */
    { WITH("{" KTY "," CRV "," XY(X, Y) ",\"kid\":\"k\",\"use\":\"sig\"}"),
      GOOD_CLAIMS, NULL },
    { WITH("{" KTY "," CRV "," XY(X, Y) ",\"d\":\"" X "\"}"), GOOD_CLAIMS,
      "private members" },
    { WITH("{" KTY "," CRV "," XY(X, Y) ",\"k\":\"" X "\"}"), GOOD_CLAIMS,
      "private members" },
    { WITH("{" KTY "," CRV "," XY(OTHER_X, OTHER_Y) "}"), GOOD_CLAIMS,
      "does not fit its jwk" },
    { WITH("{" KTY "," CRV "," XY(X, OTHER_Y) "}"), GOOD_CLAIMS,
      "no public key" },
    { WITH("{" KTY "," CRV ",\"x\":\"" X "\"}"), GOOD_CLAIMS, "y of the key" },
    { WITH("{" KTY ",\"crv\":\"P-384\"," XY(X, Y) "}"), GOOD_CLAIMS,
      "must be P-256" },
    { WITH("{" KTY "," XY(X, Y) "}"), GOOD_CLAIMS, "must be P-256" },
    { WITH("{\"kty\":\"oct\",\"k\":\"" X "\"}"), GOOD_CLAIMS,
      "private members" },
    { WITH("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}"),
      GOOD_CLAIMS, "kty of the key" },
    { WITH("{" CRV "," XY(X, Y) "}"), GOOD_CLAIMS, "kty of the key" },
    { WITH("{" KTY "," CRV "," XY(X, Y) ",\"use\":\"enc\"}"), GOOD_CLAIMS,
      "use of the key" },
    { WITH("{}"), GOOD_CLAIMS, "kty of the key" },
    { WITH("[]"), GOOD_CLAIMS, "JSON object" },
    { WITH("\"" X "\""), GOOD_CLAIMS, "DPoP proof is not valid" },
    { WITH("null"), GOOD_CLAIMS, "DPoP proof is not valid" },
    /* ---- what it is made for ---- */
    { GOOD_HEADER, "{" HTU JTI IAT "}", "htm" },
    { GOOD_HEADER, "{\"htm\":\"GET\"," HTU JTI IAT "}", "htm" },
    { GOOD_HEADER, "{\"htm\":\"post\"," HTU JTI IAT "}", "htm" },
    { GOOD_HEADER, "{\"htm\":1," HTU JTI IAT "}", "htm" },
    { GOOD_HEADER, "{" HTM JTI IAT "}", "htu" },
    { GOOD_HEADER, "{" HTM "\"htu\":[\"" URL "\"]," JTI IAT "}", "htu" },
    { GOOD_HEADER, AT("https://auth.test/oauth/token?a=b#c"), NULL },
    { GOOD_HEADER, AT("HTTPS://AUTH.test:443/oauth/%74oken"), NULL },
    { GOOD_HEADER, AT("http://auth.test/oauth/token"), "htu" },
    { GOOD_HEADER, AT("https://auth.test/oauth/token/"), "htu" },
    { GOOD_HEADER, AT("https://auth.test/oauth/revoke"), "htu" },
    { GOOD_HEADER, AT("https://auth.test/OAuth/token"), "htu" },
    { GOOD_HEADER, AT("https://auth.test:444/oauth/token"), "htu" },
    { GOOD_HEADER, AT("https://evil.test/oauth/token"), "htu" },
    { GOOD_HEADER, AT("https://auth.test/"), "htu" },
    { GOOD_HEADER, AT("/oauth/token"), "htu" },
    { GOOD_HEADER, AT(""), "htu" },
    /* ---- when ---- */
    { GOOD_HEADER, "{" HTM HTU "\"jti\":\"j1\"}", "iat" },
    { GOOD_HEADER, THEN("\"1000000\""), "iat" },
    { GOOD_HEADER, THEN("1000000.5"), "iat" },
    { GOOD_HEADER, THEN("-1"), "iat" },
    { GOOD_HEADER, THEN("0"), "too old" },
    { GOOD_HEADER, THEN("999700"), NULL },
    { GOOD_HEADER, THEN("999699"), "too old" },
    { GOOD_HEADER, THEN("1000060"), NULL },
    { GOOD_HEADER, THEN("1000061"), "future" },
    { GOOD_HEADER, THEN("9223372036854775807"), "future" },
    /* ---- once ---- */
    { GOOD_HEADER, "{" HTM HTU IAT "}", "jti" },
    { GOOD_HEADER, ONCE("\"\""), "jti" },
    { GOOD_HEADER, ONCE("7"), "jti" },
    { GOOD_HEADER, ONCE("\"" LONG "\""), NULL },
    { GOOD_HEADER, ONCE("\"" LONG "x\""), "jti" },
    { GOOD_HEADER, "{" HTM HTU JTI IAT ",\"nonce\":7}", "nonce" },
    { GOOD_HEADER, "{" HTM HTU JTI IAT ",\"nonce\":\"\"}", "nonce" },
    { GOOD_HEADER, "{" HTM HTU JTI IAT ",\"nonce\":\"" LONG "x\"}", "nonce" },
    { GOOD_HEADER, "[]", "DPoP proof is not valid" },
};

static tpa_err_t *check(const char *proof, const tpa_dpop_ask_t *ask,
                        tpa_dpop_t *out)
{
    tpa_err_t *e = tpa_dpop_check(proof, ask, apr_time_from_sec(NOW), out, p);

    ck_assert_uint_eq(ERR_peek_error(), 0);
    return e;
}

static void refuses(const char *proof, const tpa_dpop_ask_t *ask,
                    const char *says)
{
    tpa_dpop_t out;
    tpa_err_t *e = check(proof, ask, &out);

    ck_assert_msg(e != NULL, "%s: accepted", says);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_DPOP_PROOF);
    ck_assert_str_eq(e->rule, "dpop_proof");
    ck_assert_msg(strstr(e->text, says) != NULL, "%s: %s", says, e->text);
    ck_assert_ptr_null(out.jkt);
}

START_TEST(every_part)
{
    const char *proof = token(cases[_i].header, cases[_i].claims);
    tpa_dpop_t out;
    tpa_err_t *e;

    if (cases[_i].says) {
        refuses(proof, &at_token, cases[_i].says);
        return;
    }
    e = check(proof, &at_token, &out);
    ck_assert_msg(!e, "row %d: %s", _i, e ? e->text : "");
}
END_TEST

START_TEST(what_it_proves)
{
    tpa_key_t *key;
    tpa_dpop_t out;

    ck_assert_ptr_null(tpa_key_from_jwk(public_jwk, &key, p));
    ck_assert_ptr_null(check(token(GOOD_HEADER, GOOD_CLAIMS), &at_token,
                             &out));
    ck_assert_str_eq(out.jkt, tpa_key_thumbprint(key));
    ck_assert_str_eq(out.jti_hash, tpa_sha256_hex("j1", 2, p));
    ck_assert_ptr_null(out.nonce);
    ck_assert_int_eq(out.expires, apr_time_from_sec(NOW + 360));
    ck_assert_ptr_null(check(token(GOOD_HEADER, "{" HTM HTU JTI IAT
                                   ",\"nonce\":\"n1\"}"), &at_token, &out));
    ck_assert_str_eq(out.nonce, "n1");
}
END_TEST

/* ---- with an access token ------------------------------------------------ */

#define API "https://api.test/posts"
#define GET(ath) "{\"htm\":\"GET\",\"htu\":\"" API "\"," JTI IAT ath "}"

START_TEST(with_an_access_token)
{
    const tpa_dpop_ask_t ask = { "GET", API "?page=2", "the.access.token" };
    const char *ath = tpa_sha256_b64url(ask.token, p);
    const char *good = apr_psprintf(p, GET(",\"ath\":\"%s\""), ath);
    tpa_dpop_t out;

    ck_assert_ptr_null(check(token(GOOD_HEADER, good), &ask, &out));
    refuses(token(GOOD_HEADER, GET("")), &ask, "ath");
    refuses(token(GOOD_HEADER, GET(",\"ath\":7")), &ask, "ath");
    refuses(token(GOOD_HEADER, GET(",\"ath\":\"the.access.token\"")), &ask,
            "ath");
    good = apr_psprintf(p, GET(",\"ath\":\"%s\""), tpa_sha256_b64url("x", p));
    refuses(token(GOOD_HEADER, good), &ask, "ath");
}
END_TEST

/* ---- changed proofs ------------------------------------------------------ */

START_TEST(any_changed_character_is_refused)
{
    char *proof = apr_pstrdup(p, token(GOOD_HEADER, GOOD_CLAIMS)), *c;

    for (c = proof; *c; c++) {
        char was = *c;

        *c = was == 'A' ? 'B' : 'A';
        refuses(proof, &at_token, "DPoP proof is not valid");
        *c = was;
    }
}
END_TEST

START_TEST(what_is_no_proof)
{
    const char *good = token(GOOD_HEADER, GOOD_CLAIMS);
    const char *unsigned_one = apr_pstrcat(p, b64(GOOD_HEADER), ".",
                                           b64(GOOD_CLAIMS), ".", NULL);
    char *longer = apr_palloc(p, TPA_DPOP_MAX + 2);

    memset(longer, 'A', TPA_DPOP_MAX + 1);
    longer[TPA_DPOP_MAX + 1] = '\0';
    refuses("", &at_token, "three parts");
    refuses(unsigned_one, &at_token, "three parts");
    refuses(longer, &at_token, "too long");
    refuses(apr_pstrcat(p, good, ", ", good, NULL), &at_token, "one DPoP");
    refuses(apr_pstrcat(p, good, "AA", NULL), &at_token, "does not fit");
    refuses(apr_pstrcat(p, " ", good, NULL), &at_token, "base64url");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/dpop");
    TCase *tc = tap_case(s, "dpop");

    tcase_add_loop_test(tc, every_part, 0, ROWS(cases));
    tcase_add_test(tc, what_it_proves);
    tcase_add_test(tc, with_an_access_token);
    tcase_add_test(tc, any_changed_character_is_refused);
    tcase_add_test(tc, what_is_no_proof);
    return s;
}
