/**
 * @file flow.h
 * @brief What the user flow does once it is decided: the next page, or the
 *        code.
 */
#ifndef TPA_HTTP_FLOW_H
#define TPA_HTTP_FLOW_H

#include "base/txn.h"
#include "http/visit.h"

/** Answer with what the decision says comes next. */
tpa_err_t *tpa_flow_advance(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v);

/** Decide, and answer with what comes next. */
tpa_err_t *tpa_flow_go_on(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v);

/* The page of each step. error: what is wrong, by the name that the template
 * knows; NULL: nothing. connection: id of the one whose form is shown; NULL:
 * the first. wait_s: seconds until the next attempt; 0: none. */
tpa_err_t *tpa_show_organization(tpa_txn_t *t, tpa_reply_t *reply,
                                 tpa_visit_t *v, const char *error);
tpa_err_t *tpa_show_login(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                          const char *connection, const char *error,
                          int wait_s);
tpa_err_t *tpa_show_picker(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v);
tpa_err_t *tpa_show_consent(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v);
tpa_err_t *tpa_show_confirm(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v);

/* Where their forms go; each demands a ticket of its page. */
tpa_err_t *tpa_ep_organization(tpa_txn_t *t, tpa_reply_t *reply);
tpa_err_t *tpa_ep_login(tpa_txn_t *t, tpa_reply_t *reply);
tpa_err_t *tpa_ep_picker(tpa_txn_t *t, tpa_reply_t *reply);
tpa_err_t *tpa_ep_consent(tpa_txn_t *t, tpa_reply_t *reply);
tpa_err_t *tpa_ep_confirm(tpa_txn_t *t, tpa_reply_t *reply);

/** GET /u/continue: after a login that another module of httpd did. */
tpa_err_t *tpa_ep_continue(tpa_txn_t *t, tpa_reply_t *reply);

/** Path of one of these below the host, for forms: "u/login". */
const char *tpa_flow_path(const tpa_txn_t *t, const char *path);

#endif
