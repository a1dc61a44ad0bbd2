#include <string.h>

#include "mgmt/organizations.h"

#define FOR_ROLES "read:organization_member_roles"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    TPA_MG_ROW_NO_ROLE,
    { "no_user", TPA_E_NOT_FOUND, "inexistent_user",
      "The user does not exist." },
    { "no_member", TPA_E_NOT_FOUND, "inexistent_member",
      "The user is not a member of this organization." },
    { NULL }
};

static const tpa_mg_result_t add_results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    { "no_user", TPA_E_NOT_FOUND, "inexistent_user",
      "The user does not exist." },
    { "limit", TPA_E_CONFLICT, "member_limit",
      "The organization has as many members as it may have." },
    { NULL }
};

static const tpa_mg_result_t add_role_results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    TPA_MG_ROW_NO_ROLE,
    { "no_member", TPA_E_NOT_FOUND, "inexistent_member",
      "The user is not a member of this organization." },
    { "limit", TPA_E_CONFLICT, "member_role_limit",
      "The member has as many roles as it may have." },
    { NULL }
};
/* clang-format on */

/* Does the caller ask for the roles, which are shown to few only? */
static int wants_roles(const tpa_mg_call_t *c)
{
    const tpa_json_t *fields = tpa_json_get(c->query, "fields");
    apr_size_t i;

    if (tpa_json_get(c->query, "include_fields")
        && !tpa_json_get_true(c->query, "include_fields"))
        return 0;
    for (i = 0; i < tpa_json_size(fields); i++) {
        if (!strcmp(tpa_json_str(tpa_json_at(fields, i)), "roles"))
            return 1;
    }
    return 0;
}

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    if (wants_roles(c)) {
        if (!tpa_mg_holds(c, FOR_ROLES))
            return tpa_err_by(tpa_mg_err(c->p, TPA_E_INSUFFICIENT_SCOPE, NULL,
                                         "Insufficient scope, expected any of:"
                                         " " FOR_ROLES), "scope");
        tpa_json_set_bool(c->query, "roles", 1);
    }
    return tpa_mg_list(c, "organization_member_list", results, reply);
}

static tpa_err_t *add(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_mg_add_members(arg, c->body);
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_MEMBERS);
    return tpa_mg_write(c, "organization_member_add", arg, NULL, add_results,
                        reply);
}

static tpa_err_t *remove_members(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_mg_add_members(arg, c->body);
    return tpa_mg_write(c, "organization_member_remove", arg, NULL, results,
                        reply);
}

static tpa_err_t *list_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_member_role_list", results, reply);
}

static tpa_err_t *add_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_mg_add_members(arg, c->body);
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_ROLES);
    return tpa_mg_write(c, "organization_member_role_add", arg, NULL,
                        add_role_results, reply);
}

static tpa_err_t *remove_roles(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);

    tpa_mg_add_members(arg, c->body);
    return tpa_mg_write(c, "organization_member_role_remove", arg, NULL,
                        results, reply);
}

#define MEMBERS "organizations/{organization_id}/members"
#define ROLES "organizations/{organization_id}/members/{user_id}/roles"

/* clang-format off */
const tpa_mg_route_t tpa_mg_organization_members[] = {
    { "GET", MEMBERS, "read:organization_members", 200, list,
      "List members of an Organization", NULL, 0, NULL,
      TPA_MG_OFFSET | TPA_MG_CHECKPOINT, "members", 1 },
    { "POST", MEMBERS, "create:organization_members", 204, add,
      "Add members to an Organization", tpa_org_members_props, TPA_ON_CREATE },
    { "DELETE", MEMBERS, "delete:organization_members", 204, remove_members,
      "Remove members from an Organization", tpa_org_members_props,
      TPA_ON_CREATE },
    { "GET", ROLES, "read:organization_member_roles", 200, list_roles,
      "List roles of a member of an Organization", NULL, 0, NULL,
      TPA_MG_OFFSET, "roles" },
    { "POST", ROLES, "create:organization_member_roles", 204, add_roles,
      "Add roles to a member of an Organization", tpa_org_member_roles_props,
      TPA_ON_CREATE },
    { "DELETE", ROLES, "delete:organization_member_roles", 204, remove_roles,
      "Remove roles from a member of an Organization",
      tpa_org_member_roles_props, TPA_ON_CREATE },
    { NULL }
};
/* clang-format on */
