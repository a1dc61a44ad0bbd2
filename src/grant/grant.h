/**
 * @file grant.h
 * @brief The grant types of the token endpoint: one file and one row each.
 *
 * A grant gathers its facts in one call of the store, the application's
 * authentication data among them; the endpoint authenticates the application
 * with these; then the grant runs.
 */
#ifndef TPA_GRANT_GRANT_H
#define TPA_GRANT_GRANT_H

#include "base/txn.h"
#include "base/json.h"
#include "core/flow.h"
#include "core/model.h"
#include "core/token.h"

/** What the token endpoint answers with. */
typedef struct tpa_minted_t {
    const char *access_token;
    const char *token_type;
    apr_int64_t expires_in_s;
    const char *scope;          /* NULL: none */
    const apr_array_header_t *details;  /* of tpa_detail_t; NULL: none */
    const char *refresh_token;  /* NULL: none comes with it */
    const char *jti;            /* of the access token, for the record */
} tpa_minted_t;

/** What a grant gathers in its one round trip. */
typedef struct tpa_gathered_t {
    const char *credential;         /* given: what the request proves by, see
                                       store/facts.h; NULL: by nothing yet */
    void *facts;                    /* what run needs */
    const tpa_client_t *client;     /* its id is NULL: there is none of the id
                                       the request named */
    const tpa_app_t *app;           /* its settings for users; NULL: they do
                                       not matter to this grant */
} tpa_gathered_t;

typedef struct tpa_grant_t {
    const char *name;               /* value of grant_type */
    const tpa_param_t *params;      /* what it reads; ends with a NULL name */
    const char *granted;            /* audit event types, spec.md 8.5 */
    const char *refused;
    int records;                    /* run has written the record of what it
                                       granted, in the call of its effect */
    /**
     * Gather all facts in one round trip.
     *
     * @param client_id  as the request names it
     * @return TPA_OK; TPA_E_INVALID_REQUEST when a parameter is missing that
     *         there are no facts without; TPA_E_UNAVAILABLE
     */
    tpa_err_t *(*gather)(tpa_txn_t *t, const char *client_id,
                         tpa_gathered_t *out);
    /** Decide, make the effect and mint, for an application that proved who
     *  it is. Nothing is done when it fails. */
    tpa_err_t *(*run)(tpa_txn_t *t, void *facts, tpa_minted_t *out);
} tpa_grant_t;

/** All grant types, one file each; the last element is NULL. */
extern const tpa_grant_t *const tpa_grants[];

/**
 * Find the row of a grant type.
 *
 * @param name  value of grant_type, or NULL
 * @return TPA_OK; TPA_E_INVALID_REQUEST without a name;
 *         TPA_E_UNSUPPORTED_GRANT_TYPE
 */
tpa_err_t *tpa_grant_find(const char *name, const tpa_grant_t **out,
                          apr_pool_t *p);

/**
 * Sign an access token: the one place where tokens are made.
 *
 * @param t     the request; its keyring signs
 * @param spec  what the token says; iss, iat and jti are filled in here
 * @param out   receives the answer
 * @return TPA_OK; TPA_E_UNAVAILABLE without a key; TPA_E_INTERNAL
 */
tpa_err_t *tpa_grant_mint(tpa_txn_t *t, tpa_token_spec_t *spec,
                          tpa_minted_t *out);

/** The proof of the request as an effect uses it up; NULL: there is none. */
tpa_json_t *tpa_grant_proof(const tpa_txn_t *t);

/** The refusal of a proof that came before. */
tpa_err_t *tpa_grant_replayed(apr_pool_t *p);

/** authorization_code (RFC 6749 4.1.3, RFC 7636; spec.md 5.6, 7.3): code.c. */
extern const tpa_grant_t tpa_grant_code;

/** refresh_token (RFC 6749 6; spec.md 1.4, 7.4): refresh.c. */
extern const tpa_grant_t tpa_grant_refresh;

/** client_credentials (RFC 6749 4.4; spec.md 7.5): m2m.c. */
extern const tpa_grant_t tpa_grant_m2m;

#endif
