#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/connection.h"
#include "core/map.h"

#define MOST_METADATA 10
#define MOST_ENABLED 100000   /* what an answer held can be sent back */

/* Single hyphens, and none at the ends. */
static const char *wrong_name(const char *value, apr_pool_t *p)
{
    const char *c;

    for (c = value; *c; c++) {
        if (!apr_isalnum(*c)
            && (*c != '-' || c == value || c[-1] == '-' || !c[1]))
            return "It may hold letters, digits, and single hyphens between"
                   " them";
    }
    return NULL;
}

static const char *wrong_strategy(const char *value, apr_pool_t *p)
{
    const char *c;

    for (c = value; *c; c++) {
        if (!apr_islower(*c) && !apr_isdigit(*c)
            && (c == value || !strchr("-_", *c)))
            return "It may hold lower-case letters, digits, '-' and '_'";
    }
    return NULL;
}

const tpa_prop_t tpa_connection_props[] = {
    { "id", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64,
      .doc = "Id of the connection" },
    { "name", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED | TPA_FIXED, 1, 128,
      .each = wrong_name, .doc = "Name; cannot be changed later" },
    { "strategy", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED | TPA_FIXED, 1,
      64, .each = wrong_strategy,
      .doc = "How users log in; auth0: with a password this server holds" },
    { "display_name", TPA_P_STRING, TPA_ON_BOTH | TPA_NULLABLE, 1, 128,
      .doc = "Name for people" },
    { "is_domain_connection", TPA_P_BOOL, TPA_ON_BOTH,
      .doc = "Third-party applications may use it" },
    { "show_as_button", TPA_P_BOOL, TPA_ON_BOTH | TPA_NULLABLE,
      .doc = "Whether the login page has a button for it" },
    { "realms", TPA_P_STRINGS, TPA_ON_BOTH, 0, 10,
      .doc = "Names it is known by; its own, unless told" },
    { "options", TPA_P_ANY, TPA_ON_BOTH,
      .doc = "What the strategy needs; a change replaces it as a whole" },
    { "metadata", TPA_P_MAP, TPA_ON_BOTH, 0, MOST_METADATA,
      .doc = "Texts of your own; null takes a name out" },
    { "enabled_clients", TPA_P_STRINGS, TPA_ON_BOTH, 0, MOST_ENABLED,
      .doc = "Ids of all applications that may use it" },
    { NULL }
};

static const tpa_prop_t entry_props[] = {
    { "client_id", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED, 1, 255,
      .doc = "Id of an application" },
    { "status", TPA_P_BOOL, TPA_ON_CREATE | TPA_REQUIRED,
      .doc = "May it use the connection?" },
    { NULL }
};

tpa_err_t *tpa_connection_check_change(const tpa_json_t *now,
                                       tpa_json_t *patch, apr_pool_t *p)
{
    return tpa_map_merge(now, patch, "metadata", MOST_METADATA, p);
}

static tpa_err_t *refused(const char *what, apr_pool_t *p)
{
    return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY, "Payload validation"
                                   " error: '%s'.", what), "body");
}

tpa_err_t *tpa_connection_clients_check(const tpa_json_t *body, apr_pool_t *p)
{
    apr_size_t i, j, n = tpa_json_size(body);

    if (tpa_json_type(body) != TPA_JSON_ARRAY || !n
        || n > TPA_CONNECTION_MOST_CLIENTS)
        return refused("Expected an array of 1 to 50 objects with client_id"
                       " and status", p);
    for (i = 0; i < n; i++) {
        TPA_TRY(tpa_props_check(entry_props, tpa_json_at(body, i),
                                TPA_ON_CREATE, 0, p));
        for (j = 0; j < i; j++) {
            if (!strcmp(tpa_json_get_str(tpa_json_at(body, j), "client_id"),
                        tpa_json_get_str(tpa_json_at(body, i), "client_id")))
                return refused("The same application is named twice", p);
        }
    }
    return TPA_OK;
}

tpa_json_t *tpa_connection_passwordless(apr_pool_t *p)
{
    tpa_json_t *words = tpa_json_array(p);

    tpa_json_add_str(words, "email");
    tpa_json_add_str(words, "sms");
    return words;
}
