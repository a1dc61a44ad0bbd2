/**
 * @file bucket.h
 * @brief Token buckets: arithmetic over one number, the time at which a bucket
 *        is full again.
 *
 * A bucket that is full needs no memory: whatever lies before now is full.
 */
#ifndef TPA_CORE_BUCKET_H
#define TPA_CORE_BUCKET_H

#include <apr_time.h>

/** How much a bucket holds, and how fast it fills. */
typedef struct tpa_bucket_spec_t {
    int burst;             /* tokens of a full bucket; 0: nothing passes */
    apr_time_t interval;   /* after which one token more is there; over 0 */
} tpa_bucket_spec_t;

/** What asking a bucket for a token gave. */
typedef struct tpa_bucket_view_t {
    int allowed;           /* a token was there */
    int remaining;         /* tokens left behind it */
    apr_time_t full_at;    /* when the bucket is full again */
    apr_time_t free_at;    /* when the next token is there; now, if one is */
} tpa_bucket_view_t;

/**
 * Take a token.
 *
 * A time further ahead than an empty bucket needs (the bucket was larger
 * before, or the clock was set back) counts as empty.
 *
 * @param spec     the bucket's size and speed
 * @param full_at  when it is full again; the past: it is full
 * @param now      the time
 * @param view     receives what came of it
 * @return the time to keep; with a refusal nothing was taken
 */
apr_time_t tpa_bucket_take(const tpa_bucket_spec_t *spec, apr_time_t full_at,
                           apr_time_t now, tpa_bucket_view_t *view);

/** Give a token back; the time to keep. */
apr_time_t tpa_bucket_give(const tpa_bucket_spec_t *spec, apr_time_t full_at);

#endif
