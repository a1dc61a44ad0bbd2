/**
 * @file token.h
 * @brief POST /oauth/token (RFC 6749 3.2).
 */
#ifndef TPA_HTTP_TOKEN_H
#define TPA_HTTP_TOKEN_H

#include "base/txn.h"

/**
 * Answer a token request: find the grant, gather the facts, authenticate the
 * application, decide and mint, record.
 *
 * @param t      the request; its event is filled in whatever comes of it
 * @param reply  receives the tokens
 * @return TPA_OK, or an error of the grant, of the authentication, or of the
 *         body. A 401 carries WWW-Authenticate when the request used it.
 */
tpa_err_t *tpa_ep_token(tpa_txn_t *t, tpa_reply_t *reply);

#endif
