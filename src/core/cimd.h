/**
 * @file cimd.h
 * @brief Client ID Metadata Documents: what the address and the document of an
 *        application must be (spec.md 10.3).
 *
 * Nothing here fetches anything: src/fetch does, src/cimd joins the two.
 */
#ifndef TPA_CORE_CIMD_H
#define TPA_CORE_CIMD_H

#include "base/json.h"

#define TPA_CIMD_MAX_URL 120
#define TPA_CIMD_MAX_DOCUMENT 5120     /* bytes */
#define TPA_CIMD_MAX_KEYS 12288        /* bytes of the key set */

/** Does a client id look like the address of a document? */
int tpa_cimd_is_url(const char *client_id);

/**
 * What is wrong with the address of a document. Addresses are client ids and
 * are compared byte by byte, so each has one spelling only.
 *
 * @return NULL, or what is wrong
 */
const char *tpa_cimd_wrong_url(const char *url, apr_pool_t *p);

/** What a document says. */
typedef struct tpa_cimd_t {
    tpa_json_t *mapped;        /* properties of an application by the names of
                                  the Management API, as far as they are
                                  fine */
    tpa_json_t *violations;    /* array of texts; empty: it can be used */
    tpa_json_t *warnings;      /* array of texts: what was left out */
    const char *jwks_uri;      /* NULL: it authenticates with no key */
} tpa_cimd_t;

/**
 * Read a document and judge it.
 *
 * @param url   where it was, of which tpa_cimd_wrong_url approved
 * @param text  what was there; need not be NUL-terminated
 * @param out   receives what it says; texts never repeat the document
 */
void tpa_cimd_read(const char *url, const char *text, apr_size_t len,
                   tpa_cimd_t *out, apr_pool_t *p);

/**
 * For how long a document may be used.
 *
 * @param cache_control  the header; NULL: there was none
 * @return seconds, from five minutes to a day
 */
int tpa_cimd_lifetime(const char *cache_control);

#endif
