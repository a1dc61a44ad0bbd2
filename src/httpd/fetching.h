/**
 * @file fetching.h
 * @brief TPAFetchNetwork, TPAFetchHost, TPAFetchCAFile: what may be fetched
 *        from besides the public Internet.
 */
#ifndef TPA_HTTPD_FETCHING_H
#define TPA_HTTPD_FETCHING_H

#include "fetch/fetch.h"
#include "httpd/config.h"

/** TPAFetchNetwork ADDRESS[/BITS] ... */
const char *tpa_fetching_add_network(cmd_parms *cmd, void *dummy,
                                     const char *arg);

/** TPAFetchHost NAME ADDRESS ... */
const char *tpa_fetching_add_host(cmd_parms *cmd, void *dummy,
                                  const char *name, const char *address);

/** TPAFetchCAFile PATH. */
const char *tpa_fetching_set_ca(cmd_parms *cmd, void *dummy, const char *arg);

/** What a host without these directives has of its main server. */
void tpa_fetching_merge(tpa_conf_t *conf, const tpa_conf_t *base,
                        const tpa_conf_t *add, apr_pool_t *p);

/** Can the file of authorities be read? NULL, or why not. */
const char *tpa_fetching_wrong_ca(const tpa_conf_t *conf, apr_pool_t *p);

/** The rules of a tenant's fetcher, its numbers included. */
const tpa_fetch_rules_t *tpa_fetching_rules(tpa_conf_t *conf);

#endif
