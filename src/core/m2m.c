#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/m2m_int.h"
#include "core/scope.h"

/* ---- placeholders of the texts ------------------------------------------ */

typedef const char *(*word_fn)(const tpa_m2m_facts_t *f, apr_pool_t *p);

static const char *shown(const char *s, apr_pool_t *p)
{
    return s ? tpa_text_loggable(s, 200, p) : "none";
}

static const char *listed(const apr_array_header_t *list, apr_pool_t *p)
{
    return list && list->nelts
        ? shown(tpa_text_join(list, " ", p), p) : "none";
}

static const char *yes_no(int yes)
{
    return yes ? "yes" : "no";
}

#define WORD(name, expr) \
    static const char *word_##name(const tpa_m2m_facts_t *f, apr_pool_t *p) \
    { \
        return expr; \
    }

static const char *org_shown(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    const tpa_org_t *org = tpa_m2m_org(f);

    return shown(org ? org->id : NULL, p);
}

static const char *granted_list(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    const tpa_client_grant_t *grant = tpa_m2m_grant(f);

    if (!grant)
        return "none";
    return grant->all_scopes ? "all scopes of the API"
                             : listed(grant->scopes, p);
}

static const char *const usages[] = { "deny", "allow", "require" };
static const char *const vias[] = { "by hand", "dynamically",
                                    "by a client ID metadata document" };

WORD(client, shown(f->client.id, p))
WORD(grant_types, listed(f->client.grant_types, p))
WORD(auth_method, shown(f->client.auth_method, p))
WORD(party, f->client.is_first_party ? "first-party"
            : f->client.is_strict    ? "third-party (strict)"
                                     : "third-party (permissive)")
WORD(switch, f->tenant.third_party_m2m ? "true" : "false")
WORD(via, vias[f->client.via])
WORD(audience, shown(f->asked_audience, p))
WORD(default_audience, shown(f->tenant.default_audience, p))
WORD(target, shown(f->asked_audience ? f->asked_audience
                                     : f->tenant.default_audience, p))
WORD(api, shown(f->api.id, p))
WORD(api_system, yes_no(f->api.is_system))
WORD(client_policy, f->api.client_denied ? "deny_all" : "require_client_grant")
WORD(client_pop, yes_no(f->client.requires_pop))
WORD(api_pop, yes_no(f->api.requires_pop))
WORD(own_grant, shown(f->own_grant.id, p))
WORD(default_grant, shown(f->default_grant.id, p))
WORD(grant, shown(tpa_m2m_grant(f) ? tpa_m2m_grant(f)->id : NULL, p))
WORD(missing, listed(tpa_m2m_missing_scopes(f, p), p))
WORD(scopes, listed(f->asked_scopes, p))
WORD(granted, granted_list(f, p))
WORD(api_scopes, listed(f->api.scopes, p))
WORD(organization, shown(f->asked_org, p))
WORD(usage, usages[tpa_m2m_usage(f)])
WORD(default_org, shown(f->default_org.id, p))
WORD(names, yes_no(f->tenant.org_names))
WORD(org, org_shown(f, p))
WORD(granted_org, yes_no(tpa_m2m_org(f) && tpa_m2m_org(f)->granted))
WORD(any, yes_no(f->own_grant.any_org))

static const struct {
    const char *name;
    word_fn word;
} words[] = {
#define ROW(name) { #name, word_##name }
    ROW(client), ROW(grant_types), ROW(auth_method), ROW(party), ROW(switch),
    ROW(via), ROW(audience), ROW(default_audience), ROW(target), ROW(api),
    ROW(api_system), ROW(client_policy), ROW(client_pop), ROW(api_pop),
    ROW(own_grant), ROW(default_grant), ROW(grant), ROW(missing), ROW(scopes),
    ROW(granted), ROW(api_scopes), ROW(organization), ROW(usage),
    ROW(default_org), ROW(names), ROW(org), ROW(granted_org), ROW(any),
#undef ROW
    { NULL }
};

static const char *word_of(const char *name, apr_size_t len,
                           const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    int i;

    for (i = 0; words[i].name; i++) {
        if (strlen(words[i].name) == len
            && !strncmp(words[i].name, name, len))
            return words[i].word(f, p);
    }
    return "?";
}

static const char *fill_in(const char *text, const tpa_m2m_facts_t *f,
                           apr_pool_t *p)
{
    const char *out = "", *open, *close;

    while ((open = strchr(text, '{')) && (close = strchr(open, '}'))) {
        out = apr_pstrcat(p, out, apr_pstrmemdup(p, text, open - text),
                          word_of(open + 1, close - open - 1, f, p), NULL);
        text = close + 1;
    }
    return apr_pstrcat(p, out, text, NULL);
}

/* ---- the decision ------------------------------------------------------- */

static const tpa_m2m_rule_t *first_refusal(const tpa_m2m_facts_t *f)
{
    const tpa_m2m_rule_t *rule;

    for (rule = tpa_m2m_rule_table; rule->name; rule++) {
        if (!rule->holds(f))
            return rule;
    }
    return NULL;
}

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
    const tpa_m2m_rule_t *refusal = first_refusal(f);

    memset(out, 0, sizeof(*out));
    out->grant = tpa_m2m_grant(f);
    out->org = tpa_m2m_org(f);
    if (refusal) {
        out->rule = refusal->name;
        return tpa_err_by(tpa_err(p, refusal->kind, "%s",
                                  fill_in(refusal->text, f, p)),
                          refusal->name);
    }
    out->scopes = token_scopes(f, out->grant, p);
    return TPA_OK;
}

apr_array_header_t *tpa_m2m_explain(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    apr_array_header_t *steps = apr_array_make(p, 20, sizeof(tpa_m2m_step_t));
    const tpa_m2m_rule_t *refusal = first_refusal(f), *rule;
    int reached = 1;

    for (rule = tpa_m2m_rule_table; rule->name; rule++) {
        tpa_m2m_step_t *step = apr_array_push(steps);

        step->rule = rule->name;
        step->asks = rule->asks;
        step->saw = fill_in(rule->saw, f, p);
        step->passed = !reached ? -1 : rule != refusal;
        step->change = rule == refusal ? fill_in(rule->change, f, p) : NULL;
        if (rule == refusal)
            reached = 0;
    }
    return steps;
}

tpa_m2m_facts_t *tpa_m2m_turn_around(const tpa_m2m_facts_t *f,
                                     const char *rule, apr_pool_t *p)
{
    const tpa_m2m_rule_t *row;

    for (row = tpa_m2m_rule_table; row->name; row++) {
        if (!strcmp(row->name, rule)) {
            tpa_m2m_facts_t *changed = apr_pmemdup(p, f, sizeof(*f));

            row->turn(changed, p);
            return changed;
        }
    }
    return NULL;
}

apr_array_header_t *tpa_m2m_rules(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 20, sizeof(const char *));
    const tpa_m2m_rule_t *rule;

    for (rule = tpa_m2m_rule_table; rule->name; rule++)
        APR_ARRAY_PUSH(names, const char *) = rule->name;
    return names;
}
