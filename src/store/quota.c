#include "store/quota.h"

tpa_err_t *tpa_store_quota_take(tpa_store_t *st, const char *client_id,
                                const char *org_id, const char **text,
                                tpa_quota_t *out, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "quota_take", 2, 0 };
    const char *args[] = { client_id, org_id };
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, &fn, args, &rows, p));
    *text = tpa_rows_get(rows, 0, "quota");
    if (!tpa_quota_read(*text, out, p))
        return tpa_err_private(p, TPA_E_INTERNAL, "tpa.quota_take does not"
                               " answer what this build asks: run tpactl schema"
                               " apply");
    return TPA_OK;
}

tpa_err_t *tpa_store_quota_give(tpa_store_t *st, const char *client_id,
                                const tpa_quota_t *taken, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "quota_give", 3, 0 };
    const char *args[] = { client_id, taken->org_id, taken->at };

    return tpa_store_call(st, &fn, args, NULL, p);
}
