#include <string.h>

#include <apr_strings.h>

#include "crypto/secret.h"
#include "demo.h"

/* ---- making things ------------------------------------------------------ */

const char *tpa_demo_id(const tpa_demo_t *demo, const char *what,
                        const char *prefix, int n)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    apr_pool_t *p = demo->ctl->p;
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

tpa_err_t *tpa_demo_make(tpa_demo_t *demo, const char *fn,
                         const tpa_json_t *arg, const char **id, int *fresh)
{
    static const char *const there[] = { "conflict", "unchanged", NULL };
    tpa_ctl_outcome_t outcome;
    int i, created;

    TPA_TRY(tpa_ctl_call(demo->ctl, fn, arg, &outcome));
    created = !strcmp(outcome.result, "created");
    demo->made += created;
    if (id)
        *id = outcome.id;
    if (fresh)
        *fresh = created;
    for (i = 0; !created && there[i]; i++)
        created = !strcmp(outcome.result, there[i]);
    if (created)
        return TPA_OK;
    if (!strcmp(outcome.result, "no_scope"))
        return tpa_err(demo->ctl->p, TPA_E_CONFLICT, "there is an API %s"
                       " already, and it lacks the scopes of the demonstration:"
                       " say another with --api", demo->identifier);
    return tpa_err(demo->ctl->p, TPA_E_CONFLICT, "tpa.%s answers \"%s\"", fn,
                   outcome.result);
}

/* ---- the API and the Organizations -------------------------------------- */

static tpa_err_t *make_api(tpa_demo_t *demo)
{
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *api = tpa_json_object(p), *list = tpa_json_array(p), *o;
    const char *id;
    int i;

    for (i = 0; tpa_demo_scopes[i].value; i++) {
        o = tpa_json_object(p);
        tpa_json_set_str(o, "value", tpa_demo_scopes[i].value);
        tpa_json_set_str(o, "description", tpa_demo_scopes[i].description);
        tpa_json_add(list, o);
    }
    TPA_TRY(tpa_ctl_random_hex(24, &id, p));
    tpa_json_set_str(api, "id", id);
    tpa_json_set_str(api, "identifier", demo->identifier);
    tpa_json_set_str(api, "name", "Posts API");
    tpa_json_set(api, "scopes", list);
    tpa_json_set_int(api, "token_lifetime", 86400);
    tpa_json_set_bool(api, "allow_offline_access", 1);
    return tpa_demo_make(demo, "resource_server_create", api, &demo->api_id,
                         NULL);
}

static tpa_err_t *make_domain(tpa_demo_t *demo, int i)
{
    apr_pool_t *p = demo->ctl->p;
    const char *domain = tpa_demo_orgs[i].domain, *txt;
    tpa_json_t *o = tpa_json_object(p);

    TPA_TRY(tpa_ctl_random_hex(32, &txt, p));
    tpa_json_set_str(o, "id", tpa_demo_id(demo, domain, "ord_", 22));
    tpa_json_set_str(o, "organization_id", demo->org_id[i]);
    tpa_json_set_str(o, "domain", domain);
    tpa_json_set_str(o, "status", "verified");
    tpa_json_set_str(o, "verification_txt", txt);
    tpa_json_set_str(o, "verification_host",
                     apr_pstrcat(p, "_ss-verification.", tpa_demo_orgs[i].name,
                                 ".", domain, NULL));
    return tpa_demo_make(demo, "organization_domain_create", o, NULL, NULL);
}

static tpa_err_t *make_org(tpa_demo_t *demo, int i)
{
    const tpa_demo_org_t *org = &tpa_demo_orgs[i];
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *o = tpa_json_object(p), *branding = tpa_json_object(p);
    tpa_json_t *colors = tpa_json_object(p);
    const char *id;

    TPA_TRY(tpa_random_id("org_", 16, &id, p));
    tpa_json_set_str(colors, "primary", org->primary);
    tpa_json_set_str(colors, "page_background", org->page_background);
    tpa_json_set(branding, "colors", colors);
    tpa_json_set_str(o, "id", id);
    tpa_json_set_str(o, "name", org->name);
    tpa_json_set_str(o, "display_name", org->display_name);
    tpa_json_set_str(o, "third_party_client_access", org->access);
    tpa_json_set(o, "branding", branding);
    TPA_TRY(tpa_demo_make(demo, "organization_create", o, &demo->org_id[i],
                          NULL));
    return make_domain(demo, i);
}

/* ---- machines ----------------------------------------------------------- */

static tpa_err_t *make_client(tpa_demo_t *demo, int i)
{
    const tpa_demo_machine_t *machine = &tpa_demo_machines[i];
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *o = tpa_json_object(p), *types = tpa_json_array(p);
    const char *secret;
    int fresh;

    TPA_TRY(tpa_random_secret(&secret, p));
    tpa_json_add_str(types, "client_credentials");
    demo->client_id[i] = tpa_demo_id(demo, machine->name, machine->prefix,
                                     machine->random);
    tpa_json_set_str(o, "client_id", demo->client_id[i]);
    tpa_json_set_str(o, "name", machine->name);
    tpa_json_set_str(o, "app_type", "non_interactive");
    tpa_json_set_bool(o, "is_first_party", !machine->third_party);
    if (machine->third_party)
        tpa_json_set_str(o, "third_party_security_mode", "strict");
    tpa_json_set_str(o, "token_endpoint_auth_method", "client_secret_post");
    tpa_json_set(o, "grant_types", types);
    tpa_json_set_str(o, "secret_hash",
                     tpa_sha256_hex(secret, strlen(secret), p));
    TPA_TRY(tpa_demo_make(demo, "client_create", o, NULL, &fresh));
    demo->secret[i] = fresh ? secret : NULL;
    return TPA_OK;
}

tpa_json_t *tpa_demo_grant(const tpa_demo_t *demo, const char *grant_id,
                           const char *client_id, const char *subject_type,
                           const char *scope)
{
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *o = tpa_json_object(p), *granted = tpa_json_array(p);
    const tpa_demo_scope_t *s;

    for (s = tpa_demo_scopes; s->value; s++) {
        if (!scope || !strcmp(scope, s->value))
            tpa_json_add_str(granted, s->value);
    }
    tpa_json_set_str(o, "id", grant_id);
    tpa_json_set_str(o, "client_id", client_id);
    tpa_json_set_str(o, "audience", demo->identifier);
    tpa_json_set(o, "scope", granted);
    tpa_json_set_str(o, "subject_type", subject_type);
    return o;
}

static tpa_err_t *make_org_grant(tpa_demo_t *demo, int i, const char *grant)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);

    tpa_json_set_str(o, "organization_id",
                     demo->org_id[tpa_demo_machines[i].org]);
    tpa_json_set_str(o, "grant_id", grant);
    return tpa_demo_make(demo, "organization_client_grant_create", o, NULL,
                         NULL);
}

static tpa_err_t *make_grant(tpa_demo_t *demo, int i)
{
    const tpa_demo_machine_t *machine = &tpa_demo_machines[i];
    const char *what = apr_pstrcat(demo->ctl->p, "grant of ", machine->name,
                                   NULL);
    const char *id = tpa_demo_id(demo, what, "cgr_", 16);
    tpa_json_t *o = tpa_demo_grant(demo, id, demo->client_id[i], "client",
                                   machine->scope);

    tpa_json_set_str(o, "organization_usage", machine->usage);
    tpa_json_set_bool(o, "allow_any_organization", machine->any_org);
    TPA_TRY(tpa_demo_make(demo, "client_grant_create", o, NULL, NULL));
    return machine->org < 0 ? TPA_OK : make_org_grant(demo, i, id);
}

tpa_err_t *tpa_demo_make_machines(tpa_demo_t *demo)
{
    int i;

    TPA_TRY(make_api(demo));
    for (i = 0; i < TPA_DEMO_ORGS; i++)
        TPA_TRY(make_org(demo, i));
    for (i = 0; i < TPA_DEMO_MACHINES; i++) {
        TPA_TRY(make_client(demo, i));
        TPA_TRY(make_grant(demo, i));
    }
    return TPA_OK;
}
