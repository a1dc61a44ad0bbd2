/**
 * @file revoke.h
 * @brief POST /oauth/revoke (RFC 7009; spec.md 8.1).
 */
#ifndef TPA_HTTP_REVOKE_H
#define TPA_HTTP_REVOKE_H

#include "base/txn.h"

/**
 * End a refresh token, and every other of its family. A token that is unknown,
 * another application's or over already is answered like one that was ended.
 *
 * @return TPA_OK; TPA_E_INVALID_REQUEST; TPA_E_INVALID_CLIENT;
 *         TPA_E_UNAVAILABLE: it may still be good
 */
tpa_err_t *tpa_ep_revoke(tpa_txn_t *t, tpa_reply_t *reply);

#endif
