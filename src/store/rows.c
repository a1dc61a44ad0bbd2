#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "store/store_int.h"

#define MAX_COLUMNS 128

static const char **names_of(const tpa_conn_t *conn, apr_dbd_results_t *res,
                             int ncols, apr_pool_t *p)
{
    const char **names = apr_palloc(p, (ncols + 1) * sizeof(*names));
    int i;

    for (i = 0; i < ncols; i++)
        names[i] = apr_pstrdup(p, apr_dbd_get_name(conn->driver, res, i));
    return names;
}

/* apr_dbd_get_entry cannot tell NULL from an empty text; this can. */
static const char *cell_of(const tpa_conn_t *conn, apr_dbd_row_t *row, int i,
                           apr_pool_t *p)
{
    const char *text = NULL;

    if (apr_dbd_datum_get(conn->driver, row, i, APR_DBD_TYPE_STRING, &text)
        != APR_SUCCESS)
        return NULL;
    return apr_pstrdup(p, text);
}

int tpa_rows_copy(const tpa_conn_t *conn, apr_dbd_results_t *res,
                  tpa_rows_t **out, apr_pool_t *p)
{
    tpa_rows_t *rows = apr_pcalloc(p, sizeof(*rows));
    int ncols = apr_dbd_num_cols(conn->driver, res), i;
    apr_array_header_t *cells;
    apr_dbd_row_t *row = NULL;

    if (ncols < 0 || ncols > MAX_COLUMNS)
        return 1;
    rows->ncols = ncols;
    rows->names = names_of(conn, res, ncols, p);
    cells = apr_array_make(p, ncols ? ncols : 1, sizeof(const char *));
    while (!apr_dbd_get_row(conn->driver, p, res, &row, -1)) {
        for (i = 0; i < ncols; i++)
            APR_ARRAY_PUSH(cells, const char *) = cell_of(conn, row, i, p);
        rows->nrows++;
    }
    rows->cells = (const char **)cells->elts;
    *out = rows;
    return 0;
}

const char *tpa_rows_get(const tpa_rows_t *rows, int row, const char *column)
{
    int i;

    if (!rows || row < 0 || row >= rows->nrows)
        return NULL;
    for (i = 0; i < rows->ncols; i++) {
        if (rows->names[i] && !strcmp(rows->names[i], column))
            return rows->cells[row * rows->ncols + i];
    }
    return NULL;
}
