#include <string.h>

#include "store/objects.h"

static tpa_err_t *call(tpa_store_t *st, const tpa_fn_t *fn,
                       const char *const *args, tpa_outcome_t *out,
                       apr_pool_t *pool)
{
    tpa_rows_t *rows;

    memset(out, 0, sizeof(*out));
    TPA_TRY(tpa_store_call(st, fn, args, &rows, pool));
    out->result = tpa_rows_get(rows, 0, "result");
    out->id = tpa_rows_get(rows, 0, "id");
    out->text = tpa_rows_get(rows, 0, "body");
    if (!out->result)
        return tpa_err_private(pool, TPA_E_INTERNAL, "tpa.%s gave no result",
                               fn->name);
    return TPA_OK;
}

static tpa_err_t *read_body(const char *name, tpa_outcome_t *out,
                            apr_pool_t *pool)
{
    tpa_json_t *value;

    if (!out->text)
        return TPA_OK;
    if (tpa_json_parse(out->text, strlen(out->text), &value, pool))
        return tpa_err_private(pool, TPA_E_INTERNAL, "tpa.%s gave a body that"
                               " is no JSON", name);
    out->body = value;
    return TPA_OK;
}

tpa_err_t *tpa_store_read_text(tpa_store_t *st, const char *name,
                               const tpa_json_t *p, tpa_outcome_t *out,
                               apr_pool_t *pool)
{
    tpa_fn_t fn = { name, 1, 1 };
    const char *arg = tpa_json_print(p, pool);

    return call(st, &fn, &arg, out, pool);
}

tpa_err_t *tpa_store_read(tpa_store_t *st, const char *name,
                          const tpa_json_t *p, tpa_outcome_t *out,
                          apr_pool_t *pool)
{
    TPA_TRY(tpa_store_read_text(st, name, p, out, pool));
    return read_body(name, out, pool);
}

tpa_err_t *tpa_store_write(tpa_store_t *st, const char *name,
                           const tpa_json_t *p, const tpa_json_t *event,
                           tpa_outcome_t *out, apr_pool_t *pool)
{
    tpa_fn_t fn = { name, 2, 0 };
    const char *args[] = { tpa_json_print(p, pool),
                           event ? tpa_json_print(event, pool) : NULL };

    TPA_TRY(call(st, &fn, args, out, pool));
    return read_body(name, out, pool);
}
