#include <string.h>

#include "base/reply.h"
#include "http/authorize.h"
#include "http/discovery.h"
#include "http/flow.h"
#include "http/register.h"
#include "http/return.h"
#include "http/revoke.h"
#include "http/token.h"
#include "httpd/routes.h"
#include "mgmt/mgmt.h"

static const tpa_route_t routes[] = {
    /* path                                    methods
       gate  serve            takes              told by
       origins root  event of a refusal */
    { "oauth/token",                           "POST, OPTIONS",
      NULL, tpa_ep_token,     TPA_TAKES_PARAMS,  tpa_reply_error,
      TPA_ORIGINS_LISTED, 0, "feccft" },
    { "oauth/revoke",                          "POST, OPTIONS",
      NULL, tpa_ep_revoke,    TPA_TAKES_PARAMS,  tpa_reply_error,
      TPA_ORIGINS_LISTED, 0, NULL },
    { "oidc/register",                         "POST, OPTIONS",
      NULL, tpa_ep_register,  TPA_TAKES_JSON,    tpa_reply_error,
      TPA_ORIGINS_ANY, 0, NULL },
    { ".well-known/oauth-authorization-server", "GET, HEAD, OPTIONS",
      NULL, tpa_ep_metadata,  TPA_TAKES_NOTHING, tpa_reply_error,
      TPA_ORIGINS_ANY, 1, NULL },
    { ".well-known/openid-configuration",      "GET, HEAD, OPTIONS",
      NULL, tpa_ep_metadata,  TPA_TAKES_NOTHING, tpa_reply_error,
      TPA_ORIGINS_ANY, 1, NULL },
    { ".well-known/jwks.json",                 "GET, HEAD, OPTIONS",
      NULL, tpa_ep_jwks,      TPA_TAKES_NOTHING, tpa_reply_error,
      TPA_ORIGINS_ANY, 0, NULL },
    { "api/v2/",           "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
      NULL, tpa_ep_mgmt,      TPA_TAKES_RAW,     tpa_mg_reply_error,
      TPA_ORIGINS_NONE, 0, NULL },
    { "authorize",                             "GET, OPTIONS",
      tpa_gate_authorize, tpa_ep_authorize, TPA_TAKES_PARAMS, tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/organization",                        "GET, POST, OPTIONS",
      NULL, tpa_ep_organization, TPA_TAKES_PARAMS, tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/login",                               "GET, POST, OPTIONS",
      NULL, tpa_ep_login,     TPA_TAKES_PARAMS,  tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/organization-picker",                 "GET, POST, OPTIONS",
      NULL, tpa_ep_picker,    TPA_TAKES_PARAMS,  tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/consent",                             "GET, POST, OPTIONS",
      NULL, tpa_ep_consent,   TPA_TAKES_PARAMS,  tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/confirm",                             "GET, POST, OPTIONS",
      NULL, tpa_ep_confirm,   TPA_TAKES_PARAMS,  tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { "u/continue",                            "GET, OPTIONS",
      NULL, tpa_ep_continue,  TPA_TAKES_PARAMS,  tpa_return_error,
      TPA_ORIGINS_NONE, 0, "f" },
    { NULL }
};

/* https://host/a/ publishes at /.well-known/X/a as well (RFC 8414 3.1). */
static int is_at_root(const tpa_route_t *route, const char *issuer_path,
                      const char *path)
{
    apr_size_t own = strlen(route->path), rest = strlen(issuer_path) - 1;

    return rest && path[0] == '/' && !strncmp(path + 1, route->path, own)
        && !strncmp(path + 1 + own, issuer_path, rest)
        && (!path[1 + own + rest] || !strcmp(path + 1 + own + rest, "/"));
}

/* Does a path below the issuer belong to a route? */
static int is_of(const tpa_route_t *route, const char *path)
{
    apr_size_t len = strlen(route->path);

    return route->path[len - 1] == '/' ? !strncmp(path, route->path, len)
                                       : !strcmp(path, route->path);
}

const tpa_route_t *tpa_route_find(const tpa_conf_t *conf, const char *path)
{
    apr_size_t base = conf->issuer ? strlen(conf->issuer_path) : 0;
    const tpa_route_t *route;

    if (!base)
        return NULL;
    for (route = routes; route->path; route++) {
        if (!strncmp(path, conf->issuer_path, base)
            && is_of(route, path + base))
            return route;
        if (route->at_root_too && is_at_root(route, conf->issuer_path, path))
            return route;
    }
    return NULL;
}

int tpa_route_admits(const tpa_route_t *route, const char *method)
{
    apr_size_t len = strlen(method);
    const char *c = route->methods;

    for (; c; c = strchr(c, ',')) {
        while (*c == ',' || *c == ' ')
            c++;
        if (!strncmp(c, method, len) && (!c[len] || c[len] == ','))
            return len > 0;
    }
    return 0;
}
