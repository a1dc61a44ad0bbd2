#include <string.h>

#include <apr_strings.h>

#include "store/store_int.h"

#define MAX_ARGS 16

struct tpa_store_t {
    const tpa_conn_source_t *source;
    int round_trips;
};

/* A statement of a connection, in a pool of its own below that of the
 * connection: one that is prepared anew leaves nothing behind. */
typedef struct statement_t {
    apr_pool_t *pool;
    apr_dbd_prepared_t *st;
} statement_t;

/* A call on its way. */
typedef struct call_t {
    tpa_conn_t conn;
    const tpa_fn_t *fn;
    const char *label;
    const char *args[MAX_ARGS];
    tpa_rows_t *rows;
    const char *message;    /* of the driver, why it failed */
    apr_pool_t *p;
} call_t;

typedef enum outcome_t {
    DONE,
    FORGOTTEN,   /* the server does not know the statement: not executed */
    STALE,       /* it knows one for an older form of the answer: likewise */
    LOST,        /* the connection was lost, and is whole again: executed or
                    not, who knows */
    FAILED
} outcome_t;

tpa_store_t *tpa_store_make(const tpa_conn_source_t *source, apr_pool_t *p)
{
    tpa_store_t *st = apr_pcalloc(p, sizeof(*st));

    st->source = source;
    return st;
}

int tpa_store_round_trips(const tpa_store_t *st)
{
    return st->round_trips;
}

/* ---- what went wrong ---------------------------------------------------- */

/* There is no SQLSTATE, and servers speak many languages. But a complaint
 * about a statement quotes its label; a line of the statement, shown with
 * another complaint, has a blank before it. */
static int complains_of(const char *message, const char *label)
{
    const char *at = message;

    while ((at = strstr(at, label))) {
        if (at > message && at[-1] != ' ' && at[-1] != '.')
            return 1;
        at++;
    }
    return 0;
}

/* Keep what the driver says, and see to the connection. A driver that found
 * it broken and made it anew has no word any more of what it said before. */
static outcome_t failure(call_t *call, int code)
{
    const tpa_conn_t *conn = &call->conn;
    const char *now;

    now = apr_dbd_error(conn->driver, conn->handle, code);
    call->message = apr_pstrdup(call->p, now ? now : "");
    if (apr_dbd_check_conn(conn->driver, call->p, conn->handle)
        != APR_SUCCESS)
        return FAILED;
    now = apr_dbd_error(conn->driver, conn->handle, code);
    if (strcmp(call->message, now ? now : ""))
        return LOST;
    if (complains_of(call->message, call->label))
        return FORGOTTEN;
    return strstr(call->message, "cached plan must not change") ? STALE
                                                                : FAILED;
}

/* ---- statements --------------------------------------------------------- */

static const char *text_of(const tpa_fn_t *fn, apr_pool_t *p)
{
    const char *args = "";
    int i;

    for (i = 0; i < fn->nargs; i++)
        args = apr_pstrcat(p, args, i ? ", %s" : "%s", NULL);
    return apr_psprintf(p, "SELECT * FROM tpa.%s(%s)", fn->name, args);
}

static void forget(call_t *call)
{
    statement_t *old = apr_hash_get(call->conn.prepared, call->label,
                                    APR_HASH_KEY_STRING);

    if (!old)
        return;
    apr_hash_set(call->conn.prepared, call->label, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(old->pool);
}

/* Make the statement and keep it with the connection. Without a label it is
 * sent as text each time. One the server has already, as it may behind a
 * pooler, is as good as a fresh one. */
static outcome_t make_statement(call_t *call, const char *label)
{
    apr_dbd_prepared_t *st = NULL;
    apr_pool_t *pool;
    statement_t *made;
    outcome_t outcome;
    int code;

    apr_pool_create(&pool, call->conn.pool);
    apr_pool_tag(pool, "tpa_statement");
    code = apr_dbd_prepare(call->conn.driver, pool, call->conn.handle,
                           text_of(call->fn, call->p), label, &st);
    outcome = code ? failure(call, code) : DONE;
    if (!st || (code && outcome != FORGOTTEN)) {
        apr_pool_destroy(pool);
        return outcome;
    }
    made = apr_palloc(pool, sizeof(*made));
    made->pool = pool;
    made->st = st;
    apr_hash_set(call->conn.prepared, apr_pstrdup(pool, call->label),
                 APR_HASH_KEY_STRING, made);
    return DONE;
}

/* ---- a call ------------------------------------------------------------- */

static outcome_t run_once(call_t *call)
{
    const tpa_conn_t *conn = &call->conn;
    apr_dbd_results_t *res = NULL;
    const statement_t *statement;
    outcome_t outcome;
    int code;

    statement = apr_hash_get(conn->prepared, call->label, APR_HASH_KEY_STRING);
    if (!statement) {
        outcome = make_statement(call, call->label);
        if (outcome != DONE)
            return outcome;
        statement = apr_hash_get(conn->prepared, call->label,
                                 APR_HASH_KEY_STRING);
    }
    /* Random access: without it an empty answer costs 100 ms. */
    code = apr_dbd_pselect(conn->driver, call->p, conn->handle, &res,
                           statement->st, 1, call->fn->nargs, call->args);
    if (code)
        return failure(call, code);
    call->message = "the answer could not be read";
    return tpa_rows_copy(conn, res, &call->rows, call->p) ? FAILED : DONE;
}

/* What was not executed is run again: prepared anew, and if the server forgets
 * it at once (every statement may meet another server behind a pooler) or
 * cannot prepare it anew, as text from then on. What may have been executed is
 * run again only if it just reads. */
static outcome_t run(call_t *call)
{
    int forgotten = 0, lost = 0;
    outcome_t outcome;

    for (;;) {
        outcome = run_once(call);
        if (outcome == FORGOTTEN && forgotten < 2) {
            forget(call);
            if (++forgotten == 2)
                make_statement(call, NULL);
        }
        else if (outcome == STALE && !forgotten) {
            forgotten = 2;
            forget(call);
            make_statement(call, NULL);
        }
        else if (outcome == LOST && call->fn->reads_only && !lost++)
            forget(call);
        else
            return outcome;
    }
}

/* The first line says what is wrong. Those behind it may quote the row that was
 * refused, with whatever stands in it. */
static const char *first_line(const char *message, apr_pool_t *p)
{
    apr_size_t len = message ? strcspn(message, "\r\n") : 0;

    return len ? apr_pstrmemdup(p, message, len) : "no message of the database";
}

static tpa_err_t *unavailable(const char *name, const char *why, apr_pool_t *p)
{
    return tpa_err_private(p, TPA_E_UNAVAILABLE, "tpa.%s: %s", name,
                           first_line(why, p));
}

tpa_err_t *tpa_store_call(tpa_store_t *st, const tpa_fn_t *fn,
                          const char *const *args, tpa_rows_t **rows,
                          apr_pool_t *p)
{
    call_t call = { { NULL } };
    const char *why = NULL;
    outcome_t outcome;

    call.fn = fn;
    call.p = p;
    /* The driver does not count: it would read past the end. */
    if (fn->nargs < 0 || fn->nargs > MAX_ARGS)
        return tpa_err_private(p, TPA_E_INTERNAL, "tpa.%s has %d arguments",
                               fn->name, fn->nargs);
    if (fn->nargs)
        memcpy(call.args, args, fn->nargs * sizeof(*args));
    if (st->source->acquire(st->source->baton, &call.conn, &why, p))
        return unavailable(fn->name, why, p);
    st->round_trips++;
    call.label = apr_psprintf(p, "tpa_call_%s_%d", fn->name, fn->nargs);
    outcome = run(&call);
    st->source->release(st->source->baton, &call.conn);
    if (outcome != DONE)
        return unavailable(fn->name, call.message, p);
    if (rows)
        *rows = call.rows;
    return TPA_OK;
}
