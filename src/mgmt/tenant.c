#include <string.h>

#include "mgmt/mgmt.h"

#define MOST_HTML 65536      /* characters */
#define MOST_HOURS 8760      /* a year */
#define MOST_TOKENS APR_INT64_C(2147483647)

/* clang-format off */
static const tpa_prop_t error_page_props[] = {
    { "html", TPA_P_STRING, 0, 0, MOST_HTML, .doc = "HTML of the page" },
    { "url", TPA_P_STRING, 0, 0, 2048, .doc = "Where to send users instead" },
    { "show_log_link", TPA_P_BOOL, 0,
      .doc = "Whether the page shows a link to the log" },
    { NULL }
};

static const tpa_prop_t flags_props[] = {
    { "enable_dynamic_client_registration", TPA_P_BOOL, 0,
      .doc = "Whether applications may register themselves" },
    { "use_scope_descriptions_for_consent", TPA_P_BOOL, 0,
      .doc = "Whether consent shows descriptions of scopes" },
    { "revoke_refresh_token_grant", TPA_P_BOOL, 0,
      .doc = "Whether revoking a refresh token takes the consent with it" },
    { "remove_alg_from_jwks", TPA_P_BOOL, 0,
      .doc = "Whether the key set leaves alg out" },
    { NULL }
};

static const tpa_prop_t bucket_props[] = {
    { "enforce", TPA_P_BOOL, 0, .doc = "Whether the quota is enforced" },
    { "per_day", TPA_P_INT, 0, 1, MOST_TOKENS, .doc = "Tokens a day" },
    { "per_hour", TPA_P_INT, 0, 1, MOST_TOKENS, .doc = "Tokens an hour" },
    { NULL }
};

static const tpa_prop_t quota_props[] = {
    { "client_credentials", TPA_P_OBJECT, TPA_REQUIRED, .inner = bucket_props,
      .doc = "Quota of machine tokens" },
    { NULL }
};

static const tpa_prop_t quotas_props[] = {
    { "clients", TPA_P_OBJECT, 0, .inner = quota_props,
      .doc = "Of an application" },
    { "organizations", TPA_P_OBJECT, 0, .inner = quota_props,
      .doc = "Of an Organization" },
    { NULL }
};

static const tpa_prop_t settings_props[] = {
    { "friendly_name", TPA_P_STRING, TPA_ON_UPDATE, 1, 255,
      .doc = "Name of the tenant, for people" },
    { "picture_url", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 2048,
      .doc = "URL of the logo of the tenant" },
    { "support_email", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 320,
      .doc = "E-mail address where users find help" },
    { "support_url", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 2048,
      .doc = "URL where users find help" },
    { "enabled_locales", TPA_P_STRINGS, TPA_ON_UPDATE | TPA_NULLABLE, 1, 100,
      .doc = "Languages of the pages" },
    { "default_audience", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 600,
      .doc = "Audience of requests that name none" },
    { "default_directory", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 128,
      .doc = "Name of the connection of requests that name none" },
    { "error_page", TPA_P_OBJECT, TPA_ON_UPDATE | TPA_NULLABLE,
      .inner = error_page_props, .doc = "The page that tells errors" },
    { "session_lifetime", TPA_P_INT, TPA_ON_UPDATE, 1, MOST_HOURS,
      .doc = "Hours until a session ends" },
    { "idle_session_lifetime", TPA_P_INT, TPA_ON_UPDATE, 1, MOST_HOURS,
      .doc = "Hours without use until a session ends" },
    { "flags", TPA_P_OBJECT, TPA_ON_UPDATE, .inner = flags_props,
      .doc = "Switches" },
    { "allow_organization_name_in_authentication_api", TPA_P_BOOL,
      TPA_ON_UPDATE, .doc = "Whether requests may name an Organization by its"
      " name, and tokens carry it" },
    { "authorization_response_iss_parameter_supported", TPA_P_BOOL,
      TPA_ON_UPDATE, .doc = "Whether authorization responses carry iss" },
    { "resource_parameter_profile", TPA_P_ENUM, TPA_ON_UPDATE,
      .words = "audience|compatibility",
      .doc = "Whether resource counts where audience is not sent" },
    { "client_id_metadata_document_supported", TPA_P_BOOL, TPA_ON_UPDATE,
      .doc = "Whether a client id may be the URL of a metadata document" },
    { "dynamic_client_registration_security_mode", TPA_P_ENUM,
      TPA_ON_UPDATE | TPA_NULLABLE, .words = "strict|permissive",
      .doc = "Security mode of applications that register themselves" },
    { "default_token_quota", TPA_P_OBJECT, TPA_ON_UPDATE | TPA_NULLABLE,
      .inner = quotas_props, .doc = "Quotas of those that have none of their"
      " own" },
    { "skip_non_verifiable_callback_uri_confirmation_prompt", TPA_P_BOOL,
      TPA_ON_UPDATE | TPA_NULLABLE,
      .doc = "Whether users are not asked before a callback that cannot be"
      " verified" },
    { NULL }
};

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "There is no tenant." },
    { NULL }
};
/* clang-format on */

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "tenant_settings_get", results, reply);
}

/* Permissive mode is for tenants that had third-party applications before
 * strict mode was there: spec of the setting itself. */
static tpa_err_t *check(tpa_mg_call_t *c, const tpa_json_t *now,
                        tpa_json_t *patch)
{
    const char *mode = tpa_json_get_str(patch,
        "dynamic_client_registration_security_mode");

    if (mode && !strcmp(mode, "permissive")
        && !tpa_json_get_true(now, "@permissive_mode_available"))
        return tpa_mg_bad_body(c->p, "permissive is not available to this"
                               " tenant");
    return TPA_OK;
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "tenant_settings_get", "tenant_settings_update",
                        check, results, reply);
}

/* There are no actions; a tool that asks for them before it looks at
 * connections wants to hear so. */
static tpa_err_t *no_actions(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *o = tpa_json_object(c->p);
    apr_int64_t page = 0, per_page = 50;

    tpa_json_get_int(c->query, "page", &page);
    tpa_json_get_int(c->query, "per_page", &per_page);
    tpa_json_set_int(o, "total", 0);
    tpa_json_set_int(o, "page", page);
    tpa_json_set_int(o, "per_page", per_page);
    tpa_json_set(o, "actions", tpa_json_array(c->p));
    tpa_mg_reply(c, o, reply);
    return TPA_OK;
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_tenant[] = {
    { "GET", "tenants/settings", "read:tenant_settings", 200, get,
      "Get the settings of the tenant", .fields = 1 },
    { "PATCH", "tenants/settings", "update:tenant_settings", 200, update,
      "Update the settings of the tenant", settings_props, TPA_ON_UPDATE },
    { "GET", "actions/actions", "read:actions", 200, no_actions,
      "Get actions, of which there are none", .pages = TPA_MG_OFFSET,
      .list_key = "actions" },
    { NULL }
};
/* clang-format on */
