/**
 * @file holder.h
 * @brief One thing of a child process that is exchanged under running
 *        requests, and freed when the last of them has let go.
 */
#ifndef TPA_HTTPD_HOLDER_H
#define TPA_HTTPD_HOLDER_H

#include <apr_pools.h>

typedef struct tpa_holder_t tpa_holder_t;

/** An empty holder, in the pool of the child process. */
tpa_holder_t *tpa_holder_make(apr_pool_t *p);

/**
 * Hold this from now on.
 *
 * @param thing  what is held
 * @param own    a pool without a parent that owns it and nothing else; the
 *               last borrower destroys it, from whatever thread
 */
void tpa_holder_put(tpa_holder_t *h, const void *thing, apr_pool_t *own);

/** What is held at the moment, valid as long as p; NULL before the first. */
const void *tpa_holder_borrow(tpa_holder_t *h, apr_pool_t *p);

#endif
