/**
 * @file connection.h
 * @brief Connections: what they may be made of (spec.md 4.4, 9.3).
 */
#ifndef TPA_CORE_CONNECTION_H
#define TPA_CORE_CONNECTION_H

#include "core/props.h"

#define TPA_CONNECTION_MOST_CLIENTS 50   /* a change of its applications */

/** The properties of a connection; ends with a NULL name. */
extern const tpa_prop_t tpa_connection_props[];

/**
 * Check a change of a connection, and make its metadata whole.
 *
 * @param now    the connection as it is
 * @param patch  of which tpa_props_check approved
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_connection_check_change(const tpa_json_t *now,
                                       tpa_json_t *patch, apr_pool_t *p);

/**
 * Check what PATCH .../clients is sent: [{"client_id", "status"}], no
 * application twice.
 *
 * @param body  NULL: none was sent
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_connection_clients_check(const tpa_json_t *body, apr_pool_t *p);

/** Strategies without a password: no invitation can name them. A JSON array. */
tpa_json_t *tpa_connection_passwordless(apr_pool_t *p);

#endif
