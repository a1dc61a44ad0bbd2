#include <stdlib.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include "core/once.h"
#include "crypto/dpop.h"
#include "crypto/secret.h"
#include "httpd/proof.h"
#include "httpd/request.h"

APLOG_USE_MODULE(tpa_orgs);

/* Kept as long as httpd runs; a restart loads the module anew. */
typedef struct seen_t {
    void *table;
    int most;
} seen_t;

#define KEPT_AS "tpa-orgs-proofs"

static seen_t *seen;

int tpa_proof_prepare(server_rec *first)
{
    int most = tpa_conf_of(first)->settings.bearer_proofs;
    apr_shm_t *shm;
    apr_status_t rv;

    seen = ap_retained_data_get(KEPT_AS);
    if (seen)
        return 0;
    rv = apr_shm_create(&shm, tpa_once_size(most), NULL,
                        first->process->pool);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, first, "TPA0020: no shared"
                     " memory for the proofs of %d requests; set"
                     " TPABearerProofs lower", most);
        return 1;
    }
    seen = ap_retained_data_create(KEPT_AS, sizeof(*seen));
    seen->most = most;
    seen->table = apr_shm_baseaddr_get(shm);
    memset(seen->table, 0, tpa_once_size(most));
    return 0;
}

/* The request of the client, whatever it was led to within the server. */
static request_rec *top_of(request_rec *r)
{
    while (r->prev || r->main)
        r = r->prev ? r->prev : r->main;
    return r;
}

static const char *url_of(const request_rec *top, const tpa_guard_t *g)
{
    const char *path = top->unparsed_uri;

    if (path[0] != '/') {
        path = strstr(path, "://");
        path = path ? strchr(path + 3, '/') : NULL;
    }
    return apr_pstrcat(top->pool, g->origin, path ? path : "/", NULL);
}

/* One request may be asked for its proof at several places. */
static tpa_once_t take(request_rec *top, const tpa_dpop_t *proof)
{
    const char *both = apr_pstrcat(top->pool, proof->jkt, proof->jti_hash,
                                   NULL);
    const char *hex = tpa_sha256_hex(both, strlen(both), top->pool);
    tpa_request_t *known = tpa_request_make(top);
    tpa_once_t once;

    if (!seen || !hex)
        return TPA_ONCE_FULL;
    if (known->proof && !strcmp(known->proof, hex))
        return TPA_ONCE_NEW;
    once = tpa_once_take(seen->table, seen->most,
                         strtoull(apr_pstrndup(top->pool, hex, 16), NULL, 16),
                         apr_time_sec(proof->expires),
                         apr_time_sec(top->request_time));
    if (once == TPA_ONCE_NEW)
        known->proof = hex;
    return once;
}

int tpa_proof_check(request_rec *r, const tpa_guard_t *g, const char *token,
                    const char *jkt, const char **why)
{
    const char *header = apr_table_get(r->headers_in, "DPoP");
    request_rec *top = top_of(r);
    tpa_dpop_ask_t ask;
    tpa_dpop_t proof;
    tpa_err_t *e;

    *why = !header ? "no DPoP proof came with the token"
        : !g->origin ? "DPoP needs a TPAAudience that is an address" : NULL;
    if (*why)
        return HTTP_UNAUTHORIZED;
    ask.method = top->method;
    ask.url = url_of(top, g);
    ask.token = token;
    e = tpa_dpop_check(header, &ask, r->request_time, &proof, r->pool);
    *why = e ? (e->detail ? e->detail : e->text)
        : strcmp(proof.jkt, jkt) ? "the DPoP proof is of another key" : NULL;
    if (*why)
        return HTTP_UNAUTHORIZED;
    switch (take(top, &proof)) {
    case TPA_ONCE_NEW:
        return OK;
    case TPA_ONCE_AGAIN:
        *why = "the DPoP proof came before";
        return HTTP_UNAUTHORIZED;
    default:
        *why = "no room to remember DPoP proofs: set TPABearerProofs higher";
        return HTTP_SERVICE_UNAVAILABLE;
    }
}
