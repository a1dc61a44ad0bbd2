/**
 * @file house.h
 * @brief Rows whose time is over go, some at a time.
 */
#ifndef TPA_STORE_HOUSE_H
#define TPA_STORE_HOUSE_H

#include <apr_time.h>
#include "store/store.h"

/**
 * Take away rows of one kind. One caller at a time does, on all nodes; others
 * are told 0.
 *
 * @param what     codes, sessions, families, jti, throttle or events
 * @param keep_s   seconds they are kept after their end
 * @param most     most rows
 * @param deleted  receives how many went; fewer than most: there are no more
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_housekeep(tpa_store_t *st, const char *what,
                               apr_int64_t keep_s, int most, int *deleted,
                               apr_pool_t *p);

#endif
