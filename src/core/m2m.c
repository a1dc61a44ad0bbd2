#include <string.h>

#include "core/m2m_int.h"
#include "core/scope.h"

/* ---- placeholders of the texts ------------------------------------------ */

#define WORD(name, expr) \
    static const char *word_##name(const void *facts, apr_pool_t *p) \
    { \
        const tpa_m2m_facts_t *f = facts; \
\
        return expr; \
    }

static const char *org_shown(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    const tpa_org_t *org = tpa_m2m_org(f);

    return tpa_rules_shown(org ? org->id : NULL, p);
}

static const char *granted_list(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    const tpa_client_grant_t *grant = tpa_m2m_grant(f);

    if (!grant)
        return "none";
    return grant->all_scopes ? "all scopes of the API"
                             : tpa_rules_listed(grant->scopes, p);
}

static const char *const usages[] = { "deny", "allow", "require" };
static const char *const vias[] = { "by hand", "dynamically",
                                    "by a client ID metadata document" };

WORD(client, tpa_rules_shown(f->client.id, p))
WORD(grant_types, tpa_rules_listed(f->client.grant_types, p))
WORD(auth_method, tpa_rules_shown(f->client.auth_method, p))
WORD(party, f->client.is_first_party ? "first-party"
            : f->client.is_strict    ? "third-party (strict)"
                                     : "third-party (permissive)")
WORD(switch, f->tenant.third_party_m2m ? "true" : "false")
WORD(via, vias[f->client.via])
WORD(audience, tpa_rules_shown(f->asked_audience, p))
WORD(default_audience, tpa_rules_shown(f->tenant.default_audience, p))
WORD(target, tpa_rules_shown(f->asked_audience ? f->asked_audience
                                     : f->tenant.default_audience, p))
WORD(api, tpa_rules_shown(f->api.id, p))
WORD(api_system, tpa_rules_yes_no(f->api.is_system))
WORD(client_policy, f->api.client_denied ? "deny_all" : "require_client_grant")
WORD(client_pop, tpa_rules_yes_no(f->client.requires_pop))
WORD(api_pop, tpa_rules_yes_no(f->api.requires_pop))
WORD(api_dpop, tpa_rules_yes_no(f->api.takes_dpop))
WORD(proof, tpa_rules_shown(f->proof_jkt, p))
WORD(own_grant, tpa_rules_shown(f->own_grant.id, p))
WORD(default_grant, tpa_rules_shown(f->default_grant.id, p))
WORD(grant, tpa_rules_shown(tpa_m2m_grant(f) ? tpa_m2m_grant(f)->id : NULL, p))
WORD(missing, tpa_rules_listed(tpa_m2m_missing_scopes(f, p), p))
WORD(scopes, tpa_rules_listed(f->asked_scopes, p))
WORD(granted, granted_list(f, p))
WORD(api_scopes, tpa_rules_listed(f->api.scopes, p))
WORD(details_types, tpa_rules_listed(
         tpa_details_types(f->asked_details, p), p))
WORD(organization, tpa_rules_shown(f->asked_org, p))
WORD(usage, usages[tpa_m2m_usage(f)])
WORD(default_org, tpa_rules_shown(f->default_org.id, p))
WORD(names, tpa_rules_yes_no(f->tenant.org_names))
WORD(org, org_shown(f, p))
WORD(granted_org, tpa_rules_yes_no(tpa_m2m_org(f) && tpa_m2m_org(f)->granted))
WORD(any, tpa_rules_yes_no(f->own_grant.any_org))

static const tpa_word_t words[] = {
#define ROW(name) { #name, word_##name }
    ROW(client), ROW(grant_types), ROW(auth_method), ROW(party), ROW(switch),
    ROW(via), ROW(audience), ROW(default_audience), ROW(target), ROW(api),
    ROW(api_system), ROW(client_policy), ROW(client_pop), ROW(api_pop),
    ROW(api_dpop), ROW(proof),
    ROW(own_grant), ROW(default_grant), ROW(grant), ROW(missing), ROW(scopes),
    ROW(details_types),
    ROW(granted), ROW(api_scopes), ROW(organization), ROW(usage),
    ROW(default_org), ROW(names), ROW(org), ROW(granted_org), ROW(any),
#undef ROW
    { NULL }
};

static const tpa_rules_t rules = { tpa_m2m_rule_table, words,
                                   sizeof(tpa_m2m_facts_t) };

/* ---- the decision ------------------------------------------------------- */

/* What was asked for; all that is granted when nothing was. */
static apr_array_header_t *token_scopes(const tpa_m2m_facts_t *f,
                                        const tpa_client_grant_t *grant,
                                        apr_pool_t *p)
{
    if (f->asked_scopes && f->asked_scopes->nelts)
        return f->asked_scopes;
    if (grant->all_scopes)
        return f->api.scopes;
    return tpa_scope_intersect(grant->scopes, f->api.scopes, p);
}

tpa_err_t *tpa_m2m_decide(const tpa_m2m_facts_t *f, tpa_m2m_decision_t *out,
                          apr_pool_t *p)
{
    const tpa_rule_t *refusal = tpa_rules_refusal(&rules, TPA_M2M, f);

    memset(out, 0, sizeof(*out));
    out->grant = tpa_m2m_grant(f);
    out->org = tpa_m2m_org(f);
    if (refusal) {
        out->rule = refusal->name;
        return tpa_rules_error(&rules, refusal, refusal->kind, f, p);
    }
    out->scopes = token_scopes(f, out->grant, p);
    /* An API without a policy for it could not make use of the key. */
    out->jkt = f->api.takes_dpop ? f->proof_jkt : NULL;
    return TPA_OK;
}

apr_array_header_t *tpa_m2m_explain(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    return tpa_rules_explain(&rules, TPA_M2M, f, p);
}

tpa_m2m_facts_t *tpa_m2m_turn_around(const tpa_m2m_facts_t *f,
                                     const char *rule, apr_pool_t *p)
{
    return tpa_rules_turn_around(&rules, f, rule, p);
}

apr_array_header_t *tpa_m2m_rules(apr_pool_t *p)
{
    return tpa_rules_names(&rules, p);
}
