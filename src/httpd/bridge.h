/**
 * @file bridge.h
 * @brief Between httpd and the endpoints: what was read, what is answered, and
 *        the one place where a refusal is logged and recorded.
 */
#ifndef TPA_HTTPD_BRIDGE_H
#define TPA_HTTPD_BRIDGE_H

#include <httpd.h>

#include "base/txn.h"
#include "httpd/routes.h"

/** A request of ours, in r->request_config. */
typedef struct tpa_exchange_t {
    const tpa_route_t *route;
    const tpa_conf_t *conf;
    int admitted;         /* the request was read and passed its gate, or was
                             refused there; once */
    tpa_err_t *refusal;   /* why it cannot be served, or NULL */
    int answered;         /* an answer has been sent */
    tpa_req_t req;
    tpa_txn_t *t;         /* NULL: not begun */
    const tpa_login_t *login;   /* at the location of a connection; else NULL */
} tpa_exchange_t;

/** Claim a request for a route. */
void tpa_bridge_claim(request_rec *r, const tpa_conf_t *conf,
                      const tpa_route_t *route);

/** The exchange of a claimed request, else NULL. */
tpa_exchange_t *tpa_bridge_of(request_rec *r);

/**
 * Read the request and ask the gate of its route, if that has not been done.
 * @return the reason it cannot be served, or NULL
 */
tpa_err_t *tpa_bridge_admit(request_rec *r, tpa_exchange_t *x);

/** Answer with a refusal; log it, record it. */
void tpa_bridge_refuse(request_rec *r, tpa_exchange_t *x, const tpa_err_t *e);

/**
 * Serve a request that was admitted.
 * @return the status for httpd: OK, or HTTP_NOT_MODIFIED
 */
int tpa_bridge_serve(request_rec *r, tpa_exchange_t *x);

#endif
