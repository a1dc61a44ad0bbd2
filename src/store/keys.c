#include <string.h>

#include "store/keys.h"
#include "store/objects.h"

tpa_err_t *tpa_store_keys(tpa_store_t *st, apr_array_header_t **out,
                          apr_pool_t *p)
{
    static const tpa_fn_t fn = { "signing_keys", 0, 1 };
    apr_array_header_t *keys;
    tpa_rows_t *rows;
    int i;

    TPA_TRY(tpa_store_call(st, &fn, NULL, &rows, p));
    keys = apr_array_make(p, rows->nrows ? rows->nrows : 1,
                          sizeof(tpa_signing_key_t));
    for (i = 0; i < rows->nrows; i++) {
        tpa_signing_key_t *key = apr_array_push(keys);

        key->kid = tpa_rows_get(rows, i, "kid");
        key->state = tpa_rows_get(rows, i, "state");
        key->sealed = tpa_rows_get(rows, i, "sealed");
        key->public_jwk = tpa_rows_get(rows, i, "public_jwk");
        key->cert_pem = tpa_rows_get(rows, i, "cert_pem");
        if (!key->kid || !key->state || !key->public_jwk)
            return tpa_err_private(p, TPA_E_INTERNAL, "tpa.signing_keys does"
                                   " not answer what this build asks: run"
                                   " tpactl schema apply");
    }
    *out = keys;
    return TPA_OK;
}

tpa_json_t *tpa_store_key_json(const tpa_signing_key_t *key, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "kid", key->kid);
    tpa_json_set_str(o, "sealed", key->sealed);
    tpa_json_set_str(o, "public_jwk", key->public_jwk);
    tpa_json_set_str(o, "cert_pem", key->cert_pem);
    return o;
}

tpa_err_t *tpa_store_key_rotate(tpa_store_t *st,
                                const tpa_signing_key_t *fresh, apr_pool_t *p)
{
    tpa_outcome_t out;

    TPA_TRY(tpa_store_write(st, "signing_key_rotate",
                            tpa_store_key_json(fresh, p), NULL, &out, p));
    return strcmp(out.result, "conflict") ? TPA_OK
        : tpa_err(p, TPA_E_CONFLICT, "There is a signing key of that kid");
}

tpa_err_t *tpa_store_key_revoke(tpa_store_t *st, const char *kid,
                                apr_pool_t *p)
{
    tpa_json_t *arg = tpa_json_object(p);
    tpa_outcome_t out;

    tpa_json_set_str(arg, "kid", kid);
    TPA_TRY(tpa_store_write(st, "signing_key_revoke", arg, NULL, &out, p));
    if (!strcmp(out.result, "revoked") || !strcmp(out.result, "unchanged"))
        return TPA_OK;
    if (!strcmp(out.result, "not_previous"))
        return tpa_err(p, TPA_E_CONFLICT, "Only a previous key can be revoked:"
                       " rotate first");
    return tpa_err(p, TPA_E_NOT_FOUND, "There is no signing key of that kid");
}
