#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/issuer.h"
#include "crypto/secret.h"
#include "tpactl.h"

/* ---- scopes of the Management API --------------------------------------- */

/* "read:clients" and the like: what may be done to a kind of thing. */
static const struct {
    const char *things;    /* the part of the scope behind the colon */
    const char *verbs;     /* out of c, r, u and d */
    const char *words;     /* for people */
} scopes[] = {
    { "clients", "crud", "applications" },
    { "client_keys", "crud", "secrets of applications" },
    { "client_credentials", "crud", "public keys of applications" },
    { "client_summary", "r", "summaries of applications" },
    { "resource_servers", "crud", "APIs" },
    { "client_grants", "crud", "client grants" },
    { "organizations", "crud", "Organizations" },
    { "organizations_summary", "r", "summaries of Organizations" },
    { "organization_members", "crd", "members of Organizations" },
    { "organization_member_roles", "crd", "roles of members" },
    { "organization_connections", "crud", "connections of Organizations" },
    { "organization_invitations", "crd", "invitations to Organizations" },
    { "organization_client_grants", "crd", "client grants of Organizations" },
    { "organization_discovery_domains", "crud", "domains of Organizations" },
    { "organization_clients", "crud", "applications of Organizations" },
    { "connections", "crud", "connections" },
    { "users", "crud", "users" },
    { "roles", "crud", "roles" },
    { "role_members", "crd", "members of roles" },
    { "grants", "rd", "consents of users" },
    { "refresh_tokens", "rd", "refresh tokens" },
    { "logs", "r", "log events" },
    { "logs_users", "r", "log events about users" },
    { "signing_keys", "cru", "signing keys" },
    { "tenant_settings", "ru", "settings of the tenant" },
    { "actions", "r", "actions" },
    { NULL }
};

static const struct {
    char letter;
    const char *scope;
    const char *word;
} verbs[] = {
    { 'c', "create", "Create" }, { 'r', "read", "Read" },
    { 'u', "update", "Change" }, { 'd', "delete", "Delete" }, { 0 }
};

static tpa_json_t *scopes_json(apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p), *o;
    int i, j;

    for (i = 0; scopes[i].things; i++) {
        for (j = 0; verbs[j].letter; j++) {
            if (!strchr(scopes[i].verbs, verbs[j].letter))
                continue;
            o = tpa_json_object(p);
            tpa_json_set_str(o, "value", apr_pstrcat(p, verbs[j].scope, ":",
                                                     scopes[i].things, NULL));
            tpa_json_set_str(o, "description",
                             apr_pstrcat(p, verbs[j].word, " ",
                                         scopes[i].words, NULL));
            tpa_json_add(list, o);
        }
    }
    return list;
}

/* ---- what is made ------------------------------------------------------- */

typedef struct admin_t {
    const char *client_id;
    const char *secret;
    const char *audience;
} admin_t;

static const char *host_of(const char *issuer, apr_pool_t *p)
{
    const char *host = issuer + strlen("https://");

    return apr_pstrmemdup(p, host, strcspn(host, "/"));
}

static tpa_err_t *add_key(tpa_json_t *keys, const char *state,
                          const tpa_ctl_t *ctl, const tpa_sealer_t *sealer)
{
    tpa_json_t *o = tpa_json_object(ctl->p);
    tpa_signing_key_t key;

    TPA_TRY(tpa_ctl_make_key(host_of(ctl->issuer, ctl->p), sealer, &key,
                             ctl->p));
    tpa_json_set_str(o, "kid", key.kid);
    tpa_json_set_str(o, "state", state);
    tpa_json_set_str(o, "sealed", key.sealed);
    tpa_json_set_str(o, "public_jwk", key.public_jwk);
    tpa_json_set_str(o, "cert_pem", key.cert_pem);
    tpa_json_add(keys, o);
    return TPA_OK;
}

static tpa_err_t *set_api(tpa_json_t *tenant, const admin_t *admin,
                          apr_pool_t *p)
{
    tpa_json_t *api = tpa_json_object(p);
    const char *id;

    TPA_TRY(tpa_ctl_random_hex(24, &id, p));
    tpa_json_set_str(api, "id", id);
    tpa_json_set_str(api, "identifier", admin->audience);
    tpa_json_set_str(api, "name", "Management API");
    tpa_json_set(api, "scopes", scopes_json(p));
    tpa_json_set(tenant, "management_api", api);
    return TPA_OK;
}

static tpa_err_t *set_admin(tpa_json_t *tenant, admin_t *admin, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    const char *grant;

    TPA_TRY(tpa_random_id("", 32, &admin->client_id, p));
    TPA_TRY(tpa_random_id("cgr_", 16, &grant, p));
    TPA_TRY(tpa_random_secret(&admin->secret, p));
    tpa_json_set_str(o, "client_id", admin->client_id);
    tpa_json_set_str(o, "name", "Administrator");
    tpa_json_set_str(o, "description", "Made by tpactl init");
    tpa_json_set_str(o, "token_endpoint_auth_method", "client_secret_post");
    tpa_json_set_str(o, "secret_hash",
                     tpa_sha256_hex(admin->secret, strlen(admin->secret), p));
    tpa_json_set_str(o, "grant_id", grant);
    tpa_json_set(tenant, "admin", o);
    return TPA_OK;
}

static tpa_err_t *make_tenant(tpa_ctl_t *ctl, const tpa_sealer_t *sealer,
                              admin_t *admin, tpa_ctl_outcome_t *outcome)
{
    apr_pool_t *p = ctl->p;
    tpa_json_t *tenant = tpa_json_object(p), *keys = tpa_json_array(p);

    admin->audience = apr_pstrcat(p, ctl->issuer, "api/v2/", NULL);
    tpa_json_set_str(tenant, "issuer", ctl->issuer);
    tpa_json_set_str(tenant, "name",
                     ctl->name ? ctl->name : host_of(ctl->issuer, p));
    TPA_TRY(add_key(keys, "current", ctl, sealer));
    TPA_TRY(add_key(keys, "next", ctl, sealer));
    tpa_json_set(tenant, "keys", keys);
    TPA_TRY(set_api(tenant, admin, p));
    TPA_TRY(set_admin(tenant, admin, p));
    return tpa_ctl_call(ctl, "tenant_init", tenant, outcome);
}

/* ---- what is printed ---------------------------------------------------- */

static void print_made(const tpa_ctl_t *ctl, const admin_t *admin)
{
    tpa_json_t *o = tpa_json_object(ctl->p);

    if (!ctl->json) {
        printf("The tenant is made. Its administrator application, whose"
               " secret is printed this once:\n\n"
               "  issuer         %s\n  client_id      %s\n"
               "  client_secret  %s\n  audience       %s\n", ctl->issuer,
               admin->client_id, admin->secret, admin->audience);
        return;
    }
    tpa_json_set_str(o, "issuer", ctl->issuer);
    tpa_json_set_str(o, "client_id", admin->client_id);
    tpa_json_set_str(o, "client_secret", admin->secret);
    tpa_json_set_str(o, "audience", admin->audience);
    tpa_ctl_print_json(o, ctl->p);
}

static int print_unchanged(const tpa_ctl_t *ctl, const char *issuer)
{
    tpa_json_t *o = tpa_json_object(ctl->p);

    if (!issuer || strcmp(issuer, ctl->issuer))
        return tpa_ctl_say(TPA_CTL_FAILED, "this database holds the tenant of"
                           " %s already, and a database holds one tenant: make"
                           " another database for %s; nothing was changed",
                           tpa_text_loggable(issuer, 600, ctl->p),
                           ctl->issuer);
    if (!ctl->json) {
        printf("The tenant of %s is there already; nothing was changed.\n",
               issuer);
        return TPA_CTL_DONE;
    }
    tpa_json_set_str(o, "issuer", issuer);
    tpa_json_set_bool(o, "unchanged", 1);
    tpa_ctl_print_json(o, ctl->p);
    return TPA_CTL_DONE;
}

/* ---- the verb ----------------------------------------------------------- */

static int check_words(const tpa_ctl_t *ctl)
{
    const char *wrong;

    if (!ctl->issuer)
        return tpa_ctl_say(TPA_CTL_USAGE, "whose tenant? tpactl init --issuer"
                           " https://auth.example.com/");
    wrong = tpa_issuer_wrong(ctl->issuer, ctl->p);
    if (wrong)
        return tpa_ctl_say(TPA_CTL_USAGE, "%s", wrong);
    if (ctl->name && !tpa_text_is_utf8(ctl->name))
        return tpa_ctl_say(TPA_CTL_USAGE, "the name is not UTF-8");
    return TPA_CTL_DONE;
}

int tpa_ctl_init(tpa_ctl_t *ctl)
{
    tpa_ctl_outcome_t outcome;
    tpa_sealer_t *sealer;
    admin_t admin;
    tpa_err_t *e;
    int rc = check_words(ctl);

    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_sealer(ctl, &sealer);
    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_open(ctl);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = make_tenant(ctl, sealer, &admin, &outcome);
    if (e)
        return tpa_ctl_fail(ctl, e);
    if (strcmp(outcome.result, "created"))
        return print_unchanged(ctl, outcome.id);
    print_made(ctl, &admin);
    return TPA_CTL_DONE;
}
