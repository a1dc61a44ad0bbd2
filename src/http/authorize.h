/**
 * @file authorize.h
 * @brief GET /authorize (RFC 6749 4.1.1).
 */
#ifndef TPA_HTTP_AUTHORIZE_H
#define TPA_HTTP_AUTHORIZE_H

#include "base/txn.h"

/**
 * The gate, before any login module: is this a request that can be answered
 * with a page at all, for this application, API and Organization? Leaves the
 * visit in t->gated, also when it refuses.
 *
 * @return TPA_OK, or why not: http/visit.h
 */
tpa_err_t *tpa_gate_authorize(tpa_txn_t *t);

/** The endpoint: the next page, or a code. */
tpa_err_t *tpa_ep_authorize(tpa_txn_t *t, tpa_reply_t *reply);

#endif
