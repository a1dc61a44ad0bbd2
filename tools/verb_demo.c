#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "store/keys.h"
#include "tpactl.h"

#define DEFAULT_API "https://api.example.com/"
#define API_MAX 600     /* bytes of an identifier, spec.md 2.1 */

static const struct {
    const char *value;
    const char *description;
} scopes[] = {
    { "create:posts", "Write posts" }, { "read:posts", "Read posts" },
    { "update:posts", "Change posts" }, { "delete:posts", "Delete posts" },
    { NULL }
};

/* The Organizations; members of struct demo_t hold their ids. */
static const struct {
    const char *name;
    const char *display_name;
} organizations[] = {
    { "acme", "Acme Inc" }, { "globex", "Globex Corporation" }
};
#define ORGS 2

static const struct {
    const char *name;
    const char *prefix;      /* of its id */
    int random;              /* characters behind it */
    int third_party;
    const char *scope;       /* the only one granted; NULL: all of the API */
    const char *usage;       /* organization_usage of its client grant */
    int any_org;
    int org;                 /* the Organization its grant is good for, or -1 */
} machines[] = {
    { "Back office", "", 32, 0, NULL, "allow", 1, -1 },
    { "Partner reports", "tpc_", 22, 1, "read:posts", "require", 0, 0 }
};
#define MACHINES 2

typedef struct demo_t {
    const char *identifier;        /* of the API */
    const char *api_id;
    const char *org_id[ORGS];
    const char *client_id[MACHINES];
    const char *secret[MACHINES];  /* NULL: it was there before */
    int made;                      /* how many things were made now */
} demo_t;

/* ---- making things ------------------------------------------------------ */

/* Ids of machines and their grants follow from that of the API, so that a run
 * that was cut off can be taken up again: what is there already is found. */
static const char *id_from(const demo_t *demo, const char *what,
                           const char *prefix, int n, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    const char *seed = apr_pstrcat(p, "demo ", what, " ", demo->api_id, NULL);
    const char *hash = tpa_sha256_hex(seed, strlen(seed), p);
    char *id = apr_pcalloc(p, n + 1);
    int i;

    for (i = 0; i < n; i++) {
        char byte[3] = { hash[2 * i], hash[2 * i + 1], '\0' };

        id[i] = digits[apr_strtoi64(byte, NULL, 16) % 62];
    }
    return apr_pstrcat(p, prefix, id, NULL);
}

/* Make one thing. One that is there already is as good; *fresh tells. */
static tpa_err_t *make(tpa_ctl_t *ctl, const char *fn, const tpa_json_t *arg,
                       demo_t *demo, const char **id, int *fresh)
{
    tpa_ctl_outcome_t outcome;

    TPA_TRY(tpa_ctl_call(ctl, fn, arg, &outcome));
    *fresh = !strcmp(outcome.result, "created");
    demo->made += *fresh;
    if (id)
        *id = outcome.id;
    if (*fresh || !strcmp(outcome.result, "conflict"))
        return TPA_OK;
    if (!strcmp(outcome.result, "no_scope"))
        return tpa_err(ctl->p, TPA_E_CONFLICT, "there is an API %s already,"
                       " and it lacks the scopes of the demonstration: say"
                       " another with --api", demo->identifier);
    return tpa_err(ctl->p, TPA_E_CONFLICT, "tpa.%s answers \"%s\"", fn,
                   outcome.result);
}

static tpa_err_t *make_api(tpa_ctl_t *ctl, demo_t *demo)
{
    apr_pool_t *p = ctl->p;
    tpa_json_t *api = tpa_json_object(p), *list = tpa_json_array(p), *o;
    const char *id;
    int i, fresh;

    for (i = 0; scopes[i].value; i++) {
        o = tpa_json_object(p);
        tpa_json_set_str(o, "value", scopes[i].value);
        tpa_json_set_str(o, "description", scopes[i].description);
        tpa_json_add(list, o);
    }
    TPA_TRY(tpa_ctl_random_hex(24, &id, p));
    tpa_json_set_str(api, "id", id);
    tpa_json_set_str(api, "identifier", demo->identifier);
    tpa_json_set_str(api, "name", "Posts API");
    tpa_json_set(api, "scopes", list);
    tpa_json_set_int(api, "token_lifetime", 86400);
    return make(ctl, "resource_server_create", api, demo, &demo->api_id,
                &fresh);
}

static tpa_err_t *make_org(tpa_ctl_t *ctl, demo_t *demo, int i)
{
    tpa_json_t *o = tpa_json_object(ctl->p);
    const char *id;
    int fresh;

    TPA_TRY(tpa_random_id("org_", 16, &id, ctl->p));
    tpa_json_set_str(o, "id", id);
    tpa_json_set_str(o, "name", organizations[i].name);
    tpa_json_set_str(o, "display_name", organizations[i].display_name);
    return make(ctl, "organization_create", o, demo, &demo->org_id[i], &fresh);
}

static tpa_err_t *make_client(tpa_ctl_t *ctl, demo_t *demo, int i)
{
    apr_pool_t *p = ctl->p;
    tpa_json_t *o = tpa_json_object(p), *types = tpa_json_array(p);
    const char *secret;
    int fresh;

    TPA_TRY(tpa_random_secret(&secret, p));
    tpa_json_add_str(types, "client_credentials");
    demo->client_id[i] = id_from(demo, machines[i].name, machines[i].prefix,
                                 machines[i].random, p);
    tpa_json_set_str(o, "client_id", demo->client_id[i]);
    tpa_json_set_str(o, "name", machines[i].name);
    tpa_json_set_str(o, "app_type", "non_interactive");
    tpa_json_set_bool(o, "is_first_party", !machines[i].third_party);
    if (machines[i].third_party)
        tpa_json_set_str(o, "third_party_security_mode", "strict");
    tpa_json_set_str(o, "token_endpoint_auth_method", "client_secret_post");
    tpa_json_set(o, "grant_types", types);
    tpa_json_set_str(o, "secret_hash",
                     tpa_sha256_hex(secret, strlen(secret), p));
    TPA_TRY(make(ctl, "client_create", o, demo, NULL, &fresh));
    demo->secret[i] = fresh ? secret : NULL;
    return TPA_OK;
}

static tpa_err_t *make_org_grant(tpa_ctl_t *ctl, demo_t *demo, int i,
                                 const char *grant)
{
    tpa_json_t *o = tpa_json_object(ctl->p);
    int fresh;

    tpa_json_set_str(o, "organization_id", demo->org_id[machines[i].org]);
    tpa_json_set_str(o, "grant_id", grant);
    return make(ctl, "organization_client_grant_create", o, demo, NULL,
                &fresh);
}

static tpa_err_t *make_grant(tpa_ctl_t *ctl, demo_t *demo, int i)
{
    apr_pool_t *p = ctl->p;
    tpa_json_t *o = tpa_json_object(p), *granted = tpa_json_array(p);
    const char *id = id_from(demo, apr_pstrcat(p, "grant of ",
                                               machines[i].name, NULL),
                             "cgr_", 16, p);
    int j, fresh;

    for (j = 0; scopes[j].value; j++) {
        if (!machines[i].scope || !strcmp(machines[i].scope, scopes[j].value))
            tpa_json_add_str(granted, scopes[j].value);
    }
    tpa_json_set_str(o, "id", id);
    tpa_json_set_str(o, "client_id", demo->client_id[i]);
    tpa_json_set_str(o, "audience", demo->identifier);
    tpa_json_set(o, "scope", granted);
    tpa_json_set_str(o, "subject_type", "client");
    tpa_json_set_str(o, "organization_usage", machines[i].usage);
    tpa_json_set_bool(o, "allow_any_organization", machines[i].any_org);
    TPA_TRY(make(ctl, "client_grant_create", o, demo, NULL, &fresh));
    return machines[i].org < 0 ? TPA_OK : make_org_grant(ctl, demo, i, id);
}

static tpa_err_t *make_all(tpa_ctl_t *ctl, demo_t *demo)
{
    int i;

    TPA_TRY(make_api(ctl, demo));
    for (i = 0; i < ORGS; i++)
        TPA_TRY(make_org(ctl, demo, i));
    for (i = 0; i < MACHINES; i++) {
        TPA_TRY(make_client(ctl, demo, i));
        TPA_TRY(make_grant(ctl, demo, i));
    }
    return TPA_OK;
}

/* ---- what is printed ---------------------------------------------------- */

static void print_for_programs(const demo_t *demo, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p), *orgs = tpa_json_object(p);
    tpa_json_t *list = tpa_json_array(p), *machine;
    int i;

    tpa_json_set_str(o, "api", demo->identifier);
    for (i = 0; i < ORGS; i++)
        tpa_json_set_str(orgs, organizations[i].name, demo->org_id[i]);
    tpa_json_set(o, "organizations", orgs);
    for (i = 0; i < MACHINES; i++) {
        machine = tpa_json_object(p);
        tpa_json_set_str(machine, "name", machines[i].name);
        tpa_json_set_str(machine, "client_id", demo->client_id[i]);
        if (demo->secret[i])
            tpa_json_set_str(machine, "client_secret", demo->secret[i]);
        else
            tpa_json_set_null(machine, "client_secret");
        tpa_json_set_bool(machine, "third_party", machines[i].third_party);
        tpa_json_add(list, machine);
    }
    tpa_json_set(o, "machines", list);
    tpa_ctl_print_json(o, p);
}

static void print_for_people(const demo_t *demo)
{
    int i;

    printf("%s\n\n  API            %s\n",
           demo->made ? "The demonstration is loaded. Secrets are printed this"
                        " once."
                      : "The demonstration was loaded before; nothing was"
                        " changed.", demo->identifier);
    for (i = 0; i < ORGS; i++)
        printf("  Organization   %s (%s)\n", demo->org_id[i],
               organizations[i].name);
    for (i = 0; i < MACHINES; i++)
        printf("\n  %s (%s)\n  client_id      %s\n  client_secret  %s\n",
               machines[i].name,
               machines[i].third_party ? "third-party" : "first-party",
               demo->client_id[i],
               demo->secret[i] ? demo->secret[i] : "(was printed before)");
}

/* ---- the verb ----------------------------------------------------------- */

static int check_api(const char *api)
{
    const char *c;

    for (c = api; *c; c++) {
        if (*c <= ' ' || *c > '~')
            break;
    }
    if (*c || c - api > API_MAX || !strstr(api, "://"))
        return tpa_ctl_say(TPA_CTL_USAGE, "--api takes a URL of at most 600"
                           " plain characters, e.g. " DEFAULT_API);
    return TPA_CTL_DONE;
}

static int check_tenant(tpa_ctl_t *ctl)
{
    apr_array_header_t *keys;
    tpa_err_t *e = tpa_store_keys(ctl->store, &keys, ctl->p);

    if (e)
        return tpa_ctl_fail(ctl, e);
    if (!keys->nelts)
        return tpa_ctl_say(TPA_CTL_FAILED, "this database holds no tenant yet:"
                           " run tpactl init");
    return TPA_CTL_DONE;
}

int tpa_ctl_demo_load(tpa_ctl_t *ctl)
{
    demo_t demo;
    tpa_err_t *e;
    int rc;

    memset(&demo, 0, sizeof(demo));
    demo.identifier = ctl->api ? ctl->api : DEFAULT_API;
    rc = check_api(demo.identifier);
    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_open(ctl);
    if (rc == TPA_CTL_DONE)
        rc = check_tenant(ctl);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = make_all(ctl, &demo);
    if (e)
        return tpa_ctl_fail(ctl, e);
    if (ctl->json)
        print_for_programs(&demo, ctl->p);
    else
        print_for_people(&demo);
    return TPA_CTL_DONE;
}
