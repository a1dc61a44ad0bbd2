/**
 * @file api.h
 * @brief Properties of APIs and of client grants, and what holds between them
 *        (spec.md 2.1, 3.1, 3.2).
 */
#ifndef TPA_CORE_API_H
#define TPA_CORE_API_H

#include "core/props.h"

/** Kept and shown, and decides nothing: besides the flags of props.h. */
#define TPA_API_KEPT 0x10000u

/** Properties of an API (resource server). */
extern const tpa_prop_t tpa_api_props[];

/** Properties of a client grant. */
extern const tpa_prop_t tpa_client_grant_props[];

/**
 * Check a new API, of which tpa_props_check approved, and add what follows.
 *
 * @param body    what was sent
 * @param issuer  of the tenant, with its slash
 * @param out     receives the API to be stored
 * @return TPA_OK, or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_api_check_new(const tpa_json_t *body, const char *issuer,
                             tpa_json_t **out, apr_pool_t *p);

/**
 * Check a change, of which tpa_props_unchanged approved. What repeats fixed
 * properties is taken out of it; of a system API, whatever repeats what is.
 *
 * @param now  the API as answers show it
 * @return TPA_OK, TPA_E_INVALID_BODY, or TPA_E_NOT_SUPPORTED: a system API
 */
tpa_err_t *tpa_api_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                apr_pool_t *p);

/** Check a new client grant as above; whose grant for which API it may be is
 *  decided where both are known. */
tpa_err_t *tpa_client_grant_check_new(const tpa_json_t *body, apr_pool_t *p);

/**
 * Check a change of a client grant as above.
 *
 * @param now  the grant as answers show it, and with "@third_party": is its
 *             application one, and "@scopes": those of its API
 */
tpa_err_t *tpa_client_grant_check_change(const tpa_json_t *now,
                                         tpa_json_t *patch, apr_pool_t *p);

/** The error of scopes that an API does not have. */
tpa_err_t *tpa_client_grant_no_scope(const apr_array_header_t *scopes,
                                     const char *audience, apr_pool_t *p);

#endif
