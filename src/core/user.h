/**
 * @file user.h
 * @brief Properties of users and of roles.
 */
#ifndef TPA_CORE_USER_H
#define TPA_CORE_USER_H

#include "core/props.h"

/** The strategy of connections whose passwords we hold. */
#define TPA_STRATEGY_DATABASE "auth0"

/** bcrypt looks at no more of a password. */
#define TPA_PASSWORD_MOST_BYTES 72

/** Properties of a user. */
extern const tpa_prop_t tpa_user_props[];

/** Properties of a role. */
extern const tpa_prop_t tpa_role_props[];

/**
 * Check a new user, of which tpa_props_check approved, and add what follows:
 * name and nickname, where an address is known.
 *
 * @param body  what was sent
 * @param out   receives the user to be stored: without user_id; password
 *              stays in it
 * @return TPA_OK, or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_user_check_new(const tpa_json_t *body, tpa_json_t **out,
                              apr_pool_t *p);

/**
 * Check a change, of which tpa_props_unchanged approved. What repeats fixed
 * properties is taken out of it. A new address is not verified, unless the
 * change says so.
 *
 * @param now  the user as answers show it
 * @return TPA_OK, or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_user_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                 apr_pool_t *p);

/**
 * What a login from outside tells of a user, if it can be kept.
 *
 * @param told  bytes as a module of httpd has them, or NULL
 * @return told; NULL when it is no single e-mail address
 */
const char *tpa_user_told_email(const char *told);

/** The same for the name: NULL when it is empty, longer than names may be, no
 *  UTF-8, or has control characters. */
const char *tpa_user_told_name(const char *told);

/**
 * Take out of a change what only repeats fixed properties.
 *
 * @param table  tpa_user_props, tpa_role_props
 */
void tpa_user_drop_fixed(const tpa_prop_t *table, tpa_json_t *patch);

#endif
