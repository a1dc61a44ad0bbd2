/**
 * @file organizations.h
 * @brief What the resources of Organizations share.
 */
#ifndef TPA_MGMT_ORGANIZATIONS_H
#define TPA_MGMT_ORGANIZATIONS_H

#include "core/org.h"
#include "mgmt/clients.h"

/** Rows of result tables. */
#define TPA_MG_ROW_NO_ORGANIZATION(result) \
    { result, TPA_E_NOT_FOUND, "", \
      "No organization found by that id or name" }
#define TPA_MG_ROW_NO_CONNECTION(result) \
    { result, TPA_E_NOT_FOUND, "inexistent_connection", \
      "The connection does not exist" }
#define TPA_MG_ROW_NO_ROLE \
    { "no_role", TPA_E_NOT_FOUND, "inexistent_role", "The role does not exist" }
#define TPA_MG_ROW_NO_DATABASE \
    { "no_database", TPA_E_INVALID_BODY, NULL, \
      "Payload validation error: 'It is for database connections only' on" \
      " property is_signup_enabled." }
#define TPA_MG_ROW_NO_CLIENT { "no_client", TPA_E_NOT_FOUND, TPA_MG_NO_CLIENT }

#endif
