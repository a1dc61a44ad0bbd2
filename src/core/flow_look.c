#include <string.h>

#include "base/text.h"
#include "core/flow_int.h"
#include "core/redirect.h"

#define ORG_ID_PREFIX "org_"
#define ORG_ID_LENGTH 20
#define ORG_NAME_MAX 50

#define AT_AUTHORIZE(c) ((c)->point == TPA_AT_AUTHORIZE)
#define ASKS(c, what) (AT_AUTHORIZE(c) && (c)->facts.asked.asks & (what))

const char tpa_flow_offline[] = "offline_access";

/* ---- the application and its grant -------------------------------------- */

static int is_strict(const tpa_flow_case_t *c)
{
    return !c->facts.client.is_first_party && c->facts.client.is_strict;
}

int tpa_flow_is_permissive(const tpa_flow_case_t *c)
{
    return !c->facts.client.is_first_party && !c->facts.client.is_strict;
}

/* spec.md 2.2, 10.1: strict ones need a grant whatever the API says. */
int tpa_flow_needs_grant(const tpa_flow_case_t *c)
{
    return is_strict(c)
        || c->facts.flow_api.user_policy != TPA_USERS_ALLOW_ALL;
}

const tpa_client_grant_t *tpa_flow_grant(const tpa_flow_case_t *c)
{
    if (!tpa_flow_needs_grant(c))
        return NULL;
    if (c->facts.own_grant.id)
        return &c->facts.own_grant;
    /* Defaults are for strict third-party applications alone: spec.md 3.2. */
    return c->facts.default_grant.id && is_strict(c)
        ? &c->facts.default_grant : NULL;
}

int tpa_flow_needs_proof(const tpa_flow_case_t *c)
{
    return c->facts.client.requires_pop || c->facts.flow_api.user_needs_pop;
}

const char *tpa_flow_grant_type(const tpa_flow_case_t *c)
{
    return c->point == TPA_AT_REFRESH ? "refresh_token" : "authorization_code";
}

const char *tpa_flow_audience(const tpa_flow_case_t *c)
{
    const tpa_authz_t *asked = &c->facts.asked;

    if (asked->audience)
        return asked->audience;
    return c->facts.tenant.resource_compat ? asked->resource : NULL;
}

/* ---- the Organization --------------------------------------------------- */

tpa_org_usage_t tpa_flow_usage(const tpa_flow_case_t *c)
{
    return tpa_flow_is_permissive(c) ? TPA_ORG_DENY : c->facts.app.org_usage;
}

const char *tpa_flow_org(const tpa_flow_case_t *c)
{
    if (!AT_AUTHORIZE(c))
        return c->facts.held.org_id;
    if (c->progress.org_settled && c->progress.org)
        return c->progress.org;
    return c->facts.asked.organization;
}

int tpa_flow_is_org_id(const char *text)
{
    return text && !strncmp(text, ORG_ID_PREFIX, strlen(ORG_ID_PREFIX))
        && tpa_text_is_id(text, ORG_ID_LENGTH, ORG_ID_LENGTH);
}

int tpa_flow_is_org_name(const char *text)
{
    const char *c;

    if (!tpa_text_is_id(text ? text : "", 1, ORG_NAME_MAX) || *text == '-'
        || *text == '_')
        return 0;
    for (c = text; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            return 0;
    }
    return 1;
}

/* "None" is an answer only where the application may go without. */
int tpa_flow_asks_org(const tpa_flow_case_t *c, tpa_org_prompt_t when)
{
    tpa_org_usage_t usage = tpa_flow_usage(c);

    return AT_AUTHORIZE(c) && c->facts.app.org_prompt == when
        && usage != TPA_ORG_DENY && !tpa_flow_org(c)
        && !(usage == TPA_ORG_ALLOW && c->progress.org_settled);
}

const char *tpa_flow_connection_name(const tpa_flow_facts_t *f)
{
    const char *id = f->user.id ? f->user.connection_id : NULL;
    int i;

    for (i = 0; id && f->connections && i < f->connections->nelts; i++) {
        const tpa_connection_t *c
            = &APR_ARRAY_IDX(f->connections, i, tpa_connection_t);

        if (!strcmp(c->id, id))
            return c->name;
    }
    return NULL;
}

int tpa_flow_org_admits(const tpa_client_t *client, const tpa_flow_org_t *org)
{
    if (org->lists_clients && org->listed)
        return org->listed_for_members;
    return client->is_first_party ? !org->lists_clients
                                  : org->admits_third_party;
}

/* A login makes a member only when it can be of one Organization alone. */
static int is_sole_joiner(const tpa_flow_case_t *c)
{
    const apr_array_header_t *orgs = c->facts.orgs;
    int i, n = 0;

    for (i = 0; orgs && i < orgs->nelts; i++) {
        const tpa_flow_org_t *org = &APR_ARRAY_IDX(orgs, i, tpa_flow_org_t);

        n += org->uses_connection && org->joins;
    }
    return n == 1;
}

static int is_candidate(const tpa_flow_case_t *c, const tpa_flow_org_t *org,
                        int may_join)
{
    return org->id && org->uses_connection
        && (org->member || (org->joins && may_join))
        && tpa_flow_org_admits(&c->facts.client, org);
}

int tpa_flow_candidates(const tpa_flow_case_t *c, apr_array_header_t *out)
{
    const apr_array_header_t *orgs = c->facts.orgs;
    int member, i, n = 0, may_join = is_sole_joiner(c);

    for (member = 1; member >= 0; member--) {
        for (i = 0; orgs && i < orgs->nelts; i++) {
            const tpa_flow_org_t *org
                = &APR_ARRAY_IDX(orgs, i, tpa_flow_org_t);

            if (!org->member != !member || !is_candidate(c, org, may_join))
                continue;
            if (out && n < TPA_FLOW_MOST_CANDIDATES)
                APR_ARRAY_PUSH(out, const tpa_flow_org_t *) = org;
            n++;
        }
    }
    return n;
}

/* ---- the user ----------------------------------------------------------- */

/* spec.md 4.4, 4.8: domain-level is for third parties always a must; the list
 * of an Organization replaces that of the application. */
int tpa_flow_connection_usable(const tpa_flow_case_t *c,
                               const tpa_connection_t *connection)
{
    if (!c->facts.client.is_first_party && !connection->domain_level)
        return 0;
    if (tpa_flow_org(c))
        return connection->for_org;
    return !c->facts.client.is_first_party || connection->for_client;
}

int tpa_flow_connection_allowed(const tpa_flow_case_t *c,
                                const tpa_connection_t *connection)
{
    const char *asked = AT_AUTHORIZE(c) ? c->facts.asked.connection : NULL;

    return tpa_flow_connection_usable(c, connection)
        && (!asked || (connection->name && !strcmp(asked, connection->name)));
}

/* Is one allowed: any, or the one of that id? */
static int allows(const tpa_flow_case_t *c, const char *id)
{
    const apr_array_header_t *list = c->facts.connections;
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const tpa_connection_t *connection
            = &APR_ARRAY_IDX(list, i, tpa_connection_t);

        if ((!id || (connection->id && !strcmp(connection->id, id)))
            && tpa_flow_connection_allowed(c, connection))
            return 1;
    }
    return 0;
}

int tpa_flow_connection_left(const tpa_flow_case_t *c)
{
    return allows(c, NULL);
}

int tpa_flow_login_allowed(const tpa_flow_case_t *c)
{
    const char *id = c->facts.user.connection_id;

    return id && allows(c, id);
}

/* Was it in this run, or recently enough, and not asked for anew? */
static int is_fresh(const tpa_flow_case_t *c)
{
    apr_time_t at = c->facts.user.authenticated_at;
    apr_time_t started_at = c->progress.started_at;
    apr_int64_t max_age_s = c->facts.asked.max_age_s;

    if (started_at && at >= started_at)
        return 1;
    if (ASKS(c, TPA_ASK_LOGIN | TPA_ASK_SELECT_ACCOUNT) || max_age_s == 0)
        return 0;
    return max_age_s < 0 || c->now - at <= apr_time_from_sec(max_age_s);
}

int tpa_flow_logged_in(const tpa_flow_case_t *c)
{
    if (!c->facts.user.id)
        return 0;
    return !AT_AUTHORIZE(c) || (tpa_flow_login_allowed(c) && is_fresh(c));
}

/* ---- scopes and consent ------------------------------------------------- */

const apr_array_header_t *tpa_flow_wanted(const tpa_flow_case_t *c)
{
    return c->facts.asked_scopes || AT_AUTHORIZE(c) ? c->facts.asked_scopes
                                                    : c->facts.held.scopes;
}

int tpa_flow_is_oidc(const char *scope)
{
    return !strcmp(scope, "openid") || !strcmp(scope, "profile")
        || !strcmp(scope, "email");
}

int tpa_flow_is_offline(const tpa_flow_case_t *c)
{
    const apr_array_header_t *scopes
        = AT_AUTHORIZE(c) ? c->facts.asked_scopes : c->facts.held.scopes;

    return c->facts.flow_api.allows_offline
        && tpa_text_in(scopes, tpa_flow_offline)
        && tpa_text_in(c->facts.client.grant_types, "refresh_token");
}

static int is_granted(const tpa_flow_case_t *c, const char *scope)
{
    const tpa_client_grant_t *grant = tpa_flow_grant(c);

    if (!grant)
        return !tpa_flow_needs_grant(c);
    return grant->all_scopes || tpa_text_in(grant->scopes, scope);
}

int tpa_flow_scope_kept(const tpa_flow_case_t *c, const char *scope)
{
    const tpa_flow_facts_t *f = &c->facts;

    if (tpa_flow_is_oidc(scope))
        return 0;
    if (!strcmp(scope, tpa_flow_offline))
        return tpa_flow_is_offline(c);
    if (!tpa_text_in(f->api.scopes, scope) || !is_granted(c, scope))
        return 0;
    if (f->flow_api.enforces_policies
        && !tpa_text_in(f->user.permissions, scope))
        return 0;
    if (AT_AUTHORIZE(c))
        return 1;
    return tpa_text_in(f->held.scopes, scope)
        && (f->client.is_first_party || tpa_text_in(f->user.consented, scope));
}

/* spec.md 6: only an API can spare first-party applications the question, and
 * only where it is known who will get the answer. */
int tpa_flow_needs_consent(const tpa_flow_case_t *c)
{
    const char *uri = c->facts.asked.redirect_uri;

    return !c->facts.client.is_first_party || ASKS(c, TPA_ASK_CONSENT)
        || !c->facts.flow_api.skips_consent
        || !uri || !tpa_redirect_verifiable(uri);
}

int tpa_flow_consented(const tpa_flow_case_t *c, const char *scope)
{
    return c->facts.user.consent_id && !ASKS(c, TPA_ASK_CONSENT)
        && tpa_text_in(c->facts.user.consented, scope);
}

static int is_consent_whole(const tpa_flow_case_t *c)
{
    const apr_array_header_t *wanted = tpa_flow_wanted(c);
    int i;

    if (!tpa_flow_needs_consent(c) || c->progress.consented)
        return 1;
    if (!c->facts.user.consent_id || ASKS(c, TPA_ASK_CONSENT))
        return 0;
    for (i = 0; wanted && i < wanted->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(wanted, i, const char *);

        if (tpa_flow_scope_kept(c, scope) && !tpa_flow_consented(c, scope))
            return 0;
    }
    /* Details are asked about each time: consent to one payment is none to
     * the next. */
    return !tpa_flow_details(c);
}

/* ---- what comes next ---------------------------------------------------- */

static int is_redirect_plain(const tpa_flow_case_t *c)
{
    const char *uri = c->facts.asked.redirect_uri;

    return c->progress.confirmed || c->progress.page_shown
        || c->facts.app.skips_confirmation
        || c->facts.flow_tenant.skips_confirmation
        || (uri && tpa_redirect_verifiable(uri));
}

tpa_step_t tpa_flow_step(const tpa_flow_case_t *c)
{
    if (tpa_flow_asks_org(c, TPA_PROMPT_PRE_LOGIN))
        return TPA_STEP_ORGANIZATION;
    if (!tpa_flow_logged_in(c))
        return TPA_STEP_LOGIN;
    if (tpa_flow_asks_org(c, TPA_PROMPT_POST_LOGIN)) {
        int n = tpa_flow_candidates(c, NULL);

        if (n == 1 && tpa_flow_usage(c) == TPA_ORG_REQUIRE)
            return TPA_STEP_CHOSEN;
        if (n)
            return TPA_STEP_PICK;
    }
    if (!is_consent_whole(c))
        return TPA_STEP_CONSENT;
    return is_redirect_plain(c) ? TPA_STEP_ISSUE : TPA_STEP_CONFIRM;
}

tpa_ekind_t tpa_flow_page_error(tpa_step_t step)
{
    switch (step) {
    case TPA_STEP_LOGIN:
        return TPA_E_LOGIN_REQUIRED;
    case TPA_STEP_CONSENT:
        return TPA_E_CONSENT_REQUIRED;
    case TPA_STEP_ORGANIZATION:
    case TPA_STEP_PICK:
    case TPA_STEP_CONFIRM:
        return TPA_E_INTERACTION_REQUIRED;
    case TPA_STEP_CHOSEN:
    case TPA_STEP_ISSUE:
        break;
    }
    return TPA_E_COUNT;
}
