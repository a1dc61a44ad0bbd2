#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_allocator.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "httpd/bearer.h"
#include "httpd/bridge.h"
#include "httpd/check.h"
#include "httpd/connection.h"
#include "httpd/db.h"
#include "httpd/hooks.h"
#include "httpd/house.h"
#include "httpd/limits.h"
#include "httpd/metrics.h"
#include "httpd/proof.h"
#include "httpd/remote.h"
#include "httpd/require.h"
#include "httpd/resource.h"
#include "httpd/site.h"

APLOG_USE_MODULE(tpa_orgs);

#define HANDLER "tpa-orgs"

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *first)
{
    apr_status_t rv;
    server_rec *s;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;   /* the first of two passes at start */
    rv = tpa_limits_prepare(first->process->pool);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, first, "TPA0011: no shared"
                     " memory for the limits of requests");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (tpa_proof_prepare(first))
        return HTTP_INTERNAL_SERVER_ERROR;
    for (s = first; s; s = s->next) {
        tpa_err_t *e;

        if (!tpa_conf_is_tenant(s))
            continue;
        e = tpa_db_find() ? tpa_err_private(ptemp, TPA_E_INTERNAL,
                                            "mod_dbd is not loaded")
                          : tpa_site_prepare(s, pconf);
        if (e) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "TPA0007: %s",
                         e->detail ? e->detail : e->text);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (tpa_house_register(s, pconf))
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, "TPA0019: expired"
                         " rows stay in the database, for mod_watchdog is not"
                         " loaded: load it, or call tpa.housekeep from"
                         " elsewhere");
    }
    return OK;
}

/* Under prefork the pools of a child share an allocator that no lock guards,
 * mod_dbd's among them; our threads open connections beside the requests. */
static void guard_allocator(apr_pool_t *pchild)
{
    apr_allocator_t *allocator = apr_pool_allocator_get(pchild);
    apr_thread_mutex_t *lock;

    if (!apr_allocator_mutex_get(allocator)
        && apr_thread_mutex_create(&lock, APR_THREAD_MUTEX_DEFAULT, pchild)
            == APR_SUCCESS)
        apr_allocator_mutex_set(allocator, lock);
}

static void child_init(apr_pool_t *pchild, server_rec *first)
{
    server_rec *s;

    guard_allocator(pchild);
    tpa_guard_start(first, pchild);
    tpa_bearer_start(first, pchild);
    tpa_remote_start(first, pchild);
    for (s = first; s; s = s->next) {
        if (tpa_conf_is_tenant(s))
            tpa_site_start(s, pchild);
    }
}

static const tpa_route_t *route_of(request_rec *r)
{
    return r->uri && r->uri[0] == '/' && tpa_conf_is_tenant(r->server)
        ? tpa_route_find(tpa_conf_of(r->server), r->uri) : NULL;
}

/* A ticket in a link is worth nothing without the browser's cookie, but need
 * not stand in every access log either; nor need what a module brings back to
 * its paths below the location of a connection, among it our ticket. Other
 * modules still see the query. */
static void hide_query(request_rec *r)
{
    if (r->args && r->the_request)
        r->the_request = apr_psprintf(r->pool, "%s %.*s?- %s", r->method,
                                      (int)strcspn(r->unparsed_uri, "?"),
                                      r->unparsed_uri, r->protocol);
}

/* Ids in a path may hold an encoded slash, which httpd would refuse or decode:
 * a path that is taken raw is left as it came. */
static int pre_translate_name(request_rec *r)
{
    const tpa_route_t *route = route_of(r);

    return route && route->takes == TPA_TAKES_RAW ? DONE : DECLINED;
}

/* Before mod_alias and mod_rewrite, so that neither can take our paths. */
static int translate_name(request_rec *r)
{
    const tpa_route_t *route = route_of(r);

    if (tpa_connection_holds(r)
        || (route && r->args && strstr(r->args, "ticket=")))
        hide_query(r);
    if (!route)
        route = tpa_connection_route(r);
    if (!route)
        return DECLINED;
    tpa_bridge_claim(r, tpa_conf_of(r->server), route);
    r->filename = apr_pstrcat(r->pool, HANDLER ":", r->uri, NULL);
    return OK;
}

/* There is no file, and no <Directory> to look for. */
static int map_to_storage(request_rec *r)
{
    return tpa_bridge_of(r) ? OK : DECLINED;
}

/* A request that cannot be served is told so before any login is asked for.
 * Under "Satisfy Any" a refusal here would only ask for a login: there the
 * handler tells. */
static int check_access(request_rec *r)
{
    tpa_exchange_t *x = tpa_bridge_of(r);

    if (!x || r->main || ap_satisfies(r) == SATISFY_ANY
        || !tpa_bridge_admit(r, x))
        return DECLINED;
    tpa_bridge_refuse(r, x, x->refusal);
    return DONE;
}

/* After SetHandler was applied, which so cannot take our paths either. */
static int fixups(request_rec *r)
{
    if (!tpa_bridge_of(r))
        return DECLINED;
    r->handler = HANDLER;
    return OK;
}

static int handle(request_rec *r)
{
    tpa_exchange_t *x = tpa_bridge_of(r);

    if (!x || strcmp(r->handler, HANDLER))
        return DECLINED;
    if (r->main)
        return HTTP_NOT_FOUND;   /* no page may include our answers */
    if (x->answered)
        return DONE;
    if (x->route == tpa_connection_route(r))
        x->login = tpa_connection_login(r);
    if (tpa_bridge_admit(r, x)) {
        tpa_bridge_refuse(r, x, x->refusal);
        return DONE;
    }
    return tpa_bridge_serve(r, x);
}

void tpa_hooks_register(apr_pool_t *p)
{
    /* mod_dbd opens its pools in child_init; ours comes after, and before the
     * thread that looks for what we made. */
    static const char *const after_dbd[] = { "mod_dbd.c", NULL };
    static const char *const before_dog[] = { "mod_watchdog.c", NULL };
    /* They register themselves as first, too. */
    static const char *const before_others[] = {
        "mod_rewrite.c", "mod_proxy.c", "mod_alias.c", NULL
    };

    ap_hook_check_config(tpa_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, after_dbd, before_dog, APR_HOOK_MIDDLE);
    ap_hook_pre_translate_name(pre_translate_name, NULL, NULL,
                               APR_HOOK_FIRST);
    ap_hook_translate_name(translate_name, NULL, before_others,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_check_access(check_access, NULL, NULL, APR_HOOK_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(fixups, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_FIRST);
    tpa_bearer_hooks(p);
    tpa_require_register(p);
    tpa_resource_hooks(p);
    tpa_metrics_register(p);
}
