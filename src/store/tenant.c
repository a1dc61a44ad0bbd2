#include <string.h>

#include "base/json.h"
#include "base/txn.h"
#include "store/tenant.h"

static tpa_err_t *read_list(const char *text, apr_array_header_t **out,
                            apr_pool_t *p)
{
    tpa_json_t *list;

    *out = NULL;
    if (!text)
        return TPA_OK;
    TPA_TRY(tpa_json_parse(text, strlen(text), &list, p));
    *out = tpa_json_list(list, p);
    return TPA_OK;
}

tpa_err_t *tpa_store_open_doors(tpa_store_t *st, unsigned *out,
                                apr_array_header_t **details, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "open_doors", 0, 1 };
    static const struct {
        const char *column;
        unsigned door;
    } doors[] = {
        { "registration", TPA_OPEN_REGISTRATION },
        { "documents", TPA_OPEN_DOCUMENTS },
    };
    tpa_rows_t *rows;
    apr_size_t i;

    TPA_TRY(tpa_store_call(st, &fn, NULL, &rows, p));
    *out = 0;
    for (i = 0; rows->nrows && i < sizeof(doors) / sizeof(doors[0]); i++) {
        const char *is_open = tpa_rows_get(rows, 0, doors[i].column);

        if (is_open && !strcmp(is_open, "true"))
            *out |= doors[i].door;
    }
    if (!details)
        return TPA_OK;
    return read_list(rows->nrows ? tpa_rows_get(rows, 0, "details") : NULL,
                     details, p);
}
