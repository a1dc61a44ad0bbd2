#include "base/text.h"
#include "core/event.h"
#include "core/m2m.h"
#include "core/scope.h"
#include "grant/grant.h"
#include "grant/quota_int.h"
#include "store/facts.h"

static const tpa_param_t params[] = {
    { "audience", 600 },
    { "resource", 600 },       /* RFC 8707 2 */
    { "authorization_details", TPA_DETAILS_MAX },
    { "scope", 8192 },
    { "organization", 64 },
    { NULL }
};

static tpa_err_t *gather(tpa_txn_t *t, const char *client_id,
                         tpa_gathered_t *out)
{
    tpa_m2m_facts_t *f = apr_pcalloc(t->p, sizeof(*f));

    TPA_TRY(tpa_store_m2m_facts(t->store, client_id,
                                tpa_txn_param(t, "audience"),
                                tpa_txn_param(t, "resource"),
                                tpa_txn_param(t, "organization"),
                                out->credential, t->proof, f, t->p));
    tpa_grant_quota_arm(t, f);
    out->facts = f;
    out->client = &f->client;
    return TPA_OK;
}

/* What the audit record says whether or not a token comes of it. */
static void note(tpa_event_t *event, const tpa_m2m_facts_t *f,
                 const tpa_m2m_decision_t *d, apr_pool_t *p)
{
    const apr_array_header_t *scopes = d->scopes ? d->scopes : f->asked_scopes;

    event->audience = f->api.audience ? f->api.audience : f->asked_audience;
    event->scope = scopes ? tpa_text_join(scopes, " ", p) : NULL;
    event->organization_id = d->org && d->org->id ? d->org->id : f->asked_org;
    event->organization_name = d->org ? d->org->name : NULL;
}

static void note_refusal(tpa_event_t *event, const tpa_m2m_facts_t *f,
                         apr_pool_t *p)
{
    tpa_json_t *details = tpa_json_object(p);

    tpa_json_set_str(details, "flow", tpa_grant_m2m.name);
    tpa_json_set(details, "facts", tpa_m2m_facts_json(f, p));
    event->details = details;
}

static tpa_err_t *mint(tpa_txn_t *t, const tpa_m2m_facts_t *f,
                       const tpa_m2m_decision_t *d, tpa_minted_t *out)
{
    tpa_token_spec_t spec = { NULL };

    spec.client_id = tpa_client_called(&f->client);
    spec.audience = f->api.audience;
    spec.scopes = d->scopes;
    spec.permissions = d->scopes;
    spec.gty = "client-credentials";
    spec.jkt = d->jkt;
    spec.dialect = f->api.dialect;
    /* The API's own lifetime: spec.md 11 row 12. */
    spec.lifetime_s = f->api.token_lifetime_s;
    if (d->org) {
        spec.org_id = d->org->id;
        spec.org_name = f->tenant.org_names ? d->org->name : NULL;
    }
    return tpa_grant_mint(t, &spec, out);
}

static tpa_err_t *run(tpa_txn_t *t, void *facts, tpa_minted_t *out)
{
    tpa_m2m_facts_t *f = facts;
    tpa_m2m_decision_t decision = { NULL };
    tpa_err_t *refusal;

    TPA_TRY(tpa_scope_parse(tpa_txn_param(t, "scope"), &f->asked_scopes,
                            t->p));
    TPA_TRY(tpa_details_parse(tpa_txn_param(t, "authorization_details"),
                              &f->asked_details, t->p));
    refusal = tpa_m2m_decide(f, &decision, t->p);
    note(t->event, f, &decision, t->p);
    if (refusal) {
        note_refusal(t->event, f, t->p);
        return refusal;
    }
    if (t->proof && !f->proof_fresh)
        return tpa_grant_replayed(t->p);
    TPA_TRY(tpa_grant_quota_pass(t, f));
    return mint(t, f, &decision, out);
}

const tpa_grant_t tpa_grant_m2m = {
    "client_credentials", params, "seccft", "feccft", 0, gather, run
};
