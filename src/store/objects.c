#include <string.h>

#include "store/objects.h"

static tpa_err_t *call(tpa_store_t *st, const tpa_fn_t *fn,
                       const char *const *args, tpa_outcome_t *out,
                       apr_pool_t *pool)
{
    const char *body;
    tpa_json_t *value;
    tpa_rows_t *rows;

    memset(out, 0, sizeof(*out));
    TPA_TRY(tpa_store_call(st, fn, args, &rows, pool));
    out->result = tpa_rows_get(rows, 0, "result");
    out->id = tpa_rows_get(rows, 0, "id");
    if (!out->result)
        return tpa_err_private(pool, TPA_E_INTERNAL, "tpa.%s gave no result",
                               fn->name);
    body = tpa_rows_get(rows, 0, "body");
    if (!body)
        return TPA_OK;
    if (tpa_json_parse(body, strlen(body), &value, pool))
        return tpa_err_private(pool, TPA_E_INTERNAL, "tpa.%s gave a body that"
                               " is no JSON", fn->name);
    out->body = value;
    return TPA_OK;
}

tpa_err_t *tpa_store_read(tpa_store_t *st, const char *name,
                          const tpa_json_t *p, tpa_outcome_t *out,
                          apr_pool_t *pool)
{
    tpa_fn_t fn = { name, 1, 1 };
    const char *arg = tpa_json_print(p, pool);

    return call(st, &fn, &arg, out, pool);
}

tpa_err_t *tpa_store_write(tpa_store_t *st, const char *name,
                           const tpa_json_t *p, const tpa_json_t *event,
                           tpa_outcome_t *out, apr_pool_t *pool)
{
    tpa_fn_t fn = { name, 2, 0 };
    const char *args[] = { tpa_json_print(p, pool),
                           event ? tpa_json_print(event, pool) : NULL };

    return call(st, &fn, args, out, pool);
}
