#include <string.h>

#include "base/text.h"
#include "core/flow_int.h"

/* Where a rule counts. */
#define START TPA_AT_AUTHORIZE
#define TOKENS (TPA_AT_EXCHANGE | TPA_AT_REFRESH)
#define REFRESH TPA_AT_REFRESH
#define ALWAYS (START | TOKENS)
#define RESTS (ALWAYS | TPA_FLOW_RESTS)

#define ASK(name, expr) \
    static int name(const void *facts) \
    { \
        const tpa_flow_case_t *c = facts; \
        const tpa_flow_facts_t *f = &c->facts; \
\
        (void)f; \
        return expr; \
    }

/* ---- the application, the API, the grant -------------------------------- */

ASK(grant_type_enabled,
    tpa_text_in(f->client.grant_types, tpa_flow_grant_type(c)))

ASK(audience_named,
    tpa_flow_audience(c) || f->tenant.default_audience)

ASK(api_known, f->api.id != NULL)

ASK(api_open_to_third_party, f->client.is_first_party || !f->api.is_system)

ASK(api_admits_users, f->flow_api.user_policy != TPA_USERS_DENY_ALL)

ASK(proof_taken, !tpa_flow_needs_proof(c) || f->api.takes_dpop)

ASK(proof_sent, !tpa_flow_needs_proof(c) || f->proof_jkt)

ASK(client_grant_exists, !tpa_flow_needs_grant(c) || tpa_flow_grant(c))

static int details_narrowed(const void *facts)
{
    const tpa_flow_facts_t *f = &((const tpa_flow_case_t *)facts)->facts;
    int i;

    for (i = 0; f->asked_details && i < f->asked_details->nelts; i++) {
        if (!tpa_details_have(f->held.details,
                &APR_ARRAY_IDX(f->asked_details, i, tpa_detail_t)))
            return 0;
    }
    return 1;
}

ASK(details_granted, tpa_flow_details_granted(c))

ASK(offline_allowed, f->flow_api.allows_offline)

/* ---- the Organization --------------------------------------------------- */

ASK(organization_allowed,
    !tpa_flow_org(c) || tpa_flow_usage(c) != TPA_ORG_DENY)

ASK(organization_required,
    tpa_flow_usage(c) != TPA_ORG_REQUIRE || tpa_flow_org(c)
        || tpa_flow_asks_org(c, TPA_PROMPT_PRE_LOGIN)
        || tpa_flow_asks_org(c, TPA_PROMPT_POST_LOGIN))

ASK(organization_form,
    !tpa_flow_org(c) || f->tenant.org_names
        || tpa_flow_is_org_id(tpa_flow_org(c)))

/* Only what was sent may be a name. A name that looks like an id opens nothing
 * where names are switched off. */
static int organization_known(const void *facts)
{
    const tpa_flow_case_t *c = facts;
    const tpa_flow_facts_t *f = &c->facts;
    const char *named = tpa_flow_org(c);

    if (!named)
        return 1;
    if (!f->org.id)
        return 0;
    if (f->org.by_name)
        return f->tenant.org_names && named == f->asked.organization;
    return !strcmp(f->org.id, named);
}

ASK(organization_admits,
    !tpa_flow_org(c) || tpa_flow_org_admits(&f->client, &f->org))

/* ---- the user ----------------------------------------------------------- */

/* Which connections there are is open until the Organization is known. */
ASK(connection_usable,
    !f->asked.connection || tpa_flow_asks_org(c, TPA_PROMPT_PRE_LOGIN)
        || tpa_flow_connection_left(c))

ASK(connection_left,
    tpa_flow_asks_org(c, TPA_PROMPT_PRE_LOGIN) || tpa_flow_connection_left(c))

ASK(user_known, f->user.id != NULL)

ASK(user_not_blocked, !tpa_flow_logged_in(c) || !f->user.blocked)

ASK(login_connection_usable, tpa_flow_login_allowed(c))

static int organization_member(const void *facts)
{
    const tpa_flow_case_t *c = facts;
    const tpa_flow_org_t *org = &c->facts.org;

    return !tpa_flow_org(c) || !tpa_flow_logged_in(c) || org->member
        || (c->point == TPA_AT_AUTHORIZE && org->joins);
}

ASK(organization_found,
    tpa_flow_usage(c) != TPA_ORG_REQUIRE || !tpa_flow_logged_in(c)
        || !tpa_flow_asks_org(c, TPA_PROMPT_POST_LOGIN)
        || tpa_flow_candidates(c, NULL))

/* ---- consent and scopes ------------------------------------------------- */

ASK(consent_stands, f->client.is_first_party || f->user.consent_id)

/* Those that were dropped silently then are dropped silently now. */
static int scopes_narrowed(const void *facts)
{
    const tpa_flow_facts_t *f = &((const tpa_flow_case_t *)facts)->facts;
    int i;

    for (i = 0; f->asked_scopes && i < f->asked_scopes->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(f->asked_scopes, i, const char *);

        if (!tpa_flow_is_oidc(scope) && !tpa_text_in(f->held.scopes, scope))
            return 0;
    }
    return 1;
}

ASK(no_page_needed,
    !(f->asked.asks & TPA_ASK_NONE)
        || tpa_flow_page_error(tpa_flow_step(c)) == TPA_E_COUNT)

/* ---- the table -------------------------------------------------------------
 * organization_known and organization_admits tell the caller the same, so that
 * nobody can probe which Organizations exist (spec.md 11 row 3).
 */
#define NOT_AUTHORIZED "Client is not authorized to access this API"
#define BAD_ORG "parameter organization is invalid: {echo}"

const tpa_rule_t tpa_flow_rule_table[] = {
    { "grant_type_enabled", ALWAYS, grant_type_enabled,
      TPA_E_UNAUTHORIZED_CLIENT,
      "Grant type {grant_type} is not allowed for this client",
      "Does the application have the grant type of this request?",
      "grant_types of {client}: {grant_types}",
      "add {grant_type} to grant_types of application {client}",
      tpa_flow_turn_grant_type },
    { "audience_named", START, audience_named, TPA_E_INVALID_REQUEST,
      "Parameter audience is required",
      "Does the request name an API?",
      "audience: {audience}; default_audience of the tenant:"
      " {default_audience}",
      "send audience, or set default_audience of the tenant",
      tpa_flow_turn_audience },
    { "api_known", RESTS, api_known, TPA_E_INVALID_TARGET,
      "There is no API with this audience",
      "Is there an API with exactly that identifier?",
      "identifier looked up: {target}; API: {api}",
      "send the identifier of an API, to the letter, or create an API with"
      " the identifier {target}",
      tpa_flow_turn_api },
    { "api_open_to_third_party", RESTS, api_open_to_third_party,
      TPA_E_UNAUTHORIZED_CLIENT, NOT_AUTHORIZED,
      "Is the API one that third-party applications may use at all?",
      "application is {party}; system API: {api_system}",
      "ask for another API: system APIs are never open to third-party"
      " applications",
      tpa_flow_turn_system },
    { "api_admits_users", RESTS, api_admits_users, TPA_E_ACCESS_DENIED,
      "This API does not admit access on behalf of users",
      "Does the API admit applications that act for users?",
      "subject_type_authorization.user.policy: {user_policy}",
      "set subject_type_authorization.user.policy of API {api} to"
      " require_client_grant",
      tpa_flow_turn_policy },
    { "proof_taken", ALWAYS, proof_taken,
      TPA_E_INVALID_REQUEST,
      "Key-bound tokens are required, and this API does not take them",
      "Does the API take tokens bound to a key by DPoP, where they are"
      " required?",
      "required by the application: {client_pop}, by the API: {api_pop};"
      " proof_of_possession of the API is dpop: {api_dpop}",
      "set proof_of_possession of API {api} to the mechanism dpop, or require"
      " no key-bound tokens: require_proof_of_possession of application"
      " {client} and proof_of_possession.required of the API",
      tpa_flow_turn_proof_taken },
    { "proof_sent", TOKENS, proof_sent,
      TPA_E_INVALID_REQUEST,
      "A DPoP proof is required",
      "Did the request prove possession of a key, where that is required?",
      "required by the application: {client_pop}, by the API: {api_pop}; key:"
      " {proof}",
      "send a DPoP proof, or require no key-bound tokens:"
      " require_proof_of_possession of application {client} and"
      " proof_of_possession.required of API {api}",
      tpa_flow_turn_proof_sent },
    { "client_grant_exists", RESTS, client_grant_exists,
      TPA_E_UNAUTHORIZED_CLIENT, NOT_AUTHORIZED,
      "Is there a client grant for this application and API, where one is"
      " needed?",
      "own grant: {own_grant}; default grant for third-party applications:"
      " {default_grant}; application is {party};"
      " subject_type_authorization.user.policy: {user_policy}",
      "create a client grant for application {client} and audience {target}"
      " with subject_type user",
      tpa_flow_turn_client_grant },
    { "details_narrowed", TOKENS, details_narrowed,
      TPA_E_INVALID_AUTHORIZATION_DETAILS,
      "The authorization_details exceed those that were granted",
      "Is each of the authorization details asked for equal to one that was"
      " granted?",
      "types asked for: {details_types}; granted then: {held_details_types}",
      "send no authorization_details, or some of those that were granted, equal"
      " member by member",
      tpa_flow_turn_details_narrowed },
    { "details_granted", RESTS, details_granted,
      TPA_E_INVALID_AUTHORIZATION_DETAILS,
      "Client is not authorized for this type of authorization_details",
      "Does the API know every type of the authorization details, and does the"
      " client grant, where one is needed, allow it?",
      "types: {details_types}; of the API: {api_details_types}; of the client"
      " grant: {grant_details_types}; missing: {missing_details_types}",
      "add {missing_details_types} to authorization_details of API {api}, and"
      " to authorization_details_types of the client grant",
      tpa_flow_turn_details },
    { "offline_allowed", REFRESH, offline_allowed, TPA_E_INVALID_GRANT,
      "This API does not allow refresh tokens",
      "Does the API still allow refresh tokens?",
      "allow_offline_access: {api_offline}",
      "set allow_offline_access of API {api} to true",
      tpa_flow_turn_offline },
    { "organization_allowed", RESTS, organization_allowed,
      TPA_E_INVALID_REQUEST,
      "parameter organization is not allowed for this client",
      "May the application be used inside an Organization?",
      "organization: {organization}; organization_usage: {usage}; application"
      " is {party}",
      "leave organization out, or set organization_usage of application"
      " {client} to allow or require; permissive third-party applications"
      " have no Organizations",
      tpa_flow_turn_org_usage },
    { "organization_required", RESTS, organization_required,
      TPA_E_INVALID_REQUEST,
      "parameter organization is required for this client",
      "Is there an Organization, or will the user be asked for one, where one"
      " is required?",
      "organization: {organization}; organization_usage: {usage};"
      " organization_require_behavior: {org_prompt}",
      "send organization, or set organization_require_behavior of application"
      " {client} to a prompt, or its organization_usage to allow",
      tpa_flow_turn_org_required },
    { "organization_form", START, organization_form, TPA_E_INVALID_REQUEST,
      "authorization request parameter organization must be an organization"
      " id",
      "Is the Organization named by its id, where names are not accepted?",
      "organization: {organization}; names accepted: {names}",
      "send the id of the Organization, or set the tenant setting"
      " allow_organization_name_in_authentication_api to true",
      tpa_flow_turn_org_form },
    { "organization_known", RESTS, organization_known, TPA_E_INVALID_REQUEST,
      BAD_ORG,
      "Does that Organization exist?",
      "organization: {organization}; found: {org}",
      "send the id of an Organization that exists",
      tpa_flow_turn_org_known },
    { "organization_admits", RESTS, organization_admits,
      TPA_E_INVALID_REQUEST, BAD_ORG,
      "Does the Organization admit this application?",
      "third_party_client_access of {org}: {switch}; access by entries:"
      " {entries}; application is {party}",
      "set third_party_client_access of Organization {org} to allow, or give"
      " application {client} an entry there with use_for_member_access",
      tpa_flow_turn_org_admits },
    { "connection_usable", START, connection_usable, TPA_E_INVALID_REQUEST,
      "parameter connection is invalid: it is not enabled for this client",
      "May the connection that was asked for be used?",
      "connection: {connection}; there are: {connections}; application is"
      " {party}",
      "leave connection out; or make it a domain-level connection for"
      " third-party applications, and enable it for the Organization, or, of"
      " a first-party application, for the application",
      tpa_flow_turn_forced_connection },
    { "connection_left", START, connection_left, TPA_E_INVALID_REQUEST,
      "no connection is enabled for this client",
      "Is there any connection to log in by?",
      "there are: {connections}; application is {party}; organization:"
      " {organization}",
      "make a connection domain-level for third-party applications, and"
      " enable it for the Organization, or, of a first-party application, for"
      " the application",
      tpa_flow_turn_connection_left },
    { "user_known", TOKENS, user_known, TPA_E_INVALID_GRANT,
      "The user does not exist any more",
      "Does the user still exist?",
      "user: {user}",
      "let the user log in again",
      tpa_flow_turn_user },
    { "user_not_blocked", RESTS, user_not_blocked, TPA_E_ACCESS_DENIED,
      "user is blocked",
      "Is the user admitted at all?",
      "user {user} blocked: {blocked}; logged in: {login}",
      "unblock user {user}",
      tpa_flow_turn_blocked },
    { "login_connection_usable", TOKENS, login_connection_usable,
      TPA_E_INVALID_GRANT,
      "connection is not enabled for this client or organization",
      "May the connection that the user logged in by still be used?",
      "connection of the login: {login_connection}; there are: {connections};"
      " application is {party}",
      "make that connection domain-level for third-party applications, and"
      " enable it for the Organization, or, of a first-party application, for"
      " the application",
      tpa_flow_turn_login_connection },
    { "organization_member", RESTS, organization_member, TPA_E_ACCESS_DENIED,
      "user {user} is not part of the {organization} organization",
      "Is the user a member of the Organization, or made one by this login?",
      "user {user} is a member of {org}: {member}; made one by login: {joins}",
      "add user {user} to Organization {org}",
      tpa_flow_turn_member },
    { "organization_found", START, organization_found, TPA_E_INVALID_REQUEST,
      "client requires organization membership, but user does not belong to"
      " any organization",
      "Is there an Organization to pick, where one is required?",
      "Organizations of {user} that admit the application and use the"
      " connection: {candidates}; organization_usage: {usage}",
      "add user {user} to an Organization that admits the application and"
      " uses the connection {login_connection}",
      tpa_flow_turn_org_found },
    { "consent_stands", TOKENS, consent_stands, TPA_E_INVALID_GRANT,
      "The user's consent was withdrawn",
      "Has the user's consent not been withdrawn?",
      "consent: {consent}; application is {party}",
      "let the user consent again",
      tpa_flow_turn_consent },
    { "scopes_narrowed", REFRESH, scopes_narrowed, TPA_E_INVALID_SCOPE,
      "The scopes exceed those that were granted",
      "Are the scopes asked for within those that were granted?",
      "asked for: {scopes}; granted then: {held_scopes}",
      "send no scope, or scopes that were granted",
      tpa_flow_turn_narrowed },
    { "no_page_needed", START, no_page_needed, TPA_E_INTERACTION_REQUIRED,
      "{page_error}",
      "Can the request be answered without a page, where prompt=none forbids"
      " one?",
      "prompt: {prompt}; what comes next: {step}",
      "send the request without prompt=none",
      tpa_flow_turn_page },
    { NULL }
};
