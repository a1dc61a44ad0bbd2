/**
 * @file token.h
 * @brief What an access token says (spec.md 7.6).
 */
#ifndef TPA_CORE_TOKEN_H
#define TPA_CORE_TOKEN_H

#include "base/json.h"
#include "core/model.h"

typedef struct tpa_token_spec_t {
    const char *issuer;
    const char *client_id;
    const char *user_id;             /* NULL: the application acts for itself */
    const char *audience;
    const apr_array_header_t *scopes;
    const apr_array_header_t *permissions; /* claimed by _authz dialects only */
    const apr_array_header_t *details;     /* of tpa_detail_t; NULL: none */
    const char *org_id;              /* NULL: no Organization */
    const char *org_name;            /* NULL: not claimed */
    const char *gty;                 /* NULL: not claimed */
    const char *jkt;                 /* thumbprint of the key it is bound to
                                        (RFC 9449 6.1); NULL: to none */
    const char *jti;                 /* claimed by rfc9068 dialects only */
    tpa_dialect_t dialect;
    apr_int64_t iat_s;               /* seconds since the epoch */
    apr_int64_t lifetime_s;
} tpa_token_spec_t;

/** The claims of the token. */
tpa_json_t *tpa_token_claims(const tpa_token_spec_t *spec, apr_pool_t *p);

/** typ of its header: "JWT" or "at+jwt" (RFC 9068 2.1). */
const char *tpa_token_typ(tpa_dialect_t dialect);

#endif
