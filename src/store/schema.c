#include <string.h>

#include "base/text.h"
#include "store/schema.h"

tpa_err_t *tpa_store_schema_version(tpa_store_t *st, int *out, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "schema_version", 0, 1 };
    apr_int64_t version;
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, &fn, NULL, &rows, p));
    if (!tpa_text_number(tpa_rows_get(rows, 0, "version"), 0, 9999, &version))
        return tpa_err_private(p, TPA_E_UNAVAILABLE,
                               "tpa.schema_version() told no version");
    *out = (int)version;
    return TPA_OK;
}

tpa_err_t *tpa_store_schema_check(tpa_store_t *st, apr_pool_t *p)
{
    int version;
    tpa_err_t *e = tpa_store_schema_version(st, &version, p);

    if (e)
        return e->detail && strstr(e->detail, "does not exist")
            ? tpa_err_private(p, e->kind, "the database has no schema for this"
                  " module: run tpactl schema apply (%s)", e->detail)
            : e;
    return version >= TPA_SCHEMA ? TPA_OK
        : tpa_err_private(p, TPA_E_UNAVAILABLE, "the schema of the database is"
              " at version %d, this module needs %d: run tpactl schema apply",
              version, TPA_SCHEMA);
}
