/**
 * @file discovery.h
 * @brief The documents clients and APIs find us by: metadata (RFC 8414) and
 *        the key set (RFC 7517). Both may be cached and read by any origin.
 */
#ifndef TPA_HTTP_DISCOVERY_H
#define TPA_HTTP_DISCOVERY_H

#include "base/txn.h"

/** The metadata document, the same at every one of its paths. */
tpa_err_t *tpa_ep_metadata(tpa_txn_t *t, tpa_reply_t *reply);

/**
 * The key set: current, next and not yet revoked previous keys.
 * @return TPA_OK, or TPA_E_UNAVAILABLE while no key is loaded
 */
tpa_err_t *tpa_ep_jwks(tpa_txn_t *t, tpa_reply_t *reply);

#endif
