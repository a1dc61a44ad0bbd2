/**
 * @file store_int.h
 * @brief Inside the store: from the driver's rows to ours.
 */
#ifndef TPA_STORE_STORE_INT_H
#define TPA_STORE_STORE_INT_H

#include "store/store.h"

/**
 * Copy all rows of an answer, to its end, so that the connection is free.
 * @return 0, or 1 when the driver failed
 */
int tpa_rows_copy(const tpa_conn_t *conn, apr_dbd_results_t *res,
                  tpa_rows_t **out, apr_pool_t *p);

#endif
