#include <string.h>

#include <httpd.h>
#include <http_log.h>
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>

#include "core/renew.h"
#include "httpd/fetching.h"
#include "httpd/guard.h"
#include "httpd/holder.h"
#include "httpd/remote.h"

APLOG_USE_MODULE(tpa_orgs);

#define MOST_SET 65536                        /* bytes */
#define BEAT APR_USEC_PER_SEC                 /* of the thread */
#define FIRST_WAIT (4 * APR_USEC_PER_SEC)     /* a fetch takes less */

struct tpa_remote_t {
    server_rec *server;        /* where it was configured */
    const tpa_settings_t *settings;
    const char *url;
    tpa_fetch_rules_t rules;
    tpa_holder_t *keys;
    apr_thread_mutex_t *lock;  /* of the next four */
    apr_thread_cond_t *done;
    tpa_renew_t state;
    int busy;                  /* somebody fetches */
    int ended;                 /* somebody has, whatever came of it */
    int is_known;              /* of the busy one: how it went was logged, */
    char known[200];           /* and this was wrong with it; "": nothing */
};

typedef struct keeper_t {
    apr_array_header_t *remotes;   /* of tpa_remote_t * */
    apr_thread_t *thread;
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *wake;
    int stopping;
} keeper_t;

/* ---- one try ------------------------------------------------------------ */

/* What was wrong; NULL: the keys are held now. */
static const char *fetch(tpa_remote_t *remote, int *lifetime_s, apr_pool_t *p)
{
    int most_s = remote->settings->bearer_refresh_s;
    tpa_fetched_t got;
    tpa_keyset_t *keys;
    apr_pool_t *own;
    tpa_err_t *e;

    tpa_fetch_now(&remote->rules, remote->url, MOST_SET, &got, p);
    if (got.wrong)
        return got.detail ? apr_pstrcat(p, got.wrong, " (", got.detail, ")",
                                        NULL) : got.wrong;
    apr_pool_create(&own, NULL);
    e = tpa_keyset_parse(got.body, got.len, &keys, own);
    if (e) {
        const char *why = apr_pstrdup(p, e->text);

        apr_pool_destroy(own);
        return why;
    }
    tpa_holder_put(remote->keys, keys, own);
    *lifetime_s = tpa_renew_lifetime(got.cache_control, TPA_RENEW_GAP_S,
                                     most_s, most_s);
    return NULL;
}

/* Once when it goes wrong, and once when it is well again. */
static void report(tpa_remote_t *remote, const char *why)
{
    if (remote->is_known && !strncmp(remote->known, why ? why : "",
                                     sizeof(remote->known) - 1))
        return;
    if (why)
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, remote->server, "TPA0021: the"
                     " keys at %s cannot be used: %s; it is tried again each"
                     " %d s, and keys that were fetched before are used for"
                     " %d s beyond their time", remote->url, why,
                     TPA_RENEW_GAP_S, remote->settings->bearer_stale_s);
    else
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, remote->server, "TPA0022: the"
                     " keys at %s were fetched", remote->url);
    remote->is_known = 1;
    apr_cpystrn(remote->known, why ? why : "", sizeof(remote->known));
}

static int begin(tpa_remote_t *remote, apr_time_t now,
                 int (*has_reason)(const tpa_renew_t *, apr_time_t))
{
    int may;

    apr_thread_mutex_lock(remote->lock);
    may = !remote->busy && has_reason(&remote->state, now);
    if (may) {
        remote->busy = 1;
        remote->state.tried = now;
    }
    apr_thread_mutex_unlock(remote->lock);
    return may;
}

static void attempt(tpa_remote_t *remote,
                    int (*has_reason)(const tpa_renew_t *, apr_time_t),
                    apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    const char *why;
    int lifetime_s = 0;

    if (!begin(remote, now, has_reason))
        return;
    why = fetch(remote, &lifetime_s, p);
    report(remote, why);
    apr_thread_mutex_lock(remote->lock);
    if (!why) {
        remote->state.got = now;
        remote->state.lifetime_s = lifetime_s;
    }
    remote->busy = 0;
    remote->ended = 1;
    apr_thread_cond_broadcast(remote->done);
    apr_thread_mutex_unlock(remote->lock);
}

/* ---- what requests are given -------------------------------------------- */

static int is_new(const tpa_renew_t *state, apr_time_t now)
{
    return !state->tried;
}

/* Later nobody waits for another: an issuer that does not answer must not hold
 * all threads. */
static int is_good_at_last(tpa_remote_t *remote)
{
    apr_time_t now = apr_time_now(), end = now + FIRST_WAIT;
    int good;

    apr_thread_mutex_lock(remote->lock);
    for (; remote->busy && !remote->ended && now < end; now = apr_time_now())
        apr_thread_cond_timedwait(remote->done, remote->lock, end - now);
    good = tpa_renew_is_good(&remote->state, remote->settings->bearer_stale_s,
                             now);
    apr_thread_mutex_unlock(remote->lock);
    return good;
}

const tpa_keyset_t *tpa_remote_keys(tpa_remote_t *remote, apr_pool_t *p)
{
    attempt(remote, is_new, p);
    return is_good_at_last(remote) ? tpa_holder_borrow(remote->keys, p) : NULL;
}

const tpa_keyset_t *tpa_remote_newer(tpa_remote_t *remote, apr_pool_t *p)
{
    attempt(remote, tpa_renew_may, p);
    return tpa_remote_keys(remote, p);
}

/* ---- the thread --------------------------------------------------------- */

static int is_stopping(keeper_t *keeper, apr_interval_time_t wait)
{
    int stopping;

    apr_thread_mutex_lock(keeper->lock);
    if (wait && !keeper->stopping)
        apr_thread_cond_timedwait(keeper->wake, keeper->lock, wait);
    stopping = keeper->stopping;
    apr_thread_mutex_unlock(keeper->lock);
    return stopping;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *baton)
{
    keeper_t *keeper = baton;
    apr_pool_t *p;
    int i;

    apr_setup_signal_thread();
    apr_pool_create(&p, NULL);
    do {
        for (i = 0; i < keeper->remotes->nelts && !is_stopping(keeper, 0); i++)
            attempt(APR_ARRAY_IDX(keeper->remotes, i, tpa_remote_t *),
                    tpa_renew_is_due, p);
        apr_pool_clear(p);
    } while (!is_stopping(keeper, BEAT));
    apr_pool_destroy(p);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static apr_status_t stop(void *baton)
{
    keeper_t *keeper = baton;
    apr_status_t rv;

    apr_thread_mutex_lock(keeper->lock);
    keeper->stopping = 1;
    apr_thread_cond_signal(keeper->wake);
    apr_thread_mutex_unlock(keeper->lock);
    apr_thread_join(&rv, keeper->thread);
    return APR_SUCCESS;
}

static void start(server_rec *first, apr_array_header_t *remotes,
                  apr_pool_t *pchild)
{
    keeper_t *keeper = apr_pcalloc(pchild, sizeof(*keeper));
    apr_status_t rv;

    keeper->remotes = remotes;
    apr_thread_mutex_create(&keeper->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_thread_cond_create(&keeper->wake, pchild);
    rv = apr_thread_create(&keeper->thread, NULL, run, keeper, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, first, "TPA0023: no thread"
                     " could be started; this process does not renew the keys"
                     " of issuers on other machines");
        return;
    }
    apr_pool_pre_cleanup_register(pchild, keeper, stop);
}

/* ---- at start ----------------------------------------------------------- */

/* Sections of one host that name the same address share what is there. */
static tpa_remote_t *remote_at(apr_array_header_t *remotes, server_rec *s,
                               const char *url, apr_pool_t *pchild)
{
    tpa_remote_t *remote;
    int i;

    for (i = 0; i < remotes->nelts; i++) {
        remote = APR_ARRAY_IDX(remotes, i, tpa_remote_t *);
        if (remote->server == s && !strcmp(remote->url, url))
            return remote;
    }
    remote = apr_pcalloc(pchild, sizeof(*remote));
    remote->server = s;
    remote->settings = &tpa_conf_of(s)->settings;
    remote->url = url;
    remote->rules = *tpa_fetching_rules(tpa_conf_of(s));
    remote->rules.anywhere = 1;
    remote->keys = tpa_holder_make(pchild);
    apr_thread_mutex_create(&remote->lock, APR_THREAD_MUTEX_DEFAULT, pchild);
    apr_thread_cond_create(&remote->done, pchild);
    APR_ARRAY_PUSH(remotes, tpa_remote_t *) = remote;
    return remote;
}

void tpa_remote_start(server_rec *first, apr_pool_t *pchild)
{
    apr_array_header_t *remotes = apr_array_make(pchild, 2, sizeof(void *));
    server_rec *s;
    int i;

    for (s = first; s; s = s->next) {
        const tpa_conf_t *conf = tpa_conf_of(s);

        for (i = 0; conf->owner == s && conf->trusts
                    && i < conf->trusts->nelts; i++) {
            tpa_trust_t *trust = APR_ARRAY_IDX(conf->trusts, i, tpa_trust_t *);

            if (trust->url)
                trust->remote = remote_at(remotes, s, trust->url, pchild);
        }
    }
    if (!remotes->nelts)
        return;
    tpa_fetch_begin();
    start(first, remotes, pchild);
}
