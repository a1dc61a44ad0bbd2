#include <string.h>

#include <apr_strings.h>

#include "base/limit.h"
#include "base/text.h"
#include "core/event.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "mgmt/mgmt_int.h"

#define MOST_TOKEN 8192      /* bytes */
#define SKEW_S 10            /* clocks of our own nodes may differ by it */

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

/* The value of "Authorization: Bearer VALUE"; NULL: none was sent. */
static const char *token_of(const tpa_mg_call_t *c)
{
    const char *header = apr_table_get(c->t->req->headers, "Authorization");

    if (!header || strncasecmp(header, "Bearer", 6)
        || (header[6] && header[6] != ' '))
        return header ? "" : NULL;
    for (header += 6; *header == ' '; header++)
        ;
    return header;
}

/* ---- claims ------------------------------------------------------------- */

static int is_for_us(const tpa_json_t *aud, const char *us)
{
    const char *one = tpa_json_str(aud);
    apr_size_t i;

    if (one)
        return !strcmp(one, us);
    for (i = 0; tpa_json_type(aud) == TPA_JSON_ARRAY && i < tpa_json_size(aud);
         i++) {
        one = tpa_json_str(tpa_json_at(aud, i));
        if (one && !strcmp(one, us))
            return 1;
    }
    return 0;
}

/* What is wrong with the claims of a token that we did sign; NULL: nothing. */
static const char *wrong_claims(const tpa_mg_call_t *c,
                                const tpa_json_t *claims)
{
    const char *iss = tpa_json_get_str(claims, "iss");
    apr_int64_t now = apr_time_sec(c->t->now), exp, nbf;

    if (!iss || strcmp(iss, c->t->issuer))
        return "iss is not this issuer";
    if (!is_for_us(tpa_json_get(claims, "aud"),
                   apr_pstrcat(c->p, c->t->issuer, TPA_MG_BASE, NULL)))
        return "aud is not the Management API";
    if (!tpa_json_get_int(claims, "exp", &exp) || exp <= now)
        return "the token is expired";
    if (tpa_json_get(claims, "nbf")
        && (!tpa_json_get_int(claims, "nbf", &nbf) || nbf > now + SKEW_S))
        return "the token is not valid yet";
    /* A stolen bound token must not be good as a plain one: RFC 9449 7.2. */
    if (tpa_json_get(claims, "cnf"))
        return "the token is bound to a key";
    return NULL;
}

static tpa_err_t *verify(tpa_mg_call_t *c, tpa_reply_t *reply,
                         const char *token, const tpa_json_t **claims)
{
    const tpa_key_t *key;
    tpa_jws_peek_t peek;
    const char *why;

    if (!c->t->keyring)
        return tpa_err_private(c->p, TPA_E_UNAVAILABLE,
                               "no signing key has been loaded yet");
    if (tpa_jws_peek(token, MOST_TOKEN, &peek, c->p))
        return invalid(c, reply, "it is no JWT");
    key = tpa_keyring_find(c->t->keyring, peek.kid);
    if (!key)
        return invalid(c, reply, "kid is not one of our keys");
    if (tpa_jws_verify(token, key, "RS256", c->p))
        return invalid(c, reply, "the signature is wrong");
    why = wrong_claims(c, peek.claims);
    *claims = peek.claims;
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
    const char *token = token_of(c);
    const tpa_json_t *claims = NULL;

    c->scopes = apr_array_make(c->p, 1, sizeof(const char *));
    if (!c->route->scopes)
        return TPA_OK;
    if (!token)
        return missing(c, reply);
    TPA_TRY(verify(c, reply, token, &claims));
    c->bearer = tpa_json_get_str(claims, "azp");
    if (!c->bearer)
        c->bearer = tpa_json_get_str(claims, "client_id");
    c->scopes = tpa_text_split(tpa_json_get_str(claims, "scope"), ' ', c->p);
    c->t->event->client_id = c->bearer;
    c->t->event->authenticated = 1;
    TPA_TRY(tpa_limit_take(c->t, TPA_COUNT_MANAGEMENT,
                           c->bearer ? c->bearer : ""));
    return check_scopes(c, reply);
}
