#include <httpd.h>
#include <http_config.h>
#include <apr_atomic.h>
#include <apr_dbd.h>
#include <apr_optional.h>
#include <mod_dbd.h>

#include "httpd/db.h"

#define PROBE_EVERY (APR_USEC_PER_SEC / 2)

typedef struct db_t {
    server_rec *server;
    volatile apr_uint32_t failing;   /* 1 since an attempt failed */
    volatile apr_uint32_t probing;   /* 1 while somebody tries again */
    volatile apr_time_t probe_at;    /* written by the one who probes */
    tpa_meter_t *meter;
} db_t;

/* A connection that is lent. */
typedef struct loan_t {
    ap_dbd_t *dbd;
    apr_time_t since;
} loan_t;

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) *dbd_open;
static APR_OPTIONAL_FN_TYPE(ap_dbd_close) *dbd_close;

int tpa_db_find(void)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    return !dbd_open || !dbd_close;
}

/* May this caller try, or must it believe that the database is still down? */
static int may_try(db_t *db)
{
    if (!apr_atomic_read32(&db->failing))
        return 1;
    return apr_time_now() >= db->probe_at
        && apr_atomic_cas32(&db->probing, 1, 0) == 0;
}

static void remember(db_t *db, int failed)
{
    if (failed) {
        db->probe_at = apr_time_now() + PROBE_EVERY;
        apr_atomic_set32(&db->failing, 1);
    }
    else if (apr_atomic_read32(&db->failing))
        apr_atomic_set32(&db->failing, 0);
    apr_atomic_set32(&db->probing, 0);
}

static int acquire(void *baton, tpa_conn_t *conn, const char **why,
                   apr_pool_t *p)
{
    apr_time_t asked = apr_time_now();
    db_t *db = baton;
    loan_t *loan;
    ap_dbd_t *dbd;

    if (!may_try(db)) {
        tpa_meter_count(db->meter, TPA_TALLY_UNREACHABLE, NULL, NULL);
        *why = "the database could not be reached a moment ago";
        return 1;
    }
    dbd = dbd_open(p, db->server);
    remember(db, !dbd);
    if (!dbd) {
        tpa_meter_count(db->meter, TPA_TALLY_UNREACHABLE, NULL, NULL);
        *why = "mod_dbd has no connection: see its message above, and"
               " DBDParams";
        return 1;
    }
    conn->driver = dbd->driver;
    conn->handle = dbd->handle;
    conn->pool = dbd->pool;
    conn->prepared = dbd->prepared;
    loan = apr_palloc(p, sizeof(*loan));
    loan->dbd = dbd;
    loan->since = tpa_meter_time(db->meter, TPA_TIME_DATABASE_WAIT, asked);
    conn->owner = loan;
    return 0;
}

static void release(void *baton, tpa_conn_t *conn)
{
    const loan_t *loan = conn->owner;
    db_t *db = baton;

    dbd_close(db->server, loan->dbd);
    tpa_meter_time(db->meter, TPA_TIME_DATABASE, loan->since);
}

const tpa_conn_source_t *tpa_db_source(server_rec *s, tpa_meter_t *meter,
                                       apr_pool_t *p)
{
    tpa_conn_source_t *source = apr_pcalloc(p, sizeof(*source));
    db_t *db = apr_pcalloc(p, sizeof(*db));

    db->server = s;
    db->meter = meter;
    source->acquire = acquire;
    source->release = release;
    source->baton = db;
    return source;
}
