/**
 * @file reply.h
 * @brief Fill a reply.
 */
#ifndef TPA_BASE_REPLY_H
#define TPA_BASE_REPLY_H

#include "base/json.h"
#include "base/txn.h"

/** An empty reply with an empty header table. */
tpa_reply_t *tpa_reply_make(apr_pool_t *p);

/**
 * Answer with JSON that no cache may keep (RFC 6749 5.1).
 *
 * @param reply   the reply
 * @param status  HTTP status
 * @param body    the JSON value
 * @param p       pool of the text
 */
void tpa_reply_json(tpa_reply_t *reply, int status, const tpa_json_t *body,
                    apr_pool_t *p);

/**
 * Answer with the JSON error of RFC 6749 5.2. A 503 and a 429 carry
 * Retry-After.
 *
 * @param t            the request; only its pool is needed
 * @param reply        the reply; headers set earlier are kept
 * @param e            the error
 * @param retry_after  seconds for Retry-After
 */
void tpa_reply_error(const tpa_txn_t *t, tpa_reply_t *reply,
                     const tpa_err_t *e, int retry_after);

/** Say when to come again, where the status tells to. */
void tpa_reply_retry_after(tpa_reply_t *reply, const tpa_err_t *e,
                           int retry_after, apr_pool_t *p);

/** Say Cache-Control: no-store and Pragma: no-cache. */
void tpa_reply_no_store(tpa_reply_t *reply);

#endif
