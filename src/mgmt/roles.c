#include "core/user.h"
#include "crypto/secret.h"
#include "mgmt/mgmt.h"

/* clang-format off */
static const tpa_prop_t permission_props[] = {
    { "resource_server_identifier", TPA_P_STRING, TPA_REQUIRED, 1, 600,
      .doc = "Identifier of the API" },
    { "permission_name", TPA_P_STRING, TPA_REQUIRED, 1, 280,
      .doc = "A scope of it" },
    { NULL }
};

static const tpa_prop_t permissions_props[] = {
    { "permissions", TPA_P_OBJECTS, TPA_ON_CREATE | TPA_REQUIRED, 1, 100,
      .inner = permission_props, .doc = "Scopes of APIs" },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "name_filter", TPA_P_STRING, 1, 255, NULL,
      "Part of the name, whatever the case of its letters" },
    { NULL }
};

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "inexistent_role",
      "The role does not exist." },
    { "conflict", TPA_E_CONFLICT, "role_conflict",
      "A role of that name already exists." },
    { "limit", TPA_E_CONFLICT, "role_limit",
      "There are 1000 roles, and no more are possible." },
    { "no_scope", TPA_E_INVALID_BODY, NULL, "Payload validation error: 'One of"
      " the permissions is no scope of its API' on property permissions." },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "role_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "role_get", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);
    const char *id;

    TPA_TRY(tpa_random_id("rol_", 16, &id, c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_str(arg, "id", id);
    return tpa_mg_write(c, "role_create", arg, NULL, results, reply);
}

static tpa_err_t *check(tpa_mg_call_t *c, const tpa_json_t *now,
                        tpa_json_t *patch)
{
    tpa_user_drop_fixed(tpa_role_props, patch);
    return TPA_OK;
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "role_get", "role_update", check, results, reply);
}

static tpa_err_t *delete_role(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "role_delete", tpa_mg_argument(c), NULL, results,
                        reply);
}

/* ---- permissions -------------------------------------------------------- */

static tpa_err_t *list_permissions(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "role_permission_list", results, reply);
}

static tpa_err_t *write_permissions(tpa_mg_call_t *c, const char *name,
                                    tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_json_set(arg, "permissions", tpa_json_get(c->body, "permissions"));
    return tpa_mg_write(c, name, arg, NULL, results, reply);
}

static tpa_err_t *add_permissions(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return write_permissions(c, "role_permission_add", reply);
}

static tpa_err_t *remove_permissions(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return write_permissions(c, "role_permission_remove", reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_roles[] = {
    { "GET", "roles", "read:roles", 200, list, "Get roles",
      .query = list_params, .pages = TPA_MG_OFFSET, .list_key = "roles" },
    { "POST", "roles", "create:roles", 200, create, "Create a role",
      tpa_role_props, TPA_ON_CREATE },
    { "GET", "roles/{id}", "read:roles", 200, get, "Get a role" },
    { "PATCH", "roles/{id}", "update:roles", 200, update, "Update a role",
      tpa_role_props, TPA_ON_UPDATE },
    { "DELETE", "roles/{id}", "delete:roles", 200, delete_role,
      "Delete a role" },
    { "GET", "roles/{id}/permissions", "read:roles", 200, list_permissions,
      "Get the permissions of a role", .pages = TPA_MG_OFFSET,
      .list_key = "permissions" },
    { "POST", "roles/{id}/permissions", "update:roles", 201, add_permissions,
      "Give permissions to a role", permissions_props, TPA_ON_CREATE },
    { "DELETE", "roles/{id}/permissions", "update:roles", 200,
      remove_permissions, "Take permissions from a role", permissions_props,
      TPA_ON_CREATE },
    { NULL }
};
/* clang-format on */
