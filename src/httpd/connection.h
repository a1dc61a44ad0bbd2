/**
 * @file connection.h
 * @brief TPAConnection: a <Location> where a module of httpd logs users in.
 *
 * Any authentication module protects the location; we take over who it says
 * the user is. The location serves its own path alone, in a request that came
 * from outside, with an authentication that cannot be got around.
 */
#ifndef TPA_HTTPD_CONNECTION_H
#define TPA_HTTPD_CONNECTION_H

#include <httpd.h>
#include <http_config.h>

#include "base/txn.h"
#include "httpd/routes.h"

/** What is configured at one place. */
typedef struct tpa_location_t tpa_location_t;

/** Merge two of them; each may be NULL. */
tpa_location_t *tpa_connection_merge(apr_pool_t *p, const tpa_location_t *base,
                                     const tpa_location_t *add);

/** TPAConnection NAME. */
const char *tpa_connection_set(cmd_parms *cmd, void *dir, const char *name);

/** TPAConnectionUser, TPAConnectionEmail, TPAConnectionName: an expression,
 *  read when httpd starts. cmd->info is its offset, TPA_CONNECTION_*. */
const char *tpa_connection_set_expr(cmd_parms *cmd, void *dir,
                                    const char *text);
extern const apr_size_t tpa_connection_exprs[3];

/** Is it at the location of a connection, or below? */
int tpa_connection_holds(request_rec *r);

/** The route of a request whose location is a connection's, else NULL. */
const tpa_route_t *tpa_connection_route(request_rec *r);

/**
 * Who the user is, for the handler of such a location.
 * @return the login; its trouble is set when nobody may be logged in here
 */
const tpa_login_t *tpa_connection_login(request_rec *r);

#endif
