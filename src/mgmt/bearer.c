#include <apr_strings.h>

#include "base/limit.h"
#include "base/text.h"
#include "core/event.h"
#include "crypto/keyring.h"
#include "mgmt/mgmt_int.h"

/* RFC 6750 3: without a token there is no error to tell. */
static tpa_err_t *missing(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    apr_table_setn(reply->headers, "WWW-Authenticate", "Bearer");
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_TOKEN, "",
                                 "Missing authentication"), "bearer");
}

/* What exactly is wrong stands in the log only. */
static tpa_err_t *invalid(tpa_mg_call_t *c, tpa_reply_t *reply,
                          const char *why)
{
    tpa_err_t *e = tpa_mg_err(c->p, TPA_E_INVALID_TOKEN, NULL,
                              "Invalid token.");

    apr_table_setn(reply->headers, "WWW-Authenticate",
                   "Bearer error=\"invalid_token\"");
    e->detail = why;
    return tpa_err_by(e, "bearer");
}

/* A stolen bound token must not be good as a plain one: RFC 9449 7.2. */
static const char *wrong_claims(const tpa_mg_call_t *c,
                                const tpa_access_t *access)
{
    apr_array_header_t *us = apr_array_make(c->p, 1, sizeof(const char *));
    const char *wrong;

    APR_ARRAY_PUSH(us, const char *) = apr_pstrcat(c->p, c->t->issuer,
                                                   TPA_MG_BASE, NULL);
    wrong = tpa_access_wrong(access, c->t->issuer, us,
                             apr_time_sec(c->t->now));
    return wrong || !access->jkt ? wrong : "the token is bound to a key";
}

static tpa_err_t *verify(tpa_mg_call_t *c, tpa_reply_t *reply,
                         const char *header, tpa_access_t *access)
{
    const char *token, *why;
    tpa_err_t *e;

    if (tpa_access_scheme(header, &token) != TPA_SCHEME_BEARER)
        return invalid(c, reply, "the header holds no bearer token");
    if (!c->t->keyring)
        return tpa_err_private(c->p, TPA_E_UNAVAILABLE,
                               "no signing key has been loaded yet");
    e = tpa_keyset_verify(token, tpa_keyring_keys(c->t->keyring), access,
                          c->p);
    why = e ? e->detail : wrong_claims(c, access);
    return why ? invalid(c, reply, why) : TPA_OK;
}

/* ---- scopes ------------------------------------------------------------- */

int tpa_mg_holds(const tpa_mg_call_t *c, const char *scope)
{
    return tpa_text_in(c->scopes, scope);
}

static int holds_all(const tpa_mg_call_t *c, const char *words)
{
    apr_array_header_t *all = tpa_text_split(words, '+', c->p);
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (!tpa_mg_holds(c, APR_ARRAY_IDX(all, i, const char *)))
            return 0;
    }
    return 1;
}

/* "any of: a,b", or "all of: a,b" where one set is needed as a whole. */
static tpa_err_t *lacking(tpa_mg_call_t *c, const apr_array_header_t *any,
                          tpa_reply_t *reply)
{
    apr_array_header_t *first
        = tpa_text_split(APR_ARRAY_IDX(any, 0, const char *), '+', c->p);
    int is_set = any->nelts == 1 && first->nelts > 1;

    apr_table_setn(reply->headers, "WWW-Authenticate",
                   apr_pstrcat(c->p, "Bearer error=\"insufficient_scope\","
                               " scope=\"", tpa_text_join(first, " ", c->p),
                               "\"", NULL));
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INSUFFICIENT_SCOPE, NULL,
                                 "Insufficient scope, expected %s of: %s",
                                 is_set ? "all" : "any",
                                 tpa_text_join(is_set ? first : any, ",",
                                               c->p)), "scope");
}

static tpa_err_t *check_scopes(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    apr_array_header_t *any = tpa_text_split(c->route->scopes, ' ', c->p);
    int i;

    for (i = 0; i < any->nelts; i++) {
        if (holds_all(c, APR_ARRAY_IDX(any, i, const char *)))
            return TPA_OK;
    }
    return any->nelts ? lacking(c, any, reply) : TPA_OK;
}

tpa_err_t *tpa_mg_bearer_read(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    const char *header = apr_table_get(c->t->req->headers, "Authorization");
    tpa_access_t access;

    c->scopes = apr_array_make(c->p, 1, sizeof(const char *));
    if (!c->route->scopes)
        return TPA_OK;
    if (!header)
        return missing(c, reply);
    TPA_TRY(verify(c, reply, header, &access));
    c->bearer = access.client_id;
    c->scopes = tpa_text_split(access.scope, ' ', c->p);
    c->t->event->client_id = c->bearer;
    c->t->event->authenticated = 1;
    TPA_TRY(tpa_limit_take(c->t, TPA_COUNT_MANAGEMENT,
                           c->bearer ? c->bearer : ""));
    return check_scopes(c, reply);
}
