/**
 * @file client_keys.h
 * @brief Public keys of applications: their properties (spec.md 1.5).
 */
#ifndef TPA_CORE_CLIENT_KEYS_H
#define TPA_CORE_CLIENT_KEYS_H

#include <apr_time.h>
#include "core/props.h"

#define TPA_CLIENT_KEYS 2        /* of an application */

/** Properties of a public key, as POST takes them; as a PATCH of its
 *  application names it: its id. */
extern const tpa_prop_t tpa_client_key_props[];

/** Properties of a stored public key, as PATCH takes them. */
extern const tpa_prop_t tpa_client_key_change_props[];

/**
 * Read a date and time of RFC 3339 5.6, from 1970 on.
 *
 * @return 1 and *out set, or 0; fractions of seconds are left out
 */
int tpa_client_key_time(const char *text, apr_time_t *out);

#endif
