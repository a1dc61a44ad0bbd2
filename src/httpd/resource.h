/**
 * @file resource.h
 * @brief /.well-known/oauth-protected-resource: what clients must know of an
 *        API (RFC 9728), out of its directives.
 */
#ifndef TPA_HTTPD_RESOURCE_H
#define TPA_HTTPD_RESOURCE_H

#include <httpd.h>

/** Register the hooks. */
void tpa_resource_hooks(apr_pool_t *p);

#endif
