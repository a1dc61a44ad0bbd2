#include "mgmt/search.h"

/* clang-format off */
static const tpa_mg_param_t list_params[] = {
    { "user_id", TPA_P_STRING, 1, 255, NULL, "Id of the user" },
    { "client_id", TPA_P_STRING, 1, 255, NULL, "Id of the application" },
    { "audience", TPA_P_STRING, 1, 600, NULL, "Identifier of the API" },
    { NULL }
};

static const tpa_mg_param_t user_params[] = {
    { "user_id", TPA_P_STRING, 1, 255, NULL, "Id of the user" },
    { NULL }
};

static const tpa_mg_param_t token_params[] = {
    { "user_id", TPA_P_STRING, 1, 255, NULL, "Id of the user" },
    { "client_id", TPA_P_STRING, 1, 255, NULL, "Id of the application" },
    { NULL }
};

static const tpa_prop_t revoke_props[] = {
    { "ids", TPA_P_STRINGS, TPA_ON_CREATE, 1, 100,
      .doc = "Ids of refresh tokens; nothing else beside it" },
    { "user_id", TPA_P_STRING, TPA_ON_CREATE, 1, 255,
      .doc = "Id of the user they belong to" },
    { "client_id", TPA_P_STRING, TPA_ON_CREATE, 1, 255,
      .doc = "Id of the application they were given to" },
    { "audience", TPA_P_STRING, TPA_ON_CREATE, 1, 600,
      .doc = "Identifier of the API they are for; beside user_id or"
      " client_id" },
    { NULL }
};

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "The grant does not exist." },
    { NULL }
};

static const tpa_mg_result_t token_results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "The refresh token does not exist." },
    { NULL }
};
/* clang-format on */

/* ---- consent ------------------------------------------------------------ */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "grant_list", results, reply);
}

static tpa_err_t *delete_grant(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "grant_delete", tpa_mg_argument(c), NULL, results,
                        reply);
}

static tpa_err_t *delete_of_user(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    TPA_TRY(tpa_mg_needs(c, "user_id"));
    return tpa_mg_write(c, "grant_delete_by_user", tpa_mg_argument(c), NULL,
                        results, reply);
}

/* ---- refresh tokens ----------------------------------------------------- */

static tpa_err_t *list_tokens(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    TPA_TRY(tpa_mg_needs(c, "user_id"));
    return tpa_mg_list(c, "refresh_token_list", token_results, reply);
}

static tpa_err_t *get_token(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "refresh_token_get", token_results, reply);
}

static tpa_err_t *delete_token(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "refresh_token_delete", tpa_mg_argument(c), NULL,
                        token_results, reply);
}

static tpa_err_t *revoke_tokens(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    int has_ids = tpa_json_get(c->body, "ids") != NULL;
    int has_owner = tpa_json_get(c->body, "user_id")
        || tpa_json_get(c->body, "client_id");

    if (has_ids ? tpa_json_size(c->body) > 1 : !has_owner)
        return tpa_mg_bad_body(c->p, "Either ids alone, or user_id or"
                               " client_id or both, and perhaps audience, must"
                               " be sent");
    return tpa_mg_write(c, "refresh_token_revoke", c->body, NULL,
                        token_results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_grants[] = {
    { "GET", "grants", "read:grants", 200, list,
      "Get what users granted to applications", .query = list_params,
      .pages = TPA_MG_OFFSET, .list_key = "grants" },
    { "DELETE", "grants", "delete:grants", 204, delete_of_user,
      "Delete the grants of a user", .query = user_params },
    { "DELETE", "grants/{id}", "delete:grants", 204, delete_grant,
      "Delete a grant" },
    { "GET", "refresh-tokens", "read:refresh_tokens", 200, list_tokens,
      "Get the refresh tokens of a user", .query = token_params,
      .pages = TPA_MG_CHECKPOINT, .list_key = "refresh_tokens", .fields = 1 },
    { "GET", "refresh-tokens/{id}", "read:refresh_tokens", 200, get_token,
      "Get a refresh token", .fields = 1 },
    { "DELETE", "refresh-tokens/{id}", "delete:refresh_tokens", 202,
      delete_token, "Delete a refresh token" },
    { "POST", "refresh-tokens/revoke", "delete:refresh_tokens", 202,
      revoke_tokens, "Revoke refresh tokens", revoke_props, TPA_ON_CREATE },
    { NULL }
};
/* clang-format on */
