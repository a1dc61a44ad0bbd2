#include <httpd.h>
#include <http_config.h>

#include "httpd/config.h"
#include "httpd/connection.h"
#include "httpd/dir.h"
#include "httpd/guard.h"

void *tpa_dir_create(apr_pool_t *p, char *path)
{
    return apr_pcalloc(p, sizeof(tpa_dir_t));
}

void *tpa_dir_merge(apr_pool_t *p, void *base_, void *add_)
{
    const tpa_dir_t *base = base_, *add = add_;
    tpa_dir_t *dir = apr_pcalloc(p, sizeof(*dir));

    dir->location = tpa_connection_merge(p, base->location, add->location);
    dir->guard = tpa_guard_merge(p, base->guard, add->guard);
    return dir;
}

const tpa_dir_t *tpa_dir_of(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &tpa_orgs_module);
}

const tpa_dir_t *tpa_dir_of_host(const server_rec *s)
{
    return ap_get_module_config(s->lookup_defaults, &tpa_orgs_module);
}

tpa_dir_t *tpa_dir_of_section(cmd_parms *cmd)
{
    return ap_set_config_vectors(cmd->server, cmd->context, cmd->path,
                                 &tpa_orgs_module, cmd->pool);
}
