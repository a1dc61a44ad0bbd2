/**
 * @file return.h
 * @brief Where answers of the user flow go: back to the application, or to a
 *        page of ours (spec.md 5.4, RFC 9207).
 */
#ifndef TPA_HTTP_RETURN_H
#define TPA_HTTP_RETURN_H

#include "base/txn.h"
#include "core/flow.h"
#include "http/page.h"
#include "http/visit.h"

/** May the response mode be used with this application and redirect URI?
 *  web_message goes to registered origins only. TPA_E_INVALID_REQUEST. */
tpa_err_t *tpa_return_check(const tpa_flow_facts_t *f, apr_pool_t *p);

/** Hand a code to the application, with state and iss. */
tpa_err_t *tpa_return_code(const tpa_txn_t *t, tpa_reply_t *reply,
                           const tpa_visit_t *v, const char *code);

/**
 * Tell an error of the user flow: the tpa_tell_fn of its routes. The one place
 * that decides between a redirect and a page. t->gated is the visit, or NULL.
 */
void tpa_return_error(const tpa_txn_t *t, tpa_reply_t *reply,
                      const tpa_err_t *e, int retry_after);

/** How pages of a visit look; the Organization's own look is for requests
 *  that it admits. */
tpa_look_t tpa_return_look(const tpa_visit_t *v, apr_pool_t *p);

#endif
