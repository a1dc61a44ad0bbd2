#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "httpd/keyholder.h"
#include "store/keys.h"

typedef struct held_t {
    tpa_keyring_t *ring;
    const char *print;      /* tells whether the stored keys have changed */
    apr_pool_t *pool;       /* owns all of it */
    int users;              /* borrowers, and the holder itself */
    tpa_keyholder_t *holder;
} held_t;

struct tpa_keyholder_t {
    const tpa_sealer_t *sealer;
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
    tpa_keyholder_t *h = holder;

    if (h->now)
        let_go(h->now);
    h->now = NULL;
    return APR_SUCCESS;
}

tpa_keyholder_t *tpa_keyholder_make(const tpa_sealer_t *sealer, apr_pool_t *p)
{
    tpa_keyholder_t *h = apr_pcalloc(p, sizeof(*h));

    h->sealer = sealer;
    apr_thread_mutex_create(&h->lock, APR_THREAD_MUTEX_DEFAULT, p);
    apr_pool_cleanup_register(p, h, let_last_go, apr_pool_cleanup_null);
    return h;
}

static const char *print_of(const apr_array_header_t *rows, apr_pool_t *p)
{
    const char *print = "";
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const tpa_signing_key_t *k
            = &APR_ARRAY_IDX(rows, i, tpa_signing_key_t);

        print = apr_pstrcat(p, print, k->kid, "=", k->state, " ", NULL);
    }
    return print;
}

static tpa_err_t *make_held(tpa_keyholder_t *h, const apr_array_header_t *rows,
                            const char *print, held_t **out, apr_pool_t *p)
{
    apr_pool_t *own;
    held_t *held;
    tpa_err_t *e;

    /* No parent: the last borrower destroys it, from whatever thread. */
    apr_pool_create(&own, NULL);
    held = apr_pcalloc(own, sizeof(*held));
    e = tpa_keyring_make(rows, h->sealer, &held->ring, own);
    if (e) {
        e = tpa_err_private(p, e->kind, "%s", e->detail ? e->detail : e->text);
        apr_pool_destroy(own);
        return e;
    }
    held->pool = own;
    held->print = apr_pstrdup(own, print);
    held->users = 1;
    held->holder = h;
    *out = held;
    return TPA_OK;
}

tpa_err_t *tpa_keyholder_refresh(tpa_keyholder_t *h, tpa_store_t *s,
                                 apr_pool_t *p)
{
    apr_array_header_t *rows;
    held_t *fresh = NULL, *old;
    const char *print;

    TPA_TRY(tpa_store_keys(s, &rows, p));
    print = print_of(rows, p);
    if (h->now && !strcmp(h->now->print, print))
        return TPA_OK;
    TPA_TRY(make_held(h, rows, print, &fresh, p));
    apr_thread_mutex_lock(h->lock);
    old = h->now;
    h->now = fresh;
    apr_thread_mutex_unlock(h->lock);
    if (old)
        let_go(old);
    return TPA_OK;
}

static apr_status_t give_back(void *held)
{
    let_go(held);
    return APR_SUCCESS;
}

const tpa_keyring_t *tpa_keyholder_borrow(tpa_keyholder_t *h, apr_pool_t *p)
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
    return held->ring;
}
