#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "httpd/token_cache.h"

#define HASH 43          /* characters */
#define WAYS 4           /* slots that a token may be in */

typedef struct slot_t {
    const void *owner;   /* NULL: free */
    char hash[HASH];
    apr_uint64_t used;   /* a count of uses: the least goes first */
    apr_size_t len;
    char *bytes;
} slot_t;

struct tpa_token_cache_t {
    apr_thread_mutex_t *lock;
    slot_t *slots;
    int sets;
    apr_uint64_t uses;
};

static apr_status_t drop(void *cache)
{
    tpa_token_cache_t *c = cache;
    int i;

    for (i = 0; i < c->sets * WAYS; i++)
        free(c->slots[i].bytes);
    return APR_SUCCESS;
}

tpa_token_cache_t *tpa_token_cache_make(int most, apr_pool_t *p)
{
    tpa_token_cache_t *c = apr_pcalloc(p, sizeof(*c));

    c->sets = (most + WAYS - 1) / WAYS;
    c->slots = apr_pcalloc(p, (apr_size_t)c->sets * WAYS * sizeof(slot_t));
    apr_thread_mutex_create(&c->lock, APR_THREAD_MUTEX_DEFAULT, p);
    apr_pool_cleanup_register(p, c, drop, apr_pool_cleanup_null);
    return c;
}

static slot_t *set_of(tpa_token_cache_t *c, const char *hash)
{
    unsigned n = 0;
    int i;

    for (i = 0; i < 8; i++)
        n = n * 64 + (unsigned char)hash[i];
    return c->slots + (n % (unsigned)c->sets) * WAYS;
}

static int is_it(const slot_t *slot, const void *owner, const char *hash)
{
    return slot->owner == owner && !memcmp(slot->hash, hash, HASH);
}

int tpa_token_cache_get(tpa_token_cache_t *c, const void *owner,
                        const char *hash, tpa_access_t *out, apr_pool_t *p)
{
    slot_t *slot = c ? set_of(c, hash) : NULL;
    char *bytes = NULL;
    int i;

    if (!c)
        return 0;
    apr_thread_mutex_lock(c->lock);
    for (i = 0; i < WAYS && !bytes; i++) {
        if (!is_it(slot + i, owner, hash))
            continue;
        slot[i].used = ++c->uses;
        bytes = apr_pmemdup(p, slot[i].bytes, slot[i].len);
    }
    apr_thread_mutex_unlock(c->lock);
    if (bytes)
        tpa_access_unpack(bytes, out);
    return bytes != NULL;
}

/* The slot of the token itself, or the one that was used least lately. */
static slot_t *slot_for(slot_t *set, const void *owner, const char *hash)
{
    slot_t *best = set;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (is_it(set + i, owner, hash))
            return set + i;
        if (set[i].used < best->used)
            best = set + i;
    }
    return best;
}

void tpa_token_cache_put(tpa_token_cache_t *c, const void *owner,
                         const char *hash, const tpa_access_t *access,
                         apr_pool_t *p)
{
    apr_size_t len;
    char *packed, *bytes, *old;
    slot_t *slot;

    if (!c)
        return;
    packed = tpa_access_pack(access, &len, p);
    bytes = malloc(len);
    if (!bytes)
        return;
    memcpy(bytes, packed, len);
    apr_thread_mutex_lock(c->lock);
    slot = slot_for(set_of(c, hash), owner, hash);
    old = slot->bytes;
    slot->owner = owner;
    memcpy(slot->hash, hash, HASH);
    slot->used = ++c->uses;
    slot->len = len;
    slot->bytes = bytes;
    apr_thread_mutex_unlock(c->lock);
    free(old);
}
