#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/api.h"
#include "core/scope.h"

#define BOTH TPA_ON_BOTH
#define NULLS TPA_NULLABLE
#define KEPT TPA_API_KEPT
#define SHOWN (TPA_FIXED | TPA_ANSWERED)
#define BORN (TPA_ON_CREATE | TPA_FIXED)
#define MOST_LIFETIME 2592000    /* seconds */
#define WEB_LIFETIME 7200

/* ---- checks of single values -------------------------------------------- */

static const char *no_angles(const char *value, apr_pool_t *p)
{
    return strpbrk(value, "<>") ? "The characters < and > are not allowed"
                                : NULL;
}

static const char *no_controls(const char *value, apr_pool_t *p)
{
    for (; *value; value++) {
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return "Control characters are not allowed";
    }
    return NULL;
}

static const char *a_scope(const char *value, apr_pool_t *p)
{
    apr_array_header_t *one;

    return *value && !strchr(value, ' ') && !tpa_scope_parse(value, &one, p)
        ? NULL
        : "A scope has 1 to 280 printable ASCII characters, without blanks, \""
          " and \\";
}

/* ---- the tables --------------------------------------------------------- */

/* clang-format off */
static const tpa_prop_t scope_props[] = {
    { "value", TPA_P_STRING, TPA_REQUIRED, 1, TPA_SCOPE_MAX, NULL, NULL,
      a_scope, "The scope" },
    { "description", TPA_P_STRING, TPA_NULLABLE, 0, 500, NULL, NULL, NULL,
      "What it allows, for people" },
    { NULL }
};

static const tpa_prop_t type_props[] = {
    { "type", TPA_P_STRING, TPA_REQUIRED, 1, 255, NULL, NULL, NULL,
      "Type of authorization details (RFC 9396)" },
    { NULL }
};

static const tpa_prop_t pop_props[] = {
    { "mechanism", TPA_P_ENUM, TPA_REQUIRED, 0, 0, "mtls|dpop", NULL, NULL,
      "How tokens are bound to a key" },
    { "required", TPA_P_BOOL, TPA_REQUIRED, 0, 0, NULL, NULL, NULL,
      "Must tokens be bound?" },
    { "required_for", TPA_P_ENUM, 0, 0, 0, "public_clients|all_clients", NULL,
      NULL, "Of which applications it is required; all unless told" },
    { NULL }
};

static const tpa_prop_t user_policy_props[] = {
    { "policy", TPA_P_ENUM, 0, 0, 0, "allow_all|deny_all|require_client_grant",
      NULL, NULL, "Which applications may act for users" },
    { NULL }
};

static const tpa_prop_t client_policy_props[] = {
    { "policy", TPA_P_ENUM, 0, 0, 0, "deny_all|require_client_grant", NULL,
      NULL, "Which applications may act for themselves" },
    { NULL }
};

static const tpa_prop_t subject_props[] = {
    { "user", TPA_P_OBJECT, 0, 0, 0, NULL, user_policy_props, NULL,
      "Access for users" },
    { "client", TPA_P_OBJECT, 0, 0, 0, NULL, client_policy_props, NULL,
      "Access of applications for themselves" },
    { "anonymous_user", TPA_P_ANY, 0, 0, 0, NULL, NULL, NULL, "Ignored" },
    { NULL }
};

const tpa_prop_t tpa_api_props[] = {
    { "id", TPA_P_STRING, SHOWN, 0, 64, NULL, NULL, NULL, "Id of the API" },
    { "identifier", TPA_P_STRING, BORN | TPA_REQUIRED, 1, 600, NULL, NULL,
      no_controls, "What stands in aud of its tokens; cannot be changed" },
    { "name", TPA_P_STRING, BOTH, 0, 200, NULL, NULL, no_angles,
      "Name of the API" },
    { "is_system", TPA_P_BOOL, SHOWN, 0, 0, NULL, NULL, NULL,
      "Is it built in?" },
    { "scopes", TPA_P_OBJECTS, BOTH, 0, 1000, NULL, scope_props, NULL,
      "Scopes of the API" },
    { "signing_alg", TPA_P_ENUM, BOTH, 0, 0, "RS256", NULL, NULL,
      "Algorithm its tokens are signed with" },
    { "allow_offline_access", TPA_P_BOOL, BOTH, 0, 0, NULL, NULL, NULL,
      "May refresh tokens be issued for it?" },
    { "token_lifetime", TPA_P_INT, BOTH, 0, MOST_LIFETIME, NULL, NULL, NULL,
      "Seconds its tokens are good for" },
    { "token_lifetime_for_web", TPA_P_INT, BOTH, 0, MOST_LIFETIME, NULL, NULL,
      NULL, "The same for flows without a back channel" },
    { "token_dialect", TPA_P_ENUM, BOTH | NULLS, 0, 0,
      "access_token|access_token_authz|rfc9068_profile|rfc9068_profile_authz",
      NULL, NULL, "Form of its tokens" },
    { "enforce_policies", TPA_P_BOOL, BOTH, 0, 0, NULL, NULL, NULL,
      "Do users get only scopes their roles permit?" },
    { "skip_consent_for_verifiable_first_party_clients", TPA_P_BOOL, BOTH, 0,
      0, NULL, NULL, NULL, "Is consent for first-party applications skipped?"
    },
    { "consent_policy", TPA_P_ENUM, BOTH | NULLS, 0, 0,
      "transactional-authorization-with-mfa", NULL, NULL,
      "How users consent" },
    { "authorization_details", TPA_P_OBJECTS, BOTH | NULLS, 0, 100, NULL,
      type_props, NULL, "Types of authorization details it knows" },
    { "token_encryption", TPA_P_ANY, BOTH | NULLS, 0, 0, NULL, NULL, NULL,
      "Always null" },
    { "proof_of_possession", TPA_P_OBJECT, BOTH | NULLS, 0, 0, NULL, pop_props,
      NULL, "Are its tokens bound to keys?" },
    { "subject_type_authorization", TPA_P_OBJECT, BOTH, 0, 0, NULL,
      subject_props, NULL, "Who may have a token" },
    { "client_id", TPA_P_STRING, SHOWN, 0, 255, NULL, NULL, NULL,
      "The application the API is" },
    { "allow_online_access", TPA_P_BOOL, BOTH | KEPT, 0, 0, NULL, NULL, NULL,
      "Kept only" },
    { "allow_online_access_with_ephemeral_sessions", TPA_P_BOOL, BOTH | KEPT,
      0, 0, NULL, NULL, NULL, "Kept only" },
    { "authorization_policy", TPA_P_ANY, BOTH | NULLS | KEPT, 0, 0, NULL, NULL,
      NULL, "Kept only" },
    { NULL }
};

const tpa_prop_t tpa_client_grant_props[] = {
    { "id", TPA_P_STRING, SHOWN, 0, 64, NULL, NULL, NULL, "Id of the grant" },
    { "client_id", TPA_P_STRING, BORN, 1, 255, NULL, NULL, NULL,
      "Whose grant it is; or default_for" },
    { "default_for", TPA_P_ENUM, BORN, 0, 0, "third_party_clients", NULL, NULL,
      "Of which applications without a grant of their own it is the default"
    },
    { "audience", TPA_P_STRING, BORN | TPA_REQUIRED, 1, 600, NULL, NULL, NULL,
      "Identifier of the API" },
    { "subject_type", TPA_P_ENUM, BORN, 0, 0, "client|user", NULL, NULL,
      "Does the application act for itself (client), or for users?" },
    { "scope", TPA_P_STRINGS, BOTH, 0, 1000, NULL, NULL, a_scope,
      "Scopes that are granted" },
    { "allow_all_scopes", TPA_P_BOOL, BOTH | NULLS, 0, 0, NULL, NULL, NULL,
      "Every scope of the API, in place of scope" },
    { "organization_usage", TPA_P_ENUM, BOTH | NULLS, 0, 0,
      "deny|allow|require", NULL, NULL,
      "Are tokens for an Organization issued?" },
    { "allow_any_organization", TPA_P_BOOL, BOTH | NULLS, 0, 0, NULL, NULL,
      NULL, "For each Organization; not for third-party applications" },
    { "authorization_details_types", TPA_P_STRINGS, BOTH | NULLS, 0, 100, NULL,
      NULL, NULL, "Types of authorization details; subject_type user only" },
    { "is_system", TPA_P_BOOL, SHOWN, 0, 0, NULL, NULL, NULL,
      "Is it built in?" },
    { NULL }
};
/* clang-format on */

/* ---- common ------------------------------------------------------------- */

static tpa_err_t *refused(apr_pool_t *p, const char *at, const char *what)
{
    return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY,
                                   "Payload validation error: '%s' on property"
                                   " %s.", what, at), "api");
}

static int is_set(const tpa_json_t *o, const char *name)
{
    return tpa_json_type(tpa_json_get(o, name)) != TPA_JSON_NULL;
}

static int is_text(const tpa_json_t *o, const char *name, const char *text)
{
    const char *value = tpa_json_get_str(o, name);

    return value && !strcmp(value, text);
}

static void forget_fixed(const tpa_prop_t *row, tpa_json_t *patch)
{
    for (; row->name; row++) {
        if (row->flags & TPA_FIXED)
            tpa_json_remove(patch, row->name);
    }
}

static int repeats(const tpa_json_t *now, const tpa_json_t *sent,
                   apr_pool_t *p);

typedef struct compare_t {
    const tpa_json_t *now;
    apr_pool_t *p;
} compare_t;

static int differs(void *baton, const char *name, const tpa_json_t *value)
{
    compare_t *c = baton;

    return !repeats(tpa_json_get(c->now, name), value, c->p);
}

static int is_no(const tpa_json_t *v, apr_pool_t *p)
{
    return !strcmp(tpa_json_print(v, p), "null")
        || !strcmp(tpa_json_print(v, p), "false");
}

/* Does what was sent say nothing but what is? */
static int repeats(const tpa_json_t *now, const tpa_json_t *sent,
                   apr_pool_t *p)
{
    compare_t c = { now, p };

    if (!now)
        return is_no(sent, p);
    if (tpa_json_type(sent) == TPA_JSON_OBJECT)
        return !tpa_json_each(sent, differs, &c);
    return !strcmp(tpa_json_canonical(now, p), tpa_json_canonical(sent, p));
}

/* Of what is built in nothing changes. */
static tpa_err_t *check_system(const tpa_prop_t *row, const tpa_json_t *now,
                               tpa_json_t *patch, const char *what,
                               apr_pool_t *p)
{
    if (!repeats(now, patch, p))
        return tpa_err_by(tpa_err_text(p, TPA_E_NOT_SUPPORTED, "System %s"
                                       " cannot be patched.", what), "api");
    for (; row->name; row++)
        tpa_json_remove(patch, row->name);
    return TPA_OK;
}

/* ---- APIs --------------------------------------------------------------- */

typedef struct parting_t {
    tpa_json_t *columns, *kept;
    int drops_nulls;
} parting_t;

static int part(void *baton, const char *name, const tpa_json_t *value)
{
    parting_t *parting = baton;
    const tpa_prop_t *row = tpa_props_find(tpa_api_props, name);

    if (tpa_json_type(value) == TPA_JSON_NULL && parting->drops_nulls)
        return 0;
    tpa_json_set(row && row->flags & TPA_API_KEPT ? parting->kept
                                                  : parting->columns,
                 name, value);
    return 0;
}

/* What would be: what was sent, else what is. */
static apr_int64_t number_of(const tpa_json_t *now, const tpa_json_t *sent,
                             const char *name, apr_int64_t unless)
{
    apr_int64_t n = unless;

    if (!tpa_json_get_int(sent, name, &n))
        tpa_json_get_int(now, name, &n);
    return n;
}

static tpa_err_t *check_lifetimes(const tpa_json_t *now, tpa_json_t *sent,
                                  apr_pool_t *p)
{
    static const char web[] = "token_lifetime_for_web";
    apr_int64_t most = number_of(now, sent, "token_lifetime", 86400);
    apr_int64_t lifetime = number_of(now, sent, web, WEB_LIFETIME);

    if (lifetime <= most)
        return TPA_OK;
    if (is_set(sent, web))
        return refused(p, web, "It must not be more than token_lifetime");
    tpa_json_set_int(sent, web, most);
    return TPA_OK;
}

static tpa_err_t *check_scopes(const tpa_json_t *sent, apr_pool_t *p)
{
    const tpa_json_t *list = tpa_json_get(sent, "scopes");
    tpa_json_t *seen = tpa_json_object(p);
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        const char *value = tpa_json_get_str(tpa_json_at(list, i), "value");

        if (tpa_json_get(seen, value))
            return refused(p, apr_psprintf(p, "scopes[%d]", (int)i),
                           "The scope is listed twice");
        tpa_json_set_bool(seen, value, 1);
    }
    return TPA_OK;
}

/* Required, and nobody said of whom: of all. */
static void complete_pop(const tpa_json_t *now, tpa_json_t *sent,
                         apr_pool_t *p)
{
    const tpa_json_t *pop = tpa_json_get(sent, "proof_of_possession");
    tpa_json_t *full;

    if (!is_set(sent, "proof_of_possession") || is_set(pop, "required_for")
        || is_set(tpa_json_get(now, "proof_of_possession"), "required_for"))
        return;
    full = tpa_json_object(p);
    tpa_json_set(full, "mechanism", tpa_json_get(pop, "mechanism"));
    tpa_json_set(full, "required", tpa_json_get(pop, "required"));
    tpa_json_set_str(full, "required_for", "all_clients");
    tpa_json_set(sent, "proof_of_possession", full);
}

static tpa_err_t *check_api(const tpa_json_t *now, tpa_json_t *sent,
                            apr_pool_t *p)
{
    if (is_set(sent, "token_encryption"))
        return refused(p, "token_encryption",
                       "Encrypted tokens are not supported: it must be null");
    TPA_TRY(check_scopes(sent, p));
    complete_pop(now, sent, p);
    return check_lifetimes(now, sent, p);
}

/* Below the issuer are the APIs that are built in, now or one day. */
static int is_reserved(const char *identifier, const char *issuer)
{
    static const char *const names[] = { "api/v2", "me", "mfa", "my-org",
                                         "userinfo", NULL };
    apr_size_t len = strlen(issuer), n;
    int i;

    if (strncmp(identifier, issuer, len))
        return 0;
    identifier += len;
    for (i = 0; names[i]; i++) {
        n = strlen(names[i]);
        if (!strncmp(identifier, names[i], n)
            && (!identifier[n] || !strcmp(identifier + n, "/")))
            return 1;
    }
    return 0;
}

tpa_err_t *tpa_api_check_new(const tpa_json_t *body, const char *issuer,
                             tpa_json_t **out, apr_pool_t *p)
{
    parting_t parting = { tpa_json_object(p), tpa_json_object(p), 1 };

    if (is_reserved(tpa_json_get_str(body, "identifier"), issuer))
        return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY, "The selected"
                                       " identifier is reserved."), "api");
    tpa_json_each(body, part, &parting);
    TPA_TRY(check_api(NULL, parting.columns, p));
    tpa_json_set(parting.columns, "properties", parting.kept);
    *out = parting.columns;
    return TPA_OK;
}

static int remove_member(void *from, const char *name, const tpa_json_t *value)
{
    tpa_json_remove(from, name);
    return 0;
}

tpa_err_t *tpa_api_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                apr_pool_t *p)
{
    parting_t parting = { tpa_json_object(p), tpa_json_object(p), 0 };

    forget_fixed(tpa_api_props, patch);
    if (tpa_json_get_true(now, "is_system"))
        return check_system(tpa_api_props, now, patch, "resource servers", p);
    TPA_TRY(check_api(now, patch, p));
    tpa_json_each(patch, part, &parting);
    tpa_json_each(parting.kept, remove_member, patch);
    if (tpa_json_size(parting.kept))
        tpa_json_set(patch, "properties", parting.kept);
    return TPA_OK;
}

/* ---- client grants ------------------------------------------------------ */

static tpa_err_t *check_grant(const tpa_json_t *sent, int is_default,
                              int is_for_users, apr_pool_t *p)
{
    if (tpa_json_get_true(sent, "allow_all_scopes")
        && tpa_json_size(tpa_json_get(sent, "scope")))
        return refused(p, "scope", "It must be empty beside allow_all_scopes");
    if (is_default && is_set(sent, "organization_usage"))
        return refused(p, "organization_usage",
                       "A default grant has no organization_usage");
    if (is_default && tpa_json_get_true(sent, "allow_any_organization"))
        return refused(p, "allow_any_organization",
                       "It is not permitted for third-party applications");
    if (tpa_json_type(tpa_json_get(sent, "authorization_details_types"))
            != TPA_JSON_NULL
        && !is_for_users)
        return refused(p, "authorization_details_types",
                       "It needs subject_type user");
    return TPA_OK;
}

tpa_err_t *tpa_client_grant_check_new(const tpa_json_t *body, apr_pool_t *p)
{
    int is_default = is_set(body, "default_for");

    if (is_default == is_set(body, "client_id"))
        return refused(p, "client_id", "Exactly one of client_id and"
                       " default_for must be given");
    return check_grant(body, is_default, is_text(body, "subject_type", "user"),
                       p);
}

tpa_err_t *tpa_client_grant_no_scope(const apr_array_header_t *scopes,
                                     const char *audience, apr_pool_t *p)
{
    return refused(p, "scope", apr_psprintf(
        p, "These scopes are not defined by the API %s: %s",
        tpa_props_shown(audience, p),
        tpa_props_shown(tpa_text_join(scopes, ", ", p), p)));
}

tpa_err_t *tpa_client_grant_check_change(const tpa_json_t *now,
                                         tpa_json_t *patch, apr_pool_t *p)
{
    apr_array_header_t *scopes, *unknown;

    forget_fixed(tpa_client_grant_props, patch);
    if (tpa_json_get_true(now, "is_system"))
        return check_system(tpa_client_grant_props, now, patch,
                            "client grants", p);
    TPA_TRY(check_grant(patch, is_set(now, "default_for"),
                        is_text(now, "subject_type", "user"), p));
    if (tpa_json_get_true(patch, "allow_any_organization")
        && tpa_json_get_true(now, "@third_party"))
        return refused(p, "allow_any_organization",
                       "It is not permitted for third-party applications");
    scopes = tpa_json_list(tpa_json_get(patch, "scope"), p);
    unknown = tpa_scope_minus(scopes, tpa_json_list(
                                  tpa_json_get(now, "@scopes"), p), p);
    return unknown->nelts
        ? tpa_client_grant_no_scope(unknown, tpa_json_get_str(now, "audience"),
                                    p) : TPA_OK;
}
