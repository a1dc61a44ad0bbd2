/**
 * @file dpop.h
 * @brief DPoP proofs (RFC 9449): at the token endpoint, and at APIs.
 *
 * Pure: that a proof comes once is the caller's to see to, by the thumbprint
 * and the hash of its jti; whether its nonce is one of ours, by nonce.h.
 */
#ifndef TPA_CRYPTO_DPOP_H
#define TPA_CRYPTO_DPOP_H

#include "base/err.h"
#include "core/model.h"

#define TPA_DPOP_MAX 4096       /* bytes of a proof */
#define TPA_DPOP_AGE_S 300      /* how old iat may be */
#define TPA_DPOP_SKEW_S 60      /* how far ahead of our clock */

/** What a proof must be made for. */
typedef struct tpa_dpop_ask_t {
    const char *method;     /* of the request, to the letter */
    const char *url;        /* of the request: absolute, as clients know it;
                               query and fragment do not count */
    const char *token;      /* the access token that came with it; NULL at the
                               token endpoint */
} tpa_dpop_ask_t;

/**
 * Check a proof.
 *
 * @param proof  value of the DPoP header; httpd joins several by commas, which
 *               is no proof
 * @param ask    what it must be made for
 * @param now    the time
 * @param out    receives what it proved
 * @param p      pool of the result
 * @return TPA_OK, or TPA_E_INVALID_DPOP_PROOF whose text says what is wrong:
 *         typ is dpop+jwt; alg is ES256; jwk is a public key on P-256 that the
 *         signature fits; htm and htu are those of the request, htu compared
 *         as RFC 9449 4.3 says; iat lies within the last TPA_DPOP_AGE_S; jti
 *         has 1 to 128 bytes; ath is the hash of the token
 */
tpa_err_t *tpa_dpop_check(const char *proof, const tpa_dpop_ask_t *ask,
                          apr_time_t now, tpa_dpop_t *out, apr_pool_t *p);

#endif
