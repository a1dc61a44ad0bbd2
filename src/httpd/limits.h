/**
 * @file limits.h
 * @brief The buckets of this node, in memory that all its processes share and
 *        that a graceful restart leaves alone (spec.md 8.6).
 */
#ifndef TPA_HTTPD_LIMITS_H
#define TPA_HTTPD_LIMITS_H

#include "base/limit.h"
#include "core/limit.h"
#include "httpd/config.h"

/** Make the shared memory, once in the life of the parent process, whose pool
 *  it is given. */
apr_status_t tpa_limits_prepare(apr_pool_t *process);

/** TPARateLimit; for the table of directives. */
const char *tpa_limits_set(cmd_parms *cmd, void *dummy, int argc,
                           char *const argv[]);

/**
 * Count a request of a tenant; see base/limit.h.
 *
 * @return TPA_OK, or TPA_E_TOO_MANY, which says in how many seconds to come
 *         again; then the event of the request is the api_limit of this bucket,
 *         or none when one was recorded within the last minute
 */
tpa_err_t *tpa_limits_count(const tpa_conf_t *conf, tpa_txn_t *t,
                            tpa_count_t act, tpa_counted_t what,
                            const char *client_id);

#endif
