/**
 * @file clients.h
 * @brief What the resources about applications share.
 */
#ifndef TPA_MGMT_CLIENTS_H
#define TPA_MGMT_CLIENTS_H

#include "mgmt/mgmt.h"

#define TPA_MG_NO_CLIENT "inexistent_client", "The client does not exist"

/**
 * Read a public key that somebody sent: what is stored of it.
 *
 * @param sent  the credential, of which tpa_props_check approved
 * @param at    where it stands in the body: "" or a path that ends with a dot
 * @param out   receives id, name, alg, kid, pem, expires_at
 * @return TPA_OK, TPA_E_INVALID_BODY, TPA_E_INTERNAL
 */
tpa_err_t *tpa_mg_credential_read(tpa_mg_call_t *c, const tpa_json_t *sent,
                                  const char *at, tpa_json_t **out);

#endif
