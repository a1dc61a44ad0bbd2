#include <stddef.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>
#include <ap_expr.h>
#include <apr_strings.h>

#include "base/text.h"
#include "http/external.h"
#include "http/return.h"
#include "httpd/config.h"
#include "httpd/connection.h"
#include "httpd/dir.h"

APLOG_USE_MODULE(tpa_orgs);

#define MAX_NAME 128

struct tpa_location_t {
    const char *connection;    /* NULL: this is no location of one */
    const char *path;
    ap_expr_info_t *user;      /* NULL: REMOTE_USER */
    ap_expr_info_t *email;     /* NULL: not known */
    ap_expr_info_t *name;
};

typedef tpa_location_t location_t;

const apr_size_t tpa_connection_exprs[3] = {
    offsetof(location_t, user), offsetof(location_t, email),
    offsetof(location_t, name)
};

static const tpa_route_t route = {
    "", "GET, OPTIONS", NULL, tpa_ep_external, TPA_TAKES_PARAMS,
    tpa_return_error, TPA_ORIGINS_NONE, 0, "f"
};

tpa_location_t *tpa_connection_merge(apr_pool_t *p,
                                     const location_t *base,
                                     const location_t *add)
{
    location_t *l;

    if (!base || !add)
        return (location_t *)(add ? add : base);
    l = apr_pmemdup(p, add, sizeof(*add));
    if (!add->connection) {
        l->connection = base->connection;
        l->path = base->path;
    }
    if (!add->user)
        l->user = base->user;
    if (!add->email)
        l->email = base->email;
    if (!add->name)
        l->name = base->name;
    return l;
}

/* ---- directives --------------------------------------------------------- */

static location_t *location_at(tpa_dir_t *dir, apr_pool_t *p)
{
    if (!dir->location)
        dir->location = apr_pcalloc(p, sizeof(location_t));
    return dir->location;
}

/* A link has to lead there, so the path is to be a path. */
static int is_plain_location(const cmd_parms *cmd)
{
    const ap_directive_t *at = cmd->directive->parent;

    while (at && strncasecmp(at->directive, "<Location", 9))
        at = at->parent;
    return at && !strcasecmp(at->directive, "<Location")
        && at->args && at->args[0] != '~' && cmd->path
        && cmd->path[0] == '/';
}

static int is_name(const char *name)
{
    return tpa_text_is_id(name, 1, MAX_NAME) && !strchr(name, '_')
        && name[0] != '-';
}

const char *tpa_connection_set(cmd_parms *cmd, void *dir, const char *name)
{
    tpa_conf_t *conf = ap_get_module_config(cmd->server->module_config,
                                            &tpa_orgs_module);
    location_t *l = location_at(dir, cmd->pool);
    const char *other;

    if (!is_plain_location(cmd))
        return "TPAConnection belongs into <Location /a/path>: pages link to"
               " it";
    if (!is_name(name))
        return apr_psprintf(cmd->pool, "TPAConnection must be the name of a"
            " connection, letters, digits and hyphens, not \"%s\"",
            tpa_text_loggable(name, 200, cmd->pool));
    if (!conf->locations)
        conf->locations = apr_table_make(cmd->pool, 4);
    other = apr_table_get(conf->locations, name);
    if (other && strcmp(other, cmd->path))
        return apr_psprintf(cmd->pool, "TPAConnection %s is at <Location %s>"
            " of this host already; a connection has one location", name,
            other);
    l->connection = name;
    l->path = apr_pstrdup(cmd->pool, cmd->path);
    apr_table_setn(conf->locations, name, l->path);
    if (!conf->locations_at)
        conf->locations_at = cmd->directive;
    return NULL;
}

const char *tpa_connection_set_expr(cmd_parms *cmd, void *dir,
                                    const char *text)
{
    const apr_size_t *offset = cmd->info;
    const char *wrong = NULL;
    ap_expr_info_t *info = ap_expr_parse_cmd(cmd, text,
                                             AP_EXPR_FLAG_STRING_RESULT,
                                             &wrong, NULL);

    if (wrong)
        return apr_psprintf(cmd->pool, "%s: the expression cannot be read: %s",
                            cmd->cmd->name, wrong);
    *(ap_expr_info_t **)((char *)location_at(dir, cmd->pool) + *offset) = info;
    return NULL;
}

/* ---- requests ----------------------------------------------------------- */

static const location_t *location_of(request_rec *r)
{
    const tpa_dir_t *dir = tpa_dir_of(r);

    return dir ? dir->location : NULL;
}

int tpa_connection_holds(request_rec *r)
{
    const location_t *l = location_of(r);

    return l && l->connection && tpa_conf_is_tenant(r->server);
}

const tpa_route_t *tpa_connection_route(request_rec *r)
{
    const location_t *l = location_of(r);

    return l && tpa_connection_holds(r) && r->uri && !strcmp(r->uri, l->path)
        ? &route : NULL;
}

/* Ways by which a request gets here without the authentication that the
 * location asks for. */
static const char *trouble_of(request_rec *r)
{
    if (r->main || r->prev)
        return "reached from within the server, not by a request of its own";
    if (ap_satisfies(r) == SATISFY_ANY)
        return "\"Satisfy Any\" lets users in who were not authenticated";
    if (!r->user || !ap_auth_type(r))
        return "no module has authenticated a user: protect the location with"
               " AuthType and Require valid-user";
    return NULL;
}

static const char *value_of(request_rec *r, const ap_expr_info_t *info,
                            const char **trouble)
{
    const char *wrong = NULL, *value;

    if (!info)
        return NULL;
    value = ap_expr_str_exec(r, info, &wrong);
    if (wrong)
        *trouble = apr_pstrcat(r->pool, "an expression failed: ", wrong, NULL);
    return wrong || !value || !*value ? NULL : value;
}

const tpa_login_t *tpa_connection_login(request_rec *r)
{
    const location_t *l = location_of(r);
    tpa_login_t *login = apr_pcalloc(r->pool, sizeof(*login));

    login->connection = l ? l->connection : NULL;
    login->trouble = l ? trouble_of(r) : "the location is no connection";
    if (login->trouble)
        return login;
    login->subject = l->user ? value_of(r, l->user, &login->trouble) : r->user;
    login->email = value_of(r, l->email, &login->trouble);
    login->name = value_of(r, l->name, &login->trouble);
    return login;
}
