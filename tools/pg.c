#include <string.h>

#include <apr_dbd.h>
#include <apr_strings.h>

#include "base/text.h"
#include "tpactl.h"

/* The store calls functions of schema tpa. Here is what must work before that
 * schema is there: whole files of sql/, and calls of PostgreSQL's own
 * functions. */
struct tpa_ctl_pg_t {
    apr_pool_t *p;
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
};

static apr_status_t close_handle(void *data)
{
    tpa_ctl_pg_t *pg = data;

    return apr_dbd_close(pg->driver, pg->handle);
}

/* What a server says ends with a line feed, and may have several lines. */
static const char *tidy(const char *message, apr_pool_t *p)
{
    char *text = apr_pstrdup(p, message ? message : "no message"), *end;

    end = text + strlen(text);
    while (end > text && (end[-1] == '\n' || end[-1] == ' '))
        *--end = '\0';
    return text;
}

int tpa_ctl_pg_open(tpa_ctl_t *ctl, tpa_ctl_pg_t **out)
{
    tpa_ctl_pg_t *pg = apr_pcalloc(ctl->p, sizeof(*pg));
    const char *why = NULL;

    pg->p = ctl->p;
    if (apr_dbd_get_driver(ctl->p, "pgsql", &pg->driver) != APR_SUCCESS)
        return tpa_ctl_say(TPA_CTL_FAILED, "APR cannot load its PostgreSQL"
                           " driver: install libaprutil1-dbd-pgsql");
    if (apr_dbd_open_ex(pg->driver, ctl->p, ctl->db, &pg->handle, &why)
        != APR_SUCCESS)
        return tpa_ctl_say(TPA_CTL_NO_DATABASE, "no connection to the"
                           " database: %s", tidy(why, ctl->p));
    apr_pool_cleanup_register(ctl->p, pg, close_handle,
                              apr_pool_cleanup_null);
    *out = pg;
    return TPA_CTL_DONE;
}

const char *tpa_ctl_pg_run(tpa_ctl_pg_t *pg, const char *sql)
{
    int rows = 0, rc = apr_dbd_query(pg->driver, pg->handle, &rows, sql);

    return rc ? tidy(apr_dbd_error(pg->driver, pg->handle, rc), pg->p) : NULL;
}

/* Number of the column of that name; 0, the first, when name is NULL. */
static int column_of(tpa_ctl_pg_t *pg, apr_dbd_results_t *results,
                     const char *name)
{
    const char *found;
    int i;

    for (i = 0; name; i++) {
        found = apr_dbd_get_name(pg->driver, results, i);
        if (!found || !strcmp(found, name))
            return found ? i : 0;
    }
    return 0;
}

static const char *get_value(tpa_ctl_pg_t *pg, const char *from,
                             const char *column, const char **value)
{
    const char *sql = apr_pstrcat(pg->p, "SELECT * FROM ", from, NULL);
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *text;
    int rc;

    *value = NULL;
    rc = apr_dbd_select(pg->driver, pg->p, pg->handle, &results, sql, 1);
    if (rc)
        return tidy(apr_dbd_error(pg->driver, pg->handle, rc), pg->p);
    if (!apr_dbd_get_row(pg->driver, pg->p, results, &row, 1)
        && apr_dbd_datum_get(pg->driver, row,
                             column_of(pg, results, column),
                             APR_DBD_TYPE_STRING, (void *)&text)
               == APR_SUCCESS)
        *value = apr_pstrdup(pg->p, text);
    return NULL;
}

const char *tpa_ctl_pg_value(tpa_ctl_pg_t *pg, const char *call,
                             const char **value)
{
    return get_value(pg, call, NULL, value);
}

/* Migrations come before functions, so this cannot ask tpa.schema_version():
 * a run that was cut off in between left the table without the function. */
const char *tpa_ctl_pg_version(tpa_ctl_pg_t *pg, int *version)
{
    const char *value, *why;
    apr_int64_t number = 0;

    *version = 0;
    why = get_value(pg, "to_regclass('tpa_data.schema_version')", NULL,
                    &value);
    if (!why && value)
        why = get_value(pg, "tpa_data.schema_version", "version", &value);
    if (!why && value && tpa_text_number(value, 0, 9999, &number))
        *version = (int)number;
    return why;
}
