#include <stddef.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"
#include "httpd/bearer.h"
#include "httpd/guard.h"
#include "httpd/proof.h"
#include "httpd/remote.h"
#include "httpd/request.h"
#include "httpd/site.h"
#include "httpd/token_cache.h"

APLOG_USE_MODULE(tpa_orgs);

#define AUTH_TYPE "TPABearer"
#define CHALLENGE "WWW-Authenticate"
#define BEARER "Bearer"
#define DPOP "DPoP"

typedef struct tpa_bearer_t {
    tpa_access_t access;
    int lacks_scope;     /* the answer to a refusal has been prepared */
} bearer_t;

/* What back ends and logs are told, beside REMOTE_USER. */
static const struct {
    const char *name;
    apr_size_t offset;
} variables[] = {
    { "TPA_ISSUER", offsetof(tpa_access_t, issuer) },
    { "TPA_SUBJECT", offsetof(tpa_access_t, subject) },
    { "TPA_CLIENT_ID", offsetof(tpa_access_t, client_id) },
    { "TPA_ORG_ID", offsetof(tpa_access_t, org_id) },
    { "TPA_ORG_NAME", offsetof(tpa_access_t, org_name) },
    { "TPA_SCOPE", offsetof(tpa_access_t, scope) },
    { NULL, 0 }
};

/* ---- headers that would say the same ------------------------------------ */

/* As CGI and its heirs map names: case is lost, and "-" is "_". */
static int is_mapped(const char *header, const char *name, int is_prefix)
{
    for (; *name; header++, name++) {
        char c = apr_isalnum(*header) ? (char)apr_toupper(*header) : '_';

        if (!*header || c != *name)
            return 0;
    }
    return is_prefix || !*header;
}

static int is_ours(const char *header)
{
    return is_mapped(header, "TPA_", 1) || is_mapped(header, "REMOTE_USER", 0);
}

static int note_ours(void *names, const char *header, const char *value)
{
    if (is_ours(header))
        APR_ARRAY_PUSH((apr_array_header_t *)names, const char *) = header;
    return 1;
}

static void strip_headers(request_rec *r)
{
    apr_array_header_t *names = apr_array_make(r->pool, 1, sizeof(char *));
    int i;

    apr_table_do(note_ours, names, r->headers_in, NULL);
    for (i = 0; i < names->nelts; i++)
        apr_table_unset(r->headers_in, APR_ARRAY_IDX(names, i, const char *));
}

/* Also where nobody is asked for a token, for instance by "Require ip". */
static int header_parser(request_rec *r)
{
    if (tpa_guard_of(r))
        strip_headers(r);
    return DECLINED;
}

/* ---- refusals ----------------------------------------------------------- */

/* RFC 6750 3, RFC 9728 5.1, RFC 9449 7.1: one challenge of a scheme. */
static void challenge(request_rec *r, const tpa_guard_t *g, const char *scheme,
                      const char *error, const char *scope)
{
    apr_array_header_t *parts = apr_array_make(r->pool, 4, sizeof(char *));

    if (error)
        APR_ARRAY_PUSH(parts, const char *) = error;
    if (scope)
        APR_ARRAY_PUSH(parts, const char *)
            = apr_pstrcat(r->pool, "scope=\"", scope, "\"", NULL);
    if (!strcmp(scheme, DPOP))
        APR_ARRAY_PUSH(parts, const char *) = "algs=\"ES256\"";
    if (g->metadata_url)
        APR_ARRAY_PUSH(parts, const char *)
            = apr_pstrcat(r->pool, "resource_metadata=\"", g->metadata_url,
                          "\"", NULL);
    apr_table_addn(r->err_headers_out, CHALLENGE,
                   apr_pstrcat(r->pool, scheme, parts->nelts ? " " : "",
                               tpa_text_join(parts, ", ", r->pool), NULL));
}

static void log_refusal(request_rec *r, const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "TPA0013: refused %s %s: %s",
                  tpa_text_loggable(r->method, 200, r->pool),
                  tpa_text_loggable(r->uri, 200, r->pool), why);
}

static int refuse(request_rec *r, const tpa_guard_t *g, int status,
                  const char *scheme, const char *error, const char *why)
{
    log_refusal(r, why);
    challenge(r, g, scheme, error, NULL);
    return status;
}

/* The scopes help clients to ask for enough at once. */
static int no_token(request_rec *r, const tpa_guard_t *g)
{
    log_refusal(r, "no access token");
    challenge(r, g, BEARER, NULL,
              g->scopes ? tpa_text_join(g->scopes, " ", r->pool) : NULL);
    challenge(r, g, DPOP, NULL, NULL);
    return HTTP_UNAUTHORIZED;
}

static int no_usable_token(request_rec *r, const tpa_guard_t *g,
                           tpa_scheme_t scheme)
{
    if (scheme == TPA_SCHEME_NONE)
        return no_token(r, g);
    if (scheme == TPA_SCHEME_SEVERAL)
        return refuse(r, g, HTTP_BAD_REQUEST, BEARER, "error="
                      "\"invalid_request\", error_description=\"Send one"
                      " Authorization header\"",
                      "several Authorization headers");
    return refuse(r, g, HTTP_UNAUTHORIZED, BEARER, "error=\"invalid_token\"",
                  "the Authorization header holds no access token");
}

static int bad_token(request_rec *r, const tpa_guard_t *g, const char *scheme,
                     const char *why)
{
    return refuse(r, g, HTTP_UNAUTHORIZED, scheme, "error=\"invalid_token\","
                  " error_description=\"The access token is expired, or not"
                  " good here; get a new one\"", why);
}

/* RFC 9449 7.1. */
static int bad_proof(request_rec *r, const tpa_guard_t *g, const char *why)
{
    return refuse(r, g, HTTP_UNAUTHORIZED, DPOP, "error="
                  "\"invalid_dpop_proof\", error_description=\"Send a new"
                  " DPoP proof of the token's key, for this request\"", why);
}

void tpa_bearer_lacks(request_rec *r, const char *scope)
{
    const tpa_guard_t *g = tpa_guard_of(r);
    tpa_request_t *known = tpa_request_of(r);

    if (!g || !known || !known->bearer || known->bearer->lacks_scope)
        return;
    known->bearer->lacks_scope = 1;
    challenge(r, g, known->bearer->access.jkt ? DPOP : BEARER,
              "error=\"insufficient_scope\"", scope);
}

/* ---- verification ------------------------------------------------------- */

static const tpa_keyset_t *keys_of(const tpa_trust_t *trust, apr_pool_t *p)
{
    const tpa_keyring_t *ring;

    if (trust->keys)
        return trust->keys;
    if (trust->remote)
        return tpa_remote_keys(trust->remote, p);
    ring = trust->tenant ? tpa_site_keyring(trust->tenant->site, p) : NULL;
    return ring ? tpa_keyring_keys(ring) : NULL;
}

/* A key that has been revoked since takes what it signed with it; so does one
 * in whose place another one has come. */
static int was_verified(request_rec *r, const tpa_trust_t *trust,
                        const tpa_keyset_t *keys, const char *hash,
                        tpa_access_t *out)
{
    const void *owner = trust->tenant ? (const void *)trust->tenant : trust;
    const tpa_key_t *key;

    if (!hash || !tpa_token_cache_get(tpa_conf_of(r->server)->cache, owner,
                                      hash, out, r->pool))
        return 0;
    key = tpa_keyset_find(keys, out->kid, NULL);
    return key && !strcmp(tpa_key_thumbprint(key), out->key);
}

/* A key that was not known is perhaps a new one. */
static tpa_err_t *verify_signature(const tpa_trust_t *trust,
                                   const tpa_keyset_t *keys,
                                   const char *token, tpa_access_t *out,
                                   apr_pool_t *p)
{
    tpa_err_t *e = tpa_keyset_verify(token, keys, out, p);
    const tpa_keyset_t *newer;

    if (!e || !trust->remote
        || !tpa_keyset_lacks(token, keys, trust->issuer, p))
        return e;
    newer = tpa_remote_newer(trust->remote, p);
    return newer && newer != keys ? tpa_keyset_verify(token, newer, out, p)
                                  : e;
}

/* What is wrong with a token here; NULL: nothing. */
static const char *verify(request_rec *r, const tpa_guard_t *g,
                          const tpa_trust_t *trust, const tpa_keyset_t *keys,
                          const char *token, tpa_access_t *out)
{
    const void *owner = trust->tenant ? (const void *)trust->tenant : trust;
    const char *hash = tpa_sha256_b64url(token, r->pool), *wrong;
    int cached = was_verified(r, trust, keys, hash, out);
    tpa_err_t *e = cached ? TPA_OK
                          : verify_signature(trust, keys, token, out,
                                             r->pool);

    wrong = e ? e->detail : tpa_access_wrong(out, trust->issuer, g->audiences,
                                             apr_time_sec(r->request_time));
    if (!wrong && !cached && hash) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "TPA0014: the signature of a token was verified");
        tpa_token_cache_put(tpa_conf_of(r->server)->cache, owner, hash, out,
                            r->pool);
    }
    return wrong;
}

/* The operator's mistake, or the database's: nobody gets in. */
static int unable(request_rec *r, int status, const char *why)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "TPA0015: answered %d: %s",
                  status, why);
    if (status == HTTP_SERVICE_UNAVAILABLE)
        apr_table_setn(r->err_headers_out, "Retry-After", apr_itoa(r->pool,
                       tpa_conf_of(r->server)->settings.retry_after_s));
    return status;
}

static void tell(request_rec *r, const tpa_access_t *access)
{
    int i;

    for (i = 0; variables[i].name; i++) {
        const char *value = access ? *(const char *const *)
            ((const char *)access + variables[i].offset) : NULL;

        if (value)
            apr_table_setn(r->subprocess_env, variables[i].name, value);
        else
            apr_table_unset(r->subprocess_env, variables[i].name);
    }
}

static void admit(request_rec *r, const bearer_t *bearer)
{
    tpa_request_make(r)->bearer = apr_pmemdup(r->pool, bearer,
                                              sizeof(*bearer));
    r->user = (char *)bearer->access.subject;
    r->ap_auth_type = (char *)AUTH_TYPE;
    tell(r, &bearer->access);
}

/* A token that is bound to a key comes with a proof of it, or not at all; one
 * that is not bound proves nothing, whatever comes with it (RFC 9449 7.2). */
static int check_binding(request_rec *r, const tpa_guard_t *g,
                         tpa_scheme_t scheme, const char *token,
                         const char *jkt)
{
    const char *why;
    int status;

    if (scheme == TPA_SCHEME_BEARER)
        return jkt ? bad_token(r, g, DPOP, "the token is bound to a key") : OK;
    if (!jkt)
        return bad_token(r, g, BEARER, "the token is bound to no key");
    status = tpa_proof_check(r, g, token, jkt, &why);
    if (status == HTTP_UNAUTHORIZED)
        return bad_proof(r, g, why);
    return status == OK ? OK : unable(r, status, why);
}

static int check_token(request_rec *r, const tpa_guard_t *g,
                       const tpa_trust_t *trust)
{
    const tpa_keyset_t *keys;
    bearer_t bearer = { 0 };
    const char *token, *why;
    tpa_scheme_t scheme;
    int status;

    scheme = tpa_access_scheme(apr_table_get(r->headers_in, "Authorization"),
                               &token);
    if (!token)
        return no_usable_token(r, g, scheme);
    keys = keys_of(trust, r->pool);
    if (!keys)
        return unable(r, HTTP_SERVICE_UNAVAILABLE, trust->remote
                      ? "the issuer's keys could not be fetched, or not for"
                        " too long" : "no signing key has been loaded yet");
    why = verify(r, g, trust, keys, token, &bearer.access);
    if (why)
        return bad_token(r, g, scheme == TPA_SCHEME_DPOP ? DPOP : BEARER, why);
    status = check_binding(r, g, scheme, token, bearer.access.jkt);
    if (status == OK)
        admit(r, &bearer);
    return status;
}

static int check_authn(request_rec *r)
{
    const char *type = ap_auth_type(r);
    const tpa_guard_t *g = tpa_guard_of(r);
    const tpa_trust_t *trust;
    tpa_trust_t own = { 0 };

    if (!type || strcasecmp(type, AUTH_TYPE))
        return DECLINED;
    trust = g ? tpa_guard_trust(g, r->server, &own) : NULL;
    if (!trust)
        return unable(r, HTTP_INTERNAL_SERVER_ERROR, g ? "AuthType TPABearer"
                      " knows no issuer here: write TPABearerIssuer"
                      : "AuthType TPABearer needs TPAAudience");
    return check_token(r, g, trust);
}

/* ---- what others are told ----------------------------------------------- */

/* httpd does not authenticate again what a request leads to inside of it, if
 * that is configured alike; it hands over the user, and we the token. */
static const bearer_t *bearer_of(const request_rec *r)
{
    for (; r; r = r->prev ? r->prev : r->main) {
        const tpa_request_t *known = tpa_request_of(r);
        const request_rec *from = r->prev ? r->prev : r->main;

        if (known && known->bearer)
            return known->bearer;
        if (!from || from->per_dir_config != r->per_dir_config)
            return NULL;
    }
    return NULL;
}

const tpa_access_t *tpa_bearer_of(const request_rec *r)
{
    const bearer_t *bearer = bearer_of(r);

    return bearer ? &bearer->access : NULL;
}

/* Whoever comes here was let in; a scope that one of several "Require" did not
 * find is nothing to tell. */
static int fixups(request_rec *r)
{
    const tpa_request_t *known = tpa_request_of(r);

    if (!tpa_guard_of(r))
        return DECLINED;
    strip_headers(r);
    tell(r, tpa_bearer_of(r));
    if (known && known->bearer && known->bearer->lacks_scope)
        apr_table_unset(r->err_headers_out, CHALLENGE);
    return DECLINED;
}

void tpa_bearer_start(server_rec *first, apr_pool_t *pchild)
{
    server_rec *s;

    for (s = first; s; s = s->next) {
        tpa_conf_t *conf = tpa_conf_of(s);

        if (conf->apis && conf->owner == s && conf->settings.bearer_cache)
            conf->cache = tpa_token_cache_make(conf->settings.bearer_cache,
                                               pchild);
    }
}

void tpa_bearer_hooks(apr_pool_t *p)
{
    ap_hook_header_parser(header_parser, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_check_authn(check_authn, NULL, NULL, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
