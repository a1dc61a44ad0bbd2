/**
 * @file mod_tpa_orgs.c
 * @brief The module record. Directives stand in src/httpd/config.c, hooks in
 *        src/httpd/hooks.c, paths in src/httpd/routes.c.
 */
#include <httpd.h>
#include <http_config.h>

#include "httpd/config.h"
#include "httpd/dir.h"
#include "httpd/hooks.h"

module AP_MODULE_DECLARE_DATA tpa_orgs_module = {
    STANDARD20_MODULE_STUFF,
    tpa_dir_create,
    tpa_dir_merge,
    tpa_conf_create,
    tpa_conf_merge,
    tpa_conf_commands,
    tpa_hooks_register,
    AP_MODULE_FLAG_NONE
};
