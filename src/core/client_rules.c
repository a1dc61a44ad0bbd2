#include <string.h>

#include <apr_strings.h>

#include "core/client_int.h"
#include "core/uri.h"

#define ALL (TPA_FIRST | TPA_STRICT | TPA_PERMISSIVE)
#define THIRD (TPA_STRICT | TPA_PERMISSIVE)

typedef tpa_client_look_t look_t;

/* ---- looking at JSON ---------------------------------------------------- */

static int is_text(const tpa_json_t *o, const char *name, const char *text)
{
    const char *value = tpa_json_get_str(o, name);

    return value && !strcmp(value, text);
}

static int is_set(const tpa_json_t *o, const char *name)
{
    return tpa_json_type(tpa_json_get(o, name)) != TPA_JSON_NULL;
}

static int has_word(const tpa_json_t *list, const char *word)
{
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        if (!strcmp(tpa_json_str(tpa_json_at(list, i)), word))
            return 1;
    }
    return 0;
}

static int has_machine_grant(const look_t *look)
{
    return has_word(tpa_json_get(look->all, "grant_types"),
                    "client_credentials");
}

/* ---- rules: NULL, or what is wrong; *at may name the place more exactly - */

static const char *wrong_id(const look_t *look, const char **at)
{
    const char *id = tpa_json_get_str(look->sent, "client_id");

    if (id && look->party != TPA_FIRST)
        return "The id of a third-party application cannot be chosen";
    return id && !strncmp(id, "tpc_", 4)
        ? "Ids that start with tpc_ are those of third-party applications"
        : NULL;
}

static const char *wrong_app_type(const look_t *look, const char **at)
{
    return is_text(look->all, "app_type", "resource_server")
        ? "A third-party application cannot be a resource_server" : NULL;
}

static const char *const strict_grants[] = {
    "authorization_code", "refresh_token", "client_credentials", NULL
};

static const char *strict_grant(const look_t *look, const char **at)
{
    const tpa_json_t *list = tpa_json_get(look->all, "grant_types");
    apr_size_t i;
    int j;

    for (i = 0; i < tpa_json_size(list); i++) {
        const char *word = tpa_json_str(tpa_json_at(list, i));

        for (j = 0; strict_grants[j] && strcmp(strict_grants[j], word); j++)
            ;
        if (!strict_grants[j])
            return apr_pstrcat(look->p, "Third-party applications cannot use"
                               " the grant type ", word, NULL);
    }
    return NULL;
}

static const char *password_grant(const look_t *look, const char **at)
{
    const tpa_json_t *list = tpa_json_get(look->all, "grant_types");

    return has_word(list, "password")
        || has_word(list, "http://auth0.com/oauth/grant-type/password-realm")
        ? "Third-party applications cannot use grant types that take passwords"
        : NULL;
}

static const char *public_machine(const look_t *look, const char **at)
{
    return has_machine_grant(look)
        && is_text(look->all, "token_endpoint_auth_method", "none")
        && !is_set(look->all, "client_authentication_methods")
        ? "token_endpoint_auth_method must not be none when the"
          " client_credentials grant is enabled" : NULL;
}

static const char *registered_machine(const look_t *look, const char **at)
{
    return has_machine_grant(look) && is_set(look->all, "registered_via")
        ? "Applications that were registered by others cannot use the grant"
          " type client_credentials" : NULL;
}

static const char *two_methods(const look_t *look, const char **at)
{
    int has_keys = is_set(look->all, "client_authentication_methods");
    int has_method = is_set(look->all, "token_endpoint_auth_method");

    if (has_keys && has_method)
        return "It must be null when client_authentication_methods is set";
    return has_keys || has_method ? NULL
        : "It can be null only when client_authentication_methods is set";
}

/* Later there may be none left: they can be deleted one by one. */
static const char *no_keys(const look_t *look, const char **at)
{
    const tpa_json_t *methods
        = tpa_json_get(look->sent, "client_authentication_methods");

    return look->is_new && is_set(methods, "private_key_jwt")
        && !tpa_json_size(tpa_json_get(tpa_json_get(methods,
                                                    "private_key_jwt"),
                                       "credentials"))
        ? "A new application needs at least one credential for it" : NULL;
}

static const char *wrong_addresses(const look_t *look, const char *name,
                                   const char *(*wrong)(const char *uri,
                                                        int who,
                                                        apr_pool_t *p),
                                   const char **at)
{
    const tpa_json_t *list = tpa_json_get(look->all, name);
    int who = look->party == TPA_STRICT ? TPA_URI_THIRD : TPA_URI_FIRST;
    const char *what;
    apr_size_t i;

    if (is_text(look->all, "app_type", "native"))
        who |= TPA_URI_NATIVE;
    for (i = 0; i < tpa_json_size(list); i++) {
        what = wrong(tpa_json_str(tpa_json_at(list, i)), who, look->p);
        if (what) {
            *at = apr_psprintf(look->p, "%s[%d]", name, (int)i);
            return what;
        }
    }
    return NULL;
}

static const char *wrong_callbacks(const look_t *look, const char **at)
{
    return wrong_addresses(look, "callbacks", tpa_uri_wrong_callback, at);
}

static const char *wrong_cors(const look_t *look, const char **at)
{
    return wrong_addresses(look, "allowed_origins", tpa_uri_wrong_origin, at);
}

static const char *wrong_web(const look_t *look, const char **at)
{
    return wrong_addresses(look, "web_origins", tpa_uri_wrong_origin, at);
}

static const char *wrong_metadata(const look_t *look, const char **at)
{
    const tpa_prop_t *row = tpa_props_find(tpa_client_props,
                                           "client_metadata");
    const tpa_json_t *map = tpa_json_get(look->all, "client_metadata");

    return (apr_int64_t)tpa_json_size(map) > row->hi
        ? apr_psprintf(look->p, "Too many properties defined (%d), maximum %d",
                       (int)tpa_json_size(map), (int)row->hi) : NULL;
}

static const char *wrong_jwt(const look_t *look, const char **at)
{
    if (!tpa_json_get_true(tpa_json_get(look->all, "jwt_configuration"),
                           "secret_encoded"))
        return NULL;
    *at = "jwt_configuration.secret_encoded";
    return "Secrets are never encoded: it must be false";
}

static const char *pushed_requests(const look_t *look, const char **at)
{
    return tpa_json_get_true(look->all,
                             "require_pushed_authorization_requests")
        ? "Pushed authorization requests are not supported: it must be false"
        : NULL;
}

/* What third parties cannot choose they may still repeat. */
static const char *not_theirs(const look_t *look, const char **at)
{
    static const struct {
        const char *name;
        int value;
    } fixed[] = {
        { "oidc_conformant", 1 }, { "sso_disabled", 0 },
        { "cross_origin_authentication", 0 }, { "custom_login_page_on", 1 },
        { "is_token_endpoint_ip_header_trusted", 0 }, { NULL }
    };
    int i;

    for (i = 0; fixed[i].name; i++) {
        if (tpa_json_get(look->sent, fixed[i].name)
            && tpa_json_get_true(look->sent, fixed[i].name)
               != fixed[i].value) {
            *at = fixed[i].name;
            return fixed[i].value
                ? "It must be true for third-party applications"
                : "It must be false for third-party applications";
        }
    }
    return NULL;
}

static const char *permissive_in_org(const look_t *look, const char **at)
{
    static const char *const names[] = {
        "organization_usage", "organization_require_behavior",
        "organization_discovery_methods", NULL
    };
    int i;

    for (i = 0; names[i]; i++) {
        if (is_set(look->sent, names[i])) {
            *at = names[i];
            return "It must be unset: third-party applications in permissive"
                   " mode cannot use Organizations";
        }
    }
    return NULL;
}

/* What a metadata document says is changed there. */
static const char *from_document(const look_t *look, const char **at)
{
    static const char *const names[] = {
        "name", "description", "logo_uri", "callbacks",
        "client_authentication_methods", "token_endpoint_auth_method", NULL
    };
    const char *now;
    int i;

    for (i = 0; !look->is_new && names[i]
         && is_text(look->all, "registered_via", "cimd"); i++) {
        if (!tpa_json_get(look->sent, names[i]))
            continue;
        now = look->now && tpa_json_get(look->now, names[i])
            ? tpa_json_print(tpa_json_get(look->now, names[i]), look->p) : "";
        if (strcmp(now, tpa_json_print(tpa_json_get(look->sent, names[i]),
                                       look->p))) {
            *at = names[i];
            return "It comes from the metadata document of the application:"
                   " change it there, and register it again";
        }
    }
    return NULL;
}

/* ---- rules of refresh tokens -------------------------------------------- */

static const tpa_json_t *refresh_of(const tpa_json_t *client)
{
    return tpa_json_get(client, "refresh_token");
}

static const char *rotation_alone(const look_t *look, const char **at)
{
    const tpa_json_t *sent = refresh_of(look->sent);

    return is_set(sent, "rotation_type") && !is_set(sent, "expiration_type")
        ? "expiration_type must be given with rotation_type" : NULL;
}

static const char *rotating_for_ever(const look_t *look, const char **at)
{
    const tpa_json_t *all = refresh_of(look->all);

    return is_text(all, "rotation_type", "rotating")
        && !is_text(all, "expiration_type", "expiring")
        ? "rotation_type rotating needs expiration_type expiring" : NULL;
}

static const char *strict_refresh(const look_t *look, const char **at)
{
    const tpa_json_t *all = refresh_of(look->all);

    if (is_text(all, "expiration_type", "non-expiring")) {
        *at = "refresh_token.expiration_type";
        return "Refresh tokens of third-party applications must expire";
    }
    if (tpa_json_get_true(all, "infinite_idle_token_lifetime")) {
        *at = "refresh_token.infinite_idle_token_lifetime";
        return "Unused refresh tokens of third-party applications must expire";
    }
    return NULL;
}

static const char *idle_too_long(const look_t *look, const char **at)
{
    const tpa_json_t *all = refresh_of(look->all);
    apr_int64_t idle = 0, total = 0;

    if (tpa_json_get_true(all, "infinite_token_lifetime")
        || tpa_json_get_true(all, "infinite_idle_token_lifetime")
        || !tpa_json_get_int(all, "idle_token_lifetime", &idle)
        || !tpa_json_get_int(all, "token_lifetime", &total) || idle < total)
        return NULL;
    *at = "refresh_token.idle_token_lifetime";
    return "It must be less than token_lifetime";
}

/* ---- the rules ---------------------------------------------------------- */

/* A rule is asked when one of its two properties is sent, and always of a new
 * application. */
static const struct {
    const char *property;
    const char *other;
    unsigned parties;
    const char *(*wrong)(const look_t *look, const char **at);
    tpa_ekind_t kind;
} rules[] = {
    /* clang-format off */
    { "client_id", NULL, ALL, wrong_id, TPA_E_INVALID_BODY },
    { "app_type", NULL, THIRD, wrong_app_type, TPA_E_INVALID_BODY },
    { "grant_types", NULL, TPA_STRICT, strict_grant, TPA_E_INVALID_BODY },
    { "grant_types", NULL, TPA_PERMISSIVE, password_grant,
      TPA_E_INVALID_BODY },
    { "token_endpoint_auth_method", "client_authentication_methods", ALL,
      two_methods, TPA_E_INVALID_BODY },
    { "client_authentication_methods", NULL, ALL, no_keys,
      TPA_E_INVALID_BODY },
    { "grant_types", "token_endpoint_auth_method", ALL, public_machine,
      TPA_E_INVALID_BODY },
    { "grant_types", NULL, THIRD, registered_machine, TPA_E_INVALID_BODY },
    { "callbacks", "app_type", ALL, wrong_callbacks, TPA_E_INVALID_BODY },
    { "allowed_origins", "app_type", ALL, wrong_cors, TPA_E_INVALID_BODY },
    { "web_origins", "app_type", ALL, wrong_web, TPA_E_INVALID_BODY },
    { "client_metadata", NULL, ALL, wrong_metadata, TPA_E_INVALID_BODY },
    { "jwt_configuration", NULL, ALL, wrong_jwt, TPA_E_INVALID_BODY },
    { "refresh_token", NULL, ALL, rotation_alone, TPA_E_INVALID_BODY },
    { "refresh_token", NULL, ALL, rotating_for_ever, TPA_E_INVALID_BODY },
    { "refresh_token", NULL, TPA_STRICT, strict_refresh, TPA_E_INVALID_BODY },
    { "refresh_token", NULL, ALL, idle_too_long, TPA_E_INVALID_BODY },
    { "require_pushed_authorization_requests", NULL, ALL, pushed_requests,
      TPA_E_INVALID_BODY },
    { NULL, NULL, TPA_STRICT, from_document, TPA_E_INVALID_BODY },
    { NULL, NULL, TPA_STRICT, not_theirs, TPA_E_INVALID_BODY },
    { NULL, NULL, TPA_PERMISSIVE, permissive_in_org,
      TPA_E_INSUFFICIENT_SCOPE },
    /* clang-format on */
};

static int is_asked(const look_t *look, const char *property,
                    const char *other)
{
    return look->is_new || !property || tpa_json_get(look->sent, property)
        || (other && tpa_json_get(look->sent, other));
}

static tpa_err_t *refused(const look_t *look, tpa_ekind_t kind,
                          const char *what, const char *at)
{
    return tpa_err_by(tpa_err_coded(
        tpa_err_text(look->p, kind, "Payload validation error: '%s' on"
                     " property %s.", what, at),
        kind == TPA_E_INVALID_BODY ? NULL : ""), "client");
}

tpa_err_t *tpa_client_rules_check(const tpa_client_look_t *look)
{
    const char *what, *at;
    apr_size_t i;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!(rules[i].parties & look->party)
            || !is_asked(look, rules[i].property, rules[i].other))
            continue;
        at = rules[i].property;
        what = rules[i].wrong(look, &at);
        if (what)
            return refused(look, rules[i].kind, what, at);
    }
    return TPA_OK;
}
