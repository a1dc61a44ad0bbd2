/**
 * @file renew.h
 * @brief What is fetched again and again: when, and for how long it is good.
 */
#ifndef TPA_CORE_RENEW_H
#define TPA_CORE_RENEW_H

#include <apr_time.h>

/** Seconds from one try to the next, whoever asks for it. */
#define TPA_RENEW_GAP_S 10

/** How it went so far. All zero: nothing was tried. */
typedef struct tpa_renew_t {
    apr_time_t tried;      /* when the last try began; 0: never */
    apr_time_t got;        /* when the last began that fetched it; 0: never */
    int lifetime_s;        /* of what was fetched */
} tpa_renew_t;

/** May it be fetched now, if somebody has a reason? */
int tpa_renew_may(const tpa_renew_t *r, apr_time_t now);

/** Is it time to fetch it, without any other reason? */
int tpa_renew_is_due(const tpa_renew_t *r, apr_time_t now);

/**
 * May it still be used?
 * @param stale_s  seconds beyond its lifetime in which it is, because nothing
 *                 newer could be fetched
 */
int tpa_renew_is_good(const tpa_renew_t *r, int stale_s, apr_time_t now);

/**
 * For how long something may be used that was fetched (RFC 9111 5.2.2).
 *
 * @param cache_control  the header; NULL: there was none
 * @param least_s        seconds, also when it must not be kept at all
 * @param usual_s        when it does not say
 * @param most_s         whatever it says
 */
int tpa_renew_lifetime(const char *cache_control, int least_s, int usual_s,
                       int most_s);

#endif
