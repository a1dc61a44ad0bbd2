#include <apr_strings.h>

#include "base/json.h"
#include "base/reply.h"
#include "core/settings.h"
#include "crypto/keyring.h"
#include "grant/grant.h"
#include "http/client_auth.h"
#include "http/discovery.h"
#include "http/page.h"
#include "http/proof.h"

static apr_array_header_t *list_of(const char *const *words, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));

    for (; *words; words++)
        APR_ARRAY_PUSH(list, const char *) = *words;
    return list;
}

static apr_array_header_t *grant_types(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; tpa_grants[i]; i++)
        APR_ARRAY_PUSH(names, const char *) = tpa_grants[i]->name;
    return names;
}

/* Every endpoint that applications prove themselves at takes the same ways. */
static void announce_endpoint(tpa_json_t *o, const char *name,
                              const char *url, apr_pool_t *p)
{
    static const char *const assertion_algs[] = { "RS256", "RS384", "PS256",
                                                  NULL };

    tpa_json_set_str(o, apr_pstrcat(p, name, "_endpoint", NULL), url);
    tpa_json_set_list(o, apr_pstrcat(p, name,
                                     "_endpoint_auth_methods_supported", NULL),
                      tpa_client_auth_methods(p));
    tpa_json_set_list(o, apr_pstrcat(p, name,
                          "_endpoint_auth_signing_alg_values_supported", NULL),
                      list_of(assertion_algs, p));
}

/* What the authorization endpoint understands; iss always comes with its
 * answers (RFC 9207 3). */
static void announce_authorize(tpa_json_t *o, const tpa_txn_t *t)
{
    static const char *const types[] = { "code", NULL };
    static const char *const modes[] = { "query", "form_post", "web_message",
                                         NULL };
    static const char *const challenges[] = { "S256", NULL };

    tpa_json_set_str(o, "authorization_endpoint",
                     apr_pstrcat(t->p, t->issuer, "authorize", NULL));
    tpa_json_set_list(o, "response_types_supported", list_of(types, t->p));
    tpa_json_set_list(o, "response_modes_supported", list_of(modes, t->p));
    tpa_json_set_list(o, "code_challenge_methods_supported",
                      list_of(challenges, t->p));
    tpa_json_set_list(o, "ui_locales_supported",
                      tpa_templates_langs(t->templates, t->p));
    tpa_json_set_bool(o, "authorization_response_iss_parameter_supported", 1);
}

static void publish(tpa_txn_t *t, tpa_reply_t *reply, const char *body)
{
    reply->status = 200;
    reply->content_type = "application/json";
    reply->body = body;
    apr_table_setn(reply->headers, "Cache-Control",
                   apr_psprintf(t->p, "public, max-age=%d",
                                t->settings->metadata_max_age_s));
}

tpa_err_t *tpa_ep_metadata(tpa_txn_t *t, tpa_reply_t *reply)
{
    static const char *const token_algs[] = { "RS256", NULL };
    static const char *const proof_algs[] = { TPA_PROOF_ALG, NULL };
    static const char *const subjects[] = { "public", NULL };
    static const char *const scopes[] = { "offline_access", NULL };
    apr_pool_t *p = t->p;
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "issuer", t->issuer);
    announce_authorize(o, t);
    announce_endpoint(o, "token",
                      apr_pstrcat(p, t->issuer, "oauth/token", NULL), p);
    announce_endpoint(o, "revocation",
                      apr_pstrcat(p, t->issuer, "oauth/revoke", NULL), p);
    if (t->open & TPA_OPEN_REGISTRATION)
        tpa_json_set_str(o, "registration_endpoint",
                         apr_pstrcat(p, t->issuer, "oidc/register", NULL));
    if (t->details)   /* RFC 9396 10 */
        tpa_json_set_list(o, "authorization_details_types_supported",
                          t->details);
    if (t->open & TPA_OPEN_DOCUMENTS)
        tpa_json_set_bool(o, "client_id_metadata_document_supported", 1);
    tpa_json_set_str(o, "jwks_uri",
                     apr_pstrcat(p, t->issuer, ".well-known/jwks.json", NULL));
    tpa_json_set_list(o, "grant_types_supported", grant_types(p));
    tpa_json_set_list(o, "scopes_supported", list_of(scopes, p));
    /* No ID tokens are issued; parsers of the OpenID document want these. */
    tpa_json_set_list(o, "subject_types_supported", list_of(subjects, p));
    tpa_json_set_list(o, "id_token_signing_alg_values_supported",
                      list_of(token_algs, p));
    tpa_json_set_list(o, "dpop_signing_alg_values_supported",
                      list_of(proof_algs, p));
    publish(t, reply, tpa_json_print(o, p));
    return TPA_OK;
}

tpa_err_t *tpa_ep_jwks(tpa_txn_t *t, tpa_reply_t *reply)
{
    if (!t->keyring)
        return tpa_err_private(t->p, TPA_E_UNAVAILABLE,
                               "no signing key has been loaded yet");
    publish(t, reply, tpa_keyring_jwks(t->keyring));
    apr_table_setn(reply->headers, "ETag", tpa_keyring_etag(t->keyring));
    return TPA_OK;
}
