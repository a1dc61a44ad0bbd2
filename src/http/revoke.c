#include <string.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/reply.h"
#include "core/event.h"
#include "crypto/secret.h"
#include "http/client_auth.h"
#include "http/cors.h"
#include "http/revoke.h"
#include "store/flow.h"

static const tpa_param_t revoke_params[] = {
    { "token", 8192 },             /* an access token may be sent, too */
    { "token_type_hint", 128 },    /* there is one type only */
    { NULL }
};

static tpa_err_t *authenticate(tpa_txn_t *t, const char *token_hash,
                               tpa_flow_facts_t *f)
{
    tpa_credentials_t sent;

    TPA_TRY(tpa_client_auth_read(t, &sent));
    t->event->client_id = sent.client_id;
    TPA_TRY(tpa_client_auth_admit(t, &sent));
    TPA_TRY(tpa_store_refresh_facts(t->store, sent.client_id, token_hash, f,
                                    t->p));
    tpa_cors_admit(t, &f->app);
    t->event->client_name = f->client.name;
    TPA_TRY(tpa_client_auth_verify(t, &sent, &f->client));
    t->event->authenticated = 1;
    return TPA_OK;
}

static const tpa_json_t *record_of(tpa_txn_t *t, const tpa_flow_facts_t *f)
{
    tpa_json_t *details = tpa_json_object(t->p);

    tpa_json_set_str(details, "audience", f->api.audience);
    tpa_json_set_str(details, "grant_id", f->user.consent_id);
    tpa_json_set_str(details, "credential_id", f->held.family_id);
    tpa_json_set_str(details, "organization_id", f->held.org_id);
    t->event->type = "srrt";
    t->event->audience = f->api.audience;
    t->event->user_id = f->user.id;
    t->event->organization_id = f->held.org_id;
    t->event->organization_name = f->org.name;
    t->event->details = details;
    return tpa_event_json(t->event, t->p);
}

static tpa_err_t *end_family(tpa_txn_t *t, const char *token_hash,
                             const tpa_flow_facts_t *f)
{
    tpa_json_t *o = tpa_json_object(t->p);
    tpa_outcome_t done;

    tpa_json_set_str(o, "token_hash", token_hash);
    tpa_json_set_str(o, "client_id", f->client.id);
    tpa_json_set_bool(o, "takes_consent", f->flow_tenant.revoke_takes_consent);
    return tpa_store_write(t->store, "refresh_end", o, record_of(t, f), &done,
                           t->p);
}

static tpa_err_t *serve(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_flow_facts_t f;
    const char *token, *hash;

    memset(&f, 0, sizeof(f));
    TPA_TRY(tpa_bounds_check(t, tpa_client_auth_params));
    TPA_TRY(tpa_bounds_check(t, revoke_params));
    TPA_TRY(tpa_bounds_need(t, "token", &token));
    hash = tpa_sha256_hex(token, strlen(token), t->p);
    TPA_TRY(authenticate(t, hash, &f));
    if (f.held.family_id)
        TPA_TRY(end_family(t, hash, &f));
    tpa_reply_json(reply, 200, tpa_json_object(t->p), t->p);
    return TPA_OK;
}

tpa_err_t *tpa_ep_revoke(tpa_txn_t *t, tpa_reply_t *reply)
{
    return tpa_client_auth_challenge(t, reply, serve(t, reply));
}
