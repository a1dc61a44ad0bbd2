#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "grant/user_int.h"

static tpa_err_t *refused(const tpa_check_t *check, const char *text,
                          apr_pool_t *p)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_GRANT, "%s", text);

    e->detail = check->why;
    return tpa_err_by(e, check->rule);
}

tpa_err_t *tpa_user_check(const tpa_check_t *checks, const tpa_shown_t *s,
                          const char *text)
{
    for (; checks->rule; checks++) {
        if (!checks->holds(s))
            return refused(checks, text, s->p);
    }
    return TPA_OK;
}

tpa_err_t *tpa_user_refusal(const tpa_check_t *checks, const char *rule,
                            const char *text, apr_pool_t *p)
{
    while (checks[1].rule && strcmp(checks->rule, rule))
        checks++;
    return refused(checks, text, p);
}

tpa_err_t *tpa_user_target(tpa_txn_t *t, const tpa_flow_facts_t *f)
{
    const char *name = tpa_txn_param(t, "audience") ? "audience" : "resource";
    const char *value = tpa_txn_param(t, name);

    if (value && f->api.audience && strcmp(value, f->api.audience))
        return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_TARGET, "Parameter %s"
            " must name the API the user was asked about", name),
            "target_held");
    return TPA_OK;
}

int tpa_user_key_held(const tpa_shown_t *s)
{
    const char *held = s->f->held.dpop_jkt, *sent = s->f->proof_jkt;

    return !held || (sent && !strcmp(sent, held));
}

const char *tpa_user_bound_to(const tpa_flow_facts_t *f)
{
    const char *method = f->client.auth_method;

    return method && !strcmp(method, "none") ? f->proof_jkt : NULL;
}

tpa_err_t *tpa_user_details(tpa_txn_t *t, tpa_flow_facts_t *f)
{
    return tpa_details_parse(tpa_txn_param(t, "authorization_details"),
                             &f->asked_details, t->p);
}

void tpa_user_note(tpa_txn_t *t, const tpa_flow_facts_t *f,
                   const tpa_flow_decision_t *d)
{
    const apr_array_header_t *scopes = d->scopes ? d->scopes : f->held.scopes;
    tpa_event_t *event = t->event;

    event->audience = f->api.audience;
    event->scope = scopes ? tpa_text_join(scopes, " ", t->p) : NULL;
    event->user_id = f->user.id;
    event->connection = tpa_flow_connection_name(f);
    event->organization_id = f->held.org_id;
    event->organization_name = f->held.org_id ? f->org.name : NULL;
}

tpa_json_t *tpa_user_family_details(const tpa_flow_facts_t *f, apr_pool_t *p)
{
    tpa_json_t *details = tpa_json_object(p);

    tpa_json_set_str(details, "familyId", f->held.family_id);
    if (f->held.generation)
        tpa_json_set_int(details, "tokenCounter", f->held.generation);
    return details;
}

tpa_err_t *tpa_user_refuse(tpa_txn_t *t, const char *flow,
                           const tpa_flow_facts_t *f, tpa_err_t *e)
{
    tpa_json_t *details;

    if (!e || tpa_ekind_info(e->kind)->http >= 500)
        return e;
    details = tpa_user_family_details(f, t->p);
    if (f->held.latest)
        tpa_json_set_int(details, "latestCounter", f->held.latest);
    tpa_json_set_str(details, "flow", flow);
    tpa_json_set_str(details, "reason", e->detail);
    tpa_json_set(details, "facts", tpa_flow_facts_json(f, NULL, 0, t->p));
    t->event->details = details;
    return e;
}

tpa_err_t *tpa_user_mint(tpa_txn_t *t, const tpa_flow_facts_t *f,
                         const tpa_flow_decision_t *d, const char *gty,
                         tpa_minted_t *out)
{
    tpa_token_spec_t spec = { NULL };

    spec.client_id = tpa_client_called(&f->client);
    spec.user_id = f->user.id;
    spec.audience = f->api.audience;
    spec.scopes = d->scopes;
    spec.permissions = f->flow_api.enforces_policies ? f->user.permissions
                                                     : NULL;
    spec.details = d->details;
    spec.gty = gty;
    spec.jkt = d->jkt;
    spec.dialect = f->api.dialect;
    spec.lifetime_s = d->lifetime_s;
    spec.org_id = d->org_id;
    if (d->org_id && f->tenant.org_names)
        spec.org_name = f->org.name;
    return tpa_grant_mint(t, &spec, out);
}
