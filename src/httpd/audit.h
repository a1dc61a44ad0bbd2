/**
 * @file audit.h
 * @brief The queue of audit events of a tenant in a child process.
 *
 * Events are written in batches by the site's thread. The queue is bounded and
 * never drops: when it is full, the request that brings an event writes it
 * itself, and gets no token when that fails (design.md 2.15). Refusals of
 * callers who proved nothing are held to a rate; the next one that is let
 * through says how many were not.
 */
#ifndef TPA_HTTPD_AUDIT_H
#define TPA_HTTPD_AUDIT_H

#include "base/log.h"
#include "core/event.h"
#include "store/store.h"

typedef struct tpa_audit_t tpa_audit_t;

/**
 * An empty queue.
 *
 * @param source           connections to write with
 * @param capacity         most events held
 * @param strangers_per_s  refusals of unknown callers recorded a second
 * @param p                pool of the child process
 */
tpa_audit_t *tpa_audit_make(const tpa_conn_source_t *source, int capacity,
                            int strangers_per_s, apr_pool_t *p);

/**
 * Take an event.
 *
 * @return TPA_OK once it is queued or written (or, for a refusal of an unknown
 *         caller, counted); TPA_E_UNAVAILABLE when the queue is full and the
 *         database cannot be reached
 */
tpa_err_t *tpa_audit_take(tpa_audit_t *a, const tpa_event_t *event,
                          apr_pool_t *p);

/**
 * Write what is queued, a batch at a time.
 * @return TPA_OK, or TPA_E_UNAVAILABLE: what could not be written stays
 */
tpa_err_t *tpa_audit_flush(tpa_audit_t *a, apr_pool_t *p);

/** Write what is still queued to the log: when the process must end. */
void tpa_audit_spill(tpa_audit_t *a, const tpa_log_t *log, apr_pool_t *p);

#endif
