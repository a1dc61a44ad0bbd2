#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <apr_strings.h>

#include "base/reply.h"
#include "base/text.h"
#include "core/event.h"
#include "core/uri.h"
#include "crypto/secret.h"
#include "httpd/body.h"
#include "httpd/bridge.h"
#include "httpd/request.h"
#include "httpd/site.h"
#include "store/store.h"

APLOG_USE_MODULE(tpa_orgs);

#define REF_LENGTH 12
#define PREFLIGHT_HEADERS \
    "Authorization, Content-Type, Auth0-Client, DPoP, MCP-Protocol-Version"
#define EXPOSED_HEADERS \
    "DPoP-Nonce, Retry-After, x-ratelimit-limit, x-ratelimit-remaining," \
    " x-ratelimit-reset"

void tpa_bridge_claim(request_rec *r, const tpa_conf_t *conf,
                      const tpa_route_t *route)
{
    tpa_exchange_t *x = apr_pcalloc(r->pool, sizeof(*x));

    x->route = route;
    x->conf = conf;
    tpa_request_make(r)->exchange = x;
}

tpa_exchange_t *tpa_bridge_of(request_rec *r)
{
    const tpa_request_t *known = tpa_request_of(r);

    return known ? known->exchange : NULL;
}

/* ---- the answer --------------------------------------------------------- */

/* Cookies come beside each other, and beside those of other modules. */
static int set_header(void *out, const char *name, const char *value)
{
    if (!strcasecmp(name, "Set-Cookie"))
        apr_table_addn(out, name, value);
    else
        apr_table_setn(out, name, value);
    return 1;
}

/* Who may read the answer; NULL: pages of our own host only. */
static const char *reader(request_rec *r, const tpa_exchange_t *x)
{
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (x->route->origins == TPA_ORIGINS_ANY)
        return "*";
    if (x->route->origins == TPA_ORIGINS_NONE)
        return NULL;
    if (r->method_number != M_OPTIONS)
        return x->t ? x->t->allow_origin : NULL;
    return origin && !tpa_uri_wrong_origin(origin, TPA_URI_FIRST, r->pool)
        ? origin : NULL;
}

static void set_headers(request_rec *r, const tpa_exchange_t *x,
                        const tpa_reply_t *reply)
{
    const char *origin = reader(r, x);

    apr_table_do(set_header, r->headers_out, reply->headers, NULL);
    if (x->t && x->t->headers)
        apr_table_do(set_header, r->headers_out, x->t->headers, NULL);
    if (x->route->origins == TPA_ORIGINS_LISTED)
        apr_table_mergen(r->headers_out, "Vary", "Origin");
    if (!origin)
        return;
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", origin);
    if (x->route->origins == TPA_ORIGINS_LISTED)
        apr_table_setn(r->headers_out, "Access-Control-Expose-Headers",
                       EXPOSED_HEADERS);
}

static void answer(request_rec *r, tpa_exchange_t *x, const tpa_reply_t *reply)
{
    r->status = reply->status;
    set_headers(r, x, reply);
    if (reply->content_type)
        ap_set_content_type(r, reply->content_type);
    if (reply->body) {
        ap_set_content_length(r, strlen(reply->body));
        if (!r->header_only)
            ap_rputs(reply->body, r);
    }
    x->answered = 1;
    if (x->t)
        apr_table_setn(r->notes, "tpa-db-calls",
                       apr_itoa(r->pool, tpa_store_round_trips(x->t->store)));
}

static void answer_options(request_rec *r, tpa_exchange_t *x)
{
    tpa_reply_t *reply = tpa_reply_make(r->pool);

    reply->status = HTTP_NO_CONTENT;
    apr_table_setn(reply->headers, "Allow", x->route->methods);
    if (reader(r, x)) {
        apr_table_setn(reply->headers, "Access-Control-Allow-Methods",
                       x->route->methods);
        apr_table_setn(reply->headers, "Access-Control-Allow-Headers",
                       PREFLIGHT_HEADERS);
        apr_table_setn(reply->headers, "Access-Control-Max-Age", "3600");
    }
    answer(r, x, reply);
}

/* ---- a transaction ------------------------------------------------------ */

static void fill_event(request_rec *r, const tpa_exchange_t *x,
                       tpa_event_t *event, apr_time_t now)
{
    const char *tail = "";

    /* Sortable by time; the tail keeps two of one microsecond apart. */
    (void)tpa_random_id("", 8, &tail, r->pool);
    event->log_id = apr_psprintf(r->pool, "%016" APR_UINT64_T_HEX_FMT "%s",
                                 (apr_uint64_t)now, tail);
    event->date = now;
    event->type = x->route->refused;
    event->ip = r->useragent_ip;
    event->user_agent = apr_table_get(r->headers_in, "User-Agent");
    event->hostname = r->hostname;
}

static tpa_txn_t *begin(request_rec *r, tpa_exchange_t *x)
{
    tpa_txn_t *t;

    if (x->t)
        return x->t;
    t = x->t = apr_pcalloc(r->pool, sizeof(*t));
    t->p = r->pool;
    t->now = r->request_time;
    t->req = &x->req;
    t->event = apr_pcalloc(r->pool, sizeof(*t->event));
    t->login = x->login;
    fill_event(r, x, t->event, t->now);
    tpa_site_lend(x->conf->site, t);
    return t;
}

static tpa_err_t *admit(request_rec *r, tpa_exchange_t *x)
{
    TPA_TRY(tpa_body_read(r, x->conf, x->route, &x->req));
    if (!x->route->gate || r->method_number == M_OPTIONS)
        return TPA_OK;
    return x->route->gate(begin(r, x));
}

tpa_err_t *tpa_bridge_admit(request_rec *r, tpa_exchange_t *x)
{
    if (!x->admitted) {
        x->admitted = 1;
        x->refusal = admit(r, x);
    }
    return x->refusal;
}

/* ---- refusals ----------------------------------------------------------- */

static const char *shown(request_rec *r, const char *s)
{
    return tpa_text_loggable(s, 200, r->pool);
}

/* For a place between quotes: none of its own. */
static const char *quoted(request_rec *r, const char *s)
{
    char *text = apr_pstrdup(r->pool, tpa_text_loggable(s, 500, r->pool)), *c;

    for (c = text; *c; c++) {
        if (*c == '"')
            *c = '\'';
    }
    return text;
}

static void log_refusal(request_rec *r, const tpa_event_t *event,
                        const tpa_err_t *e)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
        "TPA0005: refused %s %s: client=%s api=%s organization=%s error=%s"
        " rule=%s reason=\"%s\" detail=\"%s\" ref=%s",
        shown(r, r->method), shown(r, r->uri), shown(r, event->client_id),
        shown(r, event->audience), shown(r, event->organization_id),
        tpa_ekind_info(e->kind)->oauth, e->rule ? e->rule : "-",
        quoted(r, e->text),
        quoted(r, e->detail), event->ref);
}

/* A database that is down would fill the log: one line a second is enough.
 * Anything else that is our fault is told each time. */
static void log_failure(request_rec *r, tpa_site_t *site, const tpa_err_t *e)
{
    int missed = 0;

    if (e->kind == TPA_E_UNAVAILABLE
        && !tpa_site_may_complain(site, apr_time_now(), &missed))
        return;
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "TPA0006: answered %d: %s"
                  " (%d like messages left out)",
                  tpa_ekind_info(e->kind)->http,
                  shown(r, e->detail ? e->detail : e->text), missed);
}

/* Refusals by a limit are told of now and then: httpd/limits.c. */
static int is_told(const tpa_event_t *event, const tpa_err_t *e)
{
    return e->kind != TPA_E_TOO_MANY || event->type;
}

/* Everything that is not served ends here, and is told once. */
static void refuse(request_rec *r, tpa_exchange_t *x, tpa_txn_t *t,
                   const tpa_err_t *e, tpa_reply_t *reply)
{
    int ours = tpa_ekind_info(e->kind)->http >= 500;

    t->event->description = e->text;
    t->event->rule = e->rule;
    tpa_meter_count(t->meter, TPA_TALLY_REFUSED,
                    tpa_ekind_info(e->kind)->oauth,
                    e->rule ? e->rule : "none");
    if (e->kind == TPA_E_TOO_MANY)
        tpa_meter_count(t->meter, TPA_TALLY_THROTTLED, e->rule, NULL);
    if (ours)
        log_failure(r, x->conf->site, e);
    else if (is_told(t->event, e)
             && !tpa_random_id("ref_", REF_LENGTH, &t->event->ref, r->pool)) {
        log_refusal(r, t->event, e);
        /* Its loss changes nothing for the caller, who is refused anyway. */
        if (t->event->type)
            (void)t->record(t->record_baton, t->event, t->p);
    }
    if (e->kind == TPA_E_METHOD_NOT_ALLOWED
        && !apr_table_get(reply->headers, "Allow"))
        apr_table_setn(reply->headers, "Allow", x->route->methods);
    x->route->tell(t, reply, e, e->retry_after_s ? e->retry_after_s
                                : t->settings->retry_after_s);
    answer(r, x, reply);
}

void tpa_bridge_refuse(request_rec *r, tpa_exchange_t *x, const tpa_err_t *e)
{
    if (!x->answered)
        refuse(r, x, begin(r, x), e, tpa_reply_make(r->pool));
}

int tpa_bridge_serve(request_rec *r, tpa_exchange_t *x)
{
    tpa_reply_t *reply = tpa_reply_make(r->pool);
    tpa_txn_t *t;
    tpa_err_t *e;

    if (r->method_number == M_OPTIONS) {
        answer_options(r, x);
        return OK;
    }
    t = begin(r, x);
    e = x->route->serve(t, reply);
    if (e) {
        refuse(r, x, t, e, reply);
        return OK;
    }
    if (apr_table_get(reply->headers, "ETag")) {
        set_headers(r, x, reply);
        if (ap_meets_conditions(r) != OK)
            return HTTP_NOT_MODIFIED;
    }
    answer(r, x, reply);
    return OK;
}
