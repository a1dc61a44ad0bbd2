#include <string.h>

#include "base/text.h"
#include "core/user.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "mgmt/search.h"

#define ID_BYTES 12          /* 24 hexadecimal digits */

/* clang-format off */
static const tpa_prop_t roles_props[] = {
    { "roles", TPA_P_STRINGS, TPA_ON_CREATE | TPA_REQUIRED, 1, 50,
      .doc = "Ids of roles" },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "q", TPA_P_STRING, 0, 1024, NULL, "name:value, joined by AND; names are"
      " email, user_id, identities.connection" },
    { "sort", TPA_P_ENUM, 0, 0, "user_id:1|user_id:-1|created_at:1|"
      "created_at:-1|email:1|email:-1", "Order, user_id:1 unless told" },
    { "connection", TPA_P_STRING, 1, 128, NULL, "Name of their connection" },
    { NULL }
};

static const tpa_mg_param_t email_params[] = {
    { "email", TPA_P_STRING, 1, 320, NULL,
      "E-mail address, whatever the case of its letters" },
    { NULL }
};

static const tpa_mg_term_t terms[] = {
    { "email", "email" }, { "user_id", "user_id" },
    { "identities.connection", "connection" }, { NULL }
};

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "inexistent_user",
      "The user does not exist." },
    { "conflict", TPA_E_CONFLICT, "user_exists", "The user already exists." },
    { "no_connection", TPA_E_NOT_FOUND, "inexistent_connection",
      "The connection does not exist" },
    { "needs_email", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'Missing required property: email'." },
    { "needs_password", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'Missing required property: password'." },
    { "takes_no_password", TPA_E_INVALID_BODY, NULL, "Payload validation"
      " error: 'The connection is no database' on property password." },
    { "bad_id", TPA_E_INVALID_BODY, NULL, "Payload validation error: 'It is"
      " too long for this connection' on property user_id." },
    { "no_role", TPA_E_INVALID_BODY, NULL, "Payload validation error: 'One of"
      " the roles does not exist' on property roles." },
    { NULL }
};
/* clang-format on */

/* ---- users -------------------------------------------------------------- */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    TPA_TRY(tpa_mg_search(c, "q", terms));
    return tpa_mg_list(c, "user_list", results, reply);
}

static tpa_err_t *by_email(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    TPA_TRY(tpa_mg_needs(c, "email"));
    return tpa_mg_list(c, "user_by_email", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "user_get", results, reply);
}

/* The database holds a hash in the place of a password. */
static tpa_err_t *hash_password(tpa_mg_call_t *c, tpa_json_t *user)
{
    const char *password = tpa_json_get_str(user, "password"), *hash;

    if (!password)
        return TPA_OK;
    TPA_TRY(tpa_password_hash(password, &hash, c->p));
    tpa_json_remove(user, "password");
    tpa_json_set_str(user, "password_hash", hash);
    return TPA_OK;
}

/* What the connection calls the user: as told, or random. */
static tpa_err_t *name_user(tpa_mg_call_t *c, tpa_json_t *user)
{
    const char *id = tpa_json_get_str(c->body, "user_id");
    unsigned char bytes[ID_BYTES];

    TPA_TRY(tpa_random_bytes(bytes, sizeof(bytes), c->p));
    tpa_json_set_str(user, "connection_user_id",
                     id ? id : tpa_text_hex(bytes, sizeof(bytes), c->p));
    return TPA_OK;
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *user;

    TPA_TRY(tpa_user_check_new(c->body, &user, c->p));
    TPA_TRY(name_user(c, user));
    TPA_TRY(hash_password(c, user));
    return tpa_mg_write(c, "user_create", user, NULL, results, reply);
}

static tpa_err_t *check(tpa_mg_call_t *c, const tpa_json_t *now,
                        tpa_json_t *patch)
{
    TPA_TRY(tpa_user_check_change(now, patch, c->p));
    return hash_password(c, patch);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "user_get", "user_update", check, results, reply);
}

static tpa_err_t *delete_user(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "user_delete", tpa_mg_argument(c), NULL, results,
                        reply);
}

/* ---- roles and Organizations -------------------------------------------- */

static tpa_err_t *list_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "user_role_list", results, reply);
}

static tpa_err_t *write_roles(tpa_mg_call_t *c, const char *name,
                              tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_json_set(arg, "roles", tpa_json_get(c->body, "roles"));
    return tpa_mg_write(c, name, arg, NULL, results, reply);
}

static tpa_err_t *add_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return write_roles(c, "user_role_add", reply);
}

static tpa_err_t *remove_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return write_roles(c, "user_role_remove", reply);
}

static tpa_err_t *list_organizations(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "user_organization_list", results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_users[] = {
    { "GET", "users", "read:users", 200, list, "Get users",
      .query = list_params, .pages = TPA_MG_OFFSET, .list_key = "users",
      .fields = 1 },
    { "POST", "users", "create:users", 201, create, "Create a user",
      tpa_user_props, TPA_ON_CREATE },
    { "GET", "users-by-email", "read:users", 200, by_email,
      "Get users by their e-mail address", .query = email_params,
      .pages = TPA_MG_ARRAY, .fields = 1 },
    { "GET", "users/{id}", "read:users", 200, get, "Get a user", .fields = 1 },
    { "PATCH", "users/{id}", "update:users", 200, update, "Update a user",
      tpa_user_props, TPA_ON_UPDATE },
    { "DELETE", "users/{id}", "delete:users", 204, delete_user,
      "Delete a user" },
    { "GET", "users/{id}/roles", "read:users read:roles read:role_members",
      200, list_roles, "Get the roles of a user", .pages = TPA_MG_OFFSET,
      .list_key = "roles" },
    { "POST", "users/{id}/roles", "update:users create:role_members", 204,
      add_roles, "Assign roles to a user", roles_props, TPA_ON_CREATE },
    { "DELETE", "users/{id}/roles", "update:users delete:role_members", 204,
      remove_roles, "Remove roles from a user", roles_props, TPA_ON_CREATE },
    { "GET", "users/{id}/organizations", "read:organizations", 200,
      list_organizations, "Get the Organizations of a user",
      .pages = TPA_MG_OFFSET, .list_key = "organizations" },
    { NULL }
};
/* clang-format on */
