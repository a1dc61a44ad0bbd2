#include <string.h>

#include "core/assertion.h"

#define MAX_TEXT 64   /* bytes of iss, sub and jti: spec.md 7.1 */

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_CLIENT,
                           "Client authentication failed");

    e->detail = why;
    return e;
}

static int is_text(const char *s)
{
    return s && *s && strlen(s) <= MAX_TEXT;
}

static int names(const char *aud, const char *issuer, const char *endpoint)
{
    return aud && (!strcmp(aud, issuer) || !strcmp(aud, endpoint));
}

/* aud is a text, or a list that holds one of ours (RFC 7519 4.1.3). */
static int audience_is_us(const tpa_json_t *aud, const char *issuer,
                          const char *endpoint)
{
    apr_size_t i;

    if (tpa_json_type(aud) == TPA_JSON_STRING)
        return names(tpa_json_str(aud), issuer, endpoint);
    if (tpa_json_type(aud) != TPA_JSON_ARRAY)
        return 0;
    for (i = 0; i < tpa_json_size(aud); i++) {
        if (names(tpa_json_str(tpa_json_at(aud, i)), issuer, endpoint))
            return 1;
    }
    return 0;
}

static tpa_err_t *check_times(const tpa_json_t *claims, apr_int64_t now_s,
                              apr_int64_t *exp, apr_pool_t *p)
{
    apr_int64_t iat, nbf;

    if (!tpa_json_get_int(claims, "exp", exp))
        return refused(p, "assertion has no exp");
    if (*exp <= now_s)
        return refused(p, "assertion is expired");
    if (tpa_json_get(claims, "iat")) {
        if (!tpa_json_get_int(claims, "iat", &iat))
            return refused(p, "iat of the assertion is no number");
        if (iat > now_s + TPA_ASSERTION_SKEW_S)
            return refused(p, "iat of the assertion is in the future");
        if (iat < 0 || *exp - iat > TPA_ASSERTION_MAX_LIFETIME_S)
            return refused(p, "exp is more than 5 minutes after iat");
    }
    /* Without iat the lifetime is counted from now, or it had no bound. */
    else if (*exp - now_s
             > TPA_ASSERTION_MAX_LIFETIME_S + TPA_ASSERTION_SKEW_S)
        return refused(p, "exp of the assertion is more than 5 minutes away");
    if (tpa_json_get(claims, "nbf")) {
        if (!tpa_json_get_int(claims, "nbf", &nbf))
            return refused(p, "nbf of the assertion is no number");
        if (nbf > now_s + TPA_ASSERTION_SKEW_S)
            return refused(p, "nbf of the assertion is in the future");
    }
    return TPA_OK;
}

tpa_err_t *tpa_assertion_check(const tpa_json_t *claims, const char *client_id,
                               const char *issuer, const char *endpoint,
                               apr_time_t now, tpa_assertion_t *out,
                               apr_pool_t *p)
{
    const char *iss = tpa_json_get_str(claims, "iss");
    const char *sub = tpa_json_get_str(claims, "sub");
    const char *jti = tpa_json_get_str(claims, "jti");
    apr_int64_t exp;

    if (!is_text(iss) || strcmp(iss, client_id))
        return refused(p, "iss of the assertion is not the client id");
    if (!is_text(sub) || strcmp(sub, client_id))
        return refused(p, "sub of the assertion is not the client id");
    if (!audience_is_us(tpa_json_get(claims, "aud"), issuer, endpoint))
        return refused(p, "aud of the assertion is neither our issuer nor the"
                          " token endpoint");
    if (!is_text(jti))
        return refused(p, "jti of the assertion is missing or too long");
    TPA_TRY(check_times(claims, apr_time_sec(now), &exp, p));
    out->jti = jti;
    out->expires = apr_time_from_sec(exp + TPA_ASSERTION_SKEW_S);
    return TPA_OK;
}
