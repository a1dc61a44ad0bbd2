#include <string.h>

#include "demo.h"
#include "store/keys.h"

#define DEFAULT_API "https://api.example.com/"
#define DEFAULT_APP "https://app.localhost:8443/"
#define URL_MAX 600     /* bytes; of an identifier by spec.md 2.1 */

static int is_plain(const char *url)
{
    const char *c;

    for (c = url; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return 0;
    }
    return c - url <= URL_MAX;
}

static int check_api(const char *api)
{
    if (!is_plain(api) || !strstr(api, "://"))
        return tpa_ctl_say(TPA_CTL_USAGE, "--api takes a URL of at most 600"
                           " plain characters, e.g. " DEFAULT_API);
    return TPA_CTL_DONE;
}

static int check_app(const char *app)
{
    const char *host = app + strlen("https://");
    const char *slash = strncmp(app, "https://", 8) ? NULL : strchr(host, '/');

    if (!is_plain(app) || !slash || slash == host || slash[1]
        || strpbrk(host, "?#@\\*"))
        return tpa_ctl_say(TPA_CTL_USAGE, "--app takes https, a host and a"
                           " slash, e.g. " DEFAULT_APP);
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

static int check(tpa_ctl_t *ctl, const tpa_demo_t *demo)
{
    int rc = check_api(demo->identifier);

    if (rc == TPA_CTL_DONE)
        rc = check_app(demo->app_url);
    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_open(ctl);
    return rc == TPA_CTL_DONE ? check_tenant(ctl) : rc;
}

int tpa_ctl_demo_load(tpa_ctl_t *ctl)
{
    tpa_demo_t demo;
    tpa_err_t *e;
    int rc;

    memset(&demo, 0, sizeof(demo));
    demo.ctl = ctl;
    demo.identifier = ctl->api ? ctl->api : DEFAULT_API;
    demo.app_url = ctl->app ? ctl->app : DEFAULT_APP;
    rc = check(ctl, &demo);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = tpa_demo_make_machines(&demo);
    if (!e)
        e = tpa_demo_make_people(&demo);
    if (e)
        return tpa_ctl_fail(ctl, e);
    if (ctl->json)
        tpa_demo_print_json(&demo);
    else
        tpa_demo_print_text(&demo);
    return TPA_CTL_DONE;
}
