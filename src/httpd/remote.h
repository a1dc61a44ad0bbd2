/**
 * @file remote.h
 * @brief The keys of an issuer on another machine, as one child process has
 *        them: fetched, renewed, and given up when they are too old.
 *
 * One thread of the process renews them all. A request fetches by itself what
 * nobody has tried to fetch yet, or what is asked for; it takes three seconds
 * at most, and meanwhile the others use what there is. Whatever the reason, a
 * key set is not asked for twice within TPA_RENEW_GAP_S seconds.
 */
#ifndef TPA_HTTPD_REMOTE_H
#define TPA_HTTPD_REMOTE_H

#include <httpd.h>

#include "crypto/keyset.h"

typedef struct tpa_remote_t tpa_remote_t;

/** Make those of all hosts, and start the thread, in a child process. */
void tpa_remote_start(server_rec *first, apr_pool_t *pchild);

/**
 * The keys of the moment. While the process tries for the first time, this
 * waits for it.
 *
 * @return the set, valid as long as p; NULL: none was ever fetched, or what was
 *         is too old
 */
const tpa_keyset_t *tpa_remote_keys(tpa_remote_t *remote, apr_pool_t *p);

/** The same, and if the last try is long enough ago they are fetched first:
 *  there is a token that was signed with another key. */
const tpa_keyset_t *tpa_remote_newer(tpa_remote_t *remote, apr_pool_t *p);

#endif
