/**
 * @file other_side.h
 * @brief For the tests of the store: functions in the database that do what is
 *        needed of them, and a connection that a test can reach.
 */
#ifndef TPA_UNIT_STORE_OTHER_SIDE_H
#define TPA_UNIT_STORE_OTHER_SIDE_H

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "tap.h"
#include "store/store.h"

/* ---- the other side ----------------------------------------------------- */

static const apr_dbd_driver_t *driver;

static const char *const helpers[] = {
    "CREATE SEQUENCE IF NOT EXISTS tpa.test_calls",
    "CREATE OR REPLACE FUNCTION tpa.test_echo(a text, b text, OUT x text,"
    " OUT y text, OUT one int) LANGUAGE sql AS"
    " $$ SELECT a, b, 1 FROM nextval('tpa.test_calls') $$",
    "CREATE OR REPLACE FUNCTION tpa.test_rows(n text) RETURNS SETOF int"
    " LANGUAGE sql AS $$ SELECT generate_series(1, n::int) $$",
    "CREATE OR REPLACE FUNCTION tpa.test_sleep(s text) RETURNS text"
    " LANGUAGE sql AS $$ SELECT nextval('tpa.test_calls')::text"
    " FROM pg_sleep(s::float) $$",
    "CREATE OR REPLACE FUNCTION tpa.test_die() RETURNS text"
    " LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tpa.test_calls');"
    " PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);"
    " RETURN 'alive'; END $$",
    "CREATE OR REPLACE FUNCTION tpa.test_fail(what text) RETURNS text"
    " LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tpa.test_calls');"
    " RAISE '%', what USING DETAIL = 'a hidden value'; END $$",
    NULL
};

static const char *const helpers_gone[] = {
    "DROP FUNCTION IF EXISTS tpa.test_echo, tpa.test_rows, tpa.test_sleep,"
    " tpa.test_die, tpa.test_fail, tpa.test_form",
    "DROP SEQUENCE IF EXISTS tpa.test_calls",
    "DELETE FROM tpa_data.clients WHERE client_id LIKE 'test-store-%'",
    "DELETE FROM tpa_data.resource_servers WHERE identifier = 'urn:test-store'",
    "DELETE FROM tpa_data.connections WHERE name = 'test-store'",
    "DELETE FROM tpa_data.log_events WHERE log_id LIKE 'test-store-%'",
    "DELETE FROM tpa_data.seen_jti WHERE owner = 'test-store'",
    NULL
};

static inline apr_status_t hang_up(void *handle)
{
    return apr_dbd_close(driver, handle);
}

/* A session that ends with the pool. */
static inline apr_dbd_t *connect_to(const char *conninfo, apr_pool_t *pool)
{
    apr_dbd_t *handle = NULL;
    const char *why = NULL;

    apr_dbd_init(pool);
    ck_assert(!apr_dbd_get_driver(pool, "pgsql", &driver));
    apr_dbd_open_ex(driver, pool, conninfo, &handle, &why);
    ck_assert_msg(handle != NULL, "%s: %s", conninfo, why);
    apr_pool_cleanup_register(pool, handle, hang_up, apr_pool_cleanup_null);
    return handle;
}

static inline void sql_on(apr_dbd_t *handle, const char *sql)
{
    int n, rv = apr_dbd_query(driver, handle, &n, sql);

    ck_assert_msg(!rv, "%s: %s", sql, apr_dbd_error(driver, handle, rv));
}

/* Statements in a session of their own. */
static inline void sql_all(const char *const *statements)
{
    apr_pool_t *own;
    apr_dbd_t *handle;

    apr_pool_create(&own, NULL);
    handle = connect_to(getenv("TPA_TEST_DB"), own);
    for (; *statements; statements++)
        sql_on(handle, *statements);
    apr_pool_destroy(own);
}

static inline void sql(const char *statement)
{
    const char *one[] = { statement, NULL };

    sql_all(one);
}

static inline void helpers_up(void)
{
    sql_all(helpers_gone);
    sql_all(helpers);
}

static inline void helpers_down(void)
{
    sql_all(helpers_gone);
}

/* End every other session of this database that our store has. */
static inline void kill_others(void)
{
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND application_name = 'test_store'");
    apr_sleep(50000);
}

/* ---- a store whose connection the test can reach ------------------------ */

typedef struct source_t {
    tpa_conn_source_t source;
    tpa_conn_t conn;
    int out;          /* connections on loan */
    int refuse;       /* lend none */
} source_t;

static inline int acquire(void *baton, tpa_conn_t *conn, const char **why,
                          apr_pool_t *pool)
{
    source_t *s = baton;

    if (s->refuse) {
        *why = "none left";
        return 1;
    }
    s->out++;
    *conn = s->conn;
    return 0;
}

static inline void release(void *baton, tpa_conn_t *conn)
{
    ((source_t *)baton)->out--;
}

static source_t src;

static inline tpa_store_t *store_with(const char *options)
{
    const char *info = apr_pstrcat(p, getenv("TPA_TEST_DB"),
                                   " application_name=test_store", options,
                                   NULL);

    src.conn.handle = connect_to(info, p);
    src.conn.driver = driver;
    apr_pool_create(&src.conn.pool, p);
    src.conn.prepared = apr_hash_make(src.conn.pool);
    src.source.acquire = acquire;
    src.source.release = release;
    src.source.baton = &src;
    return tpa_store_make(&src.source, p);
}

static const tpa_fn_t echo = { "test_echo", 2, 1 };
static const tpa_fn_t echo_effect = { "test_echo", 2, 0 };
static const tpa_fn_t die = { "test_die", 0, 1 };
static const tpa_fn_t die_effect = { "test_die", 0, 0 };
static const tpa_fn_t rows_fn = { "test_rows", 1, 1 };
static const tpa_fn_t nap = { "test_sleep", 1, 1 };
static const tpa_fn_t fail = { "test_fail", 1, 1 };
static const tpa_fn_t nothing = { "test_nothing", 0, 1 };
static const char *const xy[] = { "x", "y" };

static inline tpa_rows_t *call_ok(tpa_store_t *st, const tpa_fn_t *fn,
                                  const char *const *args)
{
    tpa_rows_t *rows = NULL;
    tpa_err_t *e = tpa_store_call(st, fn, args, &rows, p);

    ck_assert_msg(!e, "%s: %s", fn->name, e ? e->detail : "");
    ck_assert_int_eq(src.out, 0);
    return rows;
}

static inline const char *call_fails(tpa_store_t *st, const tpa_fn_t *fn,
                                     const char *const *args)
{
    tpa_rows_t *rows = NULL;
    tpa_err_t *e = tpa_store_call(st, fn, args, &rows, p);

    ck_assert_msg(e != NULL, "%s did not fail", fn->name);
    ck_assert_int_eq(e->kind, TPA_E_UNAVAILABLE);
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(src.out, 0);
    ck_assert_msg(strstr(e->detail, fn->name) != NULL, "%s", e->detail);
    return e->detail;
}

/* The number that a statement gives. */
static inline int number_of(apr_dbd_t *handle, const char *statement)
{
    apr_dbd_results_t *res = NULL;
    apr_dbd_row_t *row = NULL;
    int n;

    ck_assert(!apr_dbd_select(driver, p, handle, &res, statement, 1));
    ck_assert(!apr_dbd_get_row(driver, p, res, &row, -1));
    n = atoi(apr_dbd_get_entry(driver, row, 0));
    ck_assert(apr_dbd_get_row(driver, p, res, &row, -1));
    return n;
}

/* How often a helper ran since the last time this was asked. */
static inline int calls(void)
{
    apr_pool_t *own;
    int n;

    apr_pool_create(&own, p);
    n = number_of(connect_to(getenv("TPA_TEST_DB"), own),
                  "SELECT nextval('tpa.test_calls') - 1,"
                  " setval('tpa.test_calls', 1, false)");
    apr_pool_destroy(own);
    return n;
}

#endif
