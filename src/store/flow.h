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
    int details;                 /* are there authorization details? */
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
 * them. A code of another application does not exist: then all but tenant and
 * client is absent. Of connections there is the one the user came by.
 */
tpa_err_t *tpa_store_code_facts(tpa_store_t *st, const char *client_id,
                                const char *code_hash, tpa_flow_facts_t *out,
                                apr_pool_t *p);

/** The same for a refresh token. */
tpa_err_t *tpa_store_refresh_facts(tpa_store_t *st, const char *client_id,
                                   const char *token_hash,
                                   tpa_flow_facts_t *out, apr_pool_t *p);

/*
 * Effects and look-ups go by tpa_store_write and tpa_store_read. The event of a
 * write is stored with it, in the same transaction, and only where it went
 * well: updated, created, deleted, and repeated of refresh_use. Refusals are
 * recorded by the caller, save reuse_event: a member of p, the event (ferrt,
 * or of a code) that is stored together with a revocation for reuse.
 *
 * login_lookup   {connection_id, identifier, account_key, address_key, ip}
 *    found, id: the user; body {password_hash, blocked, name, email,
 *    wait_s}. not_found: body {wait_s}. wait_s is not 0 while the account or
 *    the address is throttled: nothing is compared and counted then. Keys are
 *    bounded numbers (hash buckets, 0 to 1048575), so that strangers cannot
 *    fill a table.
 * login_failed   {account_key, address_key} + event. updated. Also
 *    account_free, account_every_s, address_free, address_every_s: how many
 *    failures cost nothing, and how many seconds each is worth.
 * session_start  {session_hash, old_session_hash, user_id, connection_id, ip,
 *    user_agent, authenticated_at, lifetime_s, idle_s, account_key,
 *    password_hash} + event
 *    created; not_found: the user is gone or blocked meanwhile, or has another
 *    password than the password_hash it was compared with (absent: any). The
 *    old session ends; codes and families of the same user pass to the new.
 * session_external {connection, subject, email, email_verified, name, and all
 *    of session_start but user_id, connection_id, account_key and
 *    password_hash} + event, which gets the user's id. The user is made, or
 *    found by (connection, subject).
 *    created, id: the user; no_connection: none of this name, or one whose
 *    passwords we hold; blocked; conflict: another user has the id.
 * session_end    {session_hash} + event. deleted, id: the user; not_found.
 * organization_find {name} or {domain}, and client_id. found, body {items:
 *    [{id, name, display_name, logo_url, admits_third_party, lists_clients,
 *    listed, listed_for_members}]}: by exact name, or by verified discovery
 *    domain; at most 100, by display name.
 * code_issue     {code_hash, client_id, user_id, api_id, org_id, connection_id,
 *    session_hash, redirect_uri, code_challenge, scope, details: [{type, text}]
 *    or absent, nonce, dpop_jkt,
 *    authenticated_at, ttl_s, joins, consent: {id, scope} or absent,
 *    ticket_hash, ticket_expires} + event. Times are microseconds; scopes are
 *    arrays. Stores consent as a union, makes the member (whose event,
 *    organization_member_added, follows from that of the login), keeps the
 *    session alive.
 *    created, id: of the consent the code rests on, or none; repeated: the
 *    ticket was used; not_found: session, user, application, API or
 *    Organization gone.
 * code_redeem    {code_hash, client_id, family: {id, token_hash, lifetime_s,
 *    idle_s, dpop_jkt} or absent; 0: never, proof: {jkt, jti_hash, expires} or
 *    absent, reuse_event} + event
 *    updated, id: of the family; reused, id: of the family the first use gave,
 *    which is revoked; replayed: the proof came before; not_found. The 200
 *    newest families of a user and application stay.
 * refresh_use    {token_hash, client_id, rotates, new_hash, successor,
 *    leeway_s, idle_s, proof, reuse_event} + event; id: of the family
 *    updated; repeated: body {successor} of the first use, within the leeway
 *    and by the immediately previous token; reused: the family is revoked;
 *    body {generation, latest}; replayed: the proof came before; not_found.
 * refresh_end    {token_hash, client_id, takes_consent} + event. deleted, id:
 *    of the family; not_found.
 */

#endif
