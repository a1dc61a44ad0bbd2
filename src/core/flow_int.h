/**
 * @file flow_int.h
 * @brief Inside the decision of the user flow: its rules, and what follows
 *        from the facts. For the flow*.c files only.
 */
#ifndef TPA_CORE_FLOW_INT_H
#define TPA_CORE_FLOW_INT_H

#include "core/fields.h"
#include "core/flow.h"
#include "core/rules.h"

/** Besides the points: the rule is about what a code or a refresh token rests
 *  on, so that at the token endpoint its refusal is TPA_E_INVALID_GRANT. */
#define TPA_FLOW_RESTS 8u

#define TPA_FLOW_MOST_CANDIDATES 20

/** All fields of a tpa_flow_case_t. */
extern const tpa_field_t tpa_flow_fields[];

/** All rules in their order; the last row has no name. */
extern const tpa_rule_t tpa_flow_rule_table[];

/** The words their texts may use; the last row has no name. */
extern const tpa_word_t tpa_flow_words[];

/** The scope that asks for a refresh token. */
extern const char tpa_flow_offline[];

/* ---- the application and its grant -------------------------------------- */

/** Neither first-party nor strict: it has no Organizations. */
int tpa_flow_is_permissive(const tpa_flow_case_t *c);

/** Is a client grant needed? Not under allow_all, save by strict ones. */
int tpa_flow_needs_grant(const tpa_flow_case_t *c);

/** The client grant in play, own or default; NULL: there is none, or none is
 *  needed. */
const tpa_client_grant_t *tpa_flow_grant(const tpa_flow_case_t *c);

/** Must its tokens be bound to a key? */
int tpa_flow_needs_proof(const tpa_flow_case_t *c);

/** The grant type that the point is about. */
const char *tpa_flow_grant_type(const tpa_flow_case_t *c);

/** audience, or resource where that is read; NULL: neither was sent. */
const char *tpa_flow_audience(const tpa_flow_case_t *c);

/* ---- the Organization --------------------------------------------------- */

/** organization_usage as it counts. */
tpa_org_usage_t tpa_flow_usage(const tpa_flow_case_t *c);

/** The Organization in play, as it was named: chosen, sent, or held. NULL:
 *  none. */
const char *tpa_flow_org(const tpa_flow_case_t *c);

/** Has text the form of an id, or of a name? NULL has none. */
int tpa_flow_is_org_id(const char *text);
int tpa_flow_is_org_name(const char *text);

/** Is there still to be asked for one, before or after the login? */
int tpa_flow_asks_org(const tpa_flow_case_t *c, tpa_org_prompt_t when);

/** Organizations to pick from, members first: how many there are; the first
 *  TPA_FLOW_MOST_CANDIDATES are pushed to out, unless that is NULL. */
int tpa_flow_candidates(const tpa_flow_case_t *c, apr_array_header_t *out);

/* ---- the user ----------------------------------------------------------- */

/** May the connection be used: by its kind, and for the Organization? */
int tpa_flow_connection_usable(const tpa_flow_case_t *c,
                               const tpa_connection_t *connection);

/** The same, and it is the one that was asked for, if one was. */
int tpa_flow_connection_allowed(const tpa_flow_case_t *c,
                                const tpa_connection_t *connection);

/** Is any connection allowed? */
int tpa_flow_connection_left(const tpa_flow_case_t *c);

/** Is the connection that the user logged in by allowed? */
int tpa_flow_login_allowed(const tpa_flow_case_t *c);

/** Did somebody log in, in a way that counts for this request? */
int tpa_flow_logged_in(const tpa_flow_case_t *c);

/* ---- scopes and consent ------------------------------------------------- */

/** Scopes the token is to have: asked for, or held and perhaps narrowed. */
const apr_array_header_t *tpa_flow_wanted(const tpa_flow_case_t *c);

/** Will the token have it? */
int tpa_flow_scope_kept(const tpa_flow_case_t *c, const char *scope);

/** Does a refresh token come with it? */
int tpa_flow_is_offline(const tpa_flow_case_t *c);

/** Is it one of OpenID Connect, which are dropped silently? */
int tpa_flow_is_oidc(const char *scope);

/** Is the consent of the user needed at all? */
int tpa_flow_needs_consent(const tpa_flow_case_t *c);

/** Does the stored consent cover the scope? Nothing with prompt=consent. */
int tpa_flow_consented(const tpa_flow_case_t *c, const char *scope);

/* ---- authorization details ---------------------------------------------- */

/** Those the token is to have: asked for, or held and perhaps narrowed. */
const apr_array_header_t *tpa_flow_details(const tpa_flow_case_t *c);

/** Types of these that the API does not know, or the grant in play does not
 *  allow. */
apr_array_header_t *tpa_flow_details_missing(const tpa_flow_case_t *c,
                                             apr_pool_t *p);

/** May the token have all of them? */
int tpa_flow_details_granted(const tpa_flow_case_t *c);

/* ---- what comes next ---------------------------------------------------- */

/** At the authorization endpoint, when no rule refuses. */
tpa_step_t tpa_flow_step(const tpa_flow_case_t *c);

/** The error of prompt=none where that step would be a page; TPA_E_COUNT: it
 *  is none. */
tpa_ekind_t tpa_flow_page_error(tpa_step_t step);

/* ---- the changes of the rules, each in a tpa_flow_case_t ---------------- */

void tpa_flow_turn_audience(void *facts, apr_pool_t *p);
void tpa_flow_turn_api(void *facts, apr_pool_t *p);
void tpa_flow_turn_system(void *facts, apr_pool_t *p);
void tpa_flow_turn_policy(void *facts, apr_pool_t *p);
void tpa_flow_turn_proof_taken(void *facts, apr_pool_t *p);
void tpa_flow_turn_proof_sent(void *facts, apr_pool_t *p);
void tpa_flow_turn_client_grant(void *facts, apr_pool_t *p);
void tpa_flow_turn_details(void *facts, apr_pool_t *p);
void tpa_flow_turn_offline(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_usage(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_required(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_form(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_known(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_admits(void *facts, apr_pool_t *p);
void tpa_flow_turn_forced_connection(void *facts, apr_pool_t *p);
void tpa_flow_turn_connection_left(void *facts, apr_pool_t *p);
void tpa_flow_turn_user(void *facts, apr_pool_t *p);
void tpa_flow_turn_blocked(void *facts, apr_pool_t *p);
void tpa_flow_turn_login_connection(void *facts, apr_pool_t *p);
void tpa_flow_turn_member(void *facts, apr_pool_t *p);
void tpa_flow_turn_org_found(void *facts, apr_pool_t *p);
void tpa_flow_turn_consent(void *facts, apr_pool_t *p);
void tpa_flow_turn_narrowed(void *facts, apr_pool_t *p);
void tpa_flow_turn_details_narrowed(void *facts, apr_pool_t *p);
void tpa_flow_turn_page(void *facts, apr_pool_t *p);
void tpa_flow_turn_grant_type(void *facts, apr_pool_t *p);

#endif
