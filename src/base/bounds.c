#include <string.h>

#include "base/bounds.h"

/* URLs end up in logs and histories, so what belongs to us must not stand in
 * one: RFC 6749 2.3.1. */
tpa_err_t *tpa_bounds_check(tpa_txn_t *t, const tpa_param_t *params)
{
    for (; params->name; params++) {
        const char *value = tpa_txn_param(t, params->name);

        if (apr_table_get(t->req->query, params->name))
            return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_REQUEST,
                "Parameter %s belongs in the body of the request, not in its"
                " URL", params->name), "parameters");
        if (value && strlen(value) > params->max)
            return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_REQUEST,
                "Parameter %s is longer than %d bytes", params->name,
                (int)params->max), "parameters");
    }
    return TPA_OK;
}

tpa_err_t *tpa_bounds_need(tpa_txn_t *t, const char *name, const char **out)
{
    *out = tpa_txn_param(t, name);
    return *out ? TPA_OK
                : tpa_err_by(tpa_err(t->p, TPA_E_INVALID_REQUEST,
                                     "Parameter %s is required", name),
                             "parameters");
}
