#include <stdio.h>

#include "demo.h"

/* ---- for programs ------------------------------------------------------- */

static void set_secret(tpa_json_t *o, const char *name, const char *secret)
{
    if (secret)
        tpa_json_set_str(o, name, secret);
    else
        tpa_json_set_null(o, name);
}

static tpa_json_t *organizations_json(const tpa_demo_t *demo)
{
    tpa_json_t *o = tpa_json_object(demo->ctl->p);
    int i;

    for (i = 0; i < TPA_DEMO_ORGS; i++)
        tpa_json_set_str(o, tpa_demo_orgs[i].name, demo->org_id[i]);
    return o;
}

static tpa_json_t *machines_json(const tpa_demo_t *demo)
{
    tpa_json_t *list = tpa_json_array(demo->ctl->p), *o;
    int i;

    for (i = 0; i < TPA_DEMO_MACHINES; i++) {
        o = tpa_json_object(demo->ctl->p);
        tpa_json_set_str(o, "name", tpa_demo_machines[i].name);
        tpa_json_set_str(o, "client_id", demo->client_id[i]);
        set_secret(o, "client_secret", demo->secret[i]);
        tpa_json_set_bool(o, "third_party", tpa_demo_machines[i].third_party);
        tpa_json_add(list, o);
    }
    return list;
}

static tpa_json_t *users_json(const tpa_demo_t *demo)
{
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *list = tpa_json_array(p), *o, *orgs;
    int i, org;

    for (i = 0; i < TPA_DEMO_USERS; i++) {
        o = tpa_json_object(p);
        orgs = tpa_json_array(p);
        for (org = 0; org < TPA_DEMO_ORGS; org++) {
            if (tpa_demo_users[i].member[org])
                tpa_json_add_str(orgs, tpa_demo_orgs[org].name);
        }
        tpa_json_set_str(o, "user_id", demo->user_id[i]);
        tpa_json_set_str(o, "email", tpa_demo_users[i].email);
        set_secret(o, "password", demo->password[i]);
        tpa_json_set(o, "organizations", orgs);
        tpa_json_add(list, o);
    }
    return list;
}

void tpa_demo_print_json(const tpa_demo_t *demo)
{
    apr_pool_t *p = demo->ctl->p;
    tpa_json_t *o = tpa_json_object(p), *app = tpa_json_object(p);

    tpa_json_set_str(app, "name", TPA_DEMO_APP);
    tpa_json_set_str(app, "client_id", demo->app_id);
    tpa_json_set_str(app, "url", demo->app_url);
    tpa_json_set_str(o, "api", demo->identifier);
    tpa_json_set(o, "organizations", organizations_json(demo));
    tpa_json_set(o, "machines", machines_json(demo));
    tpa_json_set(o, "application", app);
    tpa_json_set(o, "users", users_json(demo));
    tpa_ctl_print_json(o, p);
}

/* ---- for people --------------------------------------------------------- */

static const char *shown(const char *secret)
{
    return secret ? secret : "(was printed before)";
}

static void print_user(const tpa_demo_t *demo, int i)
{
    int org;

    printf("\n  %s\n  password       %s\n  member of     ",
           tpa_demo_users[i].email, shown(demo->password[i]));
    for (org = 0; org < TPA_DEMO_ORGS; org++) {
        if (tpa_demo_users[i].member[org])
            printf(" %s", tpa_demo_orgs[org].name);
    }
    puts("");
}

void tpa_demo_print_text(const tpa_demo_t *demo)
{
    int i;

    printf("%s\n\n  API            %s\n",
           demo->made ? "The demonstration is loaded. Secrets are printed this"
                        " once."
                      : "The demonstration was loaded before; nothing was"
                        " changed.", demo->identifier);
    for (i = 0; i < TPA_DEMO_ORGS; i++)
        printf("  Organization   %s (%s)\n", demo->org_id[i],
               tpa_demo_orgs[i].name);
    for (i = 0; i < TPA_DEMO_MACHINES; i++)
        printf("\n  %s (%s)\n  client_id      %s\n  client_secret  %s\n",
               tpa_demo_machines[i].name,
               tpa_demo_machines[i].third_party ? "third-party"
                                                : "first-party",
               demo->client_id[i], shown(demo->secret[i]));
    printf("\n  " TPA_DEMO_APP " (third-party, for users)\n"
           "  client_id      %s\n  url            %s\n",
           demo->app_id, demo->app_url);
    for (i = 0; i < TPA_DEMO_USERS; i++)
        print_user(demo, i);
}
