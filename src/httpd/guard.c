#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/uri.h"
#include "httpd/check.h"
#include "httpd/dir.h"
#include "httpd/fetching.h"
#include "httpd/guard.h"

#define METADATA "/.well-known/oauth-protected-resource"
#define MOST_KEY_FILE 1048576    /* bytes */

tpa_guard_t *tpa_guard_merge(apr_pool_t *p, const tpa_guard_t *base,
                             const tpa_guard_t *add)
{
    tpa_guard_t *g;

    if (!base || !add)
        return (tpa_guard_t *)(add ? add : base);
    g = apr_pmemdup(p, add->audiences ? add : base, sizeof(*g));
    g->host_trust = add->host_trust ? add->host_trust : base->host_trust;
    return g;
}

/* ---- directives --------------------------------------------------------- */

static tpa_guard_t *guard_at(tpa_dir_t *dir, apr_pool_t *p)
{
    if (!dir->guard)
        dir->guard = apr_pcalloc(p, sizeof(tpa_guard_t));
    return dir->guard;
}

static tpa_conf_t *conf_of(cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &tpa_orgs_module);
}

/* RFC 6750 3.1 wants 403 for a token that does not suffice; without this
 * mod_authz_core answers 401, after which clients fetch the same token anew. */
static const char *forbid_on_failure(cmd_parms *cmd)
{
    module *core = ap_find_linked_module("mod_authz_core.c");
    const command_rec *row = core
        ? ap_find_command("AuthzSendForbiddenOnFailure", core->cmds) : NULL;
    cmd_parms parms = *cmd;

    if (!row)
        return "TPAAudience needs mod_authz_core, which is not loaded; enable"
               " it (a2enmod authz_core)";
    parms.cmd = row;
    parms.info = row->cmd_data;
    return row->AP_FLAG(&parms, ap_set_config_vectors(cmd->server,
                            cmd->context, cmd->path, core, cmd->pool), 1);
}

/* The metadata of a resource stand between its host and its path: RFC 9728
 * 3.1. The first audience that is an address has them. */
static void place_metadata(tpa_guard_t *g, const char *name, apr_pool_t *p)
{
    const char *host = strstr(name, "://"), *path;

    if (g->resource
        || (strncmp(name, "https://", 8) && strncmp(name, "http://", 7)))
        return;
    path = host + 3 + strcspn(host + 3, "/");
    if (path == host + 3 || strpbrk(name, "?#\"\\"))
        return;
    g->resource = name;
    g->origin = apr_pstrndup(p, name, (apr_size_t)(path - name));
    g->metadata_path = apr_pstrcat(p, METADATA, strcmp(path, "/") ? path : "",
                                   NULL);
    g->metadata_url = apr_pstrcat(p, g->origin, g->metadata_path, NULL);
}

static int is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= 0x20 || *text >= 0x7f)
            return 0;
    }
    return 1;
}

const char *tpa_guard_add_audience(cmd_parms *cmd, void *dir, const char *name)
{
    tpa_guard_t *g = guard_at(dir, cmd->pool);
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad;

    if (!*name || !is_plain(name))
        return apr_psprintf(cmd->pool, "TPAAudience must be the identifier of"
                            " an API, not \"%s\"; write for instance"
                            " https://api.example.com/",
                            tpa_text_loggable(name, 200, cmd->pool));
    if (!g->audiences) {
        bad = forbid_on_failure(cmd);
        if (bad)
            return bad;
        g->audiences = apr_array_make(cmd->pool, 2, sizeof(const char *));
        g->at = cmd->directive;
        if (!conf->apis)
            conf->apis = apr_array_make(cmd->pool, 4, sizeof(tpa_guard_t *));
        APR_ARRAY_PUSH(conf->apis, tpa_guard_t *) = g;
    }
    APR_ARRAY_PUSH((apr_array_header_t *)g->audiences, const char *) = name;
    place_metadata(g, name, cmd->pool);
    return NULL;
}

/* Where its keys are: an address, or a file. */
static const char *set_keys(tpa_trust_t *trust, const char *keys,
                            apr_pool_t *p)
{
    if (!strstr(keys, "://")) {
        trust->file = ap_server_root_relative(p, keys);
        return trust->file ? NULL : "TPABearerIssuer: the keys must be the"
                                    " path of a file, or an https URL";
    }
    if (strncmp(keys, "https://", 8) || tpa_uri_wrong_web(keys, p))
        return apr_psprintf(p, "TPABearerIssuer: the keys must be fetched from"
                            " an https URL, not \"%s\"; write for instance"
                            " https://auth.example.com/.well-known/jwks.json",
                            tpa_text_loggable(keys, 200, p));
    trust->url = keys;
    return NULL;
}

const char *tpa_guard_set_issuer(cmd_parms *cmd, void *dir, const char *issuer,
                                 const char *keys)
{
    tpa_guard_t *g = guard_at(dir, cmd->pool);
    tpa_trust_t *trust = apr_pcalloc(cmd->pool, sizeof(*trust));
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad;

    if (!*issuer || !is_plain(issuer))
        return apr_psprintf(cmd->pool, "TPABearerIssuer must be the URL of an"
                            " issuer, not \"%s\"; write for instance"
                            " https://auth.example.com/",
                            tpa_text_loggable(issuer, 200, cmd->pool));
    trust->issuer = issuer;
    trust->at = cmd->directive;
    trust->guard = cmd->path ? g : NULL;
    bad = keys ? set_keys(trust, keys, cmd->pool) : NULL;
    if (bad)
        return bad;
    if (cmd->path)
        g->trust = trust;
    else
        g->host_trust = trust;
    if (!conf->trusts)
        conf->trusts = apr_array_make(cmd->pool, 4, sizeof(tpa_trust_t *));
    APR_ARRAY_PUSH(conf->trusts, tpa_trust_t *) = trust;
    return NULL;
}

void tpa_guard_add_scope(cmd_parms *cmd, const char *scope)
{
    tpa_dir_t *dir = tpa_dir_of_section(cmd);
    tpa_guard_t *g = guard_at(dir, cmd->pool);

    if (!g->scopes)
        g->scopes = apr_array_make(cmd->pool, 4, sizeof(const char *));
    if (!tpa_text_in(g->scopes, scope))
        APR_ARRAY_PUSH(g->scopes, const char *) = scope;
}

const char *tpa_guard_tell_scope(cmd_parms *cmd, void *dir, const char *scope)
{
    if (!*scope || !is_plain(scope) || strpbrk(scope, "\"\\"))
        return apr_psprintf(cmd->pool, "TPABearerScopes takes scopes, not"
                            " \"%s\"; write for instance TPABearerScopes"
                            " offline_access",
                            tpa_text_loggable(scope, 200, cmd->pool));
    tpa_guard_add_scope(cmd, apr_pstrdup(cmd->pool, scope));
    return NULL;
}

/* ---- requests ----------------------------------------------------------- */

const tpa_guard_t *tpa_guard_of(const request_rec *r)
{
    const tpa_dir_t *dir = tpa_dir_of(r);

    return dir && dir->guard && dir->guard->audiences ? dir->guard : NULL;
}

const tpa_trust_t *tpa_guard_trust(const tpa_guard_t *g, server_rec *s,
                                   tpa_trust_t *own)
{
    const tpa_dir_t *host = tpa_dir_of_host(s);

    if (g->trust)
        return g->trust;
    if (g->host_trust || (host && host->guard && host->guard->host_trust))
        return g->host_trust ? g->host_trust : host->guard->host_trust;
    if (!tpa_conf_is_tenant(s))
        return NULL;
    own->tenant = tpa_conf_of(s);
    own->issuer = own->tenant->issuer;
    return own;
}

/* ---- at start ----------------------------------------------------------- */

static const tpa_conf_t *tenant_of(server_rec *first, const char *issuer)
{
    server_rec *s;

    for (s = first; s; s = s->next) {
        if (tpa_conf_is_tenant(s) && !strcmp(tpa_conf_of(s)->issuer, issuer))
            return tpa_conf_of(s);
    }
    return NULL;
}

/* Child processes take keys of their own from the text: they end without
 * giving back what is the parent's. */
static tpa_err_t *read_keys(tpa_trust_t *trust, apr_pool_t *pconf,
                            apr_pool_t *p)
{
    tpa_keyset_t *keys;
    apr_file_t *file;
    apr_size_t len = MOST_KEY_FILE;
    char *text = apr_palloc(p, len);
    apr_status_t rv = apr_file_open(&file, trust->file, APR_FOPEN_READ,
                                    APR_FPROT_OS_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, len, &len);
        apr_file_close(file);
    }
    if (rv == APR_SUCCESS)
        return tpa_err(p, TPA_E_INVALID_REQUEST, "the file is longer than %d"
                       " bytes", MOST_KEY_FILE);
    if (rv != APR_EOF)
        return tpa_err(p, TPA_E_INVALID_REQUEST, "the file cannot be read");
    trust->text = apr_pmemdup(pconf, text, len);
    trust->len = len;
    return tpa_keyset_parse(text, len, &keys, p);
}

/* What is wrong; NULL: nothing. */
static const char *prepare_keys(server_rec *first, server_rec *s,
                                tpa_trust_t *trust, const char **instead,
                                apr_pool_t *pconf, apr_pool_t *ptemp)
{
    tpa_err_t *e;

    if (trust->url) {
        *instead = tpa_fetching_wrong_ca(tpa_conf_of(s), ptemp);
        return *instead ? "TPABearerIssuer: TPAFetchCAFile cannot be used"
                        : NULL;
    }
    if (trust->file) {
        e = read_keys(trust, pconf, ptemp);
        *instead = e ? e->text : NULL;
        return e ? "TPABearerIssuer: the keys cannot be used" : NULL;
    }
    trust->tenant = tenant_of(first, trust->issuer);
    *instead = "name where its keys are, what it publishes as jwks_uri, behind"
               " the issuer: a file, or an https URL";
    return trust->tenant ? NULL : "TPABearerIssuer: no virtual host has this"
                                  " TPAIssuer";
}

static int prepare_trust(server_rec *first, server_rec *s, tpa_trust_t *trust,
                         apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *wrong, *instead;

    if (trust->guard && !trust->guard->audiences) {
        wrong = "TPABearerIssuer belongs to an API";
        instead = "write it beside TPAAudience, or outside of all sections for"
                  " the whole host";
    }
    else
        wrong = prepare_keys(first, s, trust, &instead, pconf, ptemp);
    if (wrong)
        tpa_check_complain(s, trust->at, wrong, instead);
    return wrong != NULL;
}

/* AuthType alone asks for nothing; Require may stand elsewhere, though. */
static void look_for_require(server_rec *s, const tpa_guard_t *g)
{
    const ap_directive_t *d = g->at->parent ? g->at->parent->first_child
                                            : NULL;

    for (; d; d = d->next) {
        if (!strncasecmp(d->directive + (d->directive[0] == '<'), "Require",
                         7))
            return;
    }
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, s,
                 "TPA0012: %s line %d: TPAAudience without Require beside it:"
                 " without one, nobody is asked for a token; write for"
                 " instance Require valid-user", g->at->filename,
                 g->at->line_num);
}

static int check_api(server_rec *s, const tpa_guard_t *g)
{
    tpa_trust_t own;

    look_for_require(s, g);
    if (tpa_guard_trust(g, s, &own))
        return 0;
    tpa_check_complain(s, g->at, "TPAAudience needs to know whose tokens are"
                       " taken: this virtual host has no TPAIssuer", "write"
                       " for instance TPABearerIssuer"
                       " https://auth.example.com/");
    return 1;
}

int tpa_guard_prepare(server_rec *first, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    server_rec *s;
    int i, mistakes = 0;

    for (s = first; s; s = s->next) {
        const tpa_conf_t *conf = tpa_conf_of(s);

        if (conf->owner != s)
            continue;
        for (i = 0; conf->trusts && i < conf->trusts->nelts; i++)
            mistakes += prepare_trust(first, s, APR_ARRAY_IDX(conf->trusts, i,
                                          tpa_trust_t *), pconf, ptemp);
        for (i = 0; conf->apis && i < conf->apis->nelts; i++)
            mistakes += check_api(s, APR_ARRAY_IDX(conf->apis, i,
                                                   tpa_guard_t *));
    }
    return mistakes;
}

void tpa_guard_start(server_rec *first, apr_pool_t *pchild)
{
    server_rec *s;
    int i;

    for (s = first; s; s = s->next) {
        const tpa_conf_t *conf = tpa_conf_of(s);

        for (i = 0; conf->owner == s && conf->trusts
                    && i < conf->trusts->nelts; i++) {
            tpa_trust_t *trust = APR_ARRAY_IDX(conf->trusts, i, tpa_trust_t *);

            /* It was good when the parent read it. */
            if (trust->text)
                tpa_keyset_parse(trust->text, trust->len, &trust->keys,
                                 pchild);
        }
    }
}
