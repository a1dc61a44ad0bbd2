/**
 * @file password.h
 * @brief Passwords of people: bcrypt, and no more of it at once than the
 *        machine can bear.
 */
#ifndef TPA_CRYPTO_PASSWORD_H
#define TPA_CRYPTO_PASSWORD_H

#include <apr_pools.h>
#include "base/err.h"

/** Rounds, as a power of two: some 50 to 100 ms of one core. */
#define TPA_PASSWORD_COST 10

/** How many of a process are reckoned at once, and how many may wait. */
#define TPA_PASSWORD_AT_ONCE 2
#define TPA_PASSWORD_WAITING 32

/** Longest password in bytes: bcrypt looks at no more. */
#define TPA_PASSWORD_BYTES 72

/**
 * Hash a password with a fresh salt.
 *
 * @param password  1 to TPA_PASSWORD_BYTES bytes
 * @param out       receives the hash, 60 characters that begin with $2y$
 * @param p         pool of the hash
 * @return TPA_OK; TPA_E_INVALID_BODY when it is empty or longer;
 *         TPA_E_UNAVAILABLE when too many wait
 */
tpa_err_t *tpa_password_hash(const char *password, const char **out,
                             apr_pool_t *p);

/**
 * Compare a password with a hash.
 *
 * @param hash   of tpa_password_hash, or NULL: it takes as long, and is never
 *               right
 * @param right  receives 1 or 0
 * @return TPA_OK; TPA_E_UNAVAILABLE when too many wait
 */
tpa_err_t *tpa_password_check(const char *password, const char *hash,
                              int *right, apr_pool_t *p);

#endif
