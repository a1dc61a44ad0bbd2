/**
 * @file assertion.h
 * @brief The claims of a client assertion (RFC 7523 3, spec.md 7.1).
 */
#ifndef TPA_CORE_ASSERTION_H
#define TPA_CORE_ASSERTION_H

#include <apr_time.h>
#include "base/json.h"

#define TPA_ASSERTION_MAX 2048          /* bytes of the whole JWT */
#define TPA_ASSERTION_MAX_LIFETIME_S 300
#define TPA_ASSERTION_SKEW_S 10

typedef struct tpa_assertion_t {
    const char *jti;
    apr_time_t expires;     /* exp, plus the skew: how long jti is remembered */
} tpa_assertion_t;

/**
 * Check the claims of an assertion whose signature was verified.
 *
 * @param claims     its claims
 * @param client_id  the client that must be iss and sub
 * @param issuer     our issuer, one accepted audience
 * @param endpoint   the token endpoint's URL, the other
 * @param now        the time
 * @param out        receives what the replay check needs
 * @param p          pool of the error
 * @return TPA_OK, or TPA_E_INVALID_CLIENT; its detail says which check failed
 */
tpa_err_t *tpa_assertion_check(const tpa_json_t *claims, const char *client_id,
                               const char *issuer, const char *endpoint,
                               apr_time_t now, tpa_assertion_t *out,
                               apr_pool_t *p);

#endif
