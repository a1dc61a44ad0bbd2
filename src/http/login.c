#include <string.h>

#include <apr_strings.h>

#include "base/shown.h"
#include "core/event.h"
#include "crypto/password.h"
#include "http/flow.h"
#include "http/login.h"
#include "http/page.h"
#include "http/return.h"
#include "http/session.h"
#include "http/throttle.h"
#include "store/flow.h"

#define DATABASE "auth0"       /* strategy of connections whose passwords we
                                  hold */
#define MAX_IDENTIFIER 320
#define MAX_LINK_TICKET 8000   /* httpd reads request lines of 8190 bytes */
#define STATUS_BAD_REQUEST 400
#define STATUS_TOO_MANY 429

/* ---- the page ----------------------------------------------------------- */

static int is_database(const tpa_connection_t *c)
{
    return !strcmp(c->strategy, DATABASE);
}

static int is_id(const tpa_connection_t *c, const char *id)
{
    return id && !strcmp(c->id, id);
}

/* The one whose form is shown: that which was asked for, else the tenant's
 * default directory, else the first. */
static const tpa_connection_t *database_of(const tpa_visit_t *v,
                                           const char *id)
{
    const char *dflt = v->f.flow_tenant.default_directory;
    const tpa_connection_t *found = NULL;
    int i;

    for (i = 0; i < v->decision.connections->nelts; i++) {
        const tpa_connection_t *c = APR_ARRAY_IDX(v->decision.connections, i,
                                                  const tpa_connection_t *);

        if (!is_database(c))
            continue;
        if (is_id(c, id))
            return c;
        if (!found || (dflt && !strcmp(c->name, dflt)))
            found = c;
    }
    return found;
}

/* Where the user goes to log in by it; NULL: nobody can. One without a button
 * is for applications that ask for it. */
static const char *href_of(const tpa_txn_t *t, const tpa_visit_t *v,
                           const tpa_connection_t *c, const char *ticket)
{
    const char *path;

    if (strlen(ticket) > MAX_LINK_TICKET)
        return NULL;
    if (is_database(c))
        return apr_pstrcat(t->p, tpa_flow_path(t, "u/login?connection="),
                           c->id, "&ticket=", ticket, NULL);
    path = t->locations ? apr_table_get(t->locations, c->name) : NULL;
    return path && (c->show_as_button || v->f.asked.connection)
        ? apr_pstrcat(t->p, path, "?ticket=", ticket, NULL) : NULL;
}

static tpa_json_t *others_of(const tpa_txn_t *t, const tpa_visit_t *v,
                             const tpa_connection_t *shown,
                             const char *ticket)
{
    tpa_json_t *others = tpa_json_array(t->p);
    int i;

    for (i = 0; i < v->decision.connections->nelts; i++) {
        const tpa_connection_t *c = APR_ARRAY_IDX(v->decision.connections, i,
                                                  const tpa_connection_t *);
        const char *href = c == shown ? NULL : href_of(t, v, c, ticket);
        tpa_json_t *item;

        if (!href)
            continue;
        item = tpa_json_object(t->p);
        tpa_json_set_str(item, "label", tpa_text_shown(c->display_name
                         ? c->display_name : c->name, t->p));
        tpa_json_set_str(item, "href", href);
        tpa_json_add(others, item);
    }
    return others;
}

/* They are hidden, or no location is theirs: there is nothing to log in by. */
static tpa_err_t *none_shown(apr_pool_t *p)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_REQUEST,
                           "no connection is enabled for this client");

    e->detail = "of the connections that this login may use, none has a button"
        " and a location with TPAConnection";
    return tpa_err_by(e, "connection_shown");
}

static tpa_err_t *show_connections(const tpa_txn_t *t, const tpa_visit_t *v,
                                   const char *id, const char *ticket,
                                   tpa_json_t *view)
{
    const tpa_connection_t *shown = database_of(v, id);
    tpa_json_t *others = others_of(t, v, shown, ticket);

    if (!shown && strlen(ticket) > MAX_LINK_TICKET)
        return tpa_ticket_too_long(t->p);
    if (!shown && !tpa_json_size(others))
        return none_shown(t->p);
    tpa_json_set_bool(view, "has_database", shown != NULL);
    tpa_json_set_str(view, "connection_id", shown ? shown->id : NULL);
    tpa_json_set(view, "others", others);
    return TPA_OK;
}

tpa_err_t *tpa_show_login(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                          const char *connection, const char *error,
                          int wait_s)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    const char *ticket;

    v->progress.page_shown = 1;
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_LOGIN, &ticket));
    TPA_TRY(show_connections(t, v, connection, ticket, view));
    tpa_json_set_str(view, "action", tpa_flow_path(t, "u/login"));
    tpa_json_set_str(view, "ticket", ticket);
    tpa_json_set_str(view, "application",
                     tpa_text_shown(v->f.client.name, t->p));
    tpa_json_set_str(view, "organization", v->decision.org_id
                     ? look.brand : NULL);
    tpa_json_set_str(view, "identifier", tpa_text_shown(v->login_hint, t->p));
    tpa_json_set_str(view, "error", error);
    if (wait_s)
        tpa_json_set_int(view, "wait_s", wait_s);
    return tpa_page(t, reply, wait_s ? STATUS_TOO_MANY
                    : error ? STATUS_BAD_REQUEST : 200, "login", view, &look);
}

/* ---- who it is ---------------------------------------------------------- */

typedef struct attempt_t {
    const tpa_connection_t *connection;
    const char *identifier;
    const char *password;
    int account_key, address_key;
    /* As looked up. */
    const char *user_id;
    const char *hash;
    int blocked;
    int wait_s;
} attempt_t;

const tpa_connection_t *tpa_login_connection(const tpa_visit_t *v,
                                             const char *id, const char *name)
{
    const apr_array_header_t *usable = v->decision.connections;
    int i;

    for (i = 0; i < usable->nelts; i++) {
        const tpa_connection_t *c
            = APR_ARRAY_IDX(usable, i, const tpa_connection_t *);

        if (id ? !strcmp(c->id, id) : name && !strcmp(c->name, name))
            return c;
    }
    return NULL;
}

tpa_err_t *tpa_login_not_usable(apr_pool_t *p)
{
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_REQUEST, "The connection is not"
        " one that this application may use"), "connection_usable");
}

static tpa_err_t *read_attempt(tpa_txn_t *t, const tpa_visit_t *v,
                               attempt_t *a)
{
    const char *id = tpa_txn_param(t, "connection");

    a->connection = id ? tpa_login_connection(v, id, NULL) : NULL;
    if (!a->connection || !is_database(a->connection))
        return tpa_login_not_usable(t->p);
    a->identifier = tpa_txn_param(t, "identifier");
    a->password = tpa_txn_param(t, "password");
    t->event->connection = a->connection->name;
    return TPA_OK;
}

/* docs/operations.md explains the numbers. */
static void add_keys(const attempt_t *a, tpa_json_t *o)
{
    tpa_json_set_int(o, "account_key", a->account_key);
    tpa_json_set_int(o, "account_free", 5);
    tpa_json_set_int(o, "account_every_s", 10);
    tpa_json_set_int(o, "address_key", a->address_key);
    tpa_json_set_int(o, "address_free", 50);
    tpa_json_set_int(o, "address_every_s", 2);
    tpa_json_set_int(o, "longest_wait_s", 30);
}

static tpa_err_t *look_up(tpa_txn_t *t, attempt_t *a)
{
    tpa_json_t *o = tpa_json_object(t->p);
    tpa_outcome_t outcome;
    apr_int64_t wait_s = 0;

    a->account_key = tpa_throttle_account(a->connection->id, a->identifier,
                                          t->p);
    a->address_key = tpa_throttle_address(t->req->remote_ip, t->p);
    tpa_json_set_str(o, "connection_id", a->connection->id);
    tpa_json_set_str(o, "identifier", a->identifier);
    tpa_json_set_str(o, "ip", t->req->remote_ip);
    add_keys(a, o);
    TPA_TRY(tpa_store_read(t->store, "login_lookup", o, &outcome, t->p));
    tpa_json_get_int(outcome.body, "wait_s", &wait_s);
    a->wait_s = (int)wait_s;
    if (strcmp(outcome.result, "found"))
        return TPA_OK;
    a->user_id = outcome.id;
    a->hash = tpa_json_get_str(outcome.body, "password_hash");
    a->blocked = tpa_json_get_true(outcome.body, "blocked");
    return TPA_OK;
}

/* ---- what comes of it --------------------------------------------------- */

/* The event says what the page does not. */
static tpa_err_t *failed(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                         const attempt_t *a, const char *type)
{
    tpa_json_t *o = tpa_json_object(t->p);
    tpa_event_t *event;
    tpa_outcome_t outcome;

    t->event->user_id = a->user_id;
    t->event->description = "Wrong email or password";
    TPA_TRY(tpa_session_event(t, type, &event));
    add_keys(a, o);
    TPA_TRY(tpa_store_write(t->store, "login_failed", o,
                            tpa_event_json(event, t->p), &outcome, t->p));
    tpa_meter_count(t->meter, TPA_TALLY_LOGINS, type, NULL);
    tpa_log(t->log, TPA_LOG_INFO, t->p, "TPA0010: login failed: type=%s"
            " connection=%s user=%s client_address=%s", type,
            a->connection->name, a->user_id ? a->user_id : "-",
            t->req->remote_ip);
    return tpa_show_login(t, reply, v, a->connection->id, "wrong", 0);
}

/* Not looked at at all, and so costs nothing. */
static tpa_err_t *throttled(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                            const attempt_t *a)
{
    tpa_event_t *event;

    t->event->description = "Too many failed logins";
    TPA_TRY(tpa_session_event(t, "limit_wc", &event));
    event->authenticated = 0;
    TPA_TRY(t->record(t->record_baton, event, t->p));
    tpa_meter_count(t->meter, TPA_TALLY_THROTTLED, "login", NULL);
    apr_table_setn(reply->headers, "Retry-After",
                   apr_itoa(t->p, a->wait_s));
    return tpa_show_login(t, reply, v, a->connection->id, "throttled",
                          a->wait_s);
}

static tpa_err_t *succeeded(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                            const attempt_t *a)
{
    tpa_json_t *who = tpa_json_object(t->p);
    const char *result;

    t->event->user_id = a->user_id;
    tpa_json_set_str(who, "user_id", a->user_id);
    tpa_json_set_str(who, "connection_id", a->connection->id);
    tpa_json_set_str(who, "password_hash", a->hash);
    tpa_json_set_int(who, "account_key", a->account_key);
    TPA_TRY(tpa_session_begin(t, "session_start", who, v, reply, &result));
    if (strcmp(result, "created"))
        return failed(t, reply, v, a, "f");
    tpa_meter_count(t->meter, TPA_TALLY_LOGINS, "s", NULL);
    TPA_TRY(tpa_visit_gather(t, v));
    return tpa_flow_go_on(t, reply, v);
}

/* By a link of ours: another database, or another user. */
static tpa_err_t *show_again(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_link(t, TPA_FOR_LOGIN, &v));
    TPA_TRY(tpa_visit_connections(t, v));
    return tpa_show_login(t, reply, v,
                          apr_table_get(t->req->query, "connection"), NULL, 0);
}

tpa_err_t *tpa_ep_login(tpa_txn_t *t, tpa_reply_t *reply)
{
    attempt_t a = { NULL };
    int right = 0;
    tpa_visit_t *v;

    if (!strcmp(t->req->method, "GET"))
        return show_again(t, reply);
    TPA_TRY(tpa_visit_post(t, TPA_FOR_LOGIN, &v));
    TPA_TRY(tpa_visit_connections(t, v));
    TPA_TRY(read_attempt(t, v, &a));
    if (!a.connection)
        return tpa_login_not_usable(t->p);
    if (!a.identifier || strlen(a.identifier) > MAX_IDENTIFIER || !a.password)
        return tpa_show_login(t, reply, v, a.connection->id, "wrong", 0);
    v->login_hint = a.identifier;
    TPA_TRY(look_up(t, &a));
    if (a.wait_s)
        return throttled(t, reply, v, &a);
    /* Whoever it is, the same work is done before an answer. */
    TPA_TRY(tpa_password_check(a.password, a.blocked ? NULL : a.hash, &right,
                               t->p));
    if (right)
        return succeeded(t, reply, v, &a);
    return failed(t, reply, v, &a, !a.user_id ? "fu" : a.blocked ? "f" : "fp");
}
