/**
 * @file check.h
 * @brief What apachectl configtest finds beyond the single directive.
 */
#ifndef TPA_HTTPD_CHECK_H
#define TPA_HTTPD_CHECK_H

#include <httpd.h>

/** check_config hook: runs under -t too; names every mistake with its place. */
int tpa_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s);

#endif
