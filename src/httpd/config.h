/**
 * @file config.h
 * @brief What the operator configured, for one virtual host.
 */
#ifndef TPA_HTTPD_CONFIG_H
#define TPA_HTTPD_CONFIG_H

#include <httpd.h>
#include <http_config.h>
#include <apr_hash.h>

#include "core/settings.h"
#include "fetch/fetch.h"

struct tpa_site_t;
struct tpa_token_cache_t;

extern module AP_MODULE_DECLARE_DATA tpa_orgs_module;

typedef struct tpa_conf_t {
    server_rec *owner;         /* the host that was configured */
    const char *issuer;        /* NULL: this host is no tenant; not inherited */
    const char *issuer_path;   /* its path, with a slash at both ends */
    const ap_directive_t *issuer_at;   /* for messages of later checks */
    const char *secret_file;   /* absolute; NULL: not set */
    const ap_directive_t *secret_at;
    const char *templates;     /* absolute; NULL: the built-in pages */
    const ap_directive_t *templates_at;
    apr_array_header_t *logo_origins;   /* of const char *; NULL: not set */
    const char *newcomers;     /* their organization_usage; NULL: not set */
    apr_array_header_t *fetch_networks;   /* of tpa_net_t; NULL: not set */
    apr_table_t *fetch_hosts;  /* name to addresses; NULL: not set */
    const char *fetch_ca;      /* absolute; NULL: the system's */
    const ap_directive_t *fetch_ca_at;
    tpa_fetch_rules_t fetch_rules;        /* of the four; see fetching.h */
    tpa_settings_t settings;   /* after the merge: no field is unset */
    apr_hash_t *limits;        /* of tpa_limit_t by whom they are about; NULL:
                                  none was set */
    apr_table_t *locations;    /* of connections: name to path; NULL: none */
    const ap_directive_t *locations_at;   /* the first; not inherited */
    apr_array_header_t *apis;   /* of struct tpa_guard_t *; NULL: none */
    apr_array_header_t *trusts; /* of struct tpa_trust_t *, of this host only */
    struct tpa_token_cache_t *cache;   /* of a child process; NULL: none */
    struct tpa_site_t *site;   /* made at start when issuer is set */
} tpa_conf_t;

/** Create and merge the configuration of a server; for the module record. */
void *tpa_conf_create(apr_pool_t *p, server_rec *s);
void *tpa_conf_merge(apr_pool_t *p, void *base, void *add);

/** The configuration of a server; its unset numbers are the defaults. */
tpa_conf_t *tpa_conf_of(server_rec *s);

/**
 * Is a host a tenant? A virtual host without any directive of ours is handed
 * the very struct of the main server, and inherits no issuer by that.
 */
int tpa_conf_is_tenant(server_rec *s);

/** The directives; for the module record. */
extern const command_rec tpa_conf_commands[];

#endif
