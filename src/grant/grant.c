#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"
#include "grant/grant.h"

#define JTI_LENGTH 22   /* base62: 130 bits */

const tpa_grant_t *const tpa_grants[] = {
    &tpa_grant_code,
    &tpa_grant_refresh,
    &tpa_grant_m2m,
    NULL
};

tpa_err_t *tpa_grant_find(const char *name, const tpa_grant_t **out,
                          apr_pool_t *p)
{
    int i;

    if (!name)
        return tpa_err_by(tpa_err(p, TPA_E_INVALID_REQUEST,
                                  "Parameter grant_type is required"),
                          "grant_type");
    for (i = 0; tpa_grants[i]; i++) {
        if (!strcmp(tpa_grants[i]->name, name)) {
            *out = tpa_grants[i];
            return TPA_OK;
        }
    }
    return tpa_err_by(tpa_err(p, TPA_E_UNSUPPORTED_GRANT_TYPE,
                              "This server does not support that grant type"),
                      "grant_type");
}

tpa_err_t *tpa_grant_mint(tpa_txn_t *t, tpa_token_spec_t *spec,
                          tpa_minted_t *out)
{
    const char *claims;
    apr_time_t since;

    if (!t->keyring)
        return tpa_err_private(t->p, TPA_E_UNAVAILABLE,
                               "no signing key has been loaded yet");
    spec->issuer = t->issuer;
    spec->iat_s = apr_time_sec(t->now);
    TPA_TRY(tpa_random_id("", JTI_LENGTH, &spec->jti, t->p));
    claims = tpa_json_print(tpa_token_claims(spec, t->p), t->p);
    since = apr_time_now();
    TPA_TRY(tpa_jws_sign(tpa_keyring_current(t->keyring), "RS256",
                         tpa_token_typ(spec->dialect),
                         tpa_keyring_kid(t->keyring), claims,
                         &out->access_token, t->p));
    tpa_meter_time(t->meter, TPA_TIME_SIGNING, since);
    out->jti = spec->jti;
    out->token_type = spec->jkt ? "DPoP" : "Bearer";
    out->expires_in_s = spec->lifetime_s;
    out->details = spec->details;
    out->scope = spec->scopes && spec->scopes->nelts
        ? tpa_text_join(spec->scopes, " ", t->p) : NULL;
    return TPA_OK;
}

tpa_json_t *tpa_grant_proof(const tpa_txn_t *t)
{
    tpa_json_t *o;

    if (!t->proof)
        return NULL;
    o = tpa_json_object(t->p);
    tpa_json_set_str(o, "jkt", t->proof->jkt);
    tpa_json_set_str(o, "jti_hash", t->proof->jti_hash);
    tpa_json_set_int(o, "expires", apr_time_sec(t->proof->expires));
    return o;
}

tpa_err_t *tpa_grant_replayed(apr_pool_t *p)
{
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_DPOP_PROOF,
                              "The DPoP proof was used before: make one for"
                              " each request"), "dpop_once");
}
