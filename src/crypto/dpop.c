#include <string.h>

#include "core/uri.h"
#include "crypto/dpop.h"
#include "crypto/jws.h"
#include "crypto/secret.h"

#define ALG "ES256"
#define MAX_JTI 128
#define MAX_NONCE 128

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_DPOP_PROOF,
                              "The DPoP proof is not valid: %s", why),
                      "dpop_proof");
}

static int same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static int is_text(const char *s, apr_size_t max)
{
    return s && *s && strlen(s) <= max;
}

/* ---- what it is made for ------------------------------------------------- */

static tpa_err_t *check_request(const tpa_json_t *claims,
                                const tpa_dpop_ask_t *ask, apr_pool_t *p)
{
    const char *htu = tpa_json_get_str(claims, "htu");

    if (!same(tpa_json_get_str(claims, "htm"), ask->method))
        return refused(p, "htm is not the method of this request");
    if (!htu || !same(tpa_uri_plain(htu, p), tpa_uri_plain(ask->url, p)))
        return refused(p, "htu is not the URL of this request");
    if (ask->token && !tpa_secret_equal(tpa_json_get_str(claims, "ath"),
                                        tpa_sha256_b64url(ask->token, p)))
        return refused(p, "ath is not the hash of the access token");
    return TPA_OK;
}

static tpa_err_t *check_time(const tpa_json_t *claims, apr_int64_t now_s,
                             apr_time_t *expires, apr_pool_t *p)
{
    apr_int64_t iat;

    if (!tpa_json_get_int(claims, "iat", &iat) || iat < 0)
        return refused(p, "iat must be a whole number of seconds");
    if (iat > now_s + TPA_DPOP_SKEW_S)
        return refused(p, "iat lies in the future: check your clock");
    if (iat < now_s - TPA_DPOP_AGE_S)
        return refused(p, "it is too old: make one for each request");
    /* The clock of the database may be ahead of ours. */
    *expires = apr_time_from_sec(iat + TPA_DPOP_AGE_S + TPA_DPOP_SKEW_S);
    return TPA_OK;
}

static tpa_err_t *check_once(const tpa_json_t *claims, tpa_dpop_t *out,
                             apr_pool_t *p)
{
    const char *jti = tpa_json_get_str(claims, "jti");

    if (!is_text(jti, MAX_JTI))
        return refused(p, "jti must be a text of 1 to 128 bytes");
    out->nonce = tpa_json_get_str(claims, "nonce");
    if (tpa_json_get(claims, "nonce") && !is_text(out->nonce, MAX_NONCE))
        return refused(p, "nonce must be one that this server gave");
    out->jti_hash = tpa_sha256_hex(jti, strlen(jti), p);
    return TPA_OK;
}

/* ---- who made it --------------------------------------------------------- */

static tpa_err_t *read_proof(const char *proof, tpa_jws_peek_t *said,
                             tpa_key_t **key, apr_pool_t *p)
{
    tpa_err_t *e;

    if (strchr(proof, ','))
        return refused(p, "send one DPoP header, with one proof");
    e = tpa_jws_peek_own(proof, TPA_DPOP_MAX, said, key, p);
    if (e)
        return refused(p, e->detail ? e->detail : e->text);
    if (!same(said->typ, "dpop+jwt"))
        return refused(p, "typ must be dpop+jwt");
    if (!same(said->alg, ALG))
        return refused(p, "alg must be " ALG);
    return TPA_OK;
}

/* The signature comes last: it is what costs. */
tpa_err_t *tpa_dpop_check(const char *proof, const tpa_dpop_ask_t *ask,
                          apr_time_t now, tpa_dpop_t *out, apr_pool_t *p)
{
    tpa_jws_peek_t said;
    tpa_key_t *key;

    memset(out, 0, sizeof(*out));
    TPA_TRY(read_proof(proof, &said, &key, p));
    TPA_TRY(check_request(said.claims, ask, p));
    TPA_TRY(check_time(said.claims, apr_time_sec(now), &out->expires, p));
    TPA_TRY(check_once(said.claims, out, p));
    if (tpa_jws_verify_own(proof, key, ALG, p))
        return refused(p, "its signature does not fit its jwk");
    out->jkt = tpa_key_thumbprint(key);
    return out->jkt && out->jti_hash
        ? TPA_OK : tpa_err_private(p, TPA_E_INTERNAL, "OpenSSL has no SHA-256");
}
