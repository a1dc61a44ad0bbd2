/**
 * @file events.h
 * @brief Audit events, and things that may happen once only.
 */
#ifndef TPA_STORE_EVENTS_H
#define TPA_STORE_EVENTS_H

#include "base/json.h"
#include "store/store.h"

/**
 * Write a batch of events in one round trip. Safe to repeat: an event that is
 * there already (same log_id) is left alone.
 *
 * @param batch  JSON text: an array of what tpa_event_json makes
 */
tpa_err_t *tpa_store_events_add(tpa_store_t *st, const char *batch,
                                apr_pool_t *p);

/**
 * The event of a refusal.
 *
 * @param ref  its reference
 * @param out  receives the event as JSON, with its details
 * @return TPA_OK; TPA_E_NOT_FOUND
 */
tpa_err_t *tpa_store_event_by_ref(tpa_store_t *st, const char *ref,
                                  tpa_json_t **out, apr_pool_t *p);

/**
 * Use up a jti: of all callers on all nodes one succeeds.
 *
 * @param client_id  whose it is
 * @param jti_hash   hexadecimal SHA-256 of the value
 * @param expires    until when it must be remembered
 * @param fresh      receives 1 for the one caller, 0 for a replay
 */
tpa_err_t *tpa_store_jti_use(tpa_store_t *st, const char *client_id,
                             const char *jti_hash, apr_time_t expires,
                             int *fresh, apr_pool_t *p);

#endif
