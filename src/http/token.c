#include "base/bounds.h"
#include "base/json.h"
#include "base/reply.h"
#include "core/event.h"
#include "grant/grant.h"
#include "http/client_auth.h"
#include "http/cors.h"
#include "http/proof.h"
#include "http/token.h"

static const tpa_param_t own_params[] = {
    { "grant_type", 128 },
    { NULL }
};

/* A bad proof is told when it is known whose pages may read that. */
static tpa_err_t *authenticate(tpa_txn_t *t, tpa_reply_t *reply,
                               const tpa_grant_t *grant, void **facts)
{
    tpa_err_t *bad_proof = tpa_proof_read(t, "oauth/token");
    tpa_gathered_t known = { NULL };
    tpa_credentials_t sent;

    TPA_TRY(tpa_client_auth_read(t, &sent));
    t->event->client_id = sent.client_id;
    TPA_TRY(tpa_client_auth_admit(t, &sent));
    known.credential = tpa_client_auth_shown(t, &sent);
    TPA_TRY(grant->gather(t, sent.client_id, &known));
    *facts = known.facts;
    tpa_cors_admit(t, known.app);
    t->event->client_name = known.client->name;
    TPA_TRY(tpa_client_auth_verify(t, &sent, known.client));
    t->event->authenticated = 1;
    return tpa_proof_settle(t, reply, known.client, bad_proof);
}

static void reply_token(tpa_reply_t *reply, const tpa_minted_t *minted,
                        apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "access_token", minted->access_token);
    tpa_json_set_str(o, "scope", minted->scope);
    if (minted->details)
        tpa_json_set(o, "authorization_details",
                     tpa_details_objects(minted->details, p));
    tpa_json_set_int(o, "expires_in", minted->expires_in_s);
    tpa_json_set_str(o, "token_type", minted->token_type);
    tpa_json_set_str(o, "refresh_token", minted->refresh_token);
    tpa_reply_json(reply, 200, o, p);
}

static tpa_err_t *serve(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_minted_t minted = { NULL };
    const tpa_grant_t *grant;
    void *facts = NULL;

    TPA_TRY(tpa_bounds_check(t, own_params));
    TPA_TRY(tpa_bounds_check(t, tpa_client_auth_params));
    TPA_TRY(tpa_grant_find(tpa_txn_param(t, "grant_type"), &grant, t->p));
    t->event->type = grant->refused;
    TPA_TRY(tpa_bounds_check(t, grant->params));
    TPA_TRY(authenticate(t, reply, grant, &facts));
    TPA_TRY(grant->run(t, facts, &minted));
    t->event->type = grant->granted;
    if (!grant->records)
        TPA_TRY(t->record(t->record_baton, t->event, t->p));
    tpa_meter_count(t->meter, TPA_TALLY_TOKENS, grant->name, NULL);
    reply_token(reply, &minted, t->p);
    return TPA_OK;
}

tpa_err_t *tpa_ep_token(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_err_t *e = serve(t, reply);

    if (e && t->undo)
        TPA_TRY(t->undo(t));
    return tpa_client_auth_challenge(t, reply, e);
}
