/**
 * @file visit.h
 * @brief A user's way from the application through our pages and back, as one
 *        request of it sees it.
 *
 * Every request gathers all facts anew and decides anew: at the authorization
 * endpoint from the query, afterwards from the ticket, which says what was
 * asked for and chosen. Nothing that was decided is carried along.
 */
#ifndef TPA_HTTP_VISIT_H
#define TPA_HTTP_VISIT_H

#include "base/txn.h"
#include "core/flow.h"
#include "http/ticket.h"

typedef struct tpa_visit_t {
    const apr_table_t *sent;     /* parameters of the application */
    tpa_flow_facts_t f;
    tpa_progress_t progress;
    tpa_flow_decision_t decision;
    const tpa_ticket_t *ticket;  /* it goes on by; NULL: it begins */
    const char *browser;         /* the browser's cookie; NULL: none came */
    const char *session_hash;    /* of the session cookie; NULL: none came */
    const char *login_hint;      /* what to fill in for the user, or NULL */
    int has_facts;
    int may_return;              /* application and redirect URI are right, so
                                    an answer may go there */
} tpa_visit_t;

/**
 * Begin: judge the request, gather, decide. t->gated is the visit from the
 * first moment on, so that an error finds its way.
 *
 * @return TPA_OK; TPA_E_NOWHERE_TO_GO when the application or the redirect URI
 *         is not right; any error of tpa_authz_check or tpa_flow_authorize
 */
tpa_err_t *tpa_visit_begin(tpa_txn_t *t);

/**
 * Go on with the ticket of a form, which only a POST from a page of ours may
 * bring. t->gated becomes the visit, with its facts; nothing is decided yet.
 *
 * @param page  the page the form stood on
 * @param out   receives the visit
 * @return TPA_OK; TPA_E_NOWHERE_TO_GO when it cannot go on; any error of the
 *         request, which is judged again
 */
tpa_err_t *tpa_visit_post(tpa_txn_t *t, tpa_ticket_for_t page,
                          tpa_visit_t **out);

/** The same with the ticket of a link. */
tpa_err_t *tpa_visit_link(tpa_txn_t *t, tpa_ticket_for_t page,
                          tpa_visit_t **out);

/** Gather the facts anew, after progress or session changed. */
tpa_err_t *tpa_visit_gather(tpa_txn_t *t, tpa_visit_t *v);

/** Decide what comes next; an Organization that is the only one there can be
 *  is taken. Gathers once more for that. */
tpa_err_t *tpa_visit_decide(tpa_txn_t *t, tpa_visit_t *v);

/** Decide as if nobody were logged in: the connections that may be used. */
tpa_err_t *tpa_visit_connections(tpa_txn_t *t, tpa_visit_t *v);

/**
 * A ticket for the next page; the browser gets its cookie with it when it has
 * none.
 *
 * @param reply  receives the cookie
 * @param box    receives the ticket
 */
tpa_err_t *tpa_visit_ticket(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                            tpa_ticket_for_t page, const char **box);

#endif
