/**
 * @file site.h
 * @brief A tenant as one child process runs it: its connections, its keys,
 *        its audit queue, and the thread that keeps the latter two going.
 */
#ifndef TPA_HTTPD_SITE_H
#define TPA_HTTPD_SITE_H

#include <httpd.h>

#include "base/txn.h"
#include "crypto/keyring.h"
#include "httpd/config.h"

typedef struct tpa_site_t tpa_site_t;

/**
 * Make ready what all child processes share: in the parent, as root.
 * @return TPA_OK, or why the secret file or the templates cannot be used
 */
tpa_err_t *tpa_site_prepare(server_rec *s, apr_pool_t *pconf);

/** Start a tenant in a child process; it stops when the pool goes. */
void tpa_site_start(server_rec *s, apr_pool_t *pchild);

/** Give a transaction what it needs of its tenant. */
void tpa_site_lend(tpa_site_t *site, tpa_txn_t *t);

/** The keyring of the moment, valid as long as p; NULL before the first. */
const tpa_keyring_t *tpa_site_keyring(tpa_site_t *site, apr_pool_t *p);

/** Do the housekeeping that is due; from the thread of mod_watchdog. */
void tpa_site_keep_house(tpa_site_t *site, apr_pool_t *p);

/** What the tenant counts on this node. */
tpa_meter_t *tpa_site_meter(const tpa_site_t *site);

/**
 * May a complaint about the database be logged now? One a second may.
 * @param missed  receives how many were not logged since the last one
 */
int tpa_site_may_complain(tpa_site_t *site, apr_time_t now, int *missed);

#endif
