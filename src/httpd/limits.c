#include <arpa/inet.h>
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <apr_escape.h>
#include <apr_general.h>
#include <apr_shm.h>
#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/buckets.h"
#include "core/event.h"
#include "httpd/limits.h"

#define SETS 4096              /* 32,768 buckets, one MiB */
#define RETAINED "tpa_orgs-limits-1"   /* another number, another layout */
#define NETWORK_BYTES 8        /* of an IPv6 address */
#define LOW 5                  /* a fifth is left: spec.md 8.5 */

/* In shared memory. The key of the hash keeps others from choosing client ids
 * that meet in one set. */
typedef struct shared_t {
    unsigned char secret[APR_SIPHASH_KSIZE];
} shared_t;

static shared_t *shared;
static tpa_buckets_t *buckets;

static apr_size_t head_size(void)
{
    return APR_ALIGN(sizeof(shared_t), 64);
}

/* Plain memory of the parent's that a restart, which loads this module anew,
 * does not take away. */
static apr_status_t make(apr_shm_t **shm, apr_pool_t *process)
{
    apr_size_t size = head_size() + tpa_buckets_size(SETS);
    apr_status_t rv = apr_shm_create(shm, size, NULL, process);

    if (rv != APR_SUCCESS)
        return rv;
    memset(apr_shm_baseaddr_get(*shm), 0, size);
    return apr_generate_random_bytes(apr_shm_baseaddr_get(*shm),
                                     APR_SIPHASH_KSIZE);
}

apr_status_t tpa_limits_prepare(apr_pool_t *process)
{
    apr_shm_t **kept = ap_retained_data_get(RETAINED), *shm = NULL;
    apr_status_t rv;

    if (!kept) {
        rv = make(&shm, process);
        if (rv != APR_SUCCESS)
            return rv;
        kept = ap_retained_data_create(RETAINED, sizeof(*kept));
        *kept = shm;
    }
    shared = apr_shm_baseaddr_get(*kept);
    buckets = tpa_buckets_make((char *)shared + head_size(), SETS);
    return APR_SUCCESS;
}

/* ---- the directive ------------------------------------------------------ */

const char *tpa_limits_set(cmd_parms *cmd, void *dummy, int argc,
                           char *const argv[])
{
    tpa_conf_t *conf = ap_get_module_config(cmd->server->module_config,
                                            &tpa_orgs_module);
    tpa_limit_t *limit = apr_palloc(cmd->pool, sizeof(*limit));
    const char *bad = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (bad)
        return bad;
    bad = tpa_limit_read((const char *const *)argv, argc, limit, cmd->pool);
    if (bad)
        return apr_psprintf(cmd->pool, "%s: %s; write for instance %s default"
                            " 100 20/s", cmd->cmd->name, bad, cmd->cmd->name);
    if (!conf->limits)
        conf->limits = apr_hash_make(cmd->pool);
    apr_hash_set(conf->limits, limit->who, APR_HASH_KEY_STRING, limit);
    return NULL;
}

/* ---- which bucket ------------------------------------------------------- */

/* Whoever has an IPv6 address has a network of them. */
static const char *network(const char *ip, apr_pool_t *p)
{
    unsigned char v6[16];

    if (!ip || inet_pton(AF_INET6, ip, v6) != 1)
        return ip ? ip : "";
    return apr_pescape_hex(p, v6, NETWORK_BYTES, 0);
}

static const tpa_limit_t *policy(const tpa_conf_t *conf, tpa_counted_t what,
                                 const char *client_id, apr_pool_t *p)
{
    const tpa_limit_t *limit;

    if (what == TPA_COUNT_REGISTER)
        limit = tpa_limit_of_address(conf->limits, TPA_LIMIT_REGISTER);
    else if (what == TPA_COUNT_FAILURE)
        limit = tpa_limit_of_address(conf->limits, TPA_LIMIT_AUTH_FAILURES);
    else
        limit = tpa_limit_of_client(conf->limits, client_id,
                                    what != TPA_COUNT_MANAGEMENT, p);
    return limit && !limit->is_off ? limit : NULL;
}

/* A group has one bucket, all else one for each application or network. */
static apr_uint64_t key_of(const tpa_limit_t *limit, const tpa_txn_t *t,
                           tpa_counted_t what, const char *client_id)
{
    static const char *const letters[] = {
        [TPA_COUNT_NAMED] = "n", [TPA_COUNT_PROVEN] = "p",
        [TPA_COUNT_MANAGEMENT] = "m", [TPA_COUNT_REGISTER] = "r",
        [TPA_COUNT_FAILURE] = "f"
    };
    const char *one = client_id ? client_id
                                : network(t->req->remote_ip, t->p);
    const char *text;
    apr_uint64_t key;

    if (limit->about == TPA_LIMIT_THIRD_PARTY
        || limit->about == TPA_LIMIT_CIMD)
        one = "";
    text = apr_pstrcat(t->p, t->issuer, "\n", letters[what],
                       tpa_limit_word(limit->about), "\n", one, NULL);
    key = apr_siphash24(text, strlen(text), shared->secret);
    return key ? key : 1;
}

/* ---- what is told ------------------------------------------------------- */

static const tpa_json_t *details(const tpa_limit_t *limit, const char *action,
                                 apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "limit", limit->who);
    tpa_json_set_int(o, "burst", limit->spec.burst);
    tpa_json_set_str(o, "action", action);
    return o;
}

/* An event of its own beside that of the request; its loss changes nothing for
 * a caller who is served. */
static void tell_beside(tpa_txn_t *t, const tpa_limit_t *limit,
                        const char *type, const char *action,
                        const char *text)
{
    tpa_event_t event = *t->event;

    event.log_id = apr_psprintf(t->p, "%s%c%d", event.log_id,
                                *action == 'w' ? 'w' : 'l', limit->about);
    event.type = type;
    event.description = text;
    event.details = details(limit, action, t->p);
    (void)t->record(t->record_baton, &event, t->p);
}

static tpa_err_t *refused(tpa_txn_t *t, const tpa_limit_t *limit,
                          apr_uint64_t key, const tpa_bucket_view_t *view)
{
    apr_time_t wait = view->free_at - t->now;
    tpa_err_t *e = tpa_err(t->p, TPA_E_TOO_MANY,
                           "Too many requests: please try again later");

    e->retry_after_s = (int)apr_time_sec(wait + APR_USEC_PER_SEC - 1);
    e->detail = apr_pstrcat(t->p, "limit ", limit->who, NULL);
    t->event->type = NULL;
    if (tpa_buckets_tell(buckets, key, TPA_BUCKET_EMPTY, t->now)) {
        t->event->type = "api_limit";
        t->event->details = details(limit, "refuse", t->p);
    }
    return tpa_err_by(e, "rate_limit");
}

static void tell_headers(tpa_txn_t *t, const tpa_limit_t *limit,
                         const tpa_bucket_view_t *view)
{
    tpa_txn_header(t, "x-ratelimit-limit",
                   apr_itoa(t->p, limit->spec.burst));
    tpa_txn_header(t, "x-ratelimit-remaining",
                   apr_itoa(t->p, view->remaining));
    tpa_txn_header(t, "x-ratelimit-reset",
                   apr_off_t_toa(t->p, apr_time_sec(view->full_at) + 1));
}

/* ---- counting ----------------------------------------------------------- */

static void tell(tpa_txn_t *t, const tpa_limit_t *limit, apr_uint64_t key,
                 const tpa_bucket_view_t *view)
{
    if (!view->allowed) {
        if (tpa_buckets_tell(buckets, key, TPA_BUCKET_EMPTY, t->now))
            tell_beside(t, limit, "api_limit", "log", "A request over the"
                        " limit was let through");
    }
    else if (view->remaining <= limit->spec.burst / LOW
             && tpa_buckets_tell(buckets, key, TPA_BUCKET_LOW, t->now))
        tell_beside(t, limit, "api_limit_warning", "warn",
                    "The limit is about to be reached");
}

tpa_err_t *tpa_limits_count(const tpa_conf_t *conf, tpa_txn_t *t,
                            tpa_count_t act, tpa_counted_t what,
                            const char *client_id)
{
    static const tpa_bucket_act_t acts[] = {
        [TPA_COUNT_TAKE] = TPA_BUCKET_TAKE,
        [TPA_COUNT_PEEK] = TPA_BUCKET_PEEK,
        [TPA_COUNT_GIVE] = TPA_BUCKET_GIVE
    };
    const tpa_limit_t *limit = policy(conf, what, client_id, t->p);
    int is_failure = what == TPA_COUNT_FAILURE;
    tpa_bucket_view_t view;
    apr_uint64_t key;

    if (!limit)
        return TPA_OK;
    key = key_of(limit, t, what, client_id);
    if (!tpa_buckets_ask(buckets, acts[act], key, &limit->spec, t->now, &view)
        || act == TPA_COUNT_GIVE)
        return TPA_OK;
    if (is_failure && act == TPA_COUNT_TAKE && !view.allowed
        && !limit->log_only)
        return TPA_OK;   /* others were faster; the next is refused */
    if (act == TPA_COUNT_PEEK && (view.allowed || limit->log_only))
        return TPA_OK;   /* the take that follows counts, and tells */
    if (!is_failure)
        tell_headers(t, limit, &view);
    if (!view.allowed && !limit->log_only)
        return refused(t, limit, key, &view);
    tell(t, limit, key, &view);
    return TPA_OK;
}
