/**
 * @file keyset.h
 * @brief Public keys that tokens are verified with, each with its kid and the
 *        one algorithm it is used for (security.md rows 12, 13).
 */
#ifndef TPA_CRYPTO_KEYSET_H
#define TPA_CRYPTO_KEYSET_H

#include "core/access.h"
#include "crypto/key.h"

typedef struct tpa_keyset_t tpa_keyset_t;

/** An empty set. */
tpa_keyset_t *tpa_keyset_make(apr_pool_t *p);

/** Add a key; its kid is copied, alg is static. */
void tpa_keyset_add(tpa_keyset_t *set, const char *kid, const tpa_key_t *key,
                    const char *alg);

/**
 * Read a JWKS document (RFC 7517 5). Keys for another use, of another kind or
 * without a kid are left out, as the RFC asks.
 *
 * @param text  the document
 * @param len   its bytes
 * @param out   receives the set
 * @param p     pool that owns it
 * @return TPA_OK; TPA_E_INVALID_REQUEST, with the reason as its public text,
 *         also when no key is left, or two have the same kid
 */
tpa_err_t *tpa_keyset_parse(const char *text, apr_size_t len,
                            tpa_keyset_t **out, apr_pool_t *p);

/** The key of that kid, and its algorithm (may be NULL); NULL if unknown. */
const tpa_key_t *tpa_keyset_find(const tpa_keyset_t *set, const char *kid,
                                 const char **alg);

/**
 * Verify the signature of an access token and read it. Whether it is for this
 * API, and still good, is tpa_access_wrong.
 *
 * @param token  the compact text
 * @param set    keys of the issuer
 * @param out    receives what it says; its key is a text of the set
 * @param p      pool of result and error
 * @return TPA_OK, or TPA_E_INVALID_TOKEN; its detail says what is wrong
 */
tpa_err_t *tpa_keyset_verify(const char *token, const tpa_keyset_t *set,
                             tpa_access_t *out, apr_pool_t *p);

/** Does a token that says it is of that issuer name a key that is not in the
 *  set? Nothing of it has been verified. */
int tpa_keyset_lacks(const char *token, const tpa_keyset_t *set,
                     const char *issuer, apr_pool_t *p);

#endif
