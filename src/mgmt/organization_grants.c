#include "mgmt/organizations.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    { "no_grant", TPA_E_NOT_FOUND, "", "The client grant does not exist." },
    { "no_usage", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'The client grant is not for organizations:"
      " its organization_usage is neither allow nor require' on property"
      " grant_id." },
    { "conflict", TPA_E_CONFLICT, "organization_client_grant_conflict",
      "The client grant is already one of this organization." },
    { "limit", TPA_E_CONFLICT, "organization_client_grant_limit",
      "The organization has as many client grants as it may have." },
    /* To take away what is not there is no error. */
    { "not_found", TPA_E_NOT_FOUND, NULL, NULL },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "audience", TPA_P_STRING, 0, 600, NULL, "Identifier of an API" },
    { "client_id", TPA_P_STRING, 0, 255, NULL, "Id of an application" },
    { "grant_ids", TPA_P_STRINGS, 0, 100, NULL, "Ids of client grants" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_client_grant_list", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_mg_add_members(arg, c->body);
    tpa_json_set(arg, "usages", tpa_org_usages(c->p));
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_GRANTS);
    return tpa_mg_write(c, "organization_client_grant_create", arg, NULL,
                        results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "organization_client_grant_delete",
                        tpa_mg_argument(c), NULL, results, reply);
}

#define GRANTS "organizations/{organization_id}/client-grants"

/* clang-format off */
const tpa_mg_route_t tpa_mg_organization_grants[] = {
    { "GET", GRANTS, "read:organization_client_grants", 200, list,
      "List client grants of an Organization", NULL, 0, list_params,
      TPA_MG_OFFSET, "client_grants" },
    { "POST", GRANTS, "create:organization_client_grants", 201, create,
      "Add a client grant to an Organization", tpa_org_grant_props,
      TPA_ON_CREATE },
    { "DELETE", GRANTS "/{grant_id}", "delete:organization_client_grants", 204,
      delete, "Remove a client grant from an Organization" },
    { NULL }
};
/* clang-format on */
