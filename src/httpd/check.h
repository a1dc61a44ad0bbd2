/**
 * @file check.h
 * @brief What apachectl configtest finds beyond the single directive.
 */
#ifndef TPA_HTTPD_CHECK_H
#define TPA_HTTPD_CHECK_H

#include <httpd.h>
#include <http_config.h>

/** check_config hook: runs under -t too; names every mistake with its place. */
int tpa_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s);

/** Tell a mistake: the place of its directive, what is wrong with it, and what
 *  to write instead. */
void tpa_check_complain(server_rec *s, const ap_directive_t *at,
                        const char *what, const char *instead);

#endif
