#include <string.h>

#include "base/text.h"
#include "core/flow_int.h"

static const tpa_rules_t rules = { tpa_flow_rule_table, tpa_flow_words,
                                   sizeof(tpa_flow_case_t) };

/* What the row says, but for what only the case knows. */
static tpa_ekind_t kind_of(const tpa_rule_t *rule, const tpa_flow_case_t *c)
{
    if (rule->kind == TPA_E_INTERACTION_REQUIRED)
        return tpa_flow_page_error(tpa_flow_step(c));
    return c->point != TPA_AT_AUTHORIZE && rule->points & TPA_FLOW_RESTS
        ? TPA_E_INVALID_GRANT : rule->kind;
}

/* ---- what the decision brings ------------------------------------------- */

static void fill_scopes(const tpa_flow_case_t *c, tpa_flow_decision_t *out,
                        apr_pool_t *p)
{
    const apr_array_header_t *wanted = tpa_flow_wanted(c);
    int needs_consent = c->point == TPA_AT_AUTHORIZE
        && tpa_flow_needs_consent(c);
    int i;

    out->scopes = apr_array_make(p, 8, sizeof(const char *));
    out->unconsented = apr_array_make(p, 8, sizeof(const char *));
    for (i = 0; wanted && i < wanted->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(wanted, i, const char *);

        if (!tpa_flow_scope_kept(c, scope))
            continue;
        APR_ARRAY_PUSH(out->scopes, const char *) = scope;
        if (needs_consent && !tpa_flow_consented(c, scope))
            APR_ARRAY_PUSH(out->unconsented, const char *) = scope;
    }
}

/* spec.md 11 row 12. */
static apr_int64_t lifetime(const tpa_flow_facts_t *f)
{
    int of_app = f->app.token_lifetime_s, of_api = f->api.token_lifetime_s;

    return !f->client.is_first_party && f->client.is_strict && of_app > 0
        && of_app < of_api ? of_app : of_api;
}

static void fill_connections(const tpa_flow_case_t *c,
                             tpa_flow_decision_t *out, apr_pool_t *p)
{
    const apr_array_header_t *list = c->facts.connections;
    int i;

    out->connections
        = apr_array_make(p, 4, sizeof(const tpa_connection_t *));
    for (i = 0; list && i < list->nelts; i++) {
        const tpa_connection_t *connection
            = &APR_ARRAY_IDX(list, i, tpa_connection_t);

        if (tpa_flow_connection_allowed(c, connection))
            APR_ARRAY_PUSH(out->connections, const tpa_connection_t *)
                = connection;
    }
}

static void fill_org(const tpa_flow_case_t *c, tpa_flow_decision_t *out,
                     apr_pool_t *p)
{
    const tpa_flow_org_t *org = &c->facts.org;

    out->candidates = apr_array_make(p, 4, sizeof(const tpa_flow_org_t *));
    out->may_go_without = tpa_flow_usage(c) == TPA_ORG_ALLOW;
    if (tpa_flow_org(c)) {
        out->org_id = org->id;
        out->joins = c->point == TPA_AT_AUTHORIZE && !org->member
            && org->joins;
    }
    if (out->step == TPA_STEP_PICK || out->step == TPA_STEP_CHOSEN)
        tpa_flow_candidates(c, out->candidates);
    if (out->step == TPA_STEP_CHOSEN)
        out->org_id
            = APR_ARRAY_IDX(out->candidates, 0, const tpa_flow_org_t *)->id;
}

/* Lists point into the facts of the caller, which outlive the decision; the
 * case is a copy that shares them. */
static tpa_err_t *decide(const tpa_flow_case_t *c, const tpa_flow_facts_t *f,
                         tpa_flow_decision_t *out, apr_pool_t *p)
{
    const tpa_rule_t *refusal = tpa_rules_refusal(&rules, c->point, c);
    const tpa_client_grant_t *grant = tpa_flow_grant(c);

    memset(out, 0, sizeof(*out));
    out->grant = !grant ? NULL : grant == &c->facts.own_grant
        ? &f->own_grant : &f->default_grant;
    if (c->point == TPA_AT_AUTHORIZE)
        out->step = tpa_flow_step(c);
    fill_org(c, out, p);
    fill_connections(c, out, p);
    fill_scopes(c, out, p);
    out->details = tpa_flow_details(c);
    out->offline = tpa_flow_is_offline(c);
    out->lifetime_s = lifetime(f);
    /* An API without a policy for it could not make use of the key. */
    out->jkt = f->api.takes_dpop ? f->proof_jkt : NULL;
    if (!refusal)
        return TPA_OK;
    out->rule = refusal->name;
    return tpa_rules_error(&rules, refusal, kind_of(refusal, c), c, p);
}

/* ---- the decision ------------------------------------------------------- */

tpa_err_t *tpa_flow_authorize(const tpa_flow_facts_t *f,
                              const tpa_progress_t *progress, apr_time_t now,
                              tpa_flow_decision_t *out, apr_pool_t *p)
{
    tpa_flow_case_t c;

    c.point = TPA_AT_AUTHORIZE;
    c.facts = *f;
    c.progress = *progress;
    c.now = now;
    return decide(&c, f, out, p);
}

tpa_err_t *tpa_flow_tokens(const tpa_flow_facts_t *f, tpa_point_t point,
                           const apr_array_header_t *narrowed,
                           tpa_flow_decision_t *out, apr_pool_t *p)
{
    tpa_flow_case_t c;

    memset(&c, 0, sizeof(c));
    c.point = point;
    c.facts = *f;
    c.facts.asked_scopes = narrowed ? apr_array_copy(p, narrowed) : NULL;
    return decide(&c, f, out, p);
}

apr_array_header_t *tpa_flow_explain(const tpa_flow_case_t *c, apr_pool_t *p)
{
    return tpa_rules_explain(&rules, c->point, c, p);
}

tpa_flow_case_t *tpa_flow_turn_around(const tpa_flow_case_t *c,
                                      const char *rule, apr_pool_t *p)
{
    return tpa_rules_turn_around(&rules, c, rule, p);
}

apr_array_header_t *tpa_flow_rules(apr_pool_t *p)
{
    return tpa_rules_names(&rules, p);
}
