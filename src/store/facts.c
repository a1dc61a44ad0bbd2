#include "store/facts.h"

tpa_err_t *tpa_store_m2m_facts(tpa_store_t *st, const char *client_id,
                               const char *audience, const char *resource,
                               const char *org, tpa_m2m_facts_t *out,
                               apr_pool_t *p)
{
    static const tpa_fn_t fn = { "m2m_facts", 4, 1 };
    const char *args[] = { client_id, audience, resource, org };
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, &fn, args, &rows, p));
    if (rows->nrows != 1
        || !tpa_m2m_facts_fill(out, rows->names, rows->cells, rows->ncols, p))
        return tpa_err_private(p, TPA_E_INTERNAL, "tpa.m2m_facts does not"
                               " answer what this build asks: run tpactl schema"
                               " apply");
    out->asked_org = org;
    return TPA_OK;
}
