#include <string.h>

#include <httpd.h>
#include <http_log.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include "http/page.h"
#include "httpd/audit.h"
#include "httpd/db.h"
#include "httpd/house.h"
#include "httpd/fetching.h"
#include "httpd/holder.h"
#include "httpd/keyholder.h"
#include "httpd/limits.h"
#include "httpd/metrics.h"
#include "httpd/site.h"
#include "store/schema.h"
#include "store/tenant.h"

APLOG_USE_MODULE(tpa_orgs);

#define BEAT (APR_USEC_PER_SEC / 10)   /* audit events wait no longer */

struct tpa_site_t {
    server_rec *server;
    tpa_conf_t *conf;
    tpa_meter_t *meter;
    tpa_sealer_t *sealer;
    tpa_templates_t *templates;
    const tpa_conn_source_t *source;
    tpa_keyholder_t *keys;
    tpa_audit_t *audit;
    apr_thread_mutex_t *door;   /* of the house; outlives the child's pools */
    tpa_house_t *house;         /* NULL: closed */
    tpa_fetcher_t *fetcher;
    tpa_log_t log;
    apr_thread_t *thread;
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *wake;
    int stopping;
    tpa_holder_t *told;     /* what is announced, as last seen: told_t */
    apr_time_t complained;
    int missed;
};

/* As in tpa_txn_t. */
typedef struct told_t {
    unsigned open;
    const apr_array_header_t *details;
} told_t;

static const int levels[] = {
    APLOG_ERR, APLOG_WARNING, APLOG_INFO, APLOG_DEBUG
};

static void write_log(void *baton, tpa_level_t level, const char *line)
{
    ap_log_error(APLOG_MARK, levels[level], 0, (server_rec *)baton, "%s",
                 line);
}

tpa_err_t *tpa_site_prepare(server_rec *s, apr_pool_t *pconf)
{
    tpa_conf_t *conf = tpa_conf_of(s);
    tpa_site_t *site = apr_pcalloc(pconf, sizeof(*site));

    TPA_TRY(tpa_sealer_load(conf->secret_file, &site->sealer, pconf));
    TPA_TRY(tpa_templates_load(conf->templates, conf->logo_origins,
                               &site->templates, pconf));
    TPA_TRY(tpa_metrics_meter(s, conf->issuer, &site->meter, pconf));
    if (apr_thread_mutex_create(&site->door, APR_THREAD_MUTEX_DEFAULT, pconf)
        != APR_SUCCESS)
        return tpa_err_private(pconf, TPA_E_INTERNAL, "no mutex");
    site->server = s;
    site->conf = conf;
    conf->site = site;
    return TPA_OK;
}

int tpa_site_may_complain(tpa_site_t *site, apr_time_t now, int *missed)
{
    int may;

    apr_thread_mutex_lock(site->lock);
    may = now - site->complained >= APR_USEC_PER_SEC;
    *missed = site->missed;
    site->missed = may ? 0 : site->missed + 1;
    if (may)
        site->complained = now;
    apr_thread_mutex_unlock(site->lock);
    return may;
}

static void complain(tpa_site_t *site, const tpa_err_t *e, apr_pool_t *p)
{
    int missed;

    if (tpa_site_may_complain(site, apr_time_now(), &missed))
        tpa_log(&site->log, TPA_LOG_ERR, p, "TPA0003: %s (%d like messages"
                " left out)", e->detail ? e->detail : e->text, missed);
}

/* ---- the thread --------------------------------------------------------- */

static void keep_told(tpa_site_t *site, unsigned open,
                      const apr_array_header_t *details)
{
    apr_array_header_t *list = NULL;
    apr_pool_t *own;
    told_t *told;
    int i;

    apr_pool_create(&own, NULL);
    if (details)
        list = apr_array_make(own, details->nelts, sizeof(const char *));
    for (i = 0; list && i < details->nelts; i++)
        APR_ARRAY_PUSH(list, const char *)
            = apr_pstrdup(own, APR_ARRAY_IDX(details, i, const char *));
    told = apr_pcalloc(own, sizeof(*told));
    told->open = open;
    told->details = list;
    tpa_holder_put(site->told, told, own);
}

/* Keys, and what the metadata announces. */
static tpa_err_t *look_again(tpa_site_t *site, apr_pool_t *p)
{
    tpa_store_t *store = tpa_store_make(site->source, p);
    apr_array_header_t *details;
    unsigned open;

    TPA_TRY(tpa_store_schema_check(store, p));
    TPA_TRY(tpa_keyholder_refresh(site->keys, store, p));
    TPA_TRY(tpa_store_open_doors(store, &open, &details, p));
    keep_told(site, open, details);
    return TPA_OK;
}

/* Waits a beat; 1 when the process is about to end. */
static int wait_beat(tpa_site_t *site)
{
    int stopping;

    apr_thread_mutex_lock(site->lock);
    if (!site->stopping)
        apr_thread_cond_timedwait(site->wake, site->lock, BEAT);
    stopping = site->stopping;
    apr_thread_mutex_unlock(site->lock);
    return stopping;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *baton)
{
    tpa_site_t *site = baton;
    apr_time_t look = 0;
    apr_pool_t *p;

    apr_setup_signal_thread();
    apr_pool_create(&p, NULL);
    do {
        tpa_err_t *e = tpa_audit_flush(site->audit, p);

        if (!e && apr_time_now() >= look) {
            e = look_again(site, p);
            if (!e)
                look = apr_time_now()
                    + apr_time_from_sec(site->conf->settings.key_refresh_s);
        }
        if (e)
            complain(site, e, p);
        apr_pool_clear(p);
    } while (!wait_beat(site));
    if (tpa_audit_flush(site->audit, p))
        tpa_audit_spill(site->audit, &site->log, p);
    apr_pool_destroy(p);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static apr_status_t stop(void *baton)
{
    tpa_site_t *site = baton;
    apr_status_t rv;

    apr_thread_mutex_lock(site->lock);
    site->stopping = 1;
    apr_thread_cond_signal(site->wake);
    apr_thread_mutex_unlock(site->lock);
    apr_thread_join(&rv, site->thread);
    return APR_SUCCESS;
}

/* mod_watchdog ends its thread when the child's pools are gone, connections
 * among them: whoever is in the house is waited for, and nobody comes in. */
static apr_status_t close_house(void *baton)
{
    tpa_site_t *site = baton;

    apr_thread_mutex_lock(site->door);
    site->house = NULL;
    apr_thread_mutex_unlock(site->door);
    return APR_SUCCESS;
}

/* Before the first request comes, so that a restart refuses nobody. */
static void first_look(tpa_site_t *site, apr_pool_t *pchild)
{
    apr_pool_t *p;
    tpa_err_t *e;

    apr_pool_create(&p, pchild);
    e = look_again(site, p);
    if (e)
        complain(site, e, p);
    apr_pool_destroy(p);
}

void tpa_site_start(server_rec *s, apr_pool_t *pchild)
{
    tpa_site_t *site = tpa_conf_of(s)->site;
    apr_status_t rv;

    site->source = tpa_db_source(s, site->meter, pchild);
    site->keys = tpa_keyholder_make(site->sealer, pchild);
    site->told = tpa_holder_make(pchild);
    site->audit = tpa_audit_make(site->source,
                                 site->conf->settings.audit_queue,
                                 site->conf->settings.audit_strangers, pchild);
    site->house = tpa_house_make(site->source, &site->conf->settings,
                                 site->meter, pchild);
    apr_pool_pre_cleanup_register(pchild, site, close_house);
    site->fetcher = tpa_fetcher_make(tpa_fetching_rules(site->conf), pchild);
    site->log.write = write_log;
    site->log.baton = s;
    apr_thread_mutex_create(&site->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_thread_cond_create(&site->wake, pchild);
    first_look(site, pchild);
    rv = apr_thread_create(&site->thread, NULL, run, site, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, s, "TPA0004: no thread could"
                     " be started; this process answers with 503");
        return;
    }
    /* Before the connections go, which are cleaned up with child pools. */
    apr_pool_pre_cleanup_register(pchild, site, stop);
}

void tpa_site_keep_house(tpa_site_t *site, apr_pool_t *p)
{
    tpa_err_t *e = TPA_OK;

    apr_thread_mutex_lock(site->door);
    if (site->house)
        e = tpa_house_keep(site->house, p);
    if (e)
        complain(site, e, p);
    apr_thread_mutex_unlock(site->door);
}

tpa_meter_t *tpa_site_meter(const tpa_site_t *site)
{
    return site->meter;
}

/* ---- what a request borrows --------------------------------------------- */

static tpa_err_t *record(void *baton, const tpa_event_t *event, apr_pool_t *p)
{
    tpa_site_t *site = baton;

    return tpa_audit_take(site->audit, event, p);
}

static tpa_err_t *count(void *baton, tpa_txn_t *t, int act, int what,
                        const char *client_id)
{
    tpa_site_t *site = baton;

    return tpa_limits_count(site->conf, t, act, what, client_id);
}

const tpa_keyring_t *tpa_site_keyring(tpa_site_t *site, apr_pool_t *p)
{
    return tpa_keyholder_borrow(site->keys, p);
}

void tpa_site_lend(tpa_site_t *site, tpa_txn_t *t)
{
    const told_t *told = tpa_holder_borrow(site->told, t->p);

    t->issuer = site->conf->issuer;
    t->settings = &site->conf->settings;
    t->store = tpa_store_make(site->source, t->p);
    t->keyring = tpa_site_keyring(site, t->p);
    t->sealer = site->sealer;
    t->templates = site->templates;
    t->fetcher = site->fetcher;
    t->log = &site->log;
    t->meter = site->meter;
    t->locations = site->conf->locations;
    t->open = told ? told->open : 0;
    t->details = told ? told->details : NULL;
    t->newcomers = site->conf->newcomers;
    t->record = record;
    t->record_baton = site;
    t->count = count;
    t->count_baton = site;
}
