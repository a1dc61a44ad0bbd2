#include "mgmt/organizations.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    TPA_MG_ROW_NO_CONNECTION("no_connection"),
    TPA_MG_ROW_NO_DATABASE,
    { "not_found", TPA_E_NOT_FOUND, "", "Connection not found" },
    { "conflict", TPA_E_CONFLICT, "organization_connection_conflict",
      "The connection is already enabled for this organization." },
    { "limit", TPA_E_CONFLICT, "organization_connection_limit",
      "The organization has as many connections as it may have." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "is_enabled", TPA_P_BOOL, 0, 0, NULL,
      "Those that are enabled, or those that are not" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_connection_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_connection_get", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    TPA_TRY(tpa_org_connection_check(NULL, c->body, c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_CONNECTIONS);
    return tpa_mg_write(c, "organization_connection_create", arg, NULL,
                        results, reply);
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    return tpa_org_connection_check(now, patch, c->p);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "organization_connection_get",
                        "organization_connection_update", check_change,
                        results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "organization_connection_delete",
                        tpa_mg_argument(c), NULL, results, reply);
}

/* ---- the older paths: enabled connections only, and less of them -------- */

static tpa_mg_call_t *older(tpa_mg_call_t *c)
{
    tpa_json_set_bool(c->query, "older", 1);
    return c;
}

static tpa_err_t *older_list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return list(older(c), reply);
}

static tpa_err_t *older_get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return get(older(c), reply);
}

static tpa_err_t *older_create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return create(older(c), reply);
}

static tpa_err_t *older_update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return update(older(c), reply);
}

#define NEWER "organizations/{organization_id}/connections"
#define OLDER "organizations/{organization_id}/enabled_connections"
#define ID "/{connection_id}"

/* clang-format off */
const tpa_mg_route_t tpa_mg_organization_connections[] = {
    { "GET", NEWER, "read:organization_connections", 200, list,
      "List connections of an Organization", NULL, 0, list_params,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "connections" },
    { "POST", NEWER, "create:organization_connections", 201, create,
      "Add a connection to an Organization", tpa_org_connection_props,
      TPA_ON_CREATE },
    { "GET", NEWER ID, "read:organization_connections", 200, get,
      "Get a connection of an Organization" },
    { "PATCH", NEWER ID, "update:organization_connections", 200, update,
      "Update a connection of an Organization", tpa_org_connection_props,
      TPA_ON_UPDATE },
    { "DELETE", NEWER ID, "delete:organization_connections", 204, delete,
      "Remove a connection from an Organization" },
    { "GET", OLDER, "read:organization_connections", 200, older_list,
      "List enabled connections of an Organization", NULL, 0, NULL,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "enabled_connections" },
    { "POST", OLDER, "create:organization_connections", 201, older_create,
      "Enable a connection for an Organization",
      tpa_org_connection_older_props, TPA_ON_CREATE },
    { "GET", OLDER ID, "read:organization_connections", 200, older_get,
      "Get an enabled connection of an Organization" },
    { "PATCH", OLDER ID, "update:organization_connections", 200, older_update,
      "Update an enabled connection of an Organization",
      tpa_org_connection_older_props, TPA_ON_UPDATE },
    { "DELETE", OLDER ID, "delete:organization_connections", 204, delete,
      "Disable a connection for an Organization" },
    { NULL }
};
/* clang-format on */
