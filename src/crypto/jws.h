/**
 * @file jws.h
 * @brief Sign and verify compact JWS (RFC 7515), behind a gate.
 *
 * cjose is only called after the algorithm was found on an allow-list, equals
 * the one registered for the key, and fits the key's type and curve; the
 * header of a token never chooses (security.md rows 12, 13). "crit" and
 * embedded keys are refused; a token that proves possession of the key it
 * brings along has functions of its own, so that no other is ever read so.
 */
#ifndef TPA_CRYPTO_JWS_H
#define TPA_CRYPTO_JWS_H

#include "base/json.h"
#include "crypto/key.h"

/** What an unverified JWS says of itself: to find the key, nothing else. */
typedef struct tpa_jws_peek_t {
    const char *alg;            /* at most 16 bytes */
    const char *kid;            /* NULL when absent */
    const char *typ;            /* NULL when absent */
    const tpa_json_t *header;
    const tpa_json_t *claims;   /* NOT verified */
} tpa_jws_peek_t;

/**
 * Sign a payload with our own key.
 *
 * @param key      a key with its private part
 * @param alg      "RS256"
 * @param typ      typ of the header, e.g. "JWT" or "at+jwt"
 * @param kid      kid of the header
 * @param payload  the text to sign
 * @param out      receives the compact JWS
 * @param p        pool of the result
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_jws_sign(const tpa_key_t *key, const char *alg, const char *typ,
                        const char *kid, const char *payload, const char **out,
                        apr_pool_t *p);

/**
 * Read header and claims without trusting either.
 *
 * @param jws   the compact text
 * @param max   most bytes accepted
 * @param out   receives what it says
 * @param p     pool of the result
 * @return TPA_OK, or TPA_E_INVALID_REQUEST: not three parts of base64url, not
 *         JSON objects, no alg, crit, jku/x5u/x5c/jwk in the header, too long
 */
tpa_err_t *tpa_jws_peek(const char *jws, apr_size_t max, tpa_jws_peek_t *out,
                        apr_pool_t *p);

/**
 * Verify a signature.
 *
 * @param jws   the compact text
 * @param key   public key it must fit
 * @param alg   the algorithm registered for that key: RS256, RS384, PS256 or
 *              ES256; the header must say the same
 * @param p     pool for work and error
 * @return TPA_OK, or TPA_E_INVALID_CLIENT
 */
tpa_err_t *tpa_jws_verify(const char *jws, const tpa_key_t *key,
                          const char *alg, apr_pool_t *p);

/**
 * Read a JWS that brings its own public key along, as jwk (RFC 9449 4.2).
 * Whose key it is, nobody said: the signature proves possession, no more.
 *
 * @param key  receives that key, past the gate of key.h
 * @return as tpa_jws_peek; and TPA_E_INVALID_REQUEST without a jwk, or with
 *         one that is refused, whose text says why
 */
tpa_err_t *tpa_jws_peek_own(const char *jws, apr_size_t max,
                            tpa_jws_peek_t *out, tpa_key_t **key,
                            apr_pool_t *p);

/** As tpa_jws_verify, for what tpa_jws_peek_own read, with its key. */
tpa_err_t *tpa_jws_verify_own(const char *jws, const tpa_key_t *key,
                              const char *alg, apr_pool_t *p);

/** Is alg one of the algorithms tpa_jws_verify knows, for this key type? */
int tpa_jws_alg_fits(const char *alg, const tpa_key_t *key);

#endif
