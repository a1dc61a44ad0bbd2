/**
 * @file external.h
 * @brief Logging in by a module of httpd: the endpoint behind a location with
 *        TPAConnection.
 */
#ifndef TPA_HTTP_EXTERNAL_H
#define TPA_HTTP_EXTERNAL_H

#include "base/txn.h"

/** Longest name of a user that a module may give, in bytes. */
#define TPA_EXTERNAL_MAX_SUBJECT 200

/**
 * Start a session for the user that t->login names, and go on where the
 * ticket of the link says. The ticket must be one of a login page, of this
 * browser, whose request may use this connection.
 *
 * @return TPA_OK with a 303 to u/continue; TPA_E_INTERNAL when nobody is named;
 *         TPA_E_NOWHERE_TO_GO without such a ticket; TPA_E_INVALID_REQUEST
 *         when the connection may not be used; TPA_E_ACCESS_DENIED when the
 *         user is blocked
 */
tpa_err_t *tpa_ep_external(tpa_txn_t *t, tpa_reply_t *reply);

#endif
