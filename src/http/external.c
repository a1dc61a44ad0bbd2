#include <string.h>

#include <apr_strings.h>

#include "base/reply.h"
#include "base/text.h"
#include "core/event.h"
#include "core/user.h"
#include "http/external.h"
#include "http/flow.h"
#include "http/login.h"
#include "http/session.h"

#define STATUS_SEE_OTHER 303

/* A name of a user is kept as it is, so it must be one: no control bytes, and
 * not so long that it would be cut somewhere. */
static int is_subject(const char *subject)
{
    const char *c;

    if (!subject || !*subject || strlen(subject) > TPA_EXTERNAL_MAX_SUBJECT
        || !tpa_text_is_utf8(subject))
        return 0;
    for (c = subject; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return 0;
    }
    return 1;
}

static tpa_err_t *check_login(const tpa_txn_t *t)
{
    const tpa_login_t *login = t->login;

    if (!login)
        return tpa_err_private(t->p, TPA_E_INTERNAL, "no TPAConnection");
    if (login->trouble || !is_subject(login->subject))
        return tpa_err_private(t->p, TPA_E_INTERNAL, "TPAConnection %s: %s",
            login->connection, login->trouble ? login->trouble
            : "the user has no name, or none that can be kept");
    return TPA_OK;
}

static tpa_err_t *begin(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    tpa_json_t *who = tpa_json_object(t->p);
    const char *result;

    tpa_json_set_str(who, "connection", t->login->connection);
    tpa_json_set_str(who, "subject", t->login->subject);
    tpa_json_set_str(who, "email", tpa_user_told_email(t->login->email));
    tpa_json_set_bool(who, "email_verified", 0);
    tpa_json_set_str(who, "name", tpa_user_told_name(t->login->name));
    TPA_TRY(tpa_session_begin(t, "session_external", who, v, reply, &result));
    if (!strcmp(result, "blocked"))
        return tpa_err_by(tpa_err(t->p, TPA_E_ACCESS_DENIED, "user is"
                                  " blocked"), "user_not_blocked");
    if (strcmp(result, "created"))
        return tpa_login_not_usable(t->p);
    return TPA_OK;
}

static tpa_err_t *send_on(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    const char *ticket;

    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_CONTINUE, &ticket));
    reply->status = STATUS_SEE_OTHER;
    apr_table_setn(reply->headers, "Location",
                   apr_pstrcat(t->p, t->issuer, "u/continue?ticket=", ticket,
                               NULL));
    apr_table_setn(reply->headers, "Referrer-Policy", "no-referrer");
    tpa_reply_no_store(reply);
    return TPA_OK;
}

tpa_err_t *tpa_ep_external(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v;

    TPA_TRY(check_login(t));
    t->event->connection = t->login->connection;
    TPA_TRY(tpa_visit_link(t, TPA_FOR_LOGIN, &v));
    TPA_TRY(tpa_visit_connections(t, v));
    if (!tpa_login_connection(v, NULL, t->login->connection))
        return tpa_login_not_usable(t->p);
    TPA_TRY(begin(t, reply, v));
    return send_on(t, reply, v);
}
