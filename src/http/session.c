#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "core/event.h"
#include "crypto/secret.h"
#include "http/session.h"
#include "store/flow.h"

#define BROWSER_COOKIE "__Host-tpa_browser"
#define SESSION_COOKIE "__Host-tpa_session"

/* ---- cookies ------------------------------------------------------------ */

static const char *cookie(const tpa_txn_t *t, const char *name)
{
    return tpa_cookie_get(apr_table_get(t->req->headers, "Cookie"), name,
                          t->p);
}

const char *tpa_browser_cookie(const tpa_txn_t *t)
{
    return cookie(t, BROWSER_COOKIE);
}

const char *tpa_session_cookie_hash(const tpa_txn_t *t)
{
    const char *value = cookie(t, SESSION_COOKIE);

    return value ? tpa_sha256_hex(value, strlen(value), t->p) : NULL;
}

tpa_err_t *tpa_browser_settle(tpa_txn_t *t, tpa_reply_t *reply,
                              const char **browser)
{
    if (*browser)
        return TPA_OK;
    TPA_TRY(tpa_random_secret(browser, t->p));
    apr_table_addn(reply->headers, "Set-Cookie",
                   tpa_cookie_set(BROWSER_COOKIE, *browser, 0, t->p));
    return TPA_OK;
}

/* ---- where a POST comes from -------------------------------------------- */

/* Is origin, as browsers write it, that of the issuer? */
static int is_ours(const char *origin, const char *issuer)
{
    apr_size_t len = strcspn(issuer + strlen("https://"), "/")
        + strlen("https://");

    return strlen(origin) == len && !strncasecmp(origin, issuer, len);
}

/* Our pages ask for no referrer, so browsers say Origin: null for their forms;
 * it proves nothing either way. */
tpa_err_t *tpa_session_same_origin(const tpa_txn_t *t)
{
    const char *origin = apr_table_get(t->req->headers, "Origin");
    const char *site = apr_table_get(t->req->headers, "Sec-Fetch-Site");
    tpa_err_t *e;

    if ((!site || !strcmp(site, "same-origin"))
        && (!origin || !strcmp(origin, "null") || is_ours(origin, t->issuer)))
        return TPA_OK;
    e = tpa_err(t->p, TPA_E_NOWHERE_TO_GO, "This form was sent by a page of"
                " another site");
    e->detail = apr_psprintf(t->p, "Origin: %s, Sec-Fetch-Site: %s",
                             origin ? origin : "-", site ? site : "-");
    return tpa_err_by(e, "same_origin");
}

/* ---- sessions ----------------------------------------------------------- */

tpa_err_t *tpa_session_event(const tpa_txn_t *t, const char *type,
                             tpa_event_t **out)
{
    tpa_event_t *event = apr_pmemdup(t->p, t->event, sizeof(*event));
    const char *tail;

    TPA_TRY(tpa_random_id("", 8, &tail, t->p));
    event->log_id = apr_psprintf(t->p, "%016" APR_UINT64_T_HEX_FMT "%s",
                                 (apr_uint64_t)t->now, tail);
    event->type = type;
    event->authenticated = 1;
    *out = event;
    return TPA_OK;
}

static void add_session(const tpa_txn_t *t, const tpa_visit_t *v,
                        const char *hash, tpa_json_t *o)
{
    tpa_json_set_str(o, "session_hash", hash);
    tpa_json_set_str(o, "old_session_hash", v->session_hash);
    tpa_json_set_str(o, "ip", t->req->remote_ip);
    tpa_json_set_str(o, "user_agent",
                     apr_table_get(t->req->headers, "User-Agent"));
    tpa_json_set_int(o, "authenticated_at", t->now);
    tpa_json_set_int(o, "lifetime_s", v->f.flow_tenant.session_s);
    tpa_json_set_int(o, "idle_s", v->f.flow_tenant.idle_session_s);
}

tpa_err_t *tpa_session_begin(tpa_txn_t *t, const char *function,
                             tpa_json_t *who, tpa_visit_t *v,
                             tpa_reply_t *reply, const char **result)
{
    const char *value, *hash;
    tpa_event_t *event;
    tpa_outcome_t outcome;

    TPA_TRY(tpa_random_secret(&value, t->p));
    TPA_TRY(tpa_session_event(t, "s", &event));
    hash = tpa_sha256_hex(value, strlen(value), t->p);
    add_session(t, v, hash, who);
    TPA_TRY(tpa_store_write(t->store, function, who,
                            tpa_event_json(event, t->p), &outcome, t->p));
    *result = outcome.result;
    if (strcmp(outcome.result, "created"))
        return TPA_OK;
    v->session_hash = hash;
    v->progress.consented = v->progress.confirmed = 0;
    apr_table_addn(reply->headers, "Set-Cookie",
                   tpa_cookie_set(SESSION_COOKIE, value,
                                  v->f.flow_tenant.session_s, t->p));
    return TPA_OK;
}
