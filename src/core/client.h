/**
 * @file client.h
 * @brief Properties of applications: what each may hold, who may set it and
 *        when, and what holds between them (spec.md 1.1 to 1.6).
 *
 * Third-party applications get a property only when its row says so: a new row
 * without TPA_STRICT is refused for them.
 */
#ifndef TPA_CORE_CLIENT_H
#define TPA_CORE_CLIENT_H

#include "core/client_keys.h"

/** Besides the flags of props.h: kept and shown, and decides nothing. */
#define TPA_CLIENT_KEPT 0x10000u

/** Properties of an application. */
extern const tpa_prop_t tpa_client_props[];

/**
 * Of which kind an application is, by is_first_party and
 * third_party_security_mode.
 *
 * @return TPA_FIRST, TPA_STRICT or TPA_PERMISSIVE
 */
unsigned tpa_client_party(const tpa_json_t *client);

/**
 * Check a new application and fill in what was not said.
 *
 * @param body  what was sent
 * @param out   receives the whole application
 * @return TPA_OK, TPA_E_INVALID_BODY that names the property, or
 *         TPA_E_INSUFFICIENT_SCOPE: not for this kind of application
 */
tpa_err_t *tpa_client_check_new(const tpa_json_t *body, tpa_json_t **out,
                                apr_pool_t *p);

/**
 * Check a change. What only repeats fixed properties is taken out of it; what
 * follows from it is added.
 *
 * @param now    the application, as answers show it
 * @param patch  the change, of which tpa_props_unchanged approved
 * @return as tpa_client_check_new
 */
tpa_err_t *tpa_client_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                   apr_pool_t *p);

/** The same with what is kept only moved to the member "properties": that is
 *  how it is stored. */
tpa_json_t *tpa_client_stored(const tpa_json_t *client, apr_pool_t *p);

#endif
