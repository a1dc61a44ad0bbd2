#include "core/once.h"

#define WAYS 16               /* places that a hash may have */
#define TIME_BITS 24
#define TIME_MASK ((1u << TIME_BITS) - 1)
#define LONGEST 4095          /* seconds that anything is remembered */

/* A place is one word, so that it can be taken by one instruction: the upper
 * bits of the hash, and when it expires, modulo 2^24 seconds. The lower bits of
 * the hash choose the places. Zero is free. */
typedef apr_uint64_t place_t;

static int sets_of(int most)
{
    return (most + WAYS - 1) / WAYS;
}

apr_size_t tpa_once_size(int most)
{
    return (apr_size_t)sets_of(most) * WAYS * sizeof(place_t);
}

static int is_live(place_t place, apr_int64_t now)
{
    unsigned left = ((unsigned)place - (unsigned)now) & TIME_MASK;

    return place && left && left <= LONGEST;
}

static int is_same(place_t a, place_t b)
{
    return a >> TIME_BITS == b >> TIME_BITS;
}

/* Where else it stands, or could stand; -1: nowhere. */
static int find(const place_t *set, place_t mine, int not_at, apr_int64_t now,
                int *room)
{
    int i;

    *room = -1;
    for (i = 0; i < WAYS; i++) {
        place_t there = __atomic_load_n(&set[i], __ATOMIC_SEQ_CST);

        if (is_live(there, now) && is_same(there, mine) && i != not_at)
            return i;
        if (*room < 0 && !is_live(there, now))
            *room = i;
    }
    return -1;
}

tpa_once_t tpa_once_take(void *table, int most, apr_uint64_t hash,
                         apr_int64_t expires, apr_int64_t now)
{
    place_t *set = (place_t *)table
        + (hash & TIME_MASK) % (unsigned)sets_of(most) * WAYS;
    place_t tag = hash >> TIME_BITS ? hash >> TIME_BITS : 1;
    place_t mine = tag << TIME_BITS | ((unsigned)expires & TIME_MASK);
    int room;

    while (find(set, mine, -1, now, &room) < 0) {
        place_t old;

        if (room < 0)
            return TPA_ONCE_FULL;
        old = __atomic_load_n(&set[room], __ATOMIC_SEQ_CST);
        if (is_live(old, now)
            || !__atomic_compare_exchange_n(&set[room], &old, mine, 0,
                                            __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST))
            continue;
        /* Another may have taken another place meanwhile. */
        return find(set, mine, room, now, &room) < 0 ? TPA_ONCE_NEW
                                                     : TPA_ONCE_AGAIN;
    }
    return TPA_ONCE_AGAIN;
}
