#include <string.h>

#include <apr_strings.h>

#include "httpd/holder.h"
#include "httpd/keyholder.h"
#include "store/keys.h"

/* What one pool owns. */
typedef struct keys_t {
    tpa_keyring_t *ring;
    const char *print;      /* tells whether the stored keys have changed */
} keys_t;

struct tpa_keyholder_t {
    const tpa_sealer_t *sealer;
    tpa_holder_t *holder;
    const keys_t *now;      /* as last put there, by the one who refreshes */
};

tpa_keyholder_t *tpa_keyholder_make(const tpa_sealer_t *sealer, apr_pool_t *p)
{
    tpa_keyholder_t *h = apr_pcalloc(p, sizeof(*h));

    h->sealer = sealer;
    h->holder = tpa_holder_make(p);
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

static tpa_err_t *put(tpa_keyholder_t *h, const apr_array_header_t *rows,
                      const char *print, apr_pool_t *p)
{
    apr_pool_t *own;
    keys_t *keys;
    tpa_err_t *e;

    apr_pool_create(&own, NULL);
    keys = apr_pcalloc(own, sizeof(*keys));
    e = tpa_keyring_make(rows, h->sealer, &keys->ring, own);
    if (e) {
        e = tpa_err_private(p, e->kind, "%s", e->detail ? e->detail : e->text);
        apr_pool_destroy(own);
        return e;
    }
    keys->print = apr_pstrdup(own, print);
    tpa_holder_put(h->holder, keys, own);
    h->now = keys;
    return TPA_OK;
}

tpa_err_t *tpa_keyholder_refresh(tpa_keyholder_t *h, tpa_store_t *s,
                                 apr_pool_t *p)
{
    apr_array_header_t *rows;
    const char *print;

    TPA_TRY(tpa_store_keys(s, &rows, p));
    print = print_of(rows, p);
    if (h->now && !strcmp(h->now->print, print))
        return TPA_OK;
    return put(h, rows, print, p);
}

const tpa_keyring_t *tpa_keyholder_borrow(tpa_keyholder_t *h, apr_pool_t *p)
{
    const keys_t *keys = tpa_holder_borrow(h->holder, p);

    return keys ? keys->ring : NULL;
}
