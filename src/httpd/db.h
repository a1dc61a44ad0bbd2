/**
 * @file db.h
 * @brief Connections of a virtual host, lent by mod_dbd, behind a breaker.
 *
 * While the database cannot be reached, one caller in half a second
 * tries; all others are told so at once. So a database that is down costs
 * neither time nor memory nor log, and is noticed when it is back.
 */
#ifndef TPA_HTTPD_DB_H
#define TPA_HTTPD_DB_H

#include <httpd.h>

#include "base/meter.h"
#include "store/store.h"

/** Ask mod_dbd for its functions; in post_config. 0, or 1 without mod_dbd. */
int tpa_db_find(void);

/**
 * The connections of a host, for one child process.
 *
 * @param s      the host, with DBDriver and DBDParams
 * @param meter  times calls, and the wait for connections
 * @param p      pool of the child process
 */
const tpa_conn_source_t *tpa_db_source(server_rec *s, tpa_meter_t *meter,
                                       apr_pool_t *p);

#endif
