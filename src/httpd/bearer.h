/**
 * @file bearer.h
 * @brief AuthType TPABearer: the access token of a request, verified.
 *
 * A token comes in the Authorization header alone (RFC 6750 2.1). Back ends
 * learn what it says from the environment; headers of a client that would say
 * the same are taken out of the request.
 */
#ifndef TPA_HTTPD_BEARER_H
#define TPA_HTTPD_BEARER_H

#include <httpd.h>

#include "core/access.h"

/** Register the hooks. */
void tpa_bearer_hooks(apr_pool_t *p);

/** Make the caches of a child process. */
void tpa_bearer_start(server_rec *first, apr_pool_t *pchild);

/** What the token of a request says; NULL when none was verified. */
const tpa_access_t *tpa_bearer_of(const request_rec *r);

/** A scope is lacking: if the request is refused, the answer says so. The
 *  first one that is told counts. */
void tpa_bearer_lacks(request_rec *r, const char *scope);

#endif
