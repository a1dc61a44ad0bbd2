/**
 * @file hooks.h
 * @brief Where we sit in httpd's phases. Each hook finds its exchange and hands
 *        over; none decides.
 */
#ifndef TPA_HTTPD_HOOKS_H
#define TPA_HTTPD_HOOKS_H

#include <httpd.h>

/** Register all hooks; for the module record. */
void tpa_hooks_register(apr_pool_t *p);

#endif
