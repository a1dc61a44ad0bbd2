/**
 * @file metrics.h
 * @brief What the tenants of this node count, where all its processes can see
 *        it, and shown: to Prometheus, and in mod_status's page.
 *
 * A new number is a row in base/meter.c and a call where it happens:
 * tpa_meter_count(t->meter, ...).
 */
#ifndef TPA_HTTPD_METRICS_H
#define TPA_HTTPD_METRICS_H

#include <httpd.h>

#include "base/err.h"
#include "base/meter.h"

/** For SetHandler. */
#define TPA_METRICS_HANDLER "tpa-metrics"

/**
 * The meter of a tenant. It lives until httpd stops, so that numbers go on
 * over a graceful restart; two hosts of one issuer share it.
 *
 * @return TPA_OK, or TPA_E_INTERNAL: there is no shared memory
 */
tpa_err_t *tpa_metrics_meter(server_rec *s, const char *issuer,
                             tpa_meter_t **out, apr_pool_t *p);

/** Register what shows the numbers. */
void tpa_metrics_register(apr_pool_t *p);

#endif
