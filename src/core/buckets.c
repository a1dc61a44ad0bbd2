#include "core/buckets.h"

#define WAYS 8
#define TRIES 4      /* to claim a place that others want as well */
#define TELL_EVERY apr_time_from_sec(60)

typedef struct place_t {
    apr_uint64_t key;      /* 0: never used */
    apr_int64_t full_at;
    apr_int64_t told[TPA_BUCKET_NEWS];
} place_t;

struct tpa_buckets_t {
    apr_uint64_t sets;
    place_t places[];
};

#define LOAD(at) __atomic_load_n(at, __ATOMIC_RELAXED)
#define STORE(at, value) __atomic_store_n(at, value, __ATOMIC_RELAXED)
#define SWAP(at, old, value) \
    __atomic_compare_exchange_n(at, old, value, 0, __ATOMIC_ACQ_REL, \
                                __ATOMIC_RELAXED)

apr_size_t tpa_buckets_size(apr_uint32_t sets)
{
    return sizeof(tpa_buckets_t) + (apr_size_t)sets * WAYS * sizeof(place_t);
}

tpa_buckets_t *tpa_buckets_make(void *memory, apr_uint32_t sets)
{
    tpa_buckets_t *b = memory;

    b->sets = sets;
    return b;
}

static place_t *set_of(tpa_buckets_t *b, apr_uint64_t key)
{
    return b->places + key % b->sets * WAYS;
}

static place_t *find(tpa_buckets_t *b, apr_uint64_t key)
{
    place_t *place = set_of(b, key);
    int i;

    for (i = 0; i < WAYS; i++, place++) {
        if (LOAD(&place->key) == key)
            return place;
    }
    return NULL;
}

/* Everybody who wants a key begins at the same place: of two that bring the
 * same one, the later finds what the earlier made. The word of a bucket that
 * another had is old, and so means full for the new one as well. */
static place_t *claim(tpa_buckets_t *b, apr_uint64_t key, apr_time_t now)
{
    place_t *place = set_of(b, key);
    int i, n;

    for (i = 0; i < WAYS; i++, place++) {
        apr_uint64_t old = LOAD(&place->key);

        if (old && LOAD(&place->full_at) > now)
            continue;
        if (!SWAP(&place->key, &old, key))
            return NULL;
        for (n = 0; n < TPA_BUCKET_NEWS; n++)
            STORE(&place->told[n], 0);
        return place;
    }
    return NULL;
}

static place_t *find_or_claim(tpa_buckets_t *b, apr_uint64_t key,
                              apr_time_t now)
{
    place_t *place = find(b, key);
    int i;

    for (i = 0; !place && i < TRIES; i++) {
        place = claim(b, key, now);
        if (!place)
            place = find(b, key);
    }
    return place;
}

static void take(place_t *place, const tpa_bucket_spec_t *spec,
                 apr_time_t now, tpa_bucket_view_t *view)
{
    apr_int64_t old = LOAD(&place->full_at);

    while (!SWAP(&place->full_at, &old,
                 tpa_bucket_take(spec, old, now, view)))
        ;
}

static void give(place_t *place, const tpa_bucket_spec_t *spec)
{
    apr_int64_t old = LOAD(&place->full_at);

    while (!SWAP(&place->full_at, &old, tpa_bucket_give(spec, old)))
        ;
}

int tpa_buckets_ask(tpa_buckets_t *b, tpa_bucket_act_t act, apr_uint64_t key,
                    const tpa_bucket_spec_t *spec, apr_time_t now,
                    tpa_bucket_view_t *view)
{
    place_t *place = act == TPA_BUCKET_TAKE ? find_or_claim(b, key, now)
                                            : find(b, key);

    if (place && act == TPA_BUCKET_TAKE) {
        take(place, spec, now, view);
        return 1;
    }
    tpa_bucket_take(spec, place ? LOAD(&place->full_at) : 0, now, view);
    if (place && act == TPA_BUCKET_GIVE)
        give(place, spec);
    return place || act != TPA_BUCKET_TAKE;
}

int tpa_buckets_tell(tpa_buckets_t *b, apr_uint64_t key,
                     tpa_bucket_news_t news, apr_time_t now)
{
    place_t *place = find_or_claim(b, key, now);
    apr_int64_t old;

    if (!place)
        return 0;
    old = LOAD(&place->told[news]);
    /* A time ahead is of a clock that was set back. */
    if (old && old <= now && now - old < TELL_EVERY)
        return 0;
    return SWAP(&place->told[news], &old, now);
}
