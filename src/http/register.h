/**
 * @file register.h
 * @brief POST /oidc/register: applications that register themselves
 *        (RFC 7591, spec.md 8.4).
 */
#ifndef TPA_HTTP_REGISTER_H
#define TPA_HTTP_REGISTER_H

#include "base/txn.h"

/**
 * Register an application.
 *
 * @param reply  receives 201 and the application, as RFC 7591 3.2.1 says
 * @return TPA_OK; TPA_E_CLOSED: the tenant does not allow it;
 *         TPA_E_TOO_MANY, TPA_E_INVALID_REDIRECT_URI,
 *         TPA_E_INVALID_CLIENT_METADATA, TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_ep_register(tpa_txn_t *t, tpa_reply_t *reply);

#endif
