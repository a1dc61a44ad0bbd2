/**
 * @file cookie.h
 * @brief Cookies of ours: one random value each, nothing else.
 *
 * The reader is for the header a stranger sends, so it is bounded, and takes
 * a value of its one form or none.
 */
#ifndef TPA_BASE_COOKIE_H
#define TPA_BASE_COOKIE_H

#include <apr_pools.h>

/** Characters of a value: 256 bits as base64url. */
#define TPA_COOKIE_CHARS 43

#define TPA_COOKIE_MAX_HEADER 16384   /* bytes of the header */
#define TPA_COOKIE_MAX_PAIRS 128      /* cookies in it */

/**
 * Find a cookie.
 *
 * @param header  the header Cookie, or NULL
 * @param name    name of the cookie, compared to the letter
 * @param p       pool of the result
 * @return its value, TPA_COOKIE_CHARS characters out of A-Z a-z 0-9 - and _;
 *         NULL when it is not there, is there twice, has another form, or the
 *         header is over the bounds
 */
const char *tpa_cookie_get(const char *header, const char *name,
                           apr_pool_t *p);

/**
 * A value of the header Set-Cookie: for this host alone, over TLS alone, out
 * of reach of scripts, not sent with requests that other sites make.
 *
 * @param max_age_s  seconds it is kept; 0: until the browser is closed
 */
const char *tpa_cookie_set(const char *name, const char *value, int max_age_s,
                           apr_pool_t *p);

#endif
