/**
 * @file body.h
 * @brief From httpd's request to a tpa_req_t: method, query and body, read
 *        once and strictly.
 */
#ifndef TPA_HTTPD_BODY_H
#define TPA_HTTPD_BODY_H

#include <httpd.h>

#include "base/txn.h"
#include "httpd/routes.h"

/**
 * Read a request for a route.
 *
 * @param r      the request; its body is consumed
 * @param conf   the host: the path of its issuer, most bytes of a body
 * @param route  the route
 * @param req    receives the request
 * @return TPA_OK; TPA_E_METHOD_NOT_ALLOWED, TPA_E_TOO_LARGE, TPA_E_MEDIA_TYPE;
 *         TPA_E_INVALID_REQUEST for parameters that cannot be read in one way
 */
tpa_err_t *tpa_body_read(request_rec *r, const tpa_conf_t *conf,
                         const tpa_route_t *route, tpa_req_t *req);

#endif
