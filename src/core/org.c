#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/map.h"
#include "core/org.h"
#include "core/uri.h"

#define MANY 2147483647
#define OURS "auth0"         /* strategy of databases whose passwords we hold */

/* ---- what a text must be ------------------------------------------------ */

static int is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static const char *wrong_name(const char *value, apr_pool_t *p)
{
    const char *c;

    for (c = value; *c; c++) {
        if (!is_lower_alnum(*c) && (c == value || !strchr("_-", *c)))
            return "It may hold lower-case letters, digits, '_' and '-', and"
                   " begins with a letter or digit";
    }
    return NULL;
}

static const char *wrong_logo(const char *value, apr_pool_t *p)
{
    const char *wrong = tpa_uri_wrong(value, p);

    if (wrong)
        return wrong;
    return strncasecmp(value, "https://", 8) ? "It must begin with https://"
                                             : NULL;
}

static const char *wrong_colour(const char *value, apr_pool_t *p)
{
    apr_size_t len = strlen(value);

    return value[0] == '#' && (len == 4 || len == 7)
        && strspn(value + 1, "0123456789abcdefABCDEF") == len - 1
        ? NULL : "It must be '#' and 3 or 6 hexadecimal digits";
}

/* Labels of RFC 1123 2.1, at least two. */
static const char *wrong_domain(const char *value, apr_pool_t *p)
{
    apr_size_t len = 0;
    int labels = 0;
    const char *c;

    for (c = value;; c++) {
        if (*c == '.' || !*c) {
            if (!len || len > 63 || c[-1] == '-')
                break;
            labels++;
            len = 0;
            if (!*c)
                return labels > 1 ? NULL : "It must hold a dot";
        }
        else if (apr_isalnum(*c) || (*c == '-' && len))
            len++;
        else
            break;
    }
    return "It is no domain name";
}

static const char *wrong_email(const char *value, apr_pool_t *p)
{
    const char *at = strrchr(value, '@'), *c;

    for (c = value; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>,;:\"\\", *c))
            return "It is no e-mail address";
    }
    return at && at > value && at - value <= 64
        && !memchr(value, '@', (apr_size_t)(at - value))
        && !wrong_domain(at + 1, p) ? NULL : "It is no e-mail address";
}

/* ---- Organizations ------------------------------------------------------ */

static const tpa_prop_t colour_props[] = {
    { "primary", TPA_P_STRING, TPA_REQUIRED, .each = wrong_colour,
      .doc = "Colour of what is to be pressed, as #rrggbb" },
    { "page_background", TPA_P_STRING, TPA_REQUIRED, .each = wrong_colour,
      .doc = "Colour of the page, as #rrggbb" },
    { NULL }
};

static const tpa_prop_t branding_props[] = {
    { "logo_url", TPA_P_STRING, TPA_NULLABLE, .each = wrong_logo,
      .doc = "https address of the logo" },
    { "colors", TPA_P_OBJECT, 0, .inner = colour_props,
      .doc = "Colours of the pages; both of them" },
    { NULL }
};

static const tpa_prop_t quota_numbers[] = {
    { "enforce", TPA_P_BOOL, 0, .doc = "False only counts and logs" },
    { "per_day", TPA_P_INT, 0, 1, MANY, .doc = "Tokens a day" },
    { "per_hour", TPA_P_INT, 0, 1, MANY, .doc = "Tokens an hour" },
    { NULL }
};

static const tpa_prop_t quota_props[] = {
    { "client_credentials", TPA_P_OBJECT, TPA_REQUIRED, .inner = quota_numbers,
      .doc = "Tokens for applications themselves" },
    { NULL }
};

static const tpa_prop_t enabled_props[] = {
    { "connection_id", TPA_P_STRING, TPA_REQUIRED, 1, 64,
      .doc = "Id of a connection" },
    { "assign_membership_on_login", TPA_P_BOOL, 0,
      .doc = "Who logs in with it becomes a member" },
    { "show_as_button", TPA_P_BOOL, 0,
      .doc = "Whether the login page has a button for it" },
    { "is_signup_enabled", TPA_P_BOOL, 0,
      .doc = "Users may sign up; databases only, needs"
             " assign_membership_on_login" },
    { NULL }
};

const tpa_prop_t tpa_org_props[] = {
    { "id", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64,
      .doc = "Id of the Organization" },
    { "name", TPA_P_STRING, TPA_ON_BOTH | TPA_REQUIRED, 1, 50,
      .each = wrong_name, .doc = "Name, used in addresses and requests" },
    { "display_name", TPA_P_STRING, TPA_ON_BOTH, 1, 255,
      .doc = "Name for people" },
    { "branding", TPA_P_OBJECT, TPA_ON_BOTH | TPA_NULLABLE,
      .inner = branding_props, .doc = "Looks of its pages, as a whole" },
    { "metadata", TPA_P_MAP, TPA_ON_BOTH, 0, TPA_ORG_MOST_METADATA,
      .doc = "Texts of your own; null takes a name out" },
    { "enabled_connections", TPA_P_OBJECTS, TPA_ON_CREATE, 0,
      TPA_ORG_MOST_CONNECTIONS, .inner = enabled_props,
      .doc = "Connections its users log in with" },
    { "token_quota", TPA_P_OBJECT, TPA_ON_BOTH | TPA_NULLABLE,
      .inner = quota_props, .doc = "Tokens that may be issued, as a whole" },
    { "third_party_client_access", TPA_P_ENUM, TPA_ON_BOTH,
      .words = "block|allow",
      .doc = "May third-party applications act for its members?" },
    { "is_app_entitlement_active", TPA_P_BOOL, TPA_ON_BOTH,
      .doc = "Its list of applications decides which of them members use" },
    { NULL }
};

/* ---- what an Organization holds ----------------------------------------- */

#define CONNECTION_ROWS \
    { "connection_id", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED | TPA_FIXED, \
      1, 64, .doc = "Id of a connection" }, \
    { "assign_membership_on_login", TPA_P_BOOL, TPA_ON_BOTH, \
      .doc = "Who logs in with it becomes a member" }, \
    { "show_as_button", TPA_P_BOOL, TPA_ON_BOTH, \
      .doc = "Whether the login page has a button for it" }, \
    { "is_signup_enabled", TPA_P_BOOL, TPA_ON_BOTH, \
      .doc = "Users may sign up; databases only, needs" \
             " assign_membership_on_login" }, \
    { "connection", TPA_P_ANY, TPA_FIXED | TPA_ANSWERED, \
      .doc = "Name and strategy of the connection" }

const tpa_prop_t tpa_org_connection_older_props[] = {
    CONNECTION_ROWS,
    { NULL }
};

const tpa_prop_t tpa_org_connection_props[] = {
    CONNECTION_ROWS,
    { "organization_connection_name", TPA_P_STRING, TPA_ON_BOTH | TPA_NULLABLE,
      1, 50, .doc = "Name it has in this Organization" },
    { "organization_access_level", TPA_P_ENUM, TPA_ON_BOTH,
      .words = "none|readonly|limited|full",
      .doc = "What the Organization's administrators may do with it" },
    { "is_enabled", TPA_P_BOOL, TPA_ON_BOTH,
      .doc = "Whether its users may log in with it" },
    { NULL }
};

const tpa_prop_t tpa_org_members_props[] = {
    { "members", TPA_P_STRINGS, TPA_ON_CREATE | TPA_REQUIRED, 1,
      TPA_ORG_MOST_AT_ONCE, .doc = "Ids of users" },
    { NULL }
};

const tpa_prop_t tpa_org_member_roles_props[] = {
    { "roles", TPA_P_STRINGS, TPA_ON_CREATE | TPA_REQUIRED, 1,
      TPA_ORG_MOST_ROLES, .doc = "Ids of roles" },
    { NULL }
};

const tpa_prop_t tpa_org_grant_props[] = {
    { "grant_id", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED, 1, 64,
      .doc = "Id of a client grant" },
    { NULL }
};

const tpa_prop_t tpa_org_domain_props[] = {
    { "id", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64,
      .doc = "Id of the domain" },
    { "domain", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED | TPA_FIXED, 3, 255,
      .each = wrong_domain, .doc = "Domain of e-mail addresses" },
    { "status", TPA_P_ENUM, TPA_ON_BOTH, .words = "pending|verified",
      .doc = "Only verified domains find the Organization" },
    { "use_for_organization_discovery", TPA_P_BOOL, TPA_ON_BOTH,
      .doc = "Whether it finds the Organization" },
    { "verification_txt", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED,
      .doc = "Content of the DNS record that proves the domain" },
    { "verification_host", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED,
      .doc = "Name of that DNS record" },
    { NULL }
};

static const tpa_prop_t client_entry_props[] = {
    { "client_id", TPA_P_STRING, TPA_REQUIRED, 1, 255,
      .doc = "Id of an application" },
    { "use_for_member_access", TPA_P_BOOL, TPA_REQUIRED,
      .doc = "May members use it?" },
    { NULL }
};

const tpa_prop_t tpa_org_clients_props[] = {
    { "clients", TPA_P_OBJECTS, TPA_ON_CREATE | TPA_REQUIRED, 1,
      TPA_ORG_MOST_AT_ONCE, .inner = client_entry_props,
      .doc = "Applications and what they are for" },
    { NULL }
};

const tpa_prop_t tpa_org_client_props[] = {
    { "client_id", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 255,
      .doc = "Id of the application" },
    { "use_for_member_access", TPA_P_BOOL, TPA_ON_UPDATE,
      .doc = "May members use it?" },
    { "client", TPA_P_ANY, TPA_FIXED | TPA_ANSWERED,
      .doc = "Name, kind and grant types of the application" },
    { NULL }
};

static const tpa_prop_t inviter_props[] = {
    { "name", TPA_P_STRING, TPA_REQUIRED, 1, 300,
      .doc = "Name of who invites" },
    { NULL }
};

static const tpa_prop_t invitee_props[] = {
    { "email", TPA_P_STRING, TPA_REQUIRED, 3, 320, .each = wrong_email,
      .doc = "E-mail address of who is invited" },
    { NULL }
};

const tpa_prop_t tpa_org_invitation_props[] = {
    { "inviter", TPA_P_OBJECT, TPA_ON_CREATE | TPA_REQUIRED,
      .inner = inviter_props, .doc = "Who invites" },
    { "invitee", TPA_P_OBJECT, TPA_ON_CREATE | TPA_REQUIRED,
      .inner = invitee_props, .doc = "Who is invited" },
    { "client_id", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED, 1, 255,
      .doc = "Id of the first-party application that takes the invitation" },
    { "connection_id", TPA_P_STRING, TPA_ON_CREATE, 1, 64,
      .doc = "Id of the connection to log in with" },
    { "roles", TPA_P_STRINGS, TPA_ON_CREATE, 0, TPA_ORG_MOST_ROLES,
      .doc = "Ids of roles the new member gets" },
    { "app_metadata", TPA_P_ANY, TPA_ON_CREATE,
      .doc = "Of the new user, for the operator" },
    { "user_metadata", TPA_P_ANY, TPA_ON_CREATE,
      .doc = "Of the new user, for the user" },
    { "ttl_sec", TPA_P_INT, TPA_ON_CREATE, 0, 2592000,
      .doc = "Seconds the invitation is good for; 0: a week" },
    { "send_invitation_email", TPA_P_BOOL, TPA_ON_CREATE,
      .doc = "Whether mail is sent, as it is unless false is said; needs a"
             " mail command" },
    { NULL }
};

/* ---- rules between properties ------------------------------------------- */

static tpa_err_t *refused(const char *what, const char *where, apr_pool_t *p)
{
    return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY, "Payload validation"
                                   " error: '%s' on property %s.", what,
                                   where), "body");
}

tpa_json_t *tpa_org_usages(apr_pool_t *p)
{
    tpa_json_t *words = tpa_json_array(p);

    tpa_json_add_str(words, "allow");
    tpa_json_add_str(words, "require");
    return words;
}

static int is_true_after(const tpa_json_t *now, const tpa_json_t *entry,
                         const char *name)
{
    return tpa_json_get_true(tpa_json_get(entry, name) ? entry : now, name);
}

tpa_err_t *tpa_org_connection_check(const tpa_json_t *now,
                                    const tpa_json_t *entry, apr_pool_t *p)
{
    const char *strategy = tpa_json_get_str(tpa_json_get(now, "connection"),
                                            "strategy");

    if (!is_true_after(now, entry, "is_signup_enabled"))
        return TPA_OK;
    if (!is_true_after(now, entry, "assign_membership_on_login"))
        return refused("It needs assign_membership_on_login",
                       "is_signup_enabled", p);
    return strategy && strcmp(strategy, OURS)
        ? refused("It is for database connections only", "is_signup_enabled",
                  p)
        : TPA_OK;
}

/* Is member name of one of the objects before i the same as that of i? */
static int is_repeated(const tpa_json_t *list, apr_size_t i, const char *name)
{
    const char *value = tpa_json_get_str(tpa_json_at(list, i), name);
    apr_size_t j;

    for (j = 0; j < i; j++) {
        if (!strcmp(tpa_json_get_str(tpa_json_at(list, j), name), value))
            return 1;
    }
    return 0;
}

static tpa_err_t *check_repeats(const tpa_json_t *list, const char *name,
                                const char *where, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        if (is_repeated(list, i, name))
            return refused("The same one is named twice",
                           apr_psprintf(p, "%s[%d]", where, (int)i), p);
    }
    return TPA_OK;
}

tpa_err_t *tpa_org_check_new(const tpa_json_t *org, apr_pool_t *p)
{
    const tpa_json_t *list = tpa_json_get(org, "enabled_connections");
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++)
        TPA_TRY(tpa_org_connection_check(NULL, tpa_json_at(list, i), p));
    return check_repeats(list, "connection_id", "enabled_connections", p);
}

tpa_err_t *tpa_org_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                apr_pool_t *p)
{
    return tpa_map_merge(now, patch, "metadata", TPA_ORG_MOST_METADATA, p);
}

tpa_err_t *tpa_org_clients_check(const tpa_json_t *body, apr_pool_t *p)
{
    return check_repeats(tpa_json_get(body, "clients"), "client_id", "clients",
                         p);
}

/* Ids where they are ids already, and where objects hold them. */
static const char *id_of(const tpa_json_t *item)
{
    return tpa_json_str(item) ? tpa_json_str(item)
                              : tpa_json_get_str(item, "client_id");
}

static int is_other(void *baton, const char *name, const tpa_json_t *value)
{
    return strcmp(name, baton) != 0;
}

tpa_err_t *tpa_org_clients_read_removal(const tpa_json_t *body,
                                        tpa_json_t **ids, apr_pool_t *p)
{
    char clients[] = "clients";
    const tpa_json_t *list = tpa_json_get(body, clients);
    apr_size_t i, n = tpa_json_size(list);

    if (tpa_json_type(list) != TPA_JSON_ARRAY || !n || n > TPA_ORG_MOST_AT_ONCE
        || tpa_json_each(body, is_other, clients))
        return refused("Expected an object with this member alone, an array of"
                       " 1 to 10 ids of applications", clients, p);
    *ids = tpa_json_array(p);
    for (i = 0; i < n; i++) {
        const char *id = id_of(tpa_json_at(list, i));

        if (!id || !*id)
            return refused("Expected an id, or an object with client_id",
                           apr_psprintf(p, "clients[%d]", (int)i), p);
        tpa_json_add_str(*ids, id);
    }
    return TPA_OK;
}

const char *tpa_org_domain_stored(const char *domain, apr_pool_t *p)
{
    char *text = apr_pstrdup(p, domain), *c;

    for (c = text; *c; c++)
        *c = apr_tolower(*c);
    return text;
}

tpa_err_t *tpa_org_invitation_check(const tpa_json_t *sent, int has_mail,
                                    int *ttl_s, apr_pool_t *p)
{
    apr_int64_t ttl = 0;

    if (!has_mail && (!tpa_json_get(sent, "send_invitation_email")
                      || tpa_json_get_true(sent, "send_invitation_email")))
        return refused("This server has no command that sends mail: send"
                       " false, and hand invitation_url over yourself",
                       "send_invitation_email", p);
    tpa_json_get_int(sent, "ttl_sec", &ttl);
    *ttl_s = ttl ? (int)ttl : TPA_ORG_TTL_S;
    return TPA_OK;
}
