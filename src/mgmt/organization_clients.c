#include "mgmt/organizations.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    TPA_MG_ROW_NO_CLIENT,
    { "not_found", TPA_E_NOT_FOUND, "",
      "The organization does not name this application" },
    { "conflict", TPA_E_CONFLICT, "organization_client_conflict",
      "The organization names one of these applications already." },
    { "limit", TPA_E_CONFLICT, "organization_client_limit",
      "The organization would name more applications than it may." },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_client_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_client_get", results, reply);
}

static tpa_err_t *add(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    TPA_TRY(tpa_org_clients_check(c->body, c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_CLIENTS);
    return tpa_mg_write(c, "organization_client_add", arg, NULL, results,
                        reply);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "organization_client_get",
                        "organization_client_update", NULL, results, reply);
}

/* Ids from some clients, objects from others. */
static tpa_err_t *remove_clients(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c), *ids;

    TPA_TRY(tpa_org_clients_read_removal(c->body, &ids, c->p));
    tpa_json_set(arg, "clients", ids);
    return tpa_mg_write(c, "organization_client_remove", arg, NULL, results,
                        reply);
}

#define CLIENTS "organizations/{organization_id}/clients"

/* clang-format off */
const tpa_mg_route_t tpa_mg_organization_clients[] = {
    { "GET", CLIENTS, "read:organization_clients", 200, list,
      "List applications an Organization names", NULL, 0, NULL,
      TPA_MG_CHECKPOINT, "clients" },
    { "POST", CLIENTS, "create:organization_clients", 201, add,
      "Name applications for the members of an Organization",
      tpa_org_clients_props, TPA_ON_CREATE },
    { "DELETE", CLIENTS, "delete:organization_clients", 204, remove_clients,
      "Remove applications an Organization names", .free_body = 1 },
    { "GET", CLIENTS "/{client_id}", "read:organization_clients", 200, get,
      "Get an application an Organization names" },
    { "PATCH", CLIENTS "/{client_id}", "update:organization_clients", 200,
      update, "Update an application an Organization names",
      tpa_org_client_props, TPA_ON_UPDATE },
    { NULL }
};
/* clang-format on */
