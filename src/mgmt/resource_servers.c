#include "base/text.h"
#include "core/api.h"
#include "crypto/secret.h"
#include "mgmt/mgmt.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "inexistent_resource_server",
      "The resource server does not exist" },
    { "conflict", TPA_E_CONFLICT, "resource_server_conflict",
      "A resource server with the same identifier already exists." },
    { "is_system", TPA_E_NOT_SUPPORTED, NULL,
      "System resource servers cannot be deleted." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "identifiers", TPA_P_STRINGS, 0, 100, NULL, "Identifiers of APIs" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "resource_server_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "resource_server_get", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    unsigned char bytes[12];
    tpa_json_t *api;

    TPA_TRY(tpa_api_check_new(c->body, c->t->issuer, &api, c->p));
    TPA_TRY(tpa_random_bytes(bytes, sizeof(bytes), c->p));
    tpa_json_set_str(api, "id", tpa_text_hex(bytes, sizeof(bytes), c->p));
    return tpa_mg_write(c, "resource_server_create", api, NULL, results,
                        reply);
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    return tpa_api_check_change(now, patch, c->p);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "resource_server_get", "resource_server_update",
                        check_change, results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "resource_server_delete", tpa_mg_argument(c), NULL,
                        results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_resource_servers[] = {
    { "GET", "resource-servers", "read:resource_servers", 200, list,
      "List APIs", NULL, 0, list_params, TPA_MG_OFFSET, "resource_servers",
      1 },
    { "POST", "resource-servers", "create:resource_servers", 201, create,
      "Create an API", tpa_api_props, TPA_ON_CREATE },
    { "GET", "resource-servers/{id}", "read:resource_servers", 200, get,
      "Get an API", .fields = 1 },
    { "PATCH", "resource-servers/{id}", "update:resource_servers", 200, update,
      "Update an API", tpa_api_props, TPA_ON_UPDATE },
    { "DELETE", "resource-servers/{id}", "delete:resource_servers", 204,
      delete, "Delete an API" },
    { NULL }
};
/* clang-format on */
