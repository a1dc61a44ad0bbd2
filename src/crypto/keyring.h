/**
 * @file keyring.h
 * @brief The signing keys of a tenant, opened and ready: one that signs, all
 *        that are published.
 */
#ifndef TPA_CRYPTO_KEYRING_H
#define TPA_CRYPTO_KEYRING_H

#include "core/model.h"
#include "crypto/key.h"
#include "crypto/keyset.h"
#include "crypto/seal.h"

typedef struct tpa_keyring_t tpa_keyring_t;

/**
 * Open the keys of a tenant.
 *
 * @param rows    array of tpa_signing_key_t, as stored; revoked ones are left
 *                out of everything
 * @param sealer  opens their private parts (that of the current key only)
 * @param out     receives the keyring
 * @param p       pool that owns it
 * @return TPA_OK; TPA_E_UNAVAILABLE when there is no current key, or its box
 *         cannot be opened (the detail says so: another TPASecretFile?)
 */
tpa_err_t *tpa_keyring_make(const apr_array_header_t *rows,
                            const tpa_sealer_t *sealer, tpa_keyring_t **out,
                            apr_pool_t *p);

/** The key that signs, and its kid. */
const tpa_key_t *tpa_keyring_current(const tpa_keyring_t *ring);
const char *tpa_keyring_kid(const tpa_keyring_t *ring);

/** The public key of that kid, current, next or previous; NULL if unknown. */
const tpa_key_t *tpa_keyring_find(const tpa_keyring_t *ring, const char *kid);

/** All of them, to verify our own tokens with. */
const tpa_keyset_t *tpa_keyring_keys(const tpa_keyring_t *ring);

/** The JWKS document: current, next, previous; spec.md 8.2. */
const char *tpa_keyring_jwks(const tpa_keyring_t *ring);

/** A strong entity tag for that document, with its quotes. */
const char *tpa_keyring_etag(const tpa_keyring_t *ring);

#endif
