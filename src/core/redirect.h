/**
 * @file redirect.h
 * @brief Where an answer of the authorization endpoint may go (spec.md 5.2,
 *        5.4; RFC 8252 7.3; RFC 9207).
 */
#ifndef TPA_CORE_REDIRECT_H
#define TPA_CORE_REDIRECT_H

#include <apr_tables.h>
#include "base/err.h"

/**
 * Is a redirect URI registered? Byte by byte; the port of a loopback address
 * (http://127.0.0.1, http://[::1]) is the only slack, and only for native
 * applications.
 *
 * @param sent        the parameter, not NULL
 * @param registered  array of const char *, or NULL
 * @param is_native   app_type is native
 */
int tpa_redirect_registered(const char *sent,
                            const apr_array_header_t *registered,
                            int is_native);

/** Can anybody tell who answers there? Not at loopback, localhost, or a scheme
 *  of the application's own (spec.md 5.3). */
int tpa_redirect_verifiable(const char *uri);

/** scheme://host[:port] of a redirect URI, or "scheme:" of a scheme of the
 *  application's own: what form-action of a page must name. */
const char *tpa_redirect_origin(const char *uri, apr_pool_t *p);

/** What to show people of it: its host, or its scheme. */
const char *tpa_redirect_shown(const char *uri, apr_pool_t *p);

/** May an error of this kind ever travel by redirect? Not those of an unknown
 *  application or redirect URI, nor ours. */
int tpa_redirect_carries(tpa_ekind_t kind);

/**
 * A redirect URI with parameters added to its query.
 *
 * @param pairs  name, value, ..., NULL; pairs with a NULL value are left out;
 *               values are percent-encoded here
 */
const char *tpa_redirect_with(const char *uri, const char *const *pairs,
                              apr_pool_t *p);

#endif
