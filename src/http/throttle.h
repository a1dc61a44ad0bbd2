/**
 * @file throttle.h
 * @brief Under which numbers failed logins are counted (docs/operations.md).
 *
 * A stranger chooses names and addresses freely, so they are counted in a
 * fixed number of buckets: the table cannot grow.
 */
#ifndef TPA_HTTP_THROTTLE_H
#define TPA_HTTP_THROTTLE_H

#include <apr_pools.h>

#define TPA_THROTTLE_BUCKETS 65536

/** Bucket of an account: the same however its name is spelt in case. */
int tpa_throttle_account(const char *connection_id, const char *identifier,
                         apr_pool_t *p);

/** Bucket of an address; of IPv6 the network of 64 bits counts, since a
 *  machine has as many addresses of it as it likes. */
int tpa_throttle_address(const char *ip, apr_pool_t *p);

#endif
