#include <apr_strings.h>

#include "core/flow_int.h"

#define WORD(name, expr) \
    static const char *word_##name(const void *facts, apr_pool_t *p) \
    { \
        const tpa_flow_case_t *c = facts; \
        const tpa_flow_facts_t *f = &c->facts; \
\
        (void)f; \
        return expr; \
    }

static const char *const usages[] = { "deny", "allow", "require" };
static const char *const prompts[] = { "no_prompt", "pre_login_prompt",
                                       "post_login_prompt" };
static const char *const policies[] = { "allow_all", "require_client_grant",
                                        "deny_all" };
static const char *const steps[] = {
    "the Organization prompt", "the login page", "the Organization picker",
    "nothing: there is one Organization", "the consent page",
    "the confirmation of the redirect", "nothing: the code"
};

/* The name of a connection is told with what decides about it. */
static const char *connections_shown(const tpa_flow_case_t *c, apr_pool_t *p)
{
    const apr_array_header_t *list = c->facts.connections;
    apr_array_header_t *told = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const tpa_connection_t *one
            = &APR_ARRAY_IDX(list, i, tpa_connection_t);

        APR_ARRAY_PUSH(told, const char *) = apr_pstrcat(
            p, one->name ? one->name : "-", " (",
            one->domain_level ? "domain-level" : "not domain-level",
            one->for_client ? ", for the application" : "",
            one->for_org ? ", for the Organization" : "", ")", NULL);
    }
    return tpa_rules_listed(told, p);
}

static const char *listed_shown(const tpa_flow_org_t *org)
{
    if (!org->lists_clients)
        return "off";
    if (!org->listed)
        return "on, without an entry for the application";
    return org->listed_for_members ? "on, with an entry that allows it"
                                   : "on, with an entry that forbids it";
}

static const char *grant_details_types(const tpa_flow_case_t *c, apr_pool_t *p)
{
    const tpa_client_grant_t *grant = tpa_flow_grant(c);

    if (!grant && !tpa_flow_needs_grant(c))
        return "none is needed";
    return tpa_rules_listed(grant ? grant->details_types : NULL, p);
}

/* What was sent is told back only when it looks like an id or a name. */
static const char *echoed(const tpa_flow_case_t *c)
{
    const char *org = tpa_flow_org(c);

    return tpa_flow_is_org_id(org) || tpa_flow_is_org_name(org)
        ? org : "(malformed)";
}

static const char *page_error(const tpa_flow_case_t *c)
{
    switch (tpa_flow_page_error(tpa_flow_step(c))) {
    case TPA_E_LOGIN_REQUIRED:
        return "Login required";
    case TPA_E_CONSENT_REQUIRED:
        return "Consent required";
    default:
        return "Interaction required";
    }
}

WORD(client, tpa_rules_shown(f->client.id, p))
WORD(grant_type, tpa_flow_grant_type(c))
WORD(grant_types, tpa_rules_listed(f->client.grant_types, p))
WORD(party, f->client.is_first_party ? "first-party"
            : f->client.is_strict    ? "third-party (strict)"
                                     : "third-party (permissive)")
WORD(audience, tpa_rules_shown(tpa_flow_audience(c), p))
WORD(default_audience, tpa_rules_shown(f->tenant.default_audience, p))
WORD(target, tpa_rules_shown(f->api.audience ? f->api.audience
                             : tpa_flow_audience(c) ? tpa_flow_audience(c)
                             : f->tenant.default_audience, p))
WORD(api, tpa_rules_shown(f->api.id, p))
WORD(api_system, tpa_rules_yes_no(f->api.is_system))
WORD(api_offline, tpa_rules_yes_no(f->flow_api.allows_offline))
WORD(user_policy, policies[f->flow_api.user_policy])
WORD(client_pop, tpa_rules_yes_no(f->client.requires_pop))
WORD(api_pop, tpa_rules_yes_no(f->flow_api.user_needs_pop))
WORD(api_dpop, tpa_rules_yes_no(f->api.takes_dpop))
WORD(proof, tpa_rules_shown(f->proof_jkt, p))
WORD(own_grant, tpa_rules_shown(f->own_grant.id, p))
WORD(default_grant, tpa_rules_shown(f->default_grant.id, p))
WORD(scopes, tpa_rules_listed(f->asked_scopes, p))
WORD(held_scopes, tpa_rules_listed(f->held.scopes, p))
WORD(details_types, tpa_rules_listed(
         tpa_details_types(tpa_flow_details(c), p), p))
WORD(api_details_types, tpa_rules_listed(f->flow_api.details_types, p))
WORD(grant_details_types, grant_details_types(c, p))
WORD(missing_details_types, tpa_rules_listed(
         tpa_flow_details_missing(c, p), p))
WORD(held_details_types, tpa_rules_listed(
         tpa_details_types(f->held.details, p), p))
WORD(organization, tpa_rules_shown(tpa_flow_org(c), p))
WORD(echo, echoed(c))
WORD(usage, usages[tpa_flow_usage(c)])
WORD(org_prompt, prompts[f->app.org_prompt])
WORD(names, tpa_rules_yes_no(f->tenant.org_names))
WORD(org, tpa_rules_shown(f->org.id, p))
WORD(switch, f->org.admits_third_party ? "allow" : "block")
WORD(entries, listed_shown(&f->org))
WORD(connection, tpa_rules_shown(f->asked.connection, p))
WORD(connections, connections_shown(c, p))
WORD(user, tpa_rules_shown(f->user.id, p))
WORD(blocked, tpa_rules_yes_no(f->user.blocked))
WORD(login, tpa_rules_yes_no(tpa_flow_logged_in(c)))
WORD(login_connection, tpa_rules_shown(f->user.connection_id, p))
WORD(member, tpa_rules_yes_no(f->org.member))
WORD(joins, tpa_rules_yes_no(f->org.joins))
WORD(candidates, apr_itoa(p, tpa_flow_candidates(c, NULL)))
WORD(consent, tpa_rules_shown(f->user.consent_id, p))
WORD(prompt, tpa_rules_shown(f->asked.prompt, p))
WORD(step, steps[tpa_flow_step(c)])
WORD(page_error, page_error(c))

const tpa_word_t tpa_flow_words[] = {
#define ROW(name) { #name, word_##name }
    ROW(client), ROW(grant_type), ROW(grant_types), ROW(party), ROW(audience),
    ROW(default_audience), ROW(target), ROW(api), ROW(api_system),
    ROW(api_offline), ROW(user_policy), ROW(client_pop), ROW(api_pop),
    ROW(api_dpop), ROW(proof),
    ROW(own_grant), ROW(default_grant), ROW(scopes), ROW(held_scopes),
    ROW(details_types), ROW(api_details_types), ROW(grant_details_types),
    ROW(missing_details_types), ROW(held_details_types),
    ROW(organization), ROW(echo), ROW(usage), ROW(org_prompt), ROW(names),
    ROW(org), ROW(switch), ROW(entries), ROW(connection), ROW(connections),
    ROW(user), ROW(blocked), ROW(login), ROW(login_connection), ROW(member),
    ROW(joins), ROW(candidates), ROW(consent), ROW(prompt), ROW(step),
    ROW(page_error),
#undef ROW
    { NULL }
};
