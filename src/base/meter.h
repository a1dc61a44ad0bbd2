/**
 * @file meter.h
 * @brief What a tenant counts and times on one node: in memory that all its
 *        processes share, without a lock.
 *
 * A block of zeroed memory of tpa_meter_size() bytes is an empty meter. Labels
 * come from the program (names of rules, of grants), never from a request: they
 * are few, and what finds no room any more is counted as lost. A NULL meter
 * counts nothing, so tools and tests need none.
 */
#ifndef TPA_BASE_METER_H
#define TPA_BASE_METER_H

#include <apr_tables.h>
#include <apr_time.h>

/** What is counted; the row of each is in meter.c. */
typedef enum tpa_tally_t {
    TPA_TALLY_TOKENS,       /* label: value of grant_type */
    TPA_TALLY_CODES,
    TPA_TALLY_REFUSED,      /* labels: error code, rule or "none" */
    TPA_TALLY_LOGINS,       /* label: how it ended, an event type */
    TPA_TALLY_THROTTLED,    /* label: what was held back */
    TPA_TALLY_UNREACHABLE,  /* calls without a connection */
    TPA_TALLY_SWEPT,        /* label: kind of row */
    TPA_TALLIES
} tpa_tally_t;

/** What is timed; the row of each is in meter.c. */
typedef enum tpa_timing_t {
    TPA_TIME_SIGNING,       /* one signature */
    TPA_TIME_DATABASE,      /* one call: a connection is held that long */
    TPA_TIME_DATABASE_WAIT, /* until there was a connection for it */
    TPA_TIMINGS
} tpa_timing_t;

/** Name and help text of a count or timing, for people and for Prometheus. */
typedef struct tpa_measure_t {
    const char *name;
    const char *help;
    const char *labels[2];  /* names; NULL: has none */
} tpa_measure_t;

const tpa_measure_t *tpa_measure_of_count(tpa_tally_t what);
const tpa_measure_t *tpa_measure_of_timing(tpa_timing_t what);

typedef struct tpa_meter_t tpa_meter_t;

/** Bytes of a meter. */
apr_size_t tpa_meter_size(void);

/**
 * Count one.
 *
 * @param m  the meter; NULL counts nothing
 * @param a  static text, value of the first label; NULL: has none
 * @param b  the same of the second
 */
void tpa_meter_count(tpa_meter_t *m, tpa_tally_t what, const char *a,
                     const char *b);

/** Count n at once. */
void tpa_meter_add(tpa_meter_t *m, tpa_tally_t what, const char *a,
                   const char *b, apr_uint64_t n);

/**
 * Note how long something took.
 *
 * @param since  when it began, by apr_time_now()
 * @return now: the next thing begins here
 */
apr_time_t tpa_meter_time(tpa_meter_t *m, tpa_timing_t what,
                          apr_time_t since);

/** One number that was counted. */
typedef struct tpa_tallied_t {
    tpa_tally_t what;
    const char *a, *b;      /* values of the labels; "": has none */
    apr_uint64_t n;
} tpa_tallied_t;

#define TPA_METER_BOUNDS 12
extern const int tpa_meter_bounds_us[TPA_METER_BOUNDS];

/** How long something took, all times together; within[i] is how many took at
 *  most tpa_meter_bounds_us[i]. */
typedef struct tpa_timed_t {
    apr_uint64_t sum_us;
    apr_uint64_t n;
    apr_uint64_t within[TPA_METER_BOUNDS];
} tpa_timed_t;

/** All that was counted, sorted: array of tpa_tallied_t. */
apr_array_header_t *tpa_meter_counts(const tpa_meter_t *m, apr_pool_t *p);

/** How many found no room in the table of labels. */
apr_uint64_t tpa_meter_lost(const tpa_meter_t *m);

void tpa_meter_timed(const tpa_meter_t *m, tpa_timing_t what,
                     tpa_timed_t *out);

#endif
