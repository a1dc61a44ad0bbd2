/**
 * @file access.h
 * @brief An access token as an API sees it: where a request carries it, what
 *        it says, and whether that is for this API (RFC 6750, RFC 9068).
 */
#ifndef TPA_CORE_ACCESS_H
#define TPA_CORE_ACCESS_H

#include <apr_tables.h>

#include "base/json.h"

/** What a value of the Authorization header is. */
typedef enum tpa_scheme_t {
    TPA_SCHEME_NONE,      /* no value, or of a scheme without access tokens */
    TPA_SCHEME_BEARER,    /* RFC 6750 2.1 */
    TPA_SCHEME_DPOP,      /* RFC 9449 7.1 */
    TPA_SCHEME_BROKEN,    /* of these two, but what follows is no token */
    TPA_SCHEME_SEVERAL    /* several values in one: RFC 6750 3.1 */
} tpa_scheme_t;

/** What a token says, its signature having been verified. No text holds a
 *  control character, so that all may go into headers and logs. */
typedef struct tpa_access_t {
    const char *issuer;
    const char *subject;
    const char *client_id;   /* of client_id or azp; NULL: not told */
    const char *org_id;      /* NULL: no Organization */
    const char *org_name;    /* NULL: not told */
    const char *scope;       /* words separated by blanks; NULL: none */
    const char *audiences;   /* each between newlines: "\na\nb\n" */
    const char *jkt;         /* thumbprint of the key it is bound to; NULL */
    const char *kid;         /* of the key that signed it, */
    const char *key;         /* and its thumbprint */
    apr_int64_t exp_s;
    apr_int64_t nbf_s;       /* 0: from the beginning */
} tpa_access_t;

/**
 * Read the value of an Authorization header.
 *
 * @param value  the value, NULL when there is none
 * @param token  receives the token, of BEARER and DPOP only
 */
tpa_scheme_t tpa_access_scheme(const char *value, const char **token);

/**
 * Read the claims of a token.
 *
 * @param typ     typ of its header, NULL when absent
 * @param claims  its claims
 * @param out     receives what they say; kid and key are left alone
 * @param p       pool of the result
 * @return what is wrong with them, static text; NULL: nothing
 */
const char *tpa_access_read(const char *typ, const tpa_json_t *claims,
                            tpa_access_t *out, apr_pool_t *p);

/**
 * Is a token good at this API, now?
 *
 * @param a          what it says
 * @param issuer     whose tokens are taken
 * @param audiences  names of the API, array of const char *; one is enough
 * @param now_s      seconds since the epoch
 * @return what is wrong with it, static text; NULL: nothing
 */
const char *tpa_access_wrong(const tpa_access_t *a, const char *issuer,
                             const apr_array_header_t *audiences,
                             apr_int64_t now_s);

/** Is that scope granted by it? Is it for that audience? */
int tpa_access_has_scope(const tpa_access_t *a, const char *scope);
int tpa_access_has_audience(const tpa_access_t *a, const char *audience);

/** All of it as bytes without pointers, to be kept and read by unpack; and
 *  back, as long as the bytes live. */
char *tpa_access_pack(const tpa_access_t *a, apr_size_t *len, apr_pool_t *p);
void tpa_access_unpack(const char *bytes, tpa_access_t *out);

#endif
