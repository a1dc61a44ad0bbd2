#include <string.h>

#include <apr_strings.h>

#include "core/client.h"
#include "crypto/secret.h"
#include "mgmt/clients.h"
#include "mgmt/mgmt_int.h"

#define READERS "read:clients read:client_keys read:client_credentials" \
                " read:client_summary"
#define CHANGERS "update:clients update:client_keys update:client_credentials"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, TPA_MG_NO_CLIENT },
    { "no_permissive_mode", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'This tenant has no permissive mode' on"
      " property third_party_security_mode." },
    { "no_organization", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'There is no such Organization' on property"
      " default_organization.organization_id." },
    { "no_credential", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'The application has no such credential' on"
      " property client_authentication_methods.private_key_jwt.credentials." },
    { "limit", TPA_E_INVALID_BODY, NULL,
      "Payload validation error: 'Too many credentials' on property"
      " client_authentication_methods.private_key_jwt.credentials." },
    { "no_secret", TPA_E_NOT_SUPPORTED, NULL,
      "An application that is known by its metadata document has no secret." },
    { "conflict", TPA_E_CONFLICT, "client_conflict",
      "A client with this client_id already exists." },
    { NULL }
};

/* There is nothing left to do. */
static const tpa_mg_result_t delete_results[] = {
    { "not_found", TPA_E_NOT_FOUND, NULL, NULL },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "is_global", TPA_P_BOOL, 0, 0, NULL,
      "Global clients, of which there are none" },
    { "is_first_party", TPA_P_BOOL, 0, 0, NULL,
      "First-party (true) or third-party (false) applications" },
    { "app_type", TPA_P_STRINGS, 0, 20, NULL, "Kinds of applications" },
    { "external_client_id", TPA_P_STRING, 0, 120, NULL,
      "Address of a metadata document" },
    { "q", TPA_P_STRING, 0, 200, NULL,
      "client_grant.organization_id:ID or"
      " client_grant.allow_any_organization:true, with take" },
    { NULL }
};

static const tpa_mg_param_t connection_params[] = {
    { "strategy", TPA_P_STRINGS, 0, 50, NULL, "Strategies of connections" },
    { NULL }
};
/* clang-format on */

/* ---- what may be seen --------------------------------------------------- */

/* The summary is what people need to tell applications apart. */
static int is_of_summary(const char *name)
{
    static const char *const names[] = {
        "client_id", "name", "description", "logo_uri", "app_type",
        "is_first_party", "third_party_security_mode", NULL
    };
    int i;

    for (i = 0; names[i]; i++) {
        if (!strcmp(names[i], name))
            return 1;
    }
    return 0;
}

/* Leave of the fields asked for (none: all) those of the summary. */
static void keep_to_summary(tpa_mg_call_t *c)
{
    const tpa_json_t *asked = tpa_json_get(c->query, "fields");
    int include = !tpa_json_get(c->query, "include_fields")
        || tpa_json_get_true(c->query, "include_fields");
    tpa_json_t *fields = tpa_json_array(c->p);
    const tpa_prop_t *row;
    apr_size_t i;
    int is_named;

    for (row = tpa_client_props; row->name; row++) {
        if (!is_of_summary(row->name))
            continue;
        for (i = 0, is_named = 0; i < tpa_json_size(asked); i++)
            is_named |= !strcmp(tpa_json_str(tpa_json_at(asked, i)),
                                row->name);
        if (!tpa_json_size(asked) || is_named == include)
            tpa_json_add_str(fields, row->name);
    }
    if (!tpa_json_size(fields))   /* nothing: a name that no member has */
        tpa_json_add_str(fields, "");
    tpa_json_set(c->query, "fields", fields);
    tpa_json_remove(c->query, "include_fields");
}

static void restrict_fields(tpa_mg_call_t *c)
{
    if (!tpa_mg_holds(c, "read:clients") && !tpa_mg_holds(c, "read:client_keys")
        && !tpa_mg_holds(c, "read:client_credentials"))
        keep_to_summary(c);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    restrict_fields(c);
    return tpa_mg_get(c, "client_get", results, reply);
}

/* ---- lists -------------------------------------------------------------- */

static tpa_err_t *bad_search(tpa_mg_call_t *c, const char *what)
{
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, NULL,
                                 "Query validation error: '%s' on property q.",
                                 what), "query");
}

/* The two forms of q become filters. */
static tpa_err_t *read_search(tpa_mg_call_t *c)
{
    static const char by_org[] = "client_grant.organization_id:";
    const char *q = tpa_json_get_str(c->query, "q");

    tpa_json_remove(c->query, "organization_id");
    if (!q)
        return TPA_OK;
    if (!tpa_mg_is_checkpoint(c))
        return bad_search(c, "A search needs the parameter take");
    if (!strncmp(q, by_org, sizeof(by_org) - 1) && q[sizeof(by_org) - 1])
        tpa_json_set_str(c->query, "organization_id", q + sizeof(by_org) - 1);
    else if (!strcmp(q, "client_grant.allow_any_organization:true"))
        tpa_json_set_bool(c->query, "any_organization", 1);
    else
        return bad_search(c, "It must be client_grant.organization_id:ID or"
                          " client_grant.allow_any_organization:true");
    tpa_json_remove(c->query, "q");
    return TPA_OK;
}

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    restrict_fields(c);
    TPA_TRY(read_search(c));
    return tpa_mg_list(c, "client_list", results, reply);
}

static tpa_err_t *list_connections(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "client_connections_list", results, reply);
}

/* ---- creation ----------------------------------------------------------- */

/* Strict applications are told from others by their id: spec.md 1.1. */
static tpa_err_t *set_id(tpa_mg_call_t *c, tpa_json_t *client)
{
    int is_strict = tpa_client_party(client) == TPA_STRICT;
    const char *id;

    if (tpa_json_get(client, "client_id"))
        return TPA_OK;
    TPA_TRY(tpa_random_id(is_strict ? "tpc_" : "", is_strict ? 22 : 32, &id,
                          c->p));
    tpa_json_set_str(client, "client_id", id);
    return TPA_OK;
}

static tpa_err_t *set_secret(tpa_mg_call_t *c, tpa_json_t *client,
                             tpa_json_t **extra)
{
    const char *secret;

    TPA_TRY(tpa_random_secret(&secret, c->p));
    tpa_json_set_str(client, "secret_hash",
                     tpa_sha256_hex(secret, strlen(secret), c->p));
    *extra = tpa_json_object(c->p);
    tpa_json_set_str(*extra, "client_secret", secret);
    return TPA_OK;
}

static const char keys_path[]
    = "client_authentication_methods.private_key_jwt.credentials";

static tpa_err_t *read_keys(tpa_mg_call_t *c, const tpa_json_t *sent,
                            tpa_json_t *out)
{
    tpa_json_t *seen = tpa_json_object(c->p), *key;
    const char *kid;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(sent); i++) {
        TPA_TRY(tpa_mg_credential_read(c, tpa_json_at(sent, i),
                                       apr_psprintf(c->p, "%s[%d].", keys_path,
                                                    (int)i), &key));
        kid = tpa_json_get_str(key, "kid");
        if (tpa_json_get(seen, kid))
            return tpa_mg_bad_body(c->p, "%s: the same kid twice", keys_path);
        tpa_json_set_bool(seen, kid, 1);
        tpa_json_add(out, key);
    }
    return TPA_OK;
}

static tpa_err_t *set_keys(tpa_mg_call_t *c, tpa_json_t *client)
{
    static const char name[] = "client_authentication_methods";
    const tpa_json_t *sent = tpa_json_get(
        tpa_json_get(tpa_json_get(client, name), "private_key_jwt"),
        "credentials");
    tpa_json_t *methods, *method, *list_of_keys;

    if (!sent)
        return TPA_OK;
    list_of_keys = tpa_json_array(c->p);
    TPA_TRY(read_keys(c, sent, list_of_keys));
    method = tpa_json_object(c->p);
    tpa_json_set(method, "credentials", list_of_keys);
    methods = tpa_json_object(c->p);
    tpa_json_set(methods, "private_key_jwt", method);
    tpa_json_set(client, name, methods);
    return TPA_OK;
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *client, *extra;

    TPA_TRY(tpa_client_check_new(c->body, &client, c->p));
    TPA_TRY(set_id(c, client));
    TPA_TRY(set_keys(c, client));
    TPA_TRY(set_secret(c, client, &extra));
    client = tpa_client_stored(client, c->p);
    if (tpa_client_party(client) == TPA_PERMISSIVE)
        tpa_json_set_bool(client, "if_permissive_available", 1);
    return tpa_mg_write(c, "client_create", client, extra, results, reply);
}

/* ---- changes ------------------------------------------------------------ */

static int refuse_member(void *baton, const char *name,
                         const tpa_json_t *value)
{
    const char **refused = baton;

    if (strcmp(name, "client_authentication_methods")
        && strcmp(name, "token_endpoint_auth_method"))
        *refused = name;
    return *refused != NULL;
}

/* Who may only change credentials changes nothing else. */
static tpa_err_t *check_scope(tpa_mg_call_t *c, const tpa_json_t *patch)
{
    const char *refused = NULL;

    if (tpa_mg_holds(c, "update:clients"))
        return TPA_OK;
    tpa_json_each(patch, refuse_member, &refused);
    if (!refused && tpa_json_size(patch)
        && !tpa_mg_holds(c, "update:client_credentials"))
        refused = "client_authentication_methods";
    return refused
        ? tpa_err_by(tpa_mg_err(c->p, TPA_E_INSUFFICIENT_SCOPE, NULL,
                                "Insufficient scope to update %s, expected any"
                                " of: update:clients",
                                tpa_props_shown(refused, c->p)), "scope")
        : TPA_OK;
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    tpa_json_t *stored;
    const tpa_prop_t *row;

    TPA_TRY(tpa_client_check_change(now, patch, c->p));
    TPA_TRY(check_scope(c, patch));
    stored = tpa_client_stored(patch, c->p);
    for (row = tpa_client_props; row->name; row++)
        tpa_json_remove(patch, row->name);
    tpa_mg_add_members(patch, stored);
    return TPA_OK;
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "client_get", "client_update", check_change,
                        results, reply);
}

static tpa_err_t *rotate_secret(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c), *extra;

    TPA_TRY(set_secret(c, arg, &extra));
    return tpa_mg_write(c, "client_secret_rotate", arg, extra, results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "client_delete", tpa_mg_argument(c), NULL,
                        delete_results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_clients[] = {
    { "GET", "clients", READERS, 200, list, "List applications",
      NULL, 0, list_params, TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "clients", 1 },
    { "POST", "clients", "create:clients", 201, create,
      "Create an application", tpa_client_props, TPA_ON_CREATE },
    { "GET", "clients/{client_id}", READERS, 200, get, "Get an application",
      .fields = 1 },
    { "PATCH", "clients/{client_id}", CHANGERS, 200, update,
      "Update an application", tpa_client_props, TPA_ON_UPDATE },
    { "DELETE", "clients/{client_id}", "delete:clients", 204, delete,
      "Delete an application" },
    { "POST", "clients/{client_id}/rotate-secret", "update:client_keys", 200,
      rotate_secret, "Rotate the secret of an application" },
    { "GET", "clients/{client_id}/connections",
      "read:connections+read:clients read:connections+read:client_summary",
      200, list_connections, "List connections of an application",
      NULL, 0, connection_params, TPA_MG_CHECKPOINT, "connections", 1 },
    { NULL }
};
/* clang-format on */
