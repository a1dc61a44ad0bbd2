/**
 * @file params.h
 * @brief The parameters of the authorization endpoint: one table, and the
 *        allow-list for strict third-party applications (spec.md 5.1, 5.2).
 */
#ifndef TPA_CORE_PARAMS_H
#define TPA_CORE_PARAMS_H

#include <apr_tables.h>
#include "base/err.h"
#include "base/json.h"

/** Values of prompt that were sent. */
enum {
    TPA_ASK_NONE = 1, TPA_ASK_LOGIN = 2, TPA_ASK_CONSENT = 4,
    TPA_ASK_SELECT_ACCOUNT = 8
};

/** An authorization request. Texts are NULL when not sent, or sent empty. */
typedef struct tpa_authz_t {
    const char *client_id;
    const char *redirect_uri;
    const char *response_type;
    const char *response_mode;   /* NULL: query */
    const char *scope;
    const char *audience;
    const char *resource;
    const char *organization;
    const char *connection;
    const char *state;
    const char *code_challenge;
    const char *code_challenge_method;
    const char *prompt;
    const char *max_age;
    const char *login_hint;
    const char *ui_locales;
    const char *nonce;
    const char *dpop_jkt;
    const char *authorization_details;
    const char *correlation_id;
    int asks;                    /* TPA_ASK_* of prompt; set by the check */
    apr_int64_t max_age_s;       /* -1: not sent; set by the check */
} tpa_authz_t;

/** Take the values out of a request, without judging them. */
void tpa_authz_read(const apr_table_t *query, tpa_authz_t *out);

/**
 * Judge every parameter: known to a strict application? short enough? of its
 * form? PKCE with S256 (always for strict applications, else when a challenge
 * is sent)? response_type code, response_mode one of ours?
 *
 * @param query      all that was sent
 * @param is_strict  the application is a strict third-party one
 * @param a          the values; asks and max_age_s are set
 * @param p          pool of the error
 * @return TPA_OK; TPA_E_INVALID_REQUEST naming the parameter;
 *         TPA_E_UNSUPPORTED_RESPONSE_TYPE
 */
tpa_err_t *tpa_authz_check(const apr_table_t *query, int is_strict,
                           tpa_authz_t *a, apr_pool_t *p);

/** A request as JSON (values that were sent, by parameter name), for tickets
 *  and stored refusals; and back. */
tpa_json_t *tpa_authz_json(const tpa_authz_t *a, apr_pool_t *p);
void tpa_authz_from_json(const tpa_json_t *o, tpa_authz_t *out);

/** Set asks and max_age_s from prompt and max_age, which were approved. */
void tpa_authz_derive(tpa_authz_t *a);

/** Names of all parameters that are not refused, for the documentation. */
apr_array_header_t *tpa_authz_names(apr_pool_t *p);

#endif
