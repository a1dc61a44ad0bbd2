#include <apr_strings.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "mgmt/organizations.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    TPA_MG_ROW_NO_ORGANIZATION("no_organization"),
    { "not_found", TPA_E_NOT_FOUND, "", "Discovery domain not found" },
    { "conflict", TPA_E_CONFLICT, "organization_domain_conflict",
      "The organization has this domain already." },
    { "limit", TPA_E_CONFLICT, "organization_domain_limit",
      "The organization has as many domains as it may have." },
    { NULL }
};
/* clang-format on */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "organization_domain_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_domain_get", results, reply);
}

static tpa_err_t *get_by_name(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "organization_domain_get_by_name", results, reply);
}

static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c);
    const char *domain, *id;
    unsigned char text[16];

    domain = tpa_org_domain_stored(tpa_json_get_str(c->body, "domain"), c->p);
    TPA_TRY(tpa_random_id("ord_", 22, &id, c->p));
    TPA_TRY(tpa_random_bytes(text, sizeof(text), c->p));
    tpa_mg_add_members(arg, c->body);
    tpa_json_set_str(arg, "id", id);
    tpa_json_set_str(arg, "domain", domain);
    tpa_json_set_str(arg, "verification_txt",
                     tpa_text_hex(text, sizeof(text), c->p));
    tpa_json_set_str(arg, "verification_host",
                     apr_pstrcat(c->p, "_ss-verification.", c->ids[0], ".",
                                 domain, NULL));
    tpa_json_set_int(arg, "most", TPA_ORG_MOST_DOMAINS);
    return tpa_mg_write(c, "organization_domain_create", arg, NULL, results,
                        reply);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "organization_domain_get",
                        "organization_domain_update", NULL, results, reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "organization_domain_delete", tpa_mg_argument(c),
                        NULL, results, reply);
}

#define DOMAINS "organizations/{organization_id}/discovery-domains"

/* clang-format off */
const tpa_mg_route_t tpa_mg_organization_domains[] = {
    { "GET", DOMAINS, "read:organization_discovery_domains", 200, list,
      "List discovery domains of an Organization", NULL, 0, NULL,
      TPA_MG_CHECKPOINT, "domains" },
    { "POST", DOMAINS, "create:organization_discovery_domains", 201, create,
      "Add a discovery domain to an Organization", tpa_org_domain_props,
      TPA_ON_CREATE },
    { "GET", DOMAINS "/name/{domain}", "read:organization_discovery_domains",
      200, get_by_name, "Get a discovery domain by its name" },
    { "GET", DOMAINS "/{id}", "read:organization_discovery_domains", 200, get,
      "Get a discovery domain of an Organization" },
    { "PATCH", DOMAINS "/{id}", "update:organization_discovery_domains", 200,
      update, "Update a discovery domain of an Organization",
      tpa_org_domain_props, TPA_ON_UPDATE },
    { "DELETE", DOMAINS "/{id}", "delete:organization_discovery_domains", 204,
      delete, "Remove a discovery domain from an Organization" },
    { NULL }
};
/* clang-format on */
