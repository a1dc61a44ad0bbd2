#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "base/reply.h"
#include "core/event.h"
#include "grant/grant.h"
#include "http/client_auth.h"
#include "http/token.h"

static const tpa_param_t own_params[] = {
    { "grant_type", 128 },
    { NULL }
};

/* URLs end up in logs and histories, so what belongs to us must not stand in
 * one: RFC 6749 2.3.1. */
static tpa_err_t *check_params(tpa_txn_t *t, const tpa_param_t *params)
{
    for (; params->name; params++) {
        const char *value = tpa_txn_param(t, params->name);

        if (apr_table_get(t->req->query, params->name))
            return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_REQUEST,
                "Parameter %s belongs in the body of the request, not in its"
                " URL", params->name), "parameters");
        if (value && strlen(value) > params->max)
            return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_REQUEST,
                "Parameter %s is longer than %d bytes", params->name,
                (int)params->max), "parameters");
    }
    return TPA_OK;
}

static tpa_err_t *authenticate(tpa_txn_t *t, const tpa_grant_t *grant,
                               void **facts)
{
    const tpa_client_t *client;
    tpa_credentials_t sent;

    TPA_TRY(tpa_client_auth_read(t, &sent));
    t->event->client_id = sent.client_id;
    TPA_TRY(grant->gather(t, sent.client_id, facts, &client));
    t->event->client_name = client->name;
    TPA_TRY(tpa_client_auth_verify(t, &sent, client));
    t->event->authenticated = 1;
    return TPA_OK;
}

static void reply_token(tpa_reply_t *reply, const tpa_minted_t *minted,
                        apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "access_token", minted->access_token);
    tpa_json_set_str(o, "scope", minted->scope);
    tpa_json_set_int(o, "expires_in", minted->expires_in_s);
    tpa_json_set_str(o, "token_type", minted->token_type);
    tpa_reply_json(reply, 200, o, p);
}

static tpa_err_t *serve(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_minted_t minted = { NULL };
    const tpa_grant_t *grant;
    void *facts = NULL;

    TPA_TRY(check_params(t, own_params));
    TPA_TRY(check_params(t, tpa_client_auth_params));
    TPA_TRY(tpa_grant_find(tpa_txn_param(t, "grant_type"), &grant, t->p));
    t->event->type = grant->refused;
    TPA_TRY(check_params(t, grant->params));
    TPA_TRY(authenticate(t, grant, &facts));
    TPA_TRY(grant->run(t, facts, &minted));
    t->event->type = grant->granted;
    TPA_TRY(t->record(t->record_baton, t->event, t->p));
    reply_token(reply, &minted, t->p);
    return TPA_OK;
}

tpa_err_t *tpa_ep_token(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_err_t *e = serve(t, reply);

    if (e && e->kind == TPA_E_INVALID_CLIENT
        && apr_table_get(t->req->headers, "Authorization"))
        apr_table_setn(reply->headers, "WWW-Authenticate",
                       apr_psprintf(t->p, "Basic realm=\"%s\"", t->issuer));
    return e;
}
