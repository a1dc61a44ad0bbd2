#include <string.h>

#include <apr_strings.h>

#include "crypto/dpop.h"
#include "crypto/nonce.h"
#include "http/proof.h"

static const char *header_of(const tpa_txn_t *t)
{
    return apr_table_get(t->req->headers, "DPoP");
}

tpa_err_t *tpa_proof_read(tpa_txn_t *t, const char *endpoint)
{
    tpa_dpop_ask_t ask = { t->req->method, NULL, NULL };
    const char *sent = header_of(t);
    tpa_dpop_t *proof;

    if (!sent)
        return TPA_OK;
    ask.url = apr_pstrcat(t->p, t->issuer, endpoint, NULL);
    proof = apr_palloc(t->p, sizeof(*proof));
    TPA_TRY(tpa_dpop_check(sent, &ask, t->now, proof, t->p));
    t->proof = proof;
    return TPA_OK;
}

static tpa_err_t *give_nonce(tpa_txn_t *t, tpa_reply_t *reply)
{
    const char *nonce;

    TPA_TRY(tpa_nonce_make(t->sealer, t->now, &nonce, t->p));
    apr_table_setn(reply->headers, "DPoP-Nonce", nonce);
    return TPA_OK;
}

tpa_err_t *tpa_proof_settle(tpa_txn_t *t, tpa_reply_t *reply,
                            const tpa_client_t *client, tpa_err_t *bad)
{
    int is_public = client->auth_method && !strcmp(client->auth_method, "none");

    if (!header_of(t))
        return TPA_OK;
    if (is_public)
        TPA_TRY(give_nonce(t, reply));
    TPA_TRY(bad);
    if (is_public && !tpa_nonce_good(t->sealer, t->proof->nonce, t->now, t->p))
        return tpa_err_by(tpa_err(t->p, TPA_E_USE_DPOP_NONCE,
            "Authorization server requires nonce in DPoP proof"),
            "dpop_nonce");
    return TPA_OK;
}
