#include <apr_strings.h>

#include "store/store.h"

/* The one connection of a tool, made anew if it broke. */
static int acquire(void *baton, tpa_conn_t *conn, const char **why,
                   apr_pool_t *p)
{
    *conn = *(tpa_conn_t *)baton;
    if (apr_dbd_check_conn(conn->driver, p, conn->handle) == APR_SUCCESS)
        return 0;
    *why = apr_pstrdup(p, apr_dbd_error(conn->driver, conn->handle, 0));
    return 1;
}

static void release(void *baton, tpa_conn_t *conn)
{
}

static apr_status_t close_conn(void *baton)
{
    tpa_conn_t *conn = baton;

    return apr_dbd_close(conn->driver, conn->handle);
}

tpa_err_t *tpa_store_open(const char *conninfo, tpa_store_t **out,
                          apr_pool_t *p)
{
    tpa_conn_t *conn = apr_pcalloc(p, sizeof(*conn));
    tpa_conn_source_t *source = apr_pcalloc(p, sizeof(*source));
    const char *why = NULL;

    if (apr_dbd_init(p) != APR_SUCCESS
        || apr_dbd_get_driver(p, "pgsql", &conn->driver) != APR_SUCCESS)
        return tpa_err_private(p, TPA_E_INTERNAL, "the pgsql driver of APR is"
                               " not installed (libaprutil1-dbd-pgsql)");
    if (apr_dbd_open_ex(conn->driver, p, conninfo, &conn->handle, &why)
        != APR_SUCCESS)
        return tpa_err_private(p, TPA_E_UNAVAILABLE, "%s",
                               why ? why : "the database cannot be reached");
    apr_pool_cleanup_register(p, conn, close_conn, apr_pool_cleanup_null);
    conn->pool = p;
    conn->prepared = apr_hash_make(p);
    source->acquire = acquire;
    source->release = release;
    source->baton = conn;
    *out = tpa_store_make(source, p);
    return TPA_OK;
}
