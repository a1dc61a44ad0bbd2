/**
 * @file house.h
 * @brief Housekeeping in a tenant's database, by the one thread of a node that
 *        mod_watchdog keeps for such work.
 *
 * Rows whose time is over go, the oldest first, a batch a call. All nodes do
 * it; the database lets one work at a time. Nothing depends on it but the size
 * of tables: what has ended is refused whether or not its row is still there.
 */
#ifndef TPA_HTTPD_HOUSE_H
#define TPA_HTTPD_HOUSE_H

#include <httpd.h>

#include "base/meter.h"
#include "core/settings.h"
#include "store/store.h"

typedef struct tpa_house_t tpa_house_t;

/**
 * Ask mod_watchdog to call for a tenant; in post_config.
 * @return 0; 1: it is not loaded, or has no room
 */
int tpa_house_register(server_rec *s, apr_pool_t *pconf);

/**
 * The work of a tenant in a child process, first due an interval from now.
 *
 * @param source    connections to work with
 * @param settings  how often, and how long events are kept
 * @param meter     counts what went
 */
tpa_house_t *tpa_house_make(const tpa_conn_source_t *source,
                            const tpa_settings_t *settings,
                            tpa_meter_t *meter, apr_pool_t *p);

/**
 * Do what is due, for about a second at most; the rest is due at once.
 * @return TPA_OK; TPA_E_UNAVAILABLE: all is due again an interval later
 */
tpa_err_t *tpa_house_keep(tpa_house_t *house, apr_pool_t *p);

#endif
