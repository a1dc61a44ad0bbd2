/**
 * @file secret.h
 * @brief Random values, hashes, comparison in constant time.
 */
#ifndef TPA_CRYPTO_SECRET_H
#define TPA_CRYPTO_SECRET_H

#include <apr_pools.h>
#include "base/err.h"

/**
 * Fill a buffer from the system's generator.
 *
 * @return TPA_OK, or TPA_E_INTERNAL when the generator fails
 */
tpa_err_t *tpa_random_bytes(unsigned char *buf, apr_size_t len, apr_pool_t *p);

/** A secret of 256 bits as 43 base64url characters. */
tpa_err_t *tpa_random_secret(const char **out, apr_pool_t *p);

/**
 * An identifier: prefix, then n characters out of 0-9 A-Z a-z, each equally
 * likely.
 */
tpa_err_t *tpa_random_id(const char *prefix, int n, const char **out,
                         apr_pool_t *p);

/** Lower-case hexadecimal SHA-256 of len bytes; NULL if OpenSSL has none. */
const char *tpa_sha256_hex(const void *bytes, apr_size_t len, apr_pool_t *p);

/** base64url SHA-256 of a text (RFC 7636 4.2, RFC 7638); NULL likewise. */
const char *tpa_sha256_b64url(const char *text, apr_pool_t *p);

/**
 * Compare two texts without telling by time where they differ. Texts of
 * different length are compared in full too.
 *
 * @return 1 when equal, else 0; NULL equals nothing
 */
int tpa_secret_equal(const char *a, const char *b);

#endif
