#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/m2m_int.h"

#define ORG_ID_PREFIX "org_"
#define ORG_ID_LENGTH 20

/* ---- what follows from the facts ---------------------------------------- */

const tpa_client_grant_t *tpa_m2m_grant(const tpa_m2m_facts_t *f)
{
    if (f->own_grant.id)
        return &f->own_grant;
    /* Defaults are for strict third-party applications alone: spec.md 3.2. */
    if (f->default_grant.id && !f->client.is_first_party
        && f->client.is_strict)
        return &f->default_grant;
    return NULL;
}

tpa_org_usage_t tpa_m2m_usage(const tpa_m2m_facts_t *f)
{
    const tpa_client_grant_t *grant = tpa_m2m_grant(f);

    return grant == &f->own_grant ? grant->org_usage : TPA_ORG_DENY;
}

const tpa_org_t *tpa_m2m_org(const tpa_m2m_facts_t *f)
{
    if (f->asked_org)
        return &f->org;
    if (tpa_m2m_usage(f) == TPA_ORG_REQUIRE && f->default_org.id)
        return &f->default_org;
    return NULL;
}

int tpa_m2m_scope_granted(const tpa_m2m_facts_t *f, const char *scope)
{
    const tpa_client_grant_t *grant = tpa_m2m_grant(f);

    return grant && tpa_text_in(f->api.scopes, scope)
        && (grant->all_scopes || tpa_text_in(grant->scopes, scope));
}

apr_array_header_t *tpa_m2m_missing_scopes(const tpa_m2m_facts_t *f,
                                           apr_pool_t *p)
{
    apr_array_header_t *missing = apr_array_make(p, 4, sizeof(const char *));
    int i;

    for (i = 0; f->asked_scopes && i < f->asked_scopes->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(f->asked_scopes, i, const char *);

        if (!tpa_m2m_scope_granted(f, scope))
            APR_ARRAY_PUSH(missing, const char *) = scope;
    }
    return missing;
}

static int is_org_id(const char *s)
{
    return strlen(s) == ORG_ID_LENGTH
        && !strncmp(s, ORG_ID_PREFIX, strlen(ORG_ID_PREFIX));
}

/* A match by name counts only where names are switched on, so a name that
 * looks like an id opens nothing. */
static int is_known(const tpa_m2m_facts_t *f, const tpa_org_t *org)
{
    return org->id && (!org->by_name || f->tenant.org_names);
}

/* ---- the questions ------------------------------------------------------ */

static int grant_type_enabled(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return tpa_text_in(f->client.grant_types, "client_credentials");
}

static int client_confidential(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->client.auth_method && strcmp(f->client.auth_method, "none");
}

static int third_party_switch(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->client.is_first_party || f->tenant.third_party_m2m;
}

static int third_party_by_hand(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->client.is_first_party || f->client.via == TPA_VIA_MANUAL;
}

static int audience_named(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->asked_audience || f->tenant.default_audience;
}

static int api_known(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->api.id != NULL;
}

static int api_open_to_third_party(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return f->client.is_first_party || !f->api.is_system;
}

static int api_admits_machines(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !f->api.client_denied;
}

static int needs_proof(const tpa_m2m_facts_t *f)
{
    return f->client.requires_pop || f->api.requires_pop;
}

static int proof_taken(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !needs_proof(f) || f->api.takes_dpop;
}

static int proof_sent(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !needs_proof(f) || f->proof_jkt;
}

static int client_grant_exists(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return tpa_m2m_grant(f) != NULL;
}

static int scopes_granted(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;
    int i;

    for (i = 0; f->asked_scopes && i < f->asked_scopes->nelts; i++) {
        if (!tpa_m2m_scope_granted(
                f, APR_ARRAY_IDX(f->asked_scopes, i, const char *)))
            return 0;
    }
    return 1;
}

/* Client grants for machines have no authorization_details_types: spec.md
 * 3.1. */
static int details_granted(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !f->asked_details;
}

static int organization_usable(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !f->asked_org || tpa_m2m_usage(f) != TPA_ORG_DENY;
}

static int organization_present(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return tpa_m2m_usage(f) != TPA_ORG_REQUIRE || tpa_m2m_org(f);
}

static int organization_form(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return !f->asked_org || f->tenant.org_names || is_org_id(f->asked_org);
}

static int organization_known(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;
    const tpa_org_t *org = tpa_m2m_org(f);

    return !org || is_known(f, org);
}

static int organization_granted(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;
    const tpa_org_t *org = tpa_m2m_org(f);

    return !org || org->granted
        || (f->own_grant.any_org && f->client.is_first_party);
}

/* ---- the table -------------------------------------------------------------
 * organization_known and organization_granted tell the caller the same, so
 * that nobody can probe which Organizations exist (spec.md 11 row 3).
 */
#define NOT_FOR_THIS_ORG "Client is not authorized for this organization"

const tpa_rule_t tpa_m2m_rule_table[] = {
    { "grant_type_enabled", TPA_M2M, grant_type_enabled,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Grant type client_credentials is not allowed for this client",
      "Does the application have the grant type client_credentials?",
      "grant_types of {client}: {grant_types}",
      "add client_credentials to grant_types of application {client}",
      tpa_m2m_turn_grant_type },
    { "client_confidential", TPA_M2M, client_confidential,
      TPA_E_UNAUTHORIZED_CLIENT,
      "A client without credentials cannot use client_credentials",
      "Can the application prove who it is?",
      "token_endpoint_auth_method: {auth_method}",
      "set token_endpoint_auth_method of application {client} to"
      " client_secret_post, or give it a key for private_key_jwt",
      tpa_m2m_turn_confidential },
    { "third_party_switch", TPA_M2M, third_party_switch,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Third-party clients cannot use client_credentials here",
      "May third-party applications act for themselves in this tenant?",
      "application is {party}; third_party_client_credentials: {switch}",
      "set the tenant setting third_party_client_credentials to true",
      tpa_m2m_turn_switch },
    { "third_party_by_hand", TPA_M2M, third_party_by_hand,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Clients that registered themselves cannot use client_credentials",
      "Was the third-party application created by an administrator?",
      "application is {party}, registered: {via}",
      "create a third-party application by hand and use that instead of"
      " {client}",
      tpa_m2m_turn_by_hand },
    { "audience_named", TPA_M2M, audience_named,
      TPA_E_INVALID_REQUEST,
      "Parameter audience is required",
      "Does the request name an API?",
      "audience: {audience}; default_audience of the tenant:"
      " {default_audience}",
      "send audience, or set default_audience of the tenant",
      tpa_m2m_turn_audience },
    { "api_known", TPA_M2M, api_known,
      TPA_E_INVALID_TARGET,
      "There is no API with this audience",
      "Is there an API with exactly that identifier?",
      "identifier looked up: {target}; API: {api}",
      "send the identifier of an API, to the letter, or create an API with"
      " the identifier {target}",
      tpa_m2m_turn_api },
    { "api_open_to_third_party", TPA_M2M, api_open_to_third_party,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Client is not authorized to access this API",
      "Is the API one that third-party applications may use at all?",
      "application is {party}; system API: {api_system}",
      "ask for another API: system APIs are never open to third-party"
      " applications",
      tpa_m2m_turn_system },
    { "api_admits_machines", TPA_M2M, api_admits_machines,
      TPA_E_UNAUTHORIZED_CLIENT,
      "This API does not admit machine-to-machine access",
      "Does the API admit applications acting for themselves?",
      "subject_type_authorization.client.policy: {client_policy}",
      "set subject_type_authorization.client.policy of API {api} to"
      " require_client_grant",
      tpa_m2m_turn_policy },
    { "proof_taken", TPA_M2M, proof_taken,
      TPA_E_INVALID_REQUEST,
      "Key-bound tokens are required, and this API does not take them",
      "Does the API take tokens bound to a key by DPoP, where they are"
      " required?",
      "required by the application: {client_pop}, by the API: {api_pop};"
      " proof_of_possession of the API is dpop: {api_dpop}",
      "set proof_of_possession of API {api} to the mechanism dpop, or require"
      " no key-bound tokens: require_proof_of_possession of application"
      " {client} and proof_of_possession.required of the API",
      tpa_m2m_turn_proof_taken },
    { "proof_sent", TPA_M2M, proof_sent,
      TPA_E_INVALID_REQUEST,
      "A DPoP proof is required",
      "Did the request prove possession of a key, where that is required?",
      "required by the application: {client_pop}, by the API: {api_pop}; key:"
      " {proof}",
      "send a DPoP proof, or require no key-bound tokens:"
      " require_proof_of_possession of application {client} and"
      " proof_of_possession.required of API {api}",
      tpa_m2m_turn_proof_sent },
    { "client_grant_exists", TPA_M2M, client_grant_exists,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Client is not authorized to access this API",
      "Is there a client grant for this application and API?",
      "own grant: {own_grant}; default grant for third-party applications:"
      " {default_grant}; application is {party}",
      "create a client grant for application {client} and audience {target}"
      " with subject_type client",
      tpa_m2m_turn_client_grant },
    { "scopes_granted", TPA_M2M, scopes_granted,
      TPA_E_INVALID_SCOPE,
      "Client has not been granted scopes: {missing}",
      "Are all scopes asked for granted, and still scopes of the API?",
      "asked for: {scopes}; granted by {grant}: {granted}; of the API:"
      " {api_scopes}",
      "ask for fewer scopes, or add {missing} to client grant {grant} (and to"
      " the API, where it lacks them)",
      tpa_m2m_turn_scopes },
    { "details_granted", TPA_M2M, details_granted,
      TPA_E_INVALID_AUTHORIZATION_DETAILS,
      "Client is not authorized for this type of authorization_details",
      "Does the request do without authorization details? Only a client grant"
      " for users can allow any.",
      "types asked for: {details_types}",
      "leave authorization_details out",
      tpa_m2m_turn_details },
    { "organization_usable", TPA_M2M, organization_usable,
      TPA_E_ACCESS_DENIED,
      "Parameter organization is not allowed for this client and API",
      "May the request name an Organization?",
      "organization: {organization}; organization_usage of {grant}: {usage}",
      "set organization_usage of the application's own client grant"
      " ({own_grant}) to allow or require, or leave organization out",
      tpa_m2m_turn_usage },
    { "organization_present", TPA_M2M, organization_present,
      TPA_E_ACCESS_DENIED,
      "Parameter organization is required for this client and API",
      "Is there an Organization where one is required?",
      "organization: {organization}; organization_usage of {grant}: {usage};"
      " default_organization: {default_org}",
      "send organization, or set default_organization of application"
      " {client}",
      tpa_m2m_turn_present },
    { "organization_form", TPA_M2M, organization_form,
      TPA_E_INVALID_REQUEST,
      "Parameter organization must be an organization id",
      "Is the Organization named by its id, where names are not accepted?",
      "organization: {organization}; names accepted: {names}",
      "send the id of the Organization, or set the tenant setting"
      " allow_organization_name_in_authentication_api to true",
      tpa_m2m_turn_form },
    { "organization_known", TPA_M2M, organization_known,
      TPA_E_ACCESS_DENIED,
      NOT_FOR_THIS_ORG,
      "Does that Organization exist?",
      "organization: {organization}; found: {org}",
      "send the id of an Organization that exists",
      tpa_m2m_turn_known },
    { "organization_granted", TPA_M2M, organization_granted,
      TPA_E_ACCESS_DENIED,
      NOT_FOR_THIS_ORG,
      "Is the application's client grant good for this Organization?",
      "organization client grant for {org} and {grant}: {granted_org};"
      " allow_any_organization: {any}; application is {party}",
      "add client grant {grant} to Organization {org}",
      tpa_m2m_turn_granted },
    { NULL }
};
