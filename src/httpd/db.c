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
} db_t;

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
    db_t *db = baton;
    ap_dbd_t *dbd;

    if (!may_try(db)) {
        *why = "the database could not be reached a moment ago";
        return 1;
    }
    dbd = dbd_open(p, db->server);
    remember(db, !dbd);
    if (!dbd) {
        *why = "mod_dbd has no connection: see its message above, and"
               " DBDParams";
        return 1;
    }
    conn->driver = dbd->driver;
    conn->handle = dbd->handle;
    conn->pool = dbd->pool;
    conn->prepared = dbd->prepared;
    conn->owner = dbd;
    return 0;
}

static void release(void *baton, tpa_conn_t *conn)
{
    db_t *db = baton;

    dbd_close(db->server, conn->owner);
}

const tpa_conn_source_t *tpa_db_source(server_rec *s, apr_pool_t *p)
{
    tpa_conn_source_t *source = apr_pcalloc(p, sizeof(*source));
    db_t *db = apr_pcalloc(p, sizeof(*db));

    db->server = s;
    source->acquire = acquire;
    source->release = release;
    source->baton = db;
    return source;
}
