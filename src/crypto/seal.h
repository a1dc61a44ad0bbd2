/**
 * @file seal.h
 * @brief Sealed boxes: text only this tenant's nodes can open or make.
 *
 * JWE, dir with A256GCM (RFC 7518 4.5, 5.3), random nonce. The key of a box
 * is derived (HKDF, RFC 5869) from a secret and the purpose of the box, so a
 * box made for one purpose cannot be opened for another.
 */
#ifndef TPA_CRYPTO_SEAL_H
#define TPA_CRYPTO_SEAL_H

#include <apr_pools.h>
#include "base/err.h"

typedef struct tpa_sealer_t tpa_sealer_t;

#define TPA_SEAL_SIGNING_KEY "signing-key"

/** Secrets shorter than this are refused, in bytes. */
#define TPA_SEAL_MIN_SECRET 32

/**
 * Make a sealer from secrets, one a line; the first seals, all open. Empty
 * lines and lines that start with '#' do not count.
 *
 * @param text  the secrets
 * @param out   receives the sealer
 * @param p     pool that owns it
 * @return TPA_OK, or TPA_E_INTERNAL whose detail says what is wrong with the
 *         text and what to write instead (never the text itself)
 */
tpa_err_t *tpa_sealer_make(const char *text, tpa_sealer_t **out,
                           apr_pool_t *p);

/**
 * The same from a file. A file that others than owner and group can read or
 * change is refused, and so is one over 64 KiB.
 */
tpa_err_t *tpa_sealer_load(const char *path, tpa_sealer_t **out,
                           apr_pool_t *p);

/**
 * Seal bytes.
 *
 * @param s        the sealer
 * @param purpose  static name of the use, e.g. TPA_SEAL_SIGNING_KEY
 * @param bytes    what to seal
 * @param len      its length
 * @param out      receives the box, a compact JWE
 * @param p        pool of the box
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_seal(const tpa_sealer_t *s, const char *purpose,
                    const char *bytes, apr_size_t len, const char **out,
                    apr_pool_t *p);

/**
 * Open a box. The header is checked before any key is used: only dir and
 * A256GCM.
 *
 * @param out  receives the bytes, with one NUL behind them
 * @param len  receives their number, or NULL
 * @return TPA_OK; TPA_E_INVALID_GRANT when the box is not ours, was made for
 *         another purpose, or was changed
 */
tpa_err_t *tpa_unseal(const tpa_sealer_t *s, const char *purpose,
                      const char *box, const char **out, apr_size_t *len,
                      apr_pool_t *p);

/**
 * A value that only this tenant's nodes can make: derived from a secret and a
 * text (HKDF, whose one direction nobody goes back).
 *
 * @param s        the sealer
 * @param n        which secret: 0 is the one that seals
 * @param purpose  static name of the use
 * @param text     what the value is made for
 * @param p        pool of the value
 * @return 22 characters of base64url; NULL behind the last secret, or if
 *         OpenSSL has no HKDF
 */
const char *tpa_seal_value(const tpa_sealer_t *s, int n, const char *purpose,
                           const char *text, apr_pool_t *p);

#endif
