#include <string.h>

#include "core/m2m_int.h"

void tpa_m2m_turn_grant_type(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->client.grant_types
        = tpa_rules_with(f->client.grant_types,
                         tpa_rules_one("client_credentials", p), p);
}

void tpa_m2m_turn_confidential(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->client.auth_method = "client_secret_post";
}

void tpa_m2m_turn_switch(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->tenant.third_party_m2m = 1;
}

void tpa_m2m_turn_by_hand(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->client.via = TPA_VIA_MANUAL;
}

void tpa_m2m_turn_audience(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->asked_audience = f->api.audience ? f->api.audience : "(an API)";
}

void tpa_m2m_turn_api(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->api.id = "(new API)";
    f->api.audience = f->asked_audience;
    f->api.is_system = 0;
}

void tpa_m2m_turn_system(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->api.is_system = 0;
}

void tpa_m2m_turn_policy(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->api.client_denied = 0;
}

void tpa_m2m_turn_proof_taken(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->api.takes_dpop = 1;
}

void tpa_m2m_turn_proof_sent(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->proof_jkt = "(a key)";
}

void tpa_m2m_turn_client_grant(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    memset(&f->own_grant, 0, sizeof(f->own_grant));
    f->own_grant.id = "(new client grant)";
    f->own_grant.scopes = f->asked_scopes;
}

void tpa_m2m_turn_scopes(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;
    apr_array_header_t *missing = tpa_m2m_missing_scopes(f, p);
    tpa_client_grant_t *grant = f->own_grant.id ? &f->own_grant
                                                : &f->default_grant;

    f->api.scopes = tpa_rules_with(f->api.scopes, missing, p);
    grant->scopes = tpa_rules_with(grant->scopes, missing, p);
}

void tpa_m2m_turn_details(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->asked_details = NULL;
}

void tpa_m2m_turn_usage(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    if (!f->own_grant.id) {
        f->own_grant = f->default_grant;
        f->own_grant.id = "(new client grant)";
        f->own_grant.any_org = 0;
    }
    f->own_grant.org_usage = TPA_ORG_ALLOW;
}

void tpa_m2m_turn_present(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->default_org.id = "(an Organization)";
    f->default_org.name = "";
    f->default_org.by_name = 0;
}

void tpa_m2m_turn_form(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->tenant.org_names = 1;
}

void tpa_m2m_turn_known(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    f->org.id = f->asked_org;
    f->org.name = "";
    f->org.by_name = 0;
}

void tpa_m2m_turn_granted(void *facts, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = facts;

    if (f->asked_org)
        f->org.granted = 1;
    else
        f->default_org.granted = 1;
}
