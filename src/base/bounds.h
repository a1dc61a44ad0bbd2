/**
 * @file bounds.h
 * @brief What holds for every parameter of a body: it stands in the body, and
 *        it is short enough.
 */
#ifndef TPA_BASE_BOUNDS_H
#define TPA_BASE_BOUNDS_H

#include "base/txn.h"

/**
 * Check the parameters an endpoint reads; others do not matter.
 *
 * @param params  ends with a NULL name
 * @return TPA_OK, or TPA_E_INVALID_REQUEST naming the parameter that stands in
 *         the URL or is too long
 */
tpa_err_t *tpa_bounds_check(tpa_txn_t *t, const tpa_param_t *params);

/**
 * The value of a parameter that must be there.
 *
 * @param out  receives it
 * @return TPA_OK, or TPA_E_INVALID_REQUEST naming the parameter
 */
tpa_err_t *tpa_bounds_need(tpa_txn_t *t, const char *name, const char **out);

#endif
