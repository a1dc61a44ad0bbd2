/**
 * @file guard.h
 * @brief TPAAudience, TPABearerIssuer: a place whose requests need an access
 *        token, as the operator configured it.
 */
#ifndef TPA_HTTPD_GUARD_H
#define TPA_HTTPD_GUARD_H

#include <httpd.h>
#include <http_config.h>

#include "crypto/keyset.h"
#include "httpd/config.h"

struct tpa_guard_t;
struct tpa_remote_t;

/** Whose tokens are taken. */
typedef struct tpa_trust_t {
    const char *issuer;
    const char *file;             /* of its keys; NULL: no file */
    const char *text;             /* of the file, read at start, */
    apr_size_t len;               /* and its length */
    tpa_keyset_t *keys;           /* in it; made in each child process */
    const char *url;              /* of its keys; NULL: they are not fetched */
    struct tpa_remote_t *remote;  /* of the url; made in each child process */
    const tpa_conf_t *tenant;     /* of ours; found at start */
    const struct tpa_guard_t *guard;   /* it belongs to; NULL: a host */
    const ap_directive_t *at;
} tpa_trust_t;

/** An API. Audiences, trust and what follows from them are one; a section
 *  that names an audience takes none of it from the sections around it. */
typedef struct tpa_guard_t {
    const apr_array_header_t *audiences;   /* of const char *; NULL: no API */
    tpa_trust_t *trust;           /* NULL: that of the host */
    tpa_trust_t *host_trust;      /* NULL: the tenant of the host itself */
    const char *resource;         /* the first that is an address; NULL: none */
    const char *origin;           /* of it: scheme, host and port */
    const char *metadata_url;     /* RFC 9728 3.1; NULL: there is none */
    const char *metadata_path;
    apr_array_header_t *scopes;   /* named by Require; NULL: none */
    const ap_directive_t *at;
} tpa_guard_t;

/** Merge two of them; each may be NULL. */
tpa_guard_t *tpa_guard_merge(apr_pool_t *p, const tpa_guard_t *base,
                             const tpa_guard_t *add);

/** TPAAudience NAME ..., called for each; TPABearerIssuer URL
 *  [FILE|URL]. */
const char *tpa_guard_add_audience(cmd_parms *cmd, void *dir,
                                   const char *name);
const char *tpa_guard_set_issuer(cmd_parms *cmd, void *dir, const char *issuer,
                                 const char *keys);

/** A scope that "Require" asks for in a section: challenge and metadata name
 *  it. */
void tpa_guard_add_scope(cmd_parms *cmd, const char *scope);

/** TPABearerScopes SCOPE ..., called for each: they name it, too. */
const char *tpa_guard_tell_scope(cmd_parms *cmd, void *dir, const char *scope);

/** The API a request is at; NULL: at none. */
const tpa_guard_t *tpa_guard_of(const request_rec *r);

/**
 * Whose tokens an API takes.
 * @param s    the host of the request
 * @param own  is filled when it is the tenant of the host itself
 * @return the trust; NULL when there is nobody
 */
const tpa_trust_t *tpa_guard_trust(const tpa_guard_t *g, server_rec *s,
                                   tpa_trust_t *own);

/** Read key files and find tenants, of all hosts: at configtest, and before
 *  httpd starts. Nothing is fetched.
 *  @return how many mistakes there are; each has been told */
int tpa_guard_prepare(server_rec *first, apr_pool_t *pconf, apr_pool_t *ptemp);

/** Take the keys of key files, in a child process. */
void tpa_guard_start(server_rec *first, apr_pool_t *pchild);

#endif
