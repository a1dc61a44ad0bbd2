/**
 * @file nonce.h
 * @brief Nonces for DPoP proofs (RFC 9449 8).
 *
 * Made of the secret and the time, so that no node need remember one: what one
 * gave, all take. A nonce is good for 3 to 6 minutes.
 */
#ifndef TPA_CRYPTO_NONCE_H
#define TPA_CRYPTO_NONCE_H

#include <apr_time.h>
#include "crypto/seal.h"

#define TPA_NONCE_STEP_S 180

/**
 * The nonce of now.
 *
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_nonce_make(const tpa_sealer_t *s, apr_time_t now,
                          const char **out, apr_pool_t *p);

/** Is it the nonce of now, of the step before, or of the next one, which a node
 *  whose clock is ahead gave? NULL is none. */
int tpa_nonce_good(const tpa_sealer_t *s, const char *nonce, apr_time_t now,
                   apr_pool_t *p);

#endif
