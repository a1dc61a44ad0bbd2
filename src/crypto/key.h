/**
 * @file key.h
 * @brief Keys: our own signing keys, and public keys of others.
 *
 * A key from outside passes a gate before anything is done with it: public
 * RSA of 2048 to 4096 bits with an odd exponent from 3 to 64 bits, or a public
 * EC key on P-256 (httpd-notes traps 1 and 2). Private members from outside,
 * "oct", a "use" other than "sig" and anything else are refused.
 */
#ifndef TPA_CRYPTO_KEY_H
#define TPA_CRYPTO_KEY_H

#include <apr_pools.h>
#include <apr_time.h>
#include "base/err.h"

typedef struct tpa_key_t tpa_key_t;

/**
 * Make an RSA-2048 signing key with a self-signed certificate of ten years.
 *
 * @param name  common name of the certificate
 * @param now   start of its validity
 * @param out   receives the key; its kid is its RFC 7638 thumbprint
 * @param p     pool that owns it
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_key_generate(const char *name, apr_time_t now, tpa_key_t **out,
                            apr_pool_t *p);

/**
 * Our own key back from its private JWK, as tpa_key_private_jwk gave it.
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_key_from_private(const char *jwk, tpa_key_t **out,
                                apr_pool_t *p);

/**
 * A public key of somebody else, from a JWK.
 * @return TPA_OK, or TPA_E_INVALID_REQUEST that says what is wrong with it
 */
tpa_err_t *tpa_key_from_jwk(const char *jwk, tpa_key_t **out, apr_pool_t *p);

/**
 * A public key of somebody else, from PEM: a public key or a certificate.
 *
 * @param not_after  receives the end of the certificate, 0 for a bare key;
 *                   may be NULL
 * @return TPA_OK, or TPA_E_INVALID_REQUEST that says what is wrong with it
 */
tpa_err_t *tpa_key_from_pem(const char *pem, tpa_key_t **out,
                            apr_time_t *not_after, apr_pool_t *p);

/** RFC 7638 thumbprint with SHA-256, base64url. */
const char *tpa_key_thumbprint(const tpa_key_t *key);

/** kty of the key, "RSA" or "EC". */
const char *tpa_key_type(const tpa_key_t *key);

/** JWK with public members only. */
const char *tpa_key_public_jwk(const tpa_key_t *key, apr_pool_t *p);

/** JWK with private members, to be sealed; NULL for a public key. */
const char *tpa_key_private_jwk(const tpa_key_t *key, apr_pool_t *p);

/** PEM of the certificate of a generated key, else NULL. */
const char *tpa_key_cert_pem(const tpa_key_t *key);

/**
 * x5c (base64 DER), x5t (base64url SHA-1) and the hexadecimal SHA-1
 * fingerprint with colons, of a certificate in PEM.
 *
 * @return TPA_OK, or TPA_E_INTERNAL for text that is no certificate; every out
 *         parameter may be NULL
 */
tpa_err_t *tpa_cert_parts(const char *pem, const char **x5c, const char **x5t,
                          const char **fingerprint, apr_pool_t *p);

#endif
