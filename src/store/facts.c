#include <apr_strings.h>

#include "store/facts.h"

tpa_err_t *tpa_store_m2m_facts(tpa_store_t *st, const char *client_id,
                               const char *audience, const char *resource,
                               const char *org, const char *credential,
                               const tpa_dpop_t *proof, tpa_m2m_facts_t *out,
                               apr_pool_t *p)
{
    /* One that uses up a proof is not repeated by itself. */
    static const tpa_fn_t fn = { "m2m_facts", 8, 1 };
    static const tpa_fn_t fn_once = { "m2m_facts", 8, 0 };
    const char *args[8] = { client_id, audience, resource, org, credential };
    tpa_rows_t *rows;

    if (proof) {
        args[5] = proof->jkt;
        args[6] = proof->jti_hash;
        args[7] = apr_psprintf(p, "%" APR_TIME_T_FMT,
                               apr_time_sec(proof->expires));
    }
    TPA_TRY(tpa_store_call(st, proof ? &fn_once : &fn, args, &rows, p));
    if (rows->nrows != 1
        || !tpa_m2m_facts_fill(out, rows->names, rows->cells, rows->ncols, p))
        return tpa_err_private(p, TPA_E_INTERNAL, "tpa.m2m_facts does not"
                               " answer what this build asks: run tpactl schema"
                               " apply");
    out->asked_org = org;
    out->proof_jkt = proof ? proof->jkt : NULL;
    return TPA_OK;
}
