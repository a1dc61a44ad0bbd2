/**
 * @file register.h
 * @brief What an application says of itself when it registers itself
 *        (RFC 7591 2 and 3, spec.md 8.4): read with distrust, and turned into
 *        the properties of a third-party application.
 */
#ifndef TPA_CORE_REGISTER_H
#define TPA_CORE_REGISTER_H

#include "core/client.h"

/** Most redirect URIs of an application that registered itself. */
#define TPA_REGISTER_URIS 20

/**
 * Read the metadata of a registration. Members it does not know are ignored,
 * null is as good as absent.
 *
 * @param body  what was sent
 * @param out   receives properties of core/client.h: name, callbacks,
 *              app_type, grant_types, token_endpoint_auth_method, and perhaps
 *              logo_uri and allowed_origins
 * @return TPA_OK; TPA_E_INVALID_REDIRECT_URI or TPA_E_INVALID_CLIENT_METADATA,
 *         whose text names the member
 */
tpa_err_t *tpa_register_read(const tpa_json_t *body, tpa_json_t **out,
                             apr_pool_t *p);

/**
 * The whole application.
 *
 * @param said   what tpa_register_read gave
 * @param party  TPA_STRICT or TPA_PERMISSIVE
 * @param out    receives it, without id and secret
 * @return TPA_OK, or TPA_E_INTERNAL: the table of properties and this file do
 *         not agree
 */
tpa_err_t *tpa_register_client(const tpa_json_t *said, unsigned party,
                               tpa_json_t **out, apr_pool_t *p);

/**
 * Let an application that nobody registered by hand act inside Organizations,
 * as far as the operator wants it: users pick theirs after the login. Without
 * effect on permissive applications, which have none (spec.md 10.1).
 *
 * @param client  the application, as it will be stored
 * @param usage   organization_usage; NULL: deny, as spec.md 1.2 has it
 */
void tpa_register_organizations(tpa_json_t *client, const char *usage);

/**
 * The answer, without what only its maker knows: id and secret.
 *
 * @param client    the application
 * @param issued_s  when it was registered, seconds since 1970
 * @return an object without nulls
 */
tpa_json_t *tpa_register_answer(const tpa_json_t *client, apr_int64_t issued_s,
                                apr_pool_t *p);

#endif
