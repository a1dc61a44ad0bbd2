#include <string.h>

#include "base/text.h"
#include "core/flow_int.h"

/* ---- the application, the API, the grant -------------------------------- */

void tpa_flow_turn_grant_type(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;
    tpa_client_t *client = &c->facts.client;

    client->grant_types = tpa_rules_with(
        client->grant_types, tpa_rules_one(tpa_flow_grant_type(c), p), p);
}

void tpa_flow_turn_audience(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->asked.audience = f->api.audience ? f->api.audience : "(an API)";
}

void tpa_flow_turn_api(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->api.id = "(new API)";
    f->api.audience = f->asked.audience;
    f->api.is_system = 0;
}

void tpa_flow_turn_system(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->api.is_system = 0;
}

void tpa_flow_turn_policy(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->flow_api.user_policy = TPA_USERS_NEED_GRANT;
}

void tpa_flow_turn_proof_taken(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->api.takes_dpop = 1;
}

void tpa_flow_turn_proof_sent(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->proof_jkt = "(a key)";
}

void tpa_flow_turn_client_grant(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;
    const apr_array_header_t *wanted = tpa_flow_wanted(c);

    memset(&c->facts.own_grant, 0, sizeof(c->facts.own_grant));
    c->facts.own_grant.id = "(new client grant)";
    c->facts.own_grant.scopes = tpa_rules_with(NULL, wanted, p);
}

void tpa_flow_turn_details(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;
    tpa_flow_facts_t *f = &c->facts;
    const apr_array_header_t *missing = tpa_flow_details_missing(c, p);
    tpa_client_grant_t *grant
        = tpa_flow_grant(c) == &f->default_grant ? &f->default_grant
                                                 : &f->own_grant;

    f->flow_api.details_types
        = tpa_rules_with(f->flow_api.details_types, missing, p);
    grant->details_types = tpa_rules_with(grant->details_types, missing, p);
}

void tpa_flow_turn_offline(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->flow_api.allows_offline = 1;
}

/* ---- the Organization --------------------------------------------------- */

void tpa_flow_turn_org_usage(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;

    if (!tpa_flow_is_permissive(c)) {
        c->facts.app.org_usage = TPA_ORG_ALLOW;
        return;
    }
    c->facts.asked.organization = NULL;
    c->facts.held.org_id = NULL;
    c->progress.org = NULL;
}

void tpa_flow_turn_org_required(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;

    if (c->point == TPA_AT_AUTHORIZE)
        c->facts.app.org_prompt = TPA_PROMPT_POST_LOGIN;
    else
        c->facts.app.org_usage = TPA_ORG_ALLOW;
}

void tpa_flow_turn_org_form(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->tenant.org_names = 1;
}

void tpa_flow_turn_org_known(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;

    c->facts.org.id = tpa_flow_org(c);
    c->facts.org.by_name = 0;
}

void tpa_flow_turn_org_admits(void *facts, apr_pool_t *p)
{
    tpa_flow_case_t *c = facts;
    tpa_flow_org_t *org = &c->facts.org;

    if (c->facts.client.is_first_party || (org->lists_clients && org->listed)) {
        org->listed = 1;
        org->listed_for_members = 1;
    }
    else {
        org->admits_third_party = 1;
    }
}

/* ---- the user ----------------------------------------------------------- */

void tpa_flow_turn_forced_connection(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->asked.connection = NULL;
}

/* A connection of that id that everybody may use, besides the others. */
static void add_connection(tpa_flow_facts_t *f, const char *id, apr_pool_t *p)
{
    apr_array_header_t *list = f->connections
        ? apr_array_copy(p, f->connections)
        : apr_array_make(p, 1, sizeof(tpa_connection_t));
    tpa_connection_t *connection = apr_array_push(list);

    memset(connection, 0, sizeof(*connection));
    connection->id = id;
    connection->name = id;
    connection->domain_level = 1;
    connection->for_client = 1;
    connection->for_org = 1;
    f->connections = list;
}

void tpa_flow_turn_connection_left(void *facts, apr_pool_t *p)
{
    add_connection(&((tpa_flow_case_t *)facts)->facts, "(a connection)", p);
}

void tpa_flow_turn_user(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->user.id = "(a user)";
}

void tpa_flow_turn_blocked(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->user.blocked = 0;
}

void tpa_flow_turn_login_connection(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    if (!f->user.connection_id)
        f->user.connection_id = "(a connection)";
    add_connection(f, f->user.connection_id, p);
}

void tpa_flow_turn_member(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->org.member = 1;
}

void tpa_flow_turn_org_found(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;
    apr_array_header_t *list = f->orgs
        ? apr_array_copy(p, f->orgs)
        : apr_array_make(p, 1, sizeof(tpa_flow_org_t));
    tpa_flow_org_t *org = apr_array_push(list);

    memset(org, 0, sizeof(*org));
    org->id = "(an Organization)";
    org->member = 1;
    org->uses_connection = 1;
    org->admits_third_party = 1;
    f->orgs = list;
}

/* ---- consent and scopes ------------------------------------------------- */

void tpa_flow_turn_consent(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->user.consent_id = "(a consent)";
    f->user.consented = f->held.scopes;
}

void tpa_flow_turn_narrowed(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->asked_scopes = NULL;
}

void tpa_flow_turn_details_narrowed(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->asked_details = NULL;
}

void tpa_flow_turn_page(void *facts, apr_pool_t *p)
{
    tpa_flow_facts_t *f = &((tpa_flow_case_t *)facts)->facts;

    f->asked.prompt = NULL;
    f->asked.asks = 0;
}
