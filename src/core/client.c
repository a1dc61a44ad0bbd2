#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/client_int.h"
#include "core/uri.h"

#define ALL (TPA_FIRST | TPA_STRICT | TPA_PERMISSIVE)
#define THIRD (TPA_STRICT | TPA_PERMISSIVE)
#define LOOSE (TPA_FIRST | TPA_PERMISSIVE)
#define DCR TPA_REGISTERED
#define BOTH TPA_ON_BOTH
#define NULLS TPA_NULLABLE
#define KEPT TPA_CLIENT_KEPT
#define SHOWN (TPA_FIXED | TPA_ANSWERED)
#define MANY 2147483647

/* ---- checks of single values -------------------------------------------- */

static const char *no_angles(const char *value, apr_pool_t *p)
{
    return strpbrk(value, "<>") ? "The characters < and > are not allowed"
                                : NULL;
}

static const char *an_id(const char *value, apr_pool_t *p)
{
    return tpa_text_is_id(value, 1, 64) ? NULL
        : "An id has 1 to 64 letters, digits, - and _";
}

/* ---- nested tables ------------------------------------------------------ */

/* clang-format off */
static const tpa_prop_t private_key_jwt_props[] = {
    { "credentials", TPA_P_OBJECTS, TPA_REQUIRED, 0, TPA_CLIENT_KEYS, NULL,
      tpa_client_key_props, NULL,
      "On creation whole credentials; later ids of stored ones" },
    { NULL }
};

static const tpa_prop_t authentication_props[] = {
    { "private_key_jwt", TPA_P_OBJECT, TPA_REQUIRED, 0, 0, NULL,
      private_key_jwt_props, NULL, "Assertions signed by a registered key" },
    { NULL }
};

static const tpa_prop_t jwt_props[] = {
    { "lifetime_in_seconds", TPA_P_INT, 0, 1, MANY, NULL, NULL, NULL,
      "Seconds a token for a user is good for, 3600 unless told" },
    { "alg", TPA_P_ENUM, 0, 0, 0, "RS256", NULL, NULL,
      "Algorithm tokens are signed with" },
    { "secret_encoded", TPA_P_BOOL, 0, 0, 0, NULL, NULL, NULL,
      "Always false" },
    { NULL }
};

static const tpa_prop_t policy_props[] = {
    { "audience", TPA_P_STRING, TPA_REQUIRED, 1, 600, NULL, NULL, NULL,
      "Identifier of an API" },
    { "scope", TPA_P_STRINGS, 0, 0, 0, NULL, NULL, NULL,
      "Scopes a refresh may ask of it" },
    { NULL }
};

static const tpa_prop_t refresh_props[] = {
    { "rotation_type", TPA_P_ENUM, 0, 0, 0, "rotating|non-rotating", NULL,
      NULL, "Does each use of a refresh token replace it?" },
    { "expiration_type", TPA_P_ENUM, 0, 0, 0, "expiring|non-expiring", NULL,
      NULL, "Do refresh tokens expire? Must be given with rotation_type" },
    { "leeway", TPA_P_INT, 0, 0, MANY, NULL, NULL, NULL,
      "Seconds a replaced refresh token may be used again" },
    { "token_lifetime", TPA_P_INT, 0, 1, 157788000, NULL, NULL, NULL,
      "Seconds after the login when refresh tokens expire" },
    { "infinite_token_lifetime", TPA_P_BOOL, 0, 0, 0, NULL, NULL, NULL,
      "No end counted from the login" },
    { "idle_token_lifetime", TPA_P_INT, 0, 1, 157788000, NULL, NULL, NULL,
      "Seconds after which an unused refresh token expires" },
    { "infinite_idle_token_lifetime", TPA_P_BOOL, 0, 0, 0, NULL, NULL, NULL,
      "No end counted from the last use" },
    { "policies", TPA_P_OBJECTS, TPA_NULLABLE, 0, 100, NULL, policy_props,
      NULL, "APIs a refresh may ask tokens for, besides that of the login" },
    { NULL }
};

static const tpa_prop_t default_org_props[] = {
    { "organization_id", TPA_P_STRING, TPA_REQUIRED, 1, 64, NULL, NULL, NULL,
      "Id of an Organization" },
    { "flows", TPA_P_ENUMS, TPA_REQUIRED, 1, 1, "client_credentials", NULL,
      NULL, "Flows it is the default for" },
    { NULL }
};

static const tpa_prop_t quota_numbers[] = {
    { "enforce", TPA_P_BOOL, 0, 0, 0, NULL, NULL, NULL,
      "False only counts and logs" },
    { "per_day", TPA_P_INT, 0, 1, MANY, NULL, NULL, NULL, "Tokens a day" },
    { "per_hour", TPA_P_INT, 0, 1, MANY, NULL, NULL, NULL, "Tokens an hour" },
    { NULL }
};

static const tpa_prop_t quota_props[] = {
    { "client_credentials", TPA_P_OBJECT, TPA_REQUIRED, 0, 0, NULL,
      quota_numbers, NULL, "Tokens for the application itself" },
    { NULL }
};

static const tpa_prop_t active_props[] = {
    { "active", TPA_P_BOOL, TPA_REQUIRED, 0, 0, NULL, NULL, NULL,
      "May the application use it?" },
    { NULL }
};

static const tpa_prop_t signing_key_props[] = {
    { "cert", TPA_P_STRING, 0, 0, 8192, NULL, NULL, NULL,
      "Certificate in PEM" },
    { NULL }
};

/* ---- the table ---------------------------------------------------------- */

const tpa_prop_t tpa_client_props[] = {
    { "client_id", TPA_P_STRING, TPA_ON_CREATE | SHOWN | ALL, 1, 64, NULL,
      NULL, an_id,
      "Id of the application; may be chosen for first-party ones" },
    { "name", TPA_P_STRING, BOTH | TPA_REQUIRED | ALL | DCR, 1, 255, NULL,
      NULL, no_angles, "Name of the application" },
    { "description", TPA_P_STRING, BOTH | ALL, 0, 140, NULL, NULL, NULL,
      "What the application is for" },
    { "logo_uri", TPA_P_STRING, BOTH | ALL | DCR, 0, 0, NULL, NULL,
      tpa_uri_wrong_web, "Address of its logo" },
    { "is_first_party", TPA_P_BOOL, TPA_ON_CREATE | TPA_FIXED | ALL, 0, 0,
      NULL, NULL, NULL,
      "False: a third-party application; cannot be changed later" },
    { "third_party_security_mode", TPA_P_ENUM,
      TPA_ON_CREATE | TPA_FIXED | THIRD, 0, 0, "strict|permissive", NULL,
      NULL, "Of third-party applications; cannot be changed later" },
    { "registered_via", TPA_P_ENUM, SHOWN | ALL, 0, 0, "dynamic|cimd", NULL,
      NULL, "How it came to be, when nobody made it by hand" },
    { "app_type", TPA_P_ENUM, BOTH | ALL | DCR, 0, 0,
      "regular_web|spa|native|non_interactive|resource_server", NULL, NULL,
      "Kind of application" },
    { "grant_types", TPA_P_ENUMS, BOTH | ALL | DCR, 0, 0,
      "authorization_code|refresh_token|client_credentials|implicit|password"
      "|http://auth0.com/oauth/grant-type/password-realm"
      "|http://auth0.com/oauth/grant-type/mfa-oob"
      "|http://auth0.com/oauth/grant-type/mfa-otp"
      "|http://auth0.com/oauth/grant-type/mfa-recovery-code"
      "|http://auth0.com/oauth/grant-type/passwordless/otp"
      "|urn:ietf:params:oauth:grant-type:device_code"
      "|urn:ietf:params:oauth:grant-type:jwt-bearer"
      "|urn:ietf:params:oauth:grant-type:token-exchange"
      "|urn:openid:params:grant-type:ciba", NULL, NULL,
      "Grant types it may use" },
    { "token_endpoint_auth_method", TPA_P_ENUM, BOTH | NULLS | ALL | DCR, 0, 0,
      "none|client_secret_post|client_secret_basic", NULL, NULL,
      "How it says at the token endpoint who it is" },
    { "client_authentication_methods", TPA_P_OBJECT, BOTH | NULLS | ALL, 0, 0,
      NULL, authentication_props, NULL,
      "Authentication without a secret; token_endpoint_auth_method is null"
      " then" },
    { "callbacks", TPA_P_STRINGS, BOTH | ALL | DCR, 0, 0, NULL, NULL,
      tpa_uri_wrong, "Redirect URIs, compared to the letter" },
    { "allowed_origins", TPA_P_STRINGS, BOTH | ALL, 0, 0, NULL, NULL,
      tpa_uri_wrong, "Origins that may call from a browser" },
    { "web_origins", TPA_P_STRINGS, BOTH | ALL, 0, 0, NULL, NULL,
      tpa_uri_wrong, "Origins that may receive a web message" },
    { "client_metadata", TPA_P_MAP, BOTH | NULLS | ALL, 0, 10, NULL, NULL,
      NULL, "Names and values of your own" },
    { "jwt_configuration", TPA_P_OBJECT, BOTH | ALL, 0, 0, NULL, jwt_props,
      NULL, "Settings of access tokens" },
    { "refresh_token", TPA_P_OBJECT, BOTH | ALL, 0, 0, NULL, refresh_props,
      NULL, "Settings of refresh tokens" },
    { "require_proof_of_possession", TPA_P_BOOL, BOTH | ALL | DCR, 0, 0, NULL,
      NULL, NULL, "Must its tokens be bound to a key (DPoP)?" },
    { "redirection_policy", TPA_P_ENUM, BOTH | THIRD, 0, 0,
      "open_redirect_protection|allow_always", NULL, NULL,
      "May errors be sent to its callbacks?" },
    { "organization_usage", TPA_P_ENUM, BOTH | NULLS | ALL, 0, 0,
      "deny|allow|require", NULL, NULL,
      "Do users log in with an Organization?" },
    { "organization_require_behavior", TPA_P_ENUM, BOTH | NULLS | ALL, 0, 0,
      "no_prompt|pre_login_prompt|post_login_prompt", NULL, NULL,
      "When users are asked for their Organization" },
    { "organization_discovery_methods", TPA_P_ENUMS, BOTH | NULLS | ALL, 1, 2,
      "email|organization_name", NULL, NULL,
      "What users may say to find their Organization" },
    { "default_organization", TPA_P_OBJECT, BOTH | NULLS | ALL, 0, 0, NULL,
      default_org_props, NULL, "The Organization when none is named" },
    { "oidc_conformant", TPA_P_BOOL, BOTH | ALL, 0, 0, NULL, NULL, NULL,
      "Does it keep to OpenID Connect? Always true for third parties" },
    { "token_quota", TPA_P_OBJECT, BOTH | NULLS | ALL, 0, 0, NULL,
      quota_props, NULL, "How many tokens it may get" },
    { "skip_non_verifiable_callback_uri_confirmation_prompt", TPA_P_BOOL,
      BOTH | NULLS | ALL, 0, 0, NULL, NULL, NULL,
      "Do users confirm callbacks on their own machine?" },
    { "identity_assertion_authorization_grant", TPA_P_OBJECT,
      BOTH | NULLS | ALL, 0, 0, NULL, active_props, NULL,
      "Cross App Access" },
    { "jwks_uri", TPA_P_STRING, SHOWN | ALL, 0, 0, NULL, NULL, NULL,
      "Where its keys are, from its metadata document" },
    { "external_client_id", TPA_P_STRING, SHOWN | ALL, 0, 120, NULL, NULL,
      NULL, "Address of its metadata document" },
    { "signing_keys", TPA_P_OBJECTS, SHOWN | ALL, 0, 0, NULL,
      signing_key_props, NULL, "Certificates of the tenant" },

    /* Strict applications may repeat the value these have, no other. */
    { "sso_disabled", TPA_P_BOOL, BOTH | ALL | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { "cross_origin_authentication", TPA_P_BOOL, BOTH | ALL | KEPT, 0, 0, NULL,
      NULL, NULL, "Kept only" },
    { "custom_login_page_on", TPA_P_BOOL, BOTH | ALL | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "is_token_endpoint_ip_header_trusted", TPA_P_BOOL, BOTH | ALL | KEPT, 0,
      0, NULL, NULL, NULL, "Kept only" },

    { "sso", TPA_P_BOOL, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { "require_pushed_authorization_requests", TPA_P_BOOL,
      BOTH | LOOSE | KEPT, 0, 0, NULL, NULL, NULL, "Always false" },
    { "cross_origin_auth", TPA_P_BOOL, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "cross_origin_loc", TPA_P_STRING, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      tpa_uri_wrong_web, "Kept only" },
    { "initiate_login_uri", TPA_P_STRING, BOTH | LOOSE | KEPT, 0, 0, NULL,
      NULL, tpa_uri_wrong_web, "Where a login at the application starts" },
    { "allowed_logout_urls", TPA_P_STRINGS, BOTH | LOOSE | KEPT, 0, 0, NULL,
      NULL, NULL, "Kept only" },
    { "allowed_clients", TPA_P_STRINGS, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "client_aliases", TPA_P_STRINGS, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "custom_login_page", TPA_P_STRING, BOTH | LOOSE | KEPT, 0, 0, NULL,
      NULL, NULL, "Kept only" },
    { "form_template", TPA_P_STRING, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "addons", TPA_P_ANY, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { "mobile", TPA_P_ANY, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { "native_social_login", TPA_P_ANY, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { "oidc_logout", TPA_P_ANY, BOTH | LOOSE | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { NULL }
};
/* clang-format on */

/* ---- checks ------------------------------------------------------------- */

unsigned tpa_client_party(const tpa_json_t *client)
{
    const tpa_json_t *first = tpa_json_get(client, "is_first_party");
    const char *mode = tpa_json_get_str(client, "third_party_security_mode");

    if (tpa_json_type(first) != TPA_JSON_BOOL
        || tpa_json_get_true(client, "is_first_party"))
        return TPA_FIRST;
    return mode && !strcmp(mode, "permissive") ? TPA_PERMISSIVE : TPA_STRICT;
}

static int add_unless_null(void *into, const char *name,
                           const tpa_json_t *value)
{
    if (tpa_json_type(value) != TPA_JSON_NULL)
        tpa_json_set(into, name, value);
    return 0;
}

tpa_err_t *tpa_client_check_new(const tpa_json_t *body, tpa_json_t **out,
                                apr_pool_t *p)
{
    tpa_client_look_t look = { NULL };
    tpa_json_t *sent = tpa_json_object(p);

    look.party = tpa_client_party(body);
    TPA_TRY(tpa_props_check(tpa_client_props, body, TPA_ON_CREATE, look.party,
                            p));
    tpa_json_each(body, add_unless_null, sent);   /* null: as if not sent */
    *out = tpa_client_merged(tpa_client_defaults(sent, look.party, p), sent,
                             p);
    look.all = *out;
    look.sent = sent;
    look.is_new = 1;
    look.p = p;
    return tpa_client_rules_check(&look);
}

static int is_sent(const tpa_json_t *patch, const char *name)
{
    return tpa_json_get(patch, name) != NULL;
}

static int is_null(const tpa_json_t *o, const char *name)
{
    return tpa_json_type(tpa_json_get(o, name)) == TPA_JSON_NULL;
}

/* Keys and the method hang together: keys end the method, and their end brings
 * back the method an application of that kind has. */
static void settle_method(const tpa_json_t *now, tpa_json_t *patch,
                          apr_pool_t *p)
{
    static const char keys[] = "client_authentication_methods";
    static const char method[] = "token_endpoint_auth_method";

    if (is_sent(patch, keys) && !is_null(patch, keys)
        && !is_sent(patch, method))
        tpa_json_set_null(patch, method);
    else if (is_sent(patch, keys) && is_null(patch, keys)
             && is_null(patch, method) && !is_null(now, keys))
        tpa_json_set_str(patch, method, tpa_client_default_method(
                             tpa_client_merged(now, patch, p)));
}

tpa_err_t *tpa_client_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                   apr_pool_t *p)
{
    tpa_client_look_t look = { NULL };
    const tpa_prop_t *row;

    look.party = tpa_client_party(now);
    TPA_TRY(tpa_props_check(tpa_client_props, patch, TPA_ON_UPDATE, look.party,
                            p));
    for (row = tpa_client_props; row->name; row++) {
        if (row->flags & TPA_FIXED)
            tpa_json_remove(patch, row->name);
    }
    settle_method(now, patch, p);
    look.all = tpa_client_merged(now, patch, p);
    look.sent = patch;
    look.now = now;
    look.p = p;
    TPA_TRY(tpa_client_rules_check(&look));
    if (!is_null(patch, "client_metadata"))
        tpa_json_set(patch, "client_metadata",
                     tpa_json_get(look.all, "client_metadata"));
    return TPA_OK;
}

/* ---- as it is stored ---------------------------------------------------- */

typedef struct parting_t {
    tpa_json_t *columns, *kept;
} parting_t;

static int part(void *baton, const char *name, const tpa_json_t *value)
{
    parting_t *parting = baton;
    const tpa_prop_t *row = tpa_props_find(tpa_client_props, name);

    tpa_json_set(row && row->flags & TPA_CLIENT_KEPT ? parting->kept
                                                     : parting->columns,
                 name, value);
    return 0;
}

tpa_json_t *tpa_client_stored(const tpa_json_t *client, apr_pool_t *p)
{
    parting_t parting = { tpa_json_object(p), tpa_json_object(p) };

    tpa_json_each(client, part, &parting);
    if (tpa_json_size(parting.kept))
        tpa_json_set(parting.columns, "properties", parting.kept);
    return parting.columns;
}
