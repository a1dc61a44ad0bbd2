#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_strings.h>

#include "base/json.h"
#include "httpd/guard.h"
#include "httpd/resource.h"

#define ALLOWED "GET, HEAD, OPTIONS"

/* A slash at the end does not tell two resources apart here: some clients
 * leave it out. */
static int is_same_path(const char *a, const char *b)
{
    apr_size_t len = strlen(a), other = strlen(b);

    len -= len && a[len - 1] == '/';
    other -= other && b[other - 1] == '/';
    return len == other && !strncmp(a, b, len);
}

/* The API whose metadata are asked for. Nobody includes them in a page. */
static const tpa_guard_t *described(const request_rec *r)
{
    const apr_array_header_t *apis = r->main || !r->uri ? NULL
        : tpa_conf_of(r->server)->apis;
    int i;

    for (i = 0; apis && i < apis->nelts; i++) {
        const tpa_guard_t *g = APR_ARRAY_IDX(apis, i, tpa_guard_t *);

        if (g->metadata_path && is_same_path(r->uri, g->metadata_path))
            return g;
    }
    return NULL;
}

static const char *metadata(const tpa_guard_t *g, const tpa_trust_t *trust,
                            apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p), *servers = tpa_json_array(p);
    tpa_json_t *methods = tpa_json_array(p), *algs = tpa_json_array(p);

    tpa_json_add_str(servers, trust->issuer);
    tpa_json_add_str(methods, "header");
    tpa_json_set_str(o, "resource", g->resource);
    tpa_json_set(o, "authorization_servers", servers);
    if (g->scopes)
        tpa_json_set_list(o, "scopes_supported", g->scopes);
    tpa_json_set(o, "bearer_methods_supported", methods);
    tpa_json_add_str(algs, "ES256");
    tpa_json_set(o, "dpop_signing_alg_values_supported", algs);
    return tpa_json_print(o, p);
}

/* Before any directory is looked for. */
static int translate_name(request_rec *r)
{
    if (!described(r))
        return DECLINED;
    r->filename = apr_pstrcat(r->pool, "tpa-orgs:", r->uri, NULL);
    return OK;
}

static int map_to_storage(request_rec *r)
{
    return described(r) ? OK : DECLINED;
}

static void send_metadata(request_rec *r, const char *text)
{
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", "*");
    apr_table_setn(r->headers_out, "Cache-Control",
                   apr_psprintf(r->pool, "public, max-age=%d",
                                tpa_conf_of(r->server)
                                    ->settings.metadata_max_age_s));
    ap_set_content_type(r, "application/json");
    ap_set_content_length(r, strlen(text));
    if (!r->header_only)
        ap_rputs(text, r);
}

static void send_options(request_rec *r, int status)
{
    r->status = status;
    apr_table_setn(r->headers_out, "Allow", ALLOWED);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", "*");
    apr_table_setn(r->headers_out, "Access-Control-Allow-Methods", ALLOWED);
    apr_table_setn(r->headers_out, "Access-Control-Allow-Headers",
                   "MCP-Protocol-Version");
}

/* Before access is checked: clients read it in order to get a token, and the
 * place of the API may be all of the host. */
static int header_parser(request_rec *r)
{
    const tpa_guard_t *g = described(r);
    const tpa_trust_t *trust;
    tpa_trust_t own = { 0 };

    trust = g ? tpa_guard_trust(g, r->server, &own) : NULL;
    if (!trust)
        return DECLINED;
    if (r->method_number == M_GET)
        send_metadata(r, metadata(g, trust, r->pool));
    else
        send_options(r, r->method_number == M_OPTIONS
                     ? HTTP_NO_CONTENT : HTTP_METHOD_NOT_ALLOWED);
    return DONE;
}

void tpa_resource_hooks(apr_pool_t *p)
{
    static const char *const before_others[] = {
        "mod_rewrite.c", "mod_proxy.c", "mod_alias.c", NULL
    };

    ap_hook_translate_name(translate_name, NULL, before_others,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_header_parser(header_parser, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
