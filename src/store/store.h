/**
 * @file store.h
 * @brief The one way to the database: calls of tpa.* functions.
 *
 * A call takes a connection, runs SELECT * FROM tpa.NAME(...), copies the rows
 * and gives the connection back, so none is held while signing or while a
 * client reads. Statements are prepared lazily on each connection; one that
 * the server no longer knows (after a restart, behind a pooler) was not
 * executed, so it is prepared again and run once more. A call that only reads
 * is also run once more after a lost connection; one that makes an effect
 * never is. All arguments are text. Any database error is TPA_E_UNAVAILABLE.
 */
#ifndef TPA_STORE_STORE_H
#define TPA_STORE_STORE_H

#include <apr_dbd.h>
#include <apr_hash.h>
#include "base/err.h"

/** The schema this build works with: number of the newest migration. */
#define TPA_SCHEMA 6

typedef struct tpa_store_t tpa_store_t;

/** A connection on loan. */
typedef struct tpa_conn_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_pool_t *pool;        /* lives as long as the connection */
    apr_hash_t *prepared;    /* statements prepared on it, by name */
    void *owner;             /* for the source's own use */
} tpa_conn_t;

/** Where connections come from: mod_dbd, or one opened by a tool. */
typedef struct tpa_conn_source_t {
    /** Lend a connection; 0, or 1 with *why set to a text for the log. */
    int (*acquire)(void *baton, tpa_conn_t *conn, const char **why,
                   apr_pool_t *p);
    void (*release)(void *baton, tpa_conn_t *conn);
    void *baton;
} tpa_conn_source_t;

/** A function of schema tpa. */
typedef struct tpa_fn_t {
    const char *name;   /* without schema */
    int nargs;
    int reads_only;     /* may be run once more after a lost connection */
} tpa_fn_t;

/** A store over a source of connections; cheap, one a request is fine. */
tpa_store_t *tpa_store_make(const tpa_conn_source_t *source, apr_pool_t *p);

/**
 * A store over one connection of its own, for tools and tests.
 *
 * @param conninfo  libpq connection string
 * @param out       receives the store
 * @param p         pool that owns store and connection
 * @return TPA_OK, or TPA_E_UNAVAILABLE whose detail is the server's message
 */
tpa_err_t *tpa_store_open(const char *conninfo, tpa_store_t **out,
                          apr_pool_t *p);

/** Round trips made so far through this store. */
int tpa_store_round_trips(const tpa_store_t *st);

/** The rows of an answer, copied. */
typedef struct tpa_rows_t {
    int nrows;
    int ncols;
    const char **names;    /* ncols */
    const char **cells;    /* nrows * ncols; NULL is SQL NULL */
} tpa_rows_t;

/**
 * Call a function.
 *
 * @param st    the store
 * @param fn    the function
 * @param args  fn->nargs texts; NULL is SQL NULL
 * @param rows  receives the rows; may be NULL
 * @param p     pool of the rows
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_call(tpa_store_t *st, const tpa_fn_t *fn,
                          const char *const *args, tpa_rows_t **rows,
                          apr_pool_t *p);

/** A cell by column name; NULL for SQL NULL, a missing row or column. */
const char *tpa_rows_get(const tpa_rows_t *rows, int row, const char *column);

#endif
