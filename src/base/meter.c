#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/meter.h"

#define SLOTS 1024            /* a power of two */
#define LABEL_MAX 40

static const tpa_measure_t counts[TPA_TALLIES] = {
    [TPA_TALLY_TOKENS] = { "tpa_tokens_issued_total",
        "Access tokens issued.", { "grant" } },
    [TPA_TALLY_CODES] = { "tpa_codes_issued_total",
        "Authorization codes issued.", { NULL } },
    [TPA_TALLY_REFUSED] = { "tpa_refused_total",
        "Requests refused, by error code and by the rule that refused.",
        { "error", "rule" } },
    [TPA_TALLY_LOGINS] = { "tpa_logins_total",
        "Logins at database connections, by how they ended: s, fp, fu, f.",
        { "type" } },
    [TPA_TALLY_THROTTLED] = { "tpa_throttled_total",
        "Requests held back by a limit.", { "limit" } },
    [TPA_TALLY_UNREACHABLE] = { "tpa_database_unreachable_total",
        "Calls of the database that got no connection.", { NULL } },
    [TPA_TALLY_SWEPT] = { "tpa_housekeeping_deleted_total",
        "Rows whose time was over.", { "what" } },
};

static const tpa_measure_t timings[TPA_TIMINGS] = {
    [TPA_TIME_SIGNING] = { "tpa_signing_seconds",
        "Time of one signature.", { NULL } },
    [TPA_TIME_DATABASE] = { "tpa_database_seconds",
        "Time of one call of the database, while a connection is held.",
        { NULL } },
    [TPA_TIME_DATABASE_WAIT] = { "tpa_database_wait_seconds",
        "Time until a call had a connection.", { NULL } },
};

const int tpa_meter_bounds_us[TPA_METER_BOUNDS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000,
    1000000
};

/* A slot belongs to its key from the moment this is there, and may be counted
 * in; it is shown once its texts are. Whoever finds them missing writes them:
 * the writers of one slot all write the same. */
typedef struct slot_t {
    apr_uint64_t key;         /* 0: free */
    apr_uint64_t n;
    apr_uint32_t named;
    apr_uint32_t what;
    char a[LABEL_MAX], b[LABEL_MAX];
} slot_t;

typedef struct timing_t {
    apr_uint64_t sum_us;
    apr_uint64_t hits[TPA_METER_BOUNDS + 1];   /* the last: longer than all */
} timing_t;

struct tpa_meter_t {
    apr_uint64_t lost;
    timing_t timings[TPA_TIMINGS];
    slot_t slots[SLOTS];
};

const tpa_measure_t *tpa_measure_of_count(tpa_tally_t what)
{
    return &counts[what];
}

const tpa_measure_t *tpa_measure_of_timing(tpa_timing_t what)
{
    return &timings[what];
}

apr_size_t tpa_meter_size(void)
{
    return sizeof(tpa_meter_t);
}

/* APR has no atomic numbers of 64 bits before 1.7. */
static void add(apr_uint64_t *to, apr_uint64_t n)
{
    __atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

static apr_uint64_t get(const apr_uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* ---- counting ----------------------------------------------------------- */

/* FNV-1a over a text and its end. */
static apr_uint64_t mix(apr_uint64_t hash, const char *s)
{
    do {
        hash = (hash ^ (unsigned char)*s) * APR_UINT64_C(1099511628211);
    } while (*s++);
    return hash;
}

static apr_uint64_t key_of(tpa_tally_t what, const char *a, const char *b)
{
    apr_uint64_t hash = APR_UINT64_C(14695981039346656037) + what;

    hash = mix(mix(hash, a), b);
    return hash ? hash : 1;
}

static void name_it(slot_t *slot, tpa_tally_t what, const char *a,
                    const char *b)
{
    if (__atomic_load_n(&slot->named, __ATOMIC_ACQUIRE))
        return;
    slot->what = what;
    apr_cpystrn(slot->a, a, sizeof(slot->a));
    apr_cpystrn(slot->b, b, sizeof(slot->b));
    __atomic_store_n(&slot->named, 1, __ATOMIC_RELEASE);
}

/* The slot of a key, or a free one made its own; NULL: all are taken. */
static slot_t *slot_of(tpa_meter_t *m, apr_uint64_t key)
{
    int i;

    for (i = 0; i < SLOTS; i++) {
        slot_t *slot = &m->slots[(key + i) & (SLOTS - 1)];
        apr_uint64_t there = get(&slot->key);

        if (!there
            && __atomic_compare_exchange_n(&slot->key, &there, key, 0,
                                           __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED))
            return slot;
        if (there == key)
            return slot;
    }
    return NULL;
}

void tpa_meter_add(tpa_meter_t *m, tpa_tally_t what, const char *a,
                   const char *b, apr_uint64_t n)
{
    slot_t *slot;

    if (!m)
        return;
    a = a ? a : "";
    b = b ? b : "";
    slot = slot_of(m, key_of(what, a, b));
    if (!slot) {
        add(&m->lost, n);
        return;
    }
    name_it(slot, what, a, b);
    add(&slot->n, n);
}

void tpa_meter_count(tpa_meter_t *m, tpa_tally_t what, const char *a,
                     const char *b)
{
    tpa_meter_add(m, what, a, b, 1);
}

apr_time_t tpa_meter_time(tpa_meter_t *m, tpa_timing_t what, apr_time_t since)
{
    apr_time_t now = apr_time_now();
    apr_interval_time_t took = now > since ? now - since : 0;
    int i = 0;

    if (!m)
        return now;
    while (i < TPA_METER_BOUNDS && took > tpa_meter_bounds_us[i])
        i++;
    add(&m->timings[what].sum_us, took);
    add(&m->timings[what].hits[i], 1);
    return now;
}

/* ---- reading ------------------------------------------------------------ */

static int by_name(const void *x_, const void *y_)
{
    const tpa_tallied_t *x = x_, *y = y_;
    int order = (int)x->what - (int)y->what;

    if (!order)
        order = strcmp(x->a, y->a);
    return order ? order : strcmp(x->b, y->b);
}

apr_array_header_t *tpa_meter_counts(const tpa_meter_t *m, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 32, sizeof(tpa_tallied_t));
    int i;

    for (i = 0; i < SLOTS; i++) {
        const slot_t *slot = &m->slots[i];
        tpa_tallied_t *counted;

        if (!__atomic_load_n(&slot->named, __ATOMIC_ACQUIRE))
            continue;
        counted = apr_array_push(out);
        counted->what = slot->what;
        counted->a = slot->a;
        counted->b = slot->b;
        counted->n = get(&slot->n);
    }
    qsort(out->elts, out->nelts, sizeof(tpa_tallied_t), by_name);
    return out;
}

apr_uint64_t tpa_meter_lost(const tpa_meter_t *m)
{
    return get(&m->lost);
}

void tpa_meter_timed(const tpa_meter_t *m, tpa_timing_t what,
                     tpa_timed_t *out)
{
    const timing_t *timing = &m->timings[what];
    int i;

    memset(out, 0, sizeof(*out));
    out->sum_us = get(&timing->sum_us);
    for (i = 0; i < TPA_METER_BOUNDS; i++) {
        out->n += get(&timing->hits[i]);
        out->within[i] = out->n;
    }
    out->n += get(&timing->hits[i]);
}
