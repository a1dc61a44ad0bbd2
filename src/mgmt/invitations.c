#include <string.h>

#include <apr_strings.h>

#include "core/connection.h"
#include "crypto/secret.h"
#include "mgmt/organizations.h"

/* A command that sends mail is not there yet. */
#define HAS_MAIL 0

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    { "not_found", TPA_E_NOT_FOUND, "", "The invitation does not exist" },
    { "no_client", TPA_E_INVALID_BODY, NULL,
      "The specified client_id does not exist." },
    { "third_party", TPA_E_INVALID_BODY, NULL,
      "The specified client_id is of a third-party application, which takes no"
      " invitations." },
    { "no_usage", TPA_E_INVALID_BODY, NULL,
      "The specified client_id does not allow organizations." },
    { "no_connection", TPA_E_INVALID_BODY, NULL,
      "The specified connection_id does not exist." },
    { "passwordless", TPA_E_INVALID_BODY, NULL,
      "Passwordless connections are not supported for invitations." },
    { "no_role", TPA_E_INVALID_BODY, NULL,
      "One or more of the specified roles do not exist." },
    { "no_login_route", TPA_E_INVALID_BODY, NULL,
      "A default login route is required to make the invitation_url: set"
      " initiate_login_uri of the application." },
    { NULL }
};

static const tpa_mg_param_t list_params[] = {
    { "sort", TPA_P_ENUM, 0, 0, "created_at:1|created_at:-1",
      "Oldest first (1), or newest first (-1)" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "invitation_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "invitation_get", results, reply);
}

/* Nothing in it needs escapes: names of Organizations, ids, base64url. */
static const char *link_to(const tpa_json_t *made, const char *ticket,
                           apr_pool_t *p)
{
    const char *uri = tpa_json_get_str(made, "@login_uri");

    return apr_pstrcat(p, uri, strchr(uri, '?') ? "&" : "?", "invitation=",
                       ticket, "&organization=",
                       tpa_json_get_str(made, "organization_id"),
                       "&organization_name=",
                       tpa_json_get_str(made, "@organization_name"), NULL);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c), *answer = tpa_json_object(c->p);
    const char *id, *ticket;
    tpa_outcome_t out;
    int ttl_s;

    TPA_TRY(tpa_org_invitation_check(c->body, HAS_MAIL, &ttl_s, c->p));
    TPA_TRY(tpa_random_id("uinv_", 16, &id, c->p));
    TPA_TRY(tpa_random_secret(&ticket, c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_str(arg, "id", id);
    tpa_json_set_int(arg, "ttl_sec", ttl_s);
    tpa_json_set_str(arg, "ticket_hash",
                     tpa_sha256_hex(ticket, strlen(ticket), c->p));
    tpa_json_set(arg, "usages", tpa_org_usages(c->p));
    tpa_json_set(arg, "passwordless", tpa_connection_passwordless(c->p));
    TPA_TRY(tpa_store_write(c->t->store, "invitation_create", arg,
                            tpa_mg_event(c), &out, c->p));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    tpa_mg_add_members(answer, out.body);
    tpa_json_set_str(answer, "invitation_url", link_to(out.body, ticket,
                                                       c->p));
    tpa_json_set_str(answer, "ticket_id", ticket);
    tpa_mg_reply(c, answer, reply);
    return TPA_OK;
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "invitation_delete", tpa_mg_argument(c), NULL,
                        results, reply);
}

#define INVITATIONS "organizations/{organization_id}/invitations"

/* clang-format off */
const tpa_mg_route_t tpa_mg_invitations[] = {
    { "GET", INVITATIONS, "read:organization_invitations", 200, list,
      "List invitations to an Organization", NULL, 0, list_params,
      TPA_MG_OFFSET, "invitations", 1 },
    { "POST", INVITATIONS, "create:organization_invitations", 200, create,
      "Invite a user to an Organization", tpa_org_invitation_props,
      TPA_ON_CREATE },
    { "GET", INVITATIONS "/{id}", "read:organization_invitations", 200, get,
      "Get an invitation to an Organization", NULL, 0, NULL, 0, NULL, 1 },
    { "DELETE", INVITATIONS "/{id}", "delete:organization_invitations", 204,
      delete, "Delete an invitation to an Organization" },
    { NULL }
};
/* clang-format on */
