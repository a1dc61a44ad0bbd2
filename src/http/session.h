/**
 * @file session.h
 * @brief The two cookies, and the session one of them stands for.
 *
 * __Host-tpa_browser tells browsers apart: tickets are bound to it. It is no
 * login. __Host-tpa_session is one; the database knows its SHA-256 only. An
 * Organization is never part of it.
 */
#ifndef TPA_HTTP_SESSION_H
#define TPA_HTTP_SESSION_H

#include "base/json.h"
#include "base/txn.h"
#include "http/visit.h"

/** Values of the cookies that came; NULL when there is none of our form. */
const char *tpa_browser_cookie(const tpa_txn_t *t);
/** Hexadecimal SHA-256 of it. */
const char *tpa_session_cookie_hash(const tpa_txn_t *t);

/** Give the browser its cookie, when *browser is NULL. */
tpa_err_t *tpa_browser_settle(tpa_txn_t *t, tpa_reply_t *reply,
                              const char **browser);

/**
 * Does a POST come from a page of ours, by what the browser says of it? Older
 * browsers say nothing; then the ticket and its cookie have to do.
 *
 * @return TPA_OK or TPA_E_NOWHERE_TO_GO
 */
tpa_err_t *tpa_session_same_origin(const tpa_txn_t *t);

/** An event besides that of the request: a copy of it with a type and an id of
 *  its own. */
tpa_err_t *tpa_session_event(const tpa_txn_t *t, const char *type,
                             struct tpa_event_t **out);

/**
 * Start a session, and end the one the browser has: always a new id. The
 * visit's session becomes the new one; its facts are to be gathered anew.
 *
 * @param function  session_start or session_external: store/flow.h
 * @param who       members that say who logged in; others are added
 * @param v         the visit
 * @param reply     receives the cookie when the session was created
 * @param result    receives the result of the function
 */
tpa_err_t *tpa_session_begin(tpa_txn_t *t, const char *function,
                             tpa_json_t *who, tpa_visit_t *v,
                             tpa_reply_t *reply, const char **result);

#endif
