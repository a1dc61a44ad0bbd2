#include <apr_thread_mutex.h>

#include "httpd/holder.h"

typedef struct held_t {
    const void *thing;
    apr_pool_t *pool;       /* owns all of it */
    int users;              /* borrowers, and the holder itself */
    tpa_holder_t *holder;
} held_t;

struct tpa_holder_t {
    apr_thread_mutex_t *lock;
    held_t *now;
};

static void let_go(held_t *held)
{
    int users;

    apr_thread_mutex_lock(held->holder->lock);
    users = --held->users;
    apr_thread_mutex_unlock(held->holder->lock);
    if (!users)
        apr_pool_destroy(held->pool);
}

static apr_status_t let_last_go(void *holder)
{
    tpa_holder_t *h = holder;

    if (h->now)
        let_go(h->now);
    h->now = NULL;
    return APR_SUCCESS;
}

tpa_holder_t *tpa_holder_make(apr_pool_t *p)
{
    tpa_holder_t *h = apr_pcalloc(p, sizeof(*h));

    apr_thread_mutex_create(&h->lock, APR_THREAD_MUTEX_DEFAULT, p);
    apr_pool_cleanup_register(p, h, let_last_go, apr_pool_cleanup_null);
    return h;
}

void tpa_holder_put(tpa_holder_t *h, const void *thing, apr_pool_t *own)
{
    held_t *fresh = apr_pcalloc(own, sizeof(*fresh)), *old;

    fresh->thing = thing;
    fresh->pool = own;
    fresh->users = 1;
    fresh->holder = h;
    apr_thread_mutex_lock(h->lock);
    old = h->now;
    h->now = fresh;
    apr_thread_mutex_unlock(h->lock);
    if (old)
        let_go(old);
}

static apr_status_t give_back(void *held)
{
    let_go(held);
    return APR_SUCCESS;
}

const void *tpa_holder_borrow(tpa_holder_t *h, apr_pool_t *p)
{
    held_t *held;

    apr_thread_mutex_lock(h->lock);
    held = h->now;
    if (held)
        held->users++;
    apr_thread_mutex_unlock(h->lock);
    if (!held)
        return NULL;
    apr_pool_cleanup_register(p, held, give_back, apr_pool_cleanup_null);
    return held->thing;
}
