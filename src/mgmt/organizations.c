#include <string.h>

#include "crypto/secret.h"
#include "mgmt/organizations.h"

#define FOR_CONNECTIONS "create:organization_connections"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("not_found"),
    TPA_MG_ROW_NO_CONNECTION("no_connection"),
    TPA_MG_ROW_NO_DATABASE,
    { "conflict", TPA_E_CONFLICT, "organization_conflict",
      "An organization with this name already exists." },
    { "limit", TPA_E_CONFLICT, "organization_limit",
      "There are as many organizations as there may be." },
    { "bad_from", TPA_E_INVALID_QUERY, NULL,
      "Query validation error: 'It is not the next of a page in this order' on"
      " property from." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "sort", TPA_P_ENUM, 0, 0,
      "name:1|name:-1|created_at:1|created_at:-1",
      "What the list is sorted by: a field, a colon, 1 (up) or -1 (down)" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_get", results, reply);
}

static tpa_err_t *get_by_name(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_get_by_name", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *org = tpa_mg_argument(c);
    const char *id;

    if (tpa_json_size(tpa_json_get(c->body, "enabled_connections"))
        && !tpa_mg_holds(c, FOR_CONNECTIONS))
        return tpa_err_by(tpa_mg_err(c->p, TPA_E_INSUFFICIENT_SCOPE, NULL,
                                     "Insufficient scope, expected any of: "
                                     FOR_CONNECTIONS), "scope");
    TPA_TRY(tpa_org_check_new(c->body, c->p));
    TPA_TRY(tpa_random_id("org_", 16, &id, c->p));
    tpa_mg_add_members(org, c->body);
    tpa_json_set_str(org, "id", id);
    tpa_json_set_int(org, "most", TPA_ORG_MOST_ORGS);
    return tpa_mg_write(c, "organization_create", org, NULL, results, reply);
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    return tpa_org_check_change(now, patch, c->p);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "organization_get", "organization_update",
                        check_change, results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "organization_delete", tpa_mg_argument(c), NULL,
                        results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_organizations[] = {
    { "GET", "organizations", "read:organizations read:organizations_summary",
      200, list, "List Organizations", NULL, 0, list_params,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "organizations" },
    { "POST", "organizations", "create:organizations", 201, create,
      "Create an Organization", tpa_org_props, TPA_ON_CREATE },
    { "GET", "organizations/name/{name}", "read:organizations", 200,
      get_by_name, "Get an Organization by its name" },
    { "GET", "organizations/{id}", "read:organizations", 200, get,
      "Get an Organization" },
    { "PATCH", "organizations/{id}", "update:organizations", 200, update,
      "Update an Organization", tpa_org_props, TPA_ON_UPDATE },
    { "DELETE", "organizations/{id}", "delete:organizations", 204, delete,
      "Delete an Organization" },
    { NULL }
};
/* clang-format on */
