#include <string.h>

#include <apr_strings.h>

#include "core/client.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "demo.h"

#define PASSWORD_CHARS 14

/* ---- users -------------------------------------------------------------- */

static tpa_err_t *make_connection(tpa_demo_t *demo)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);
    const char *id;

    TPA_TRY(tpa_random_id("con_", 16, &id, demo->ctl->p));
    tpa_json_set_str(o, "id", id);
    tpa_json_set_str(o, "name", TPA_DEMO_CONNECTION);
    tpa_json_set_str(o, "strategy", "auth0");
    tpa_json_set_str(o, "display_name", "Demonstration accounts");
    tpa_json_set_bool(o, "is_domain_connection", 1);
    return tpa_demo_make(demo, "connection_create", o, &demo->connection_id,
                         NULL);
}

static tpa_err_t *enable_connection(tpa_demo_t *demo, int org)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);

    tpa_json_set_str(o, "organization_id", demo->org_id[org]);
    tpa_json_set_str(o, "connection_id", demo->connection_id);
    return tpa_demo_make(demo, "organization_connection_create", o, NULL,
                         NULL);
}

static tpa_err_t *make_user(tpa_demo_t *demo, int i)
{
    apr_pool_t *p = demo->ctl->p;
    const tpa_demo_user_t *user = &tpa_demo_users[i];
    tpa_json_t *o = tpa_json_object(p);
    const char *password, *hash;
    int fresh;

    TPA_TRY(tpa_random_id("", PASSWORD_CHARS, &password, p));
    TPA_TRY(tpa_password_hash(password, &hash, p));
    tpa_json_set_str(o, "connection", TPA_DEMO_CONNECTION);
    tpa_json_set_str(o, "connection_user_id",
                     tpa_demo_id(demo, user->email, "", 24));
    tpa_json_set_str(o, "email", user->email);
    tpa_json_set_bool(o, "email_verified", 1);
    tpa_json_set_str(o, "name", user->name);
    tpa_json_set_str(o, "password_hash", hash);
    TPA_TRY(tpa_demo_make(demo, "user_create", o, &demo->user_id[i], &fresh));
    demo->password[i] = fresh ? password : NULL;
    return TPA_OK;
}

static tpa_err_t *make_member(tpa_demo_t *demo, int org, int user)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);
    tpa_json_t *members = tpa_json_array(demo->ctl->p);

    tpa_json_add_str(members, demo->user_id[user]);
    tpa_json_set_str(o, "organization_id", demo->org_id[org]);
    tpa_json_set(o, "members", members);
    return tpa_demo_make(demo, "organization_member_add", o, NULL, NULL);
}

static tpa_err_t *make_users(tpa_demo_t *demo)
{
    int i, org;

    TPA_TRY(make_connection(demo));
    for (org = 0; org < TPA_DEMO_ORGS; org++)
        TPA_TRY(enable_connection(demo, org));
    for (i = 0; i < TPA_DEMO_USERS; i++) {
        TPA_TRY(make_user(demo, i));
        for (org = 0; org < TPA_DEMO_ORGS; org++) {
            if (tpa_demo_users[i].member[org])
                TPA_TRY(make_member(demo, org, i));
        }
    }
    return TPA_OK;
}

/* ---- a demonstration of an earlier version ------------------------------ */

static tpa_err_t *update(tpa_demo_t *demo, const char *fn, const char *id,
                         const tpa_json_t *patch)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);
    tpa_ctl_outcome_t outcome;

    tpa_json_set_str(o, "id", id);
    tpa_json_set(o, "patch", patch);
    TPA_TRY(tpa_ctl_call(demo->ctl, fn, o, &outcome));
    return !strcmp(outcome.result, "updated") ? TPA_OK
           : tpa_err(demo->ctl->p, TPA_E_CONFLICT, "tpa.%s answers \"%s\"", fn,
                     outcome.result);
}

static int all_machines_were_there(const tpa_demo_t *demo)
{
    int i;

    for (i = 0; i < TPA_DEMO_MACHINES; i++) {
        if (demo->secret[i])
            return 0;
    }
    return 1;
}

/* Our machines without our application: API and Organizations are ours too,
 * and were made when there was no way for users in. */
static tpa_err_t *open_for_users(tpa_demo_t *demo)
{
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *o = tpa_json_object(p), *patch = tpa_json_object(p);
    tpa_ctl_outcome_t outcome;
    int i;

    tpa_json_set_str(o, "client_id", demo->app_id);
    TPA_TRY(tpa_ctl_call(demo->ctl, "client_get", o, &outcome));
    if (!strcmp(outcome.result, "found") || !all_machines_were_there(demo))
        return TPA_OK;
    tpa_json_set_bool(patch, "allow_offline_access", 1);
    TPA_TRY(update(demo, "resource_server_update", demo->api_id, patch));
    for (i = 0; i < TPA_DEMO_ORGS; i++) {
        patch = tpa_json_object(p);
        tpa_json_set_str(patch, "third_party_client_access",
                         tpa_demo_orgs[i].access);
        TPA_TRY(update(demo, "organization_update", demo->org_id[i], patch));
    }
    return TPA_OK;
}

/* ---- the application ---------------------------------------------------- */

/* What an administrator would send to the Management API. */
static const char app_properties[] =
    "{\"app_type\": \"spa\", \"is_first_party\": false,"
    " \"third_party_security_mode\": \"strict\","
    " \"description\": \"Plans posts. The demonstration of a third-party"
    " application.\","
    " \"token_endpoint_auth_method\": \"none\","
    " \"grant_types\": [\"authorization_code\", \"refresh_token\"],"
    " \"organization_usage\": \"require\","
    " \"organization_require_behavior\": \"post_login_prompt\","
    " \"organization_discovery_methods\": [\"email\","
    " \"organization_name\"]}";

static void set_one(tpa_json_t *o, const char *name, const char *value,
                    apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);

    tpa_json_add_str(list, value);
    tpa_json_set(o, name, list);
}

/* The URL was checked: https://, a host, one slash at its end. */
static const char *origin_of(const char *url, apr_pool_t *p)
{
    return apr_pstrmemdup(p, url, strlen(url) - 1);
}

static tpa_err_t *make_app(tpa_demo_t *demo)
{
    apr_pool_t *p = demo->ctl->p;
    const char *origin = origin_of(demo->app_url, p);
    tpa_json_t *o;

    TPA_TRY(tpa_json_parse(app_properties, sizeof(app_properties) - 1, &o, p));
    tpa_json_set_str(o, "name", TPA_DEMO_APP);
    set_one(o, "callbacks", demo->app_url, p);
    set_one(o, "web_origins", origin, p);
    set_one(o, "allowed_origins", origin, p);
    TPA_TRY(tpa_client_check_new(o, &o, p));
    o = tpa_client_stored(o, p);
    tpa_json_set_str(o, "client_id", demo->app_id);
    return tpa_demo_make(demo, "client_create", o, NULL, NULL);
}

static tpa_err_t *make_app_grant(tpa_demo_t *demo)
{
    const char *id = tpa_demo_id(demo, "grant of " TPA_DEMO_APP, "cgr_", 16);

    return tpa_demo_make(demo, "client_grant_create",
                         tpa_demo_grant(demo, id, demo->app_id, "user", NULL),
                         NULL, NULL);
}

tpa_err_t *tpa_demo_make_people(tpa_demo_t *demo)
{
    demo->app_id = tpa_demo_id(demo, TPA_DEMO_APP, "tpc_", 22);
    TPA_TRY(make_users(demo));
    TPA_TRY(open_for_users(demo));
    TPA_TRY(make_app(demo));
    return make_app_grant(demo);
}
