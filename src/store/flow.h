/**
 * @file flow.h
 * @brief The user flow: facts in one call, effects in one call each. All are
 *        functions of the shape of store/objects.h.
 */
#ifndef TPA_STORE_FLOW_H
#define TPA_STORE_FLOW_H

#include "core/flow.h"
#include "store/objects.h"

/** What the facts of an authorization request depend on; NULL: not known. */
typedef struct tpa_flow_query_t {
    const char *client_id;
    const char *audience;
    const char *resource;        /* read under the compatibility profile only */
    const char *organization;    /* as sent: an id, or a name */
    const char *org_id;          /* chosen on a page; goes before the former */
    const char *session_hash;    /* hexadecimal SHA-256 of the cookie */
    const apr_array_header_t *scopes;   /* whose descriptions are wanted */
} tpa_flow_query_t;

/**
 * Facts at the authorization endpoint. What does not exist has a NULL id. A
 * session that ended, by idleness too, is no session.
 *
 * @param out  receives everything but asked and asked_scopes
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_authorize_facts(tpa_store_t *st,
                                     const tpa_flow_query_t *q,
                                     tpa_flow_facts_t *out, apr_pool_t *p);

/**
 * Facts when a code is exchanged, the application's authentication data among
 * them. A code of another application does not exist.
 */
tpa_err_t *tpa_store_code_facts(tpa_store_t *st, const char *client_id,
                                const char *code_hash, tpa_flow_facts_t *out,
                                apr_pool_t *p);

/** The same for a refresh token. */
tpa_err_t *tpa_store_refresh_facts(tpa_store_t *st, const char *client_id,
                                   const char *token_hash,
                                   tpa_flow_facts_t *out, apr_pool_t *p);

/*
 * Effects and look-ups go by tpa_store_write and tpa_store_read:
 *
 * login_lookup   {connection_id, identifier, account_key, address_key}
 *    found, id: the user; body {password_hash, blocked, name, email,
 *    wait_s}. not_found: body {wait_s}. wait_s is not 0 while the account or
 *    the address is throttled. Keys are bounded numbers (hash buckets), so that
 *    strangers cannot fill a table.
 * login_failed   {account_key, address_key} + event. updated.
 * session_start  {session_hash, old_session_hash, user_id, connection_id, ip,
 *    user_agent, lifetime_s, idle_s, account_key} + event
 *    created; not_found: the user is gone or blocked meanwhile.
 * session_external {connection, subject, email, email_verified, name, and all
 *    of session_start but user_id, connection_id and account_key} + event. The
 *    user is made, or found by (connection, subject).
 *    created, id: the user; no_connection; blocked.
 * session_end    {session_hash}. deleted; not_found.
 * organization_find {name} or {domain}. found, body {items: [{id, name,
 *    display_name}]}: by exact name, or by verified discovery domain.
 * code_issue     {code_hash, client_id, user_id, api_id, org_id, connection_id,
 *    session_hash, redirect_uri, code_challenge, scope, nonce, dpop_jkt,
 *    authenticated_at, ttl_s, joins, consent: {id, scope} or absent,
 *    ticket_hash, ticket_expires} + event. Times are microseconds. Stores
 *    consent as a union, makes the member, keeps the session alive.
 *    created; repeated: the ticket was used; not_found: session or user gone.
 * code_redeem    {code_hash, client_id, family: {id, token_hash, lifetime_s,
 *    idle_s} or absent; 0: never} + event
 *    updated; reused: what the first use gave is revoked; not_found.
 * refresh_use    {token_hash, client_id, rotates, new_hash, successor,
 *    leeway_s, idle_s} + event
 *    updated; repeated: body {successor} of the first use, within the leeway
 *    and by the immediately previous token; reused: the family is revoked;
 *    not_found.
 * refresh_end    {token_hash, client_id, takes_consent} + event. deleted;
 *    not_found.
 * All of these that refuse write the event's refusal type themselves only
 * where said so: the caller records refusals.
 */

#endif
