#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/net.h"
#include "httpd/fetching.h"

static tpa_conf_t *conf_of(cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &tpa_orgs_module);
}

static const char *wrong(cmd_parms *cmd, const char *what, const char *value,
                         const char *instead)
{
    return apr_psprintf(cmd->pool, "%s %s, not \"%s\"; write for instance"
                        " %s", cmd->cmd->name, what,
                        tpa_text_loggable(value, 200, cmd->pool), instead);
}

/* Called for each argument. */
const char *tpa_fetching_add_network(cmd_parms *cmd, void *dummy,
                                     const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    tpa_net_t net;

    if (bad)
        return bad;
    if (!tpa_net_parse(arg, &net))
        return wrong(cmd, "must be addresses or networks without bits behind"
                     " their length", arg, "10.20.0.0/16");
    if (!conf->fetch_networks)
        conf->fetch_networks = apr_array_make(cmd->pool, 4, sizeof(net));
    APR_ARRAY_PUSH(conf->fetch_networks, tpa_net_t) = net;
    return NULL;
}

/* Called for each address. */
const char *tpa_fetching_add_host(cmd_parms *cmd, void *dummy,
                                  const char *name, const char *address)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);
    tpa_net_t net;

    if (bad)
        return bad;
    if (!tpa_net_parse(address, &net) || strchr(address, '/'))
        return wrong(cmd, "must be a name and its addresses", address,
                     "apps.example.com 10.20.0.5");
    if (!conf->fetch_hosts)
        conf->fetch_hosts = apr_table_make(cmd->pool, 4);
    bad = apr_table_get(conf->fetch_hosts, name);
    apr_table_set(conf->fetch_hosts, name,
                  bad ? apr_pstrcat(cmd->pool, bad, ",", address, NULL)
                      : address);
    return NULL;
}

const char *tpa_fetching_set_ca(cmd_parms *cmd, void *dummy, const char *arg)
{
    tpa_conf_t *conf = conf_of(cmd);
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    conf->fetch_ca = ap_server_root_relative(cmd->pool, arg);
    if (!conf->fetch_ca)
        return wrong(cmd, "must be the path of a file", arg,
                     "/etc/ssl/certs/ca-certificates.crt");
    conf->fetch_ca_at = cmd->directive;
    return NULL;
}

void tpa_fetching_merge(tpa_conf_t *conf, const tpa_conf_t *base,
                        const tpa_conf_t *add, apr_pool_t *p)
{
    if (!add->fetch_networks)
        conf->fetch_networks = base->fetch_networks;
    if (add->fetch_hosts && base->fetch_hosts)
        conf->fetch_hosts = apr_table_overlay(p, add->fetch_hosts,
                                              base->fetch_hosts);
    else if (base->fetch_hosts)
        conf->fetch_hosts = base->fetch_hosts;
    if (!add->fetch_ca) {
        conf->fetch_ca = base->fetch_ca;
        conf->fetch_ca_at = base->fetch_ca_at;
    }
}

const char *tpa_fetching_wrong_ca(const tpa_conf_t *conf, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv;
    char why[200];

    if (!conf->fetch_ca)
        return NULL;
    rv = apr_file_open(&file, conf->fetch_ca, APR_FOPEN_READ, 0, p);
    if (rv != APR_SUCCESS)
        return apr_psprintf(p, "%s cannot be read: %s", conf->fetch_ca,
                            apr_strerror(rv, why, sizeof(why)));
    apr_file_close(file);
    return NULL;
}

const tpa_fetch_rules_t *tpa_fetching_rules(tpa_conf_t *conf)
{
    conf->fetch_rules.networks = conf->fetch_networks;
    conf->fetch_rules.hosts = conf->fetch_hosts;
    conf->fetch_rules.ca_file = conf->fetch_ca;
    conf->fetch_rules.a_second = conf->settings.fetch_rate;
    conf->fetch_rules.at_once = conf->settings.fetch_at_once;
    return &conf->fetch_rules;
}
