/**
 * @file once.h
 * @brief What came once and must not come again, in memory that processes
 *        share: a table of fixed size, without a lock.
 *
 * Two that come at the very same moment may both be told that they came before;
 * never is one told twice that it is new, as long as it has not expired.
 */
#ifndef TPA_CORE_ONCE_H
#define TPA_CORE_ONCE_H

#include <apr.h>

typedef enum tpa_once_t {
    TPA_ONCE_NEW,
    TPA_ONCE_AGAIN,
    TPA_ONCE_FULL      /* there is no room to remember it: it must not pass */
} tpa_once_t;

/** Bytes that a table of at least so many needs; all of them start as zero. */
apr_size_t tpa_once_size(int most);

/**
 * Remember something.
 *
 * @param table    the memory, aligned for 64 bits
 * @param most     as for its size
 * @param hash     of it: evenly spread
 * @param expires  second from which it need not be remembered; at most an
 *                 hour from now
 * @param now      seconds since the epoch
 */
tpa_once_t tpa_once_take(void *table, int most, apr_uint64_t hash,
                         apr_int64_t expires, apr_int64_t now);

#endif
