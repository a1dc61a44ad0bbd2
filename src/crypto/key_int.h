/**
 * @file key_int.h
 * @brief What a key is made of, and who frees what cjose and OpenSSL hand
 *        out. For the files of this room only.
 */
#ifndef TPA_CRYPTO_KEY_INT_H
#define TPA_CRYPTO_KEY_INT_H

#include <cjose/cjose.h>
#include <openssl/evp.h>

#include "base/json.h"
#include "crypto/key.h"

/** Never changed once made: threads share it without a lock. */
struct tpa_key_t {
    cjose_jwk_t *jwk;
    const char *kty;
    const char *crv;             /* NULL for RSA */
    int is_private;
    apr_size_t signature_len;    /* bytes of every signature it makes */
    const char *public_jwk;      /* canonical, so its hash is the thumbprint */
    const char *thumbprint;
    const char *cert_pem;        /* of a generated key, else NULL */
};

/**
 * Make a key of members that were checked, or are our own.
 *
 * @param jwk      all its members, nothing else
 * @param members  NULL-terminated names of the public ones
 * @param out      receives the key
 * @param p        pool that owns it
 * @return 1, or 0 when cjose does not take it
 */
int tpa_key_adopt(const tpa_json_t *jwk, const char *const members[],
                  tpa_key_t **out, apr_pool_t *p);

/** Names of the public members, kty among them, NULL-terminated. */
extern const char *const tpa_key_rsa_members[];
extern const char *const tpa_key_ec_members[];

/**
 * A number of a key as base64url.
 *
 * @param pkey   the key
 * @param param  OSSL_PKEY_PARAM_... name
 * @param width  bytes it is padded to, 0 for as few as needed
 * @param p      pool of the result
 * @return the text, or NULL when the key has no such number
 */
const char *tpa_key_number(const EVP_PKEY *pkey, const char *param, int width,
                           apr_pool_t *p);

/**
 * A self-signed certificate of ten years.
 *
 * @param pkey  key with its private part
 * @param name  common name; what is over 64 bytes is cut
 * @param now   start of its validity
 * @param p     pool of the result
 * @return PEM, or NULL
 */
const char *tpa_cert_make(EVP_PKEY *pkey, const char *name, apr_time_t now,
                          apr_pool_t *p);

/** Pool cleanups, for apr_pool_cleanup_register. */
apr_status_t tpa_free_cjose(void *text);
apr_status_t tpa_free_jwk(void *jwk);
apr_status_t tpa_free_pkey(void *pkey);
apr_status_t tpa_free_bio(void *bio);
apr_status_t tpa_free_x509(void *x509);

#endif
