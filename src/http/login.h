/**
 * @file login.h
 * @brief What the ways to log in share.
 */
#ifndef TPA_HTTP_LOGIN_H
#define TPA_HTTP_LOGIN_H

#include "http/visit.h"

/**
 * A connection that this login may use, after tpa_visit_connections.
 *
 * @param id    its id; or NULL
 * @param name  its name, when id is NULL
 * @return the connection, or NULL
 */
const tpa_connection_t *tpa_login_connection(const tpa_visit_t *v,
                                             const char *id, const char *name);

/** The refusal when it is not one of those. */
tpa_err_t *tpa_login_not_usable(apr_pool_t *p);

#endif
