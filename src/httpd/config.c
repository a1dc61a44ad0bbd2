#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/issuer.h"
#include "httpd/config.h"
#include "httpd/connection.h"
#include "httpd/guard.h"
#include "httpd/limits.h"
#include "httpd/fetching.h"

#define UNSET (-1)

/* One row a numeric directive; cmd->info points at it. */
typedef struct number_t {
    apr_size_t offset;
    const char *directive;
    int dflt, lo, hi;
} number_t;

static const number_t numbers[] = {
#define OPT(field, directive, dflt, lo, hi, help) \
    { offsetof(tpa_settings_t, field), directive, dflt, lo, hi },
#include "core/settings.def"
#undef OPT
    { 0, NULL }
};

static int *number_at(tpa_settings_t *s, const number_t *n)
{
    return (int *)((char *)s + n->offset);
}

void *tpa_conf_create(apr_pool_t *p, server_rec *s)
{
    tpa_conf_t *conf = apr_pcalloc(p, sizeof(*conf));
    const number_t *n;

    conf->owner = s;
    for (n = numbers; n->directive; n++)
        *number_at(&conf->settings, n) = UNSET;
    return conf;
}

/* The issuer is not inherited: a virtual host becomes a tenant only by saying
 * so itself, or every host of the machine would claim /oauth/token. */
void *tpa_conf_merge(apr_pool_t *p, void *base_, void *add_)
{
    tpa_conf_t *base = base_, *add = add_;
    tpa_conf_t *conf = apr_pmemdup(p, add, sizeof(*add));
    const number_t *n;

    if (!add->secret_file) {
        conf->secret_file = base->secret_file;
        conf->secret_at = base->secret_at;
    }
    if (!add->templates) {
        conf->templates = base->templates;
        conf->templates_at = base->templates_at;
    }
    if (!add->logo_origins)
        conf->logo_origins = base->logo_origins;
    if (!add->newcomers)
        conf->newcomers = base->newcomers;
    if (add->limits && base->limits)
        conf->limits = apr_hash_overlay(p, add->limits, base->limits);
    else if (base->limits)
        conf->limits = base->limits;
    if (add->locations && base->locations)   /* the host's own come first */
        conf->locations = apr_table_overlay(p, add->locations,
                                            base->locations);
    else if (base->locations)
        conf->locations = base->locations;
    if (base->apis)
        conf->apis = add->apis ? apr_array_append(p, add->apis, base->apis)
                               : base->apis;
    tpa_fetching_merge(conf, base, add, p);
    for (n = numbers; n->directive; n++) {
        if (*number_at(&add->settings, n) == UNSET)
            *number_at(&conf->settings, n) = *number_at(&base->settings, n);
    }
    return conf;
}

tpa_conf_t *tpa_conf_of(server_rec *s)
{
    tpa_conf_t *conf = ap_get_module_config(s->module_config,
                                            &tpa_orgs_module);
    const number_t *n;

    for (n = numbers; n->directive; n++) {
        if (*number_at(&conf->settings, n) == UNSET)
            *number_at(&conf->settings, n) = n->dflt;
    }
    return conf;
}

int tpa_conf_is_tenant(server_rec *s)
{
    const tpa_conf_t *conf = tpa_conf_of(s);

    return conf->issuer && conf->owner == s;
}

/* ---- directives --------------------------------------------------------- */

static tpa_conf_t *conf_of(cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &tpa_orgs_module);
}

static const char *wrong(cmd_parms *cmd, const char *what, const char *value,
                         const char *instead)
{
    return apr_psprintf(cmd->pool, "%s %s, not \"%s\"; write for instance %s",
                        cmd->cmd->name, what,
                        tpa_text_loggable(value, 200, cmd->pool), instead);
}

static const char *set_issuer(cmd_parms *cmd, void *dummy, const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    bad = tpa_issuer_wrong(arg, cmd->pool);
    if (bad)
        return apr_psprintf(cmd->pool, "TPAIssuer \"%s\" cannot be used: %s",
                            tpa_text_loggable(arg, 200, cmd->pool), bad);
    conf->issuer = arg;
    conf->issuer_path = strchr(arg + strlen("https://"), '/');
    conf->issuer_at = cmd->directive;
    return NULL;
}

static const char *set_secret_file(cmd_parms *cmd, void *dummy,
                                   const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    conf->secret_file = ap_server_root_relative(cmd->pool, arg);
    if (!conf->secret_file)
        return wrong(cmd, "must be the path of a file", arg,
                     "/etc/apache2/tpa_orgs.secret");
    conf->secret_at = cmd->directive;
    return NULL;
}

static const char *set_templates(cmd_parms *cmd, void *dummy,
                                 const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    conf->templates = ap_server_root_relative(cmd->pool, arg);
    if (!conf->templates)
        return wrong(cmd, "must be the path of a folder", arg,
                     "/etc/apache2/tpa_orgs.pages");
    conf->templates_at = cmd->directive;
    return NULL;
}

/* Called for each argument. */
static const char *add_logo_origin(cmd_parms *cmd, void *dummy,
                                   const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    if (!conf->logo_origins)
        conf->logo_origins = apr_array_make(cmd->pool, 4, sizeof(char *));
    if (!strcmp(arg, "none")) {
        apr_array_clear(conf->logo_origins);
        return NULL;
    }
    if (strncmp(arg, "https://", 8) || strchr(arg + 8, '/')
        || tpa_issuer_wrong(apr_pstrcat(cmd->pool, arg, "/", NULL),
                            cmd->pool))
        return wrong(cmd, "must be none, or origins of https without a slash"
                     " at their end", arg, "https://cdn.example.com");
    APR_ARRAY_PUSH(conf->logo_origins, const char *) = arg;
    return NULL;
}

static const char *set_newcomers(cmd_parms *cmd, void *dummy, const char *arg)
{
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    if (strcmp(arg, "deny") && strcmp(arg, "allow") && strcmp(arg, "require"))
        return wrong(cmd, "must be deny, allow or require", arg, "require");
    conf_of(cmd)->newcomers = arg;
    return NULL;
}

static const char *set_number(cmd_parms *cmd, void *dummy, const char *arg)
{
    const number_t *n = cmd->info;
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    apr_int64_t value;

    if (bad)
        return bad;
    if (!tpa_text_number(arg, n->lo, n->hi, &value))
        return wrong(cmd, apr_psprintf(cmd->pool,
                                       "must be a whole number from %d to %d",
                                       n->lo, n->hi),
                     arg, apr_itoa(cmd->pool, n->dflt));
    *number_at(&conf_of(cmd)->settings, n) = (int)value;
    return NULL;
}

enum {
#define OPT(field, directive, dflt, lo, hi, help) ROW_##field,
#include "core/settings.def"
#undef OPT
    ROWS
};

const command_rec tpa_conf_commands[] = {
    AP_INIT_TAKE1("TPAIssuer", set_issuer, NULL, RSRC_CONF,
                  "makes this virtual host an authorization server: its issuer"
                  " URL, https, with a slash at the end"),
    AP_INIT_TAKE1("TPASecretFile", set_secret_file, NULL, RSRC_CONF,
                  "the file of secrets that seal the signing keys, one a line,"
                  " the newest first"),
    AP_INIT_TAKE1("TPATemplates", set_templates, NULL, RSRC_CONF,
                  "a folder with pages and texts that replace the built-in"
                  " ones"),
    AP_INIT_ITERATE("TPALogoOrigins", add_logo_origin, NULL, RSRC_CONF,
                    "origins that browsers may fetch logos from, or none"),
    AP_INIT_TAKE1("TPARegisteredOrganizations", set_newcomers, NULL, RSRC_CONF,
                  "organization_usage of applications that nobody registers by"
                  " hand: deny, allow or require"),
    AP_INIT_TAKE_ARGV("TPARateLimit", tpa_limits_set, NULL, RSRC_CONF,
                      "how often applications may ask: whom it is about, how"
                      " many at once, how many in the long run; off, or 0"),
    AP_INIT_ITERATE("TPAFetchNetwork", tpa_fetching_add_network, NULL,
                    RSRC_CONF, "networks that metadata documents may be"
                    " fetched from, besides the public Internet"),
    AP_INIT_ITERATE2("TPAFetchHost", tpa_fetching_add_host, NULL, RSRC_CONF,
                     "a name of a host of metadata documents, and its"
                     " addresses, in place of what DNS says"),
    AP_INIT_TAKE1("TPAFetchCAFile", tpa_fetching_set_ca, NULL, RSRC_CONF,
                  "the file of authorities that hosts of metadata documents"
                  " need a certificate of"),
    AP_INIT_TAKE1("TPAConnection", tpa_connection_set, NULL, ACCESS_CONF,
                  "makes this location a connection, by its name: users log in"
                  " with the authentication module that protects it"),
    AP_INIT_TAKE1("TPAConnectionUser", tpa_connection_set_expr,
                  (void *)&tpa_connection_exprs[0], ACCESS_CONF,
                  "an expression that names the user of a connection"),
    AP_INIT_TAKE1("TPAConnectionEmail", tpa_connection_set_expr,
                  (void *)&tpa_connection_exprs[1], ACCESS_CONF,
                  "an expression that gives the user's e-mail address"),
    AP_INIT_TAKE1("TPAConnectionName", tpa_connection_set_expr,
                  (void *)&tpa_connection_exprs[2], ACCESS_CONF,
                  "an expression that gives the user's full name"),
    AP_INIT_ITERATE("TPAAudience", tpa_guard_add_audience, NULL, ACCESS_CONF,
                    "the identifiers of the API at this place; AuthType"
                    " TPABearer takes tokens for them"),
    AP_INIT_ITERATE("TPABearerScopes", tpa_guard_tell_scope, NULL, ACCESS_CONF,
                    "scopes that clients are told of besides those of Require"
                    " lines"),
    AP_INIT_TAKE12("TPABearerIssuer", tpa_guard_set_issuer, NULL,
                   RSRC_CONF | ACCESS_CONF,
                   "whose tokens AuthType TPABearer takes: an issuer of this"
                   " server, or any other with a file or an https URL of its"
                   " keys"),
#define OPT(field, directive, dflt, lo, hi, help) \
    AP_INIT_TAKE1(directive, set_number, (void *)&numbers[ROW_##field], \
                  RSRC_CONF, help),
#include "core/settings.def"
#undef OPT
    { NULL }
};
