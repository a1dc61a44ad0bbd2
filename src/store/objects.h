/**
 * @file objects.h
 * @brief The calls of the Management API: every one takes a JSON object and
 *        answers with a result and a JSON body.
 *
 * All of these functions have one shape (docs/dev/sql.md):
 * tpa.NAME(p text, p_event text) -> (result text, id text, body text). p names
 * what is meant and holds what was checked; p_event is the audit event of a
 * write, stored in the same call, or NULL.
 */
#ifndef TPA_STORE_OBJECTS_H
#define TPA_STORE_OBJECTS_H

#include "base/json.h"
#include "store/store.h"

typedef struct tpa_outcome_t {
    const char *result;      /* found, created, updated, deleted; or why not:
                                not_found, conflict, limit, changed, no_client,
                                no_api, ... */
    const char *id;          /* of the object, or NULL */
    const char *text;        /* of the body; NULL: none */
    const tpa_json_t *body;  /* the object, or a list; NULL: none */
} tpa_outcome_t;

/**
 * Read; safe to repeat.
 *
 * @param st    the store
 * @param name  function of schema tpa: a constant of the program
 * @param p     its argument
 * @param out   receives the outcome; result is never NULL
 * @param pool  pool of the outcome
 * @return TPA_OK or TPA_E_UNAVAILABLE; an unhappy result is no error here
 */
tpa_err_t *tpa_store_read(tpa_store_t *st, const char *name,
                          const tpa_json_t *p, tpa_outcome_t *out,
                          apr_pool_t *pool);

/** Read, and leave the text of the body as it is: body stays NULL. */
tpa_err_t *tpa_store_read_text(tpa_store_t *st, const char *name,
                               const tpa_json_t *p, tpa_outcome_t *out,
                               apr_pool_t *pool);

/** Write, with its audit event (NULL: none); never repeated by itself. */
tpa_err_t *tpa_store_write(tpa_store_t *st, const char *name,
                           const tpa_json_t *p, const tpa_json_t *event,
                           tpa_outcome_t *out, apr_pool_t *pool);

#endif
