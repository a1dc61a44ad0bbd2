/**
 * @file buckets.h
 * @brief Many token buckets in one piece of memory that processes share.
 *
 * A table of fixed size, without locks: a key belongs to one set of a few
 * places, and a place is a few words that change by compare and swap, so that
 * a process that dies leaves nothing locked. Only a bucket that is full again,
 * and so says nothing, makes room for another: no flood of new keys can make a
 * bucket that is in use forget what was taken.
 */
#ifndef TPA_CORE_BUCKETS_H
#define TPA_CORE_BUCKETS_H

#include <apr.h>

#include "core/bucket.h"

typedef struct tpa_buckets_t tpa_buckets_t;

/** What is done to a bucket. */
typedef enum tpa_bucket_act_t {
    TPA_BUCKET_TAKE,
    TPA_BUCKET_PEEK,     /* would a token be there? */
    TPA_BUCKET_GIVE      /* one back */
} tpa_bucket_act_t;

/** What is told of a bucket from time to time. */
typedef enum tpa_bucket_news_t {
    TPA_BUCKET_EMPTY, TPA_BUCKET_LOW, TPA_BUCKET_NEWS
} tpa_bucket_news_t;

/** Bytes of a table. @param sets  how many; 8 buckets each */
apr_size_t tpa_buckets_size(apr_uint32_t sets);

/** Lay a table out in memory that is all zero; it needs no end. */
tpa_buckets_t *tpa_buckets_make(void *memory, apr_uint32_t sets);

/**
 * Ask a bucket.
 *
 * @param key   which; anything but 0, evenly spread, not to be guessed
 * @param spec  its size and speed, as configured now
 * @param view  receives what came of it
 * @return 1; 0 when there is no place for it, since all of its set are in use:
 *         then nothing is counted, and view allows
 */
int tpa_buckets_ask(tpa_buckets_t *b, tpa_bucket_act_t act, apr_uint64_t key,
                    const tpa_bucket_spec_t *spec, apr_time_t now,
                    tpa_bucket_view_t *view);

/** May this be told of a bucket now? Once a minute it may. */
int tpa_buckets_tell(tpa_buckets_t *b, apr_uint64_t key,
                     tpa_bucket_news_t news, apr_time_t now);

#endif
