#include <string.h>

#include "core/api.h"
#include "crypto/secret.h"
#include "mgmt/mgmt.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "The client grant does not exist." },
    { "no_client", TPA_E_NOT_FOUND, "inexistent_client", "Client not found" },
    { "no_api", TPA_E_NOT_FOUND, "inexistent_resource_server",
      "Resource server not found" },
    { "conflict", TPA_E_CONFLICT, "client_grant_conflict",
      "A client grant for this API and subject type already exists." },
    { "is_system", TPA_E_NOT_SUPPORTED, NULL,
      "Client grants for this API cannot be created for third-party clients."
    },
    { "any_organization", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'It is not permitted for third-party"
      " applications' on property allow_any_organization." },
    { "no_scope", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'The API does not define all of these scopes'"
      " on property scope." },
    { NULL }
};

static const tpa_mg_result_t delete_results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "The client grant does not exist." },
    { "is_system", TPA_E_NOT_SUPPORTED, NULL,
      "System client grants cannot be deleted." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "audience", TPA_P_STRING, 0, 600, NULL, "Identifier of an API" },
    { "client_id", TPA_P_STRING, 0, 255, NULL, "Id of an application" },
    { "allow_any_organization", TPA_P_BOOL, 0, 0, NULL,
      "Grants for each Organization, or others" },
    { "subject_type", TPA_P_ENUM, 0, 0, "client|user", "Who acts" },
    { "default_for", TPA_P_ENUM, 0, 0, "third_party_clients",
      "Default grants" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "client_grant_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "client_grant_get", results, reply);
}

static tpa_err_t *list_organizations(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "client_grant_organizations_list", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *grant = tpa_mg_argument(c);
    tpa_outcome_t out;
    const char *id;

    TPA_TRY(tpa_client_grant_check_new(c->body, c->p));
    TPA_TRY(tpa_random_id("cgr_", 16, &id, c->p));
    tpa_mg_add_members(grant, c->body);
    tpa_json_set_str(grant, "id", id);
    TPA_TRY(tpa_store_write(c->t->store, "client_grant_create", grant,
                            tpa_mg_event(c), &out, c->p));
    if (!strcmp(out.result, "no_scope"))
        return tpa_client_grant_no_scope(
            tpa_json_list(tpa_json_get(out.body, "scopes"), c->p),
            tpa_json_get_str(grant, "audience"), c->p);
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    tpa_mg_reply(c, out.body, reply);
    return TPA_OK;
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    return tpa_client_grant_check_change(now, patch, c->p);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "client_grant_get", "client_grant_update",
                        check_change, results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "client_grant_delete", tpa_mg_argument(c), NULL,
                        delete_results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_client_grants[] = {
    { "GET", "client-grants", "read:client_grants", 200, list,
      "List client grants", NULL, 0, list_params,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "client_grants" },
    { "POST", "client-grants", "create:client_grants", 201, create,
      "Create a client grant", tpa_client_grant_props, TPA_ON_CREATE },
    { "GET", "client-grants/{id}", "read:client_grants", 200, get,
      "Get a client grant" },
    { "PATCH", "client-grants/{id}", "update:client_grants", 200, update,
      "Update a client grant", tpa_client_grant_props, TPA_ON_UPDATE },
    { "DELETE", "client-grants/{id}", "delete:client_grants", 204, delete,
      "Delete a client grant" },
    { "GET", "client-grants/{id}/organizations",
      "read:organization_client_grants", 200, list_organizations,
      "List Organizations of a client grant", NULL, 0, NULL,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "organizations" },
    { NULL }
};
/* clang-format on */
