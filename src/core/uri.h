/**
 * @file uri.h
 * @brief What may be registered as an address of an application.
 *
 * Addresses are compared byte by byte later, so nothing here parses in order
 * to accept: text that two parsers could read differently is refused.
 */
#ifndef TPA_CORE_URI_H
#define TPA_CORE_URI_H

#include <apr_pools.h>

/** Whose address it is. */
enum {
    TPA_URI_FIRST = 0,         /* of a first-party or permissive application */
    TPA_URI_THIRD = 1,         /* of a strict third-party application */
    TPA_URI_NATIVE = 2         /* of a native application: add to the above */
};

/**
 * What is wrong with the syntax of an absolute URI.
 *
 * @return NULL, or what is wrong: a character RFC 3986 2 does not allow, a
 *         broken escape, no scheme, a scheme that runs code or reads files,
 *         http(s) without host, user-info, a fragment, a "*"
 */
const char *tpa_uri_wrong(const char *uri, apr_pool_t *p);

/** The same, and it must be http or https; empty is fine. */
const char *tpa_uri_wrong_web(const char *uri, apr_pool_t *p);

/**
 * What is wrong with a redirect URI, besides its syntax.
 *
 * Third-party applications: https; or http on the machine of the user
 * (localhost, 127.0.0.1, [::1]); native ones also a scheme of their own
 * (RFC 8252 7), but none that systems open with a program of theirs. Others
 * may use any scheme.
 *
 * @param who  TPA_URI_FIRST or TPA_URI_THIRD, and perhaps TPA_URI_NATIVE
 */
const char *tpa_uri_wrong_callback(const char *uri, int who, apr_pool_t *p);

/** What is wrong with an origin (RFC 6454 6.2): scheme, host and port only;
 *  schemes as those of redirect URIs. */
const char *tpa_uri_wrong_origin(const char *uri, int who, apr_pool_t *p);

/**
 * The one form of all ways to write a web address, without query and fragment,
 * to tell whether two are the same (RFC 3986 6.2.2, 6.2.3; RFC 9449 4.3).
 *
 * @return NULL: no http or https address, a user name in it, a broken escape,
 *         or a character that is none of a path
 */
const char *tpa_uri_plain(const char *uri, apr_pool_t *p);

/** The origin of a page as browsers write it (RFC 6454 6.2): in lower case,
 *  without the port of the scheme.
 *  @return NULL: the URI is not one of the web */
const char *tpa_uri_origin(const char *uri, apr_pool_t *p);

#endif
