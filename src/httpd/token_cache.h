/**
 * @file token_cache.h
 * @brief Tokens that a child process has verified, by their hash, so that the
 *        next request with one costs no signature.
 *
 * What is kept is what a token says; whether that is good at an API, and
 * whether the key that signed it is still one of the issuer's, is asked again
 * each time. A full cache forgets, and never grows.
 */
#ifndef TPA_HTTPD_TOKEN_CACHE_H
#define TPA_HTTPD_TOKEN_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/access.h"

typedef struct tpa_token_cache_t tpa_token_cache_t;

/** A cache of so many tokens, in the pool of a child process. */
tpa_token_cache_t *tpa_token_cache_make(int most, apr_pool_t *p);

/**
 * What a token says that was kept.
 *
 * @param c      the cache; NULL holds nothing
 * @param owner  whose keys it was verified with, by address
 * @param hash   of the token: 43 characters of base64url
 * @param out    receives it
 * @param p      pool of the result
 * @return 1 when it was there, else 0
 */
int tpa_token_cache_get(tpa_token_cache_t *c, const void *owner,
                        const char *hash, tpa_access_t *out, apr_pool_t *p);

/** Keep what a token says. */
void tpa_token_cache_put(tpa_token_cache_t *c, const void *owner,
                         const char *hash, const tpa_access_t *access,
                         apr_pool_t *p);

#endif
