#include <string.h>

#include "base/reply.h"
#include "core/connection.h"
#include "crypto/secret.h"
#include "mgmt/organizations.h"

#define MOST_USERS_AT_ONCE 2000

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_CONNECTION("not_found"),
    TPA_MG_ROW_NO_CLIENT,
    { "conflict", TPA_E_CONFLICT, "connection_conflict",
      "A connection with the same name already exists." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "name", TPA_P_STRING, 0, 128, NULL, "Name of a connection" },
    { "strategy", TPA_P_STRINGS, 0, 50, NULL, "Strategies" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "connection_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "connection_get", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);
    const char *id;

    TPA_TRY(tpa_random_id("con_", 16, &id, c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_str(arg, "id", id);
    return tpa_mg_write(c, "connection_create", arg, NULL, results, reply);
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    return tpa_connection_check_change(now, patch, c->p);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "connection_get", "connection_update", check_change,
                        results, reply);
}

/* 202 when it goes, 204 when it was gone. One with very many users goes in
 * several steps, so that none of them runs into the database's time limit. */
static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c), *event = tpa_mg_event(c);
    tpa_outcome_t out;

    tpa_json_set_int(arg, "most", MOST_USERS_AT_ONCE);
    do {
        TPA_TRY(tpa_store_write(c->t->store, "connection_delete", arg, event,
                                &out, c->p));
    } while (!strcmp(out.result, "more"));
    tpa_mg_reply(c, NULL, reply);
    if (!strcmp(out.result, "not_found"))
        reply->status = 204;
    return TPA_OK;
}

static tpa_err_t *list_clients(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "connection_clients_list", results, reply);
}

static tpa_err_t *update_clients(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    TPA_TRY(tpa_connection_clients_check(c->body, c->p));
    tpa_json_set(arg, "clients", c->body);
    return tpa_mg_write(c, "connection_clients_update", arg, NULL, results,
                        reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_connections[] = {
    { "GET", "connections", "read:connections", 200, list, "List connections",
      NULL, 0, list_params, TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "connections",
      1 },
    { "POST", "connections", "create:connections", 201, create,
      "Create a connection", tpa_connection_props, TPA_ON_CREATE },
    { "GET", "connections/{id}", "read:connections", 200, get,
      "Get a connection", NULL, 0, NULL, 0, NULL, 1 },
    { "PATCH", "connections/{id}", "update:connections", 200, update,
      "Update a connection", tpa_connection_props, TPA_ON_UPDATE },
    { "DELETE", "connections/{id}", "delete:connections", 202, delete,
      "Delete a connection" },
    { "GET", "connections/{id}/clients", "read:connections", 200, list_clients,
      "List applications that may use a connection", NULL, 0, NULL,
      TPA_MG_CHECKPOINT, "clients" },
    { "PATCH", "connections/{id}/clients", "update:connections", 204,
      update_clients, "Update applications that may use a connection",
      .free_body = 1 },
    { NULL }
};
/* clang-format on */
