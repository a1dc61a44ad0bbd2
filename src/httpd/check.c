#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <apr_dbd.h>
#include <apr_optional.h>
#include <mod_dbd.h>

#include "crypto/seal.h"
#include "http/page.h"
#include "httpd/check.h"
#include "httpd/config.h"
#include "httpd/guard.h"
#include "httpd/metrics.h"
#include "httpd/fetching.h"

APLOG_USE_MODULE(tpa_orgs);

void tpa_check_complain(server_rec *s, const ap_directive_t *at,
                        const char *what, const char *instead)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_EMERG, 0, s,
                 "TPA0001: %s line %d: %s; %s", at->filename, at->line_num,
                 what, instead);
}

static int check_dbd(server_rec *s, const tpa_conf_t *conf)
{
    if (APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open))
        return 0;
    tpa_check_complain(s, conf->issuer_at, "TPAIssuer needs mod_dbd, which is"
                       " not loaded", "enable it (a2enmod dbd), and set"
                       " DBDriver pgsql and DBDParams in this virtual host");
    return 1;
}

static int has(const ap_directive_t *siblings, const char *name)
{
    for (; siblings; siblings = siblings->next) {
        if (!strcasecmp(siblings->directive, name))
            return 1;
    }
    return 0;
}

/* mod_dbd keeps its settings to itself, so the directives are looked for: in
 * the virtual host, or in the main server, from which it would inherit. */
static int check_database(server_rec *s, const tpa_conf_t *conf)
{
    const ap_directive_t *host = conf->issuer_at->parent;

    if (has(ap_conftree, "DBDParams")
        || (host && has(host->first_child, "DBDParams")))
        return 0;
    tpa_check_complain(s, conf->issuer_at, "TPAIssuer needs a database, and"
                       " neither this virtual host nor the main server has"
                       " DBDParams", "write for instance DBDriver pgsql and"
                       " DBDParams \"host=/run/postgresql dbname=tpa"
                       " user=tpa_httpd\"");
    return 1;
}

static int check_secret(server_rec *s, const tpa_conf_t *conf,
                        apr_pool_t *ptemp)
{
    tpa_sealer_t *sealer;
    tpa_err_t *e;

    if (!conf->secret_file) {
        tpa_check_complain(s, conf->issuer_at, "TPAIssuer needs TPASecretFile"
                           " in the same virtual host or the main server",
                           "write for instance TPASecretFile"
                           " /etc/apache2/tpa_orgs.secret");
        return 1;
    }
    e = tpa_sealer_load(conf->secret_file, &sealer, ptemp);
    if (!e)
        return 0;
    tpa_check_complain(s, conf->secret_at, "TPASecretFile cannot be used",
                       e->detail ? e->detail : e->text);
    return 1;
}

static int check_templates(server_rec *s, const tpa_conf_t *conf,
                           apr_pool_t *ptemp)
{
    tpa_templates_t *templates;
    tpa_err_t *e = tpa_templates_load(conf->templates, conf->logo_origins,
                                      &templates, ptemp);

    if (!e)
        return 0;
    tpa_check_complain(s, conf->templates ? conf->templates_at
                                          : conf->issuer_at,
                       "TPATemplates cannot be used",
                       e->detail ? e->detail : e->text);
    return 1;
}

static int check_fetching(server_rec *s, const tpa_conf_t *conf,
                          apr_pool_t *ptemp)
{
    const char *bad = tpa_fetching_wrong_ca(conf, ptemp);

    if (!bad)
        return 0;
    tpa_check_complain(s, conf->fetch_ca_at, "TPAFetchCAFile cannot be used",
                       bad);
    return 1;
}

/* Two hosts may share an issuer (one for each port), but then they are the
 * same tenant and must say the same. */
static int check_twins(server_rec *first, server_rec *s,
                       const tpa_conf_t *conf)
{
    server_rec *other;

    for (other = first; other && other != s; other = other->next) {
        const tpa_conf_t *theirs = tpa_conf_of(other);

        if (tpa_conf_is_tenant(other) && !strcmp(theirs->issuer, conf->issuer)
            && conf->secret_file && theirs->secret_file
            && strcmp(theirs->secret_file, conf->secret_file)) {
            tpa_check_complain(s, conf->issuer_at, "another virtual host has"
                               " this TPAIssuer with another TPASecretFile",
                               "one issuer is one tenant: give both the same"
                               " file, or this one an issuer of its own");
            return 1;
        }
    }
    return 0;
}

/* A host that is no tenant logs nobody in. */
static int check_locations(server_rec *s, const tpa_conf_t *conf)
{
    if (!conf->locations_at || conf->owner != s || !s->is_virtual)
        return 0;
    tpa_check_complain(s, conf->locations_at, "TPAConnection needs TPAIssuer"
                       " in the same virtual host", "move the location into"
                       " the virtual host of the tenant");
    return 1;
}

static int is_section(const ap_directive_t *d)
{
    return d->directive[0] == '<';
}

/* Who may read the numbers is said beside the handler: what the folder around
 * it says is often "everybody". */
static int check_metrics(server_rec *first, const ap_directive_t *d)
{
    int mistakes = 0, guarded;

    guarded = has(d, "Require") || has(d, "<RequireAll")
        || has(d, "<RequireAny") || has(d, "<RequireNone");
    for (; d; d = d->next) {
        if (is_section(d))
            mistakes += check_metrics(first, d->first_child);
        else if (!guarded && !strcasecmp(d->directive, "SetHandler")
                 && !strcasecmp(d->args, TPA_METRICS_HANDLER)) {
            tpa_check_complain(first, d, "SetHandler " TPA_METRICS_HANDLER
                               " needs a Require in the same section",
                               "write for instance Require local");
            mistakes++;
        }
    }
    return mistakes;
}

int tpa_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *first)
{
    server_rec *s;
    int mistakes = 0;

    for (s = first; s; s = s->next) {
        const tpa_conf_t *conf = tpa_conf_of(s);

        if (!tpa_conf_is_tenant(s)) {
            mistakes += check_locations(s, conf);
            continue;
        }
        mistakes += check_dbd(s, conf);
        mistakes += check_database(s, conf);
        mistakes += check_secret(s, conf, ptemp);
        mistakes += check_templates(s, conf, ptemp);
        mistakes += check_fetching(s, conf, ptemp);
        mistakes += check_twins(first, s, conf);
    }
    mistakes += tpa_guard_prepare(first, pconf, ptemp);
    mistakes += check_metrics(first, ap_conftree);
    return mistakes ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
