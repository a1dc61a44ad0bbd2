#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <apr_optional.h>
#include <apr_optional_hooks.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <mod_status.h>

#include "httpd/config.h"
#include "httpd/metrics.h"
#include "httpd/site.h"

APLOG_USE_MODULE(tpa_orgs);

static APR_OPTIONAL_FN_TYPE(authz_some_auth_required) *is_guarded;

/* ---- the memory --------------------------------------------------------- */

/* Below the pool of httpd itself, which outlives configurations. Its size is
 * part of the name, since after a restart another build may look for it. */
tpa_err_t *tpa_metrics_meter(server_rec *s, const char *issuer,
                             tpa_meter_t **out, apr_pool_t *p)
{
    apr_pool_t *process = s->process->pool;
    const char *name = apr_psprintf(process, "tpa-meter %" APR_SIZE_T_FMT " %s",
                                    tpa_meter_size(), issuer);
    apr_shm_t *shm;
    void *there;

    apr_pool_userdata_get(&there, name, process);
    if (!there) {
        if (apr_shm_create(&shm, tpa_meter_size(), NULL, process)
            != APR_SUCCESS)
            return tpa_err_private(p, TPA_E_INTERNAL, "there is no shared"
                                   " memory to count in");
        there = apr_shm_baseaddr_get(shm);
        memset(there, 0, tpa_meter_size());
        apr_pool_userdata_setn(there, name, NULL, process);
    }
    *out = there;
    return TPA_OK;
}

/* ---- whose numbers ------------------------------------------------------ */

typedef struct shown_t {
    const char *issuer;
    const tpa_meter_t *meter;
    apr_array_header_t *counts;   /* of tpa_tallied_t, sorted */
} shown_t;

static int is_there(const apr_array_header_t *all, const tpa_meter_t *meter)
{
    int i;

    for (i = 0; i < all->nelts; i++) {
        if (APR_ARRAY_IDX(all, i, shown_t).meter == meter)
            return 1;
    }
    return 0;
}

static void add(apr_array_header_t *all, server_rec *s, apr_pool_t *p)
{
    const tpa_conf_t *conf = tpa_conf_of(s);
    shown_t *shown;

    if (!tpa_conf_is_tenant(s) || !conf->site
        || is_there(all, tpa_site_meter(conf->site)))
        return;
    shown = apr_array_push(all);
    shown->issuer = conf->issuer;
    shown->meter = tpa_site_meter(conf->site);
    shown->counts = tpa_meter_counts(shown->meter, p);
}

static apr_array_header_t *every_tenant(apr_pool_t *p)
{
    apr_array_header_t *all = apr_array_make(p, 4, sizeof(shown_t));
    server_rec *s;

    for (s = ap_server_conf; s; s = s->next)
        add(all, s, p);
    return all;
}

/* A tenant's host shows its own; one that is no tenant shows all. */
static apr_array_header_t *tenants_of(request_rec *r)
{
    apr_array_header_t *own = apr_array_make(r->pool, 1, sizeof(shown_t));

    add(own, r->server, r->pool);
    return own->nelts ? own : every_tenant(r->pool);
}

/* ---- printing ----------------------------------------------------------- */

typedef struct page_t {
    request_rec *r;
    const apr_array_header_t *tenants;
    const char *between;   /* a name and its number */
    int prometheus;        /* names are explained, buckets are told */
} page_t;

/* Names of ours, and an issuer, which holds letters, digits and some marks
 * that no format gives a meaning: nothing has to be escaped. */
static void print(const page_t *page, const char *name, const char *end,
                  const char *issuer, const char *labels, const char *number)
{
    ap_rvputs(page->r, name, end, "{issuer=\"", issuer, "\"", labels, "}",
              page->between, number, "\n", NULL);
}

static const char *whole(const page_t *page, apr_uint64_t n)
{
    return apr_psprintf(page->r->pool, "%" APR_UINT64_T_FMT, n);
}

static const char *seconds(const page_t *page, apr_uint64_t us)
{
    return apr_psprintf(page->r->pool, "%" APR_UINT64_T_FMT ".%06d",
                        us / APR_USEC_PER_SEC, (int)(us % APR_USEC_PER_SEC));
}

static void describe(const page_t *page, const char *name, const char *help,
                     const char *type)
{
    if (page->prometheus)
        ap_rprintf(page->r, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                   type);
}

static const char *labels_of(const page_t *page, const tpa_measure_t *m,
                             const tpa_tallied_t *c)
{
    apr_pool_t *p = page->r->pool;
    const char *text = "";

    if (m->labels[0])
        text = apr_pstrcat(p, ",", m->labels[0], "=\"", c->a, "\"", NULL);
    if (m->labels[1])
        text = apr_pstrcat(p, text, ",", m->labels[1], "=\"", c->b, "\"",
                           NULL);
    return text;
}

static void print_count(const page_t *page, tpa_tally_t what)
{
    const tpa_measure_t *m = tpa_measure_of_count(what);
    int i, j;

    describe(page, m->name, m->help, "counter");
    for (i = 0; i < page->tenants->nelts; i++) {
        const shown_t *t = &APR_ARRAY_IDX(page->tenants, i, shown_t);

        for (j = 0; j < t->counts->nelts; j++) {
            const tpa_tallied_t *c
                = &APR_ARRAY_IDX(t->counts, j, tpa_tallied_t);

            if (c->what == what)
                print(page, m->name, "", t->issuer, labels_of(page, m, c),
                      whole(page, c->n));
        }
    }
}

static void print_buckets(const page_t *page, const tpa_measure_t *m,
                          const char *issuer, const tpa_timed_t *timed)
{
    int i;

    for (i = 0; i < TPA_METER_BOUNDS; i++)
        print(page, m->name, "_bucket", issuer,
              apr_pstrcat(page->r->pool, ",le=\"",
                          seconds(page, tpa_meter_bounds_us[i]), "\"", NULL),
              whole(page, timed->within[i]));
    print(page, m->name, "_bucket", issuer, ",le=\"+Inf\"",
          whole(page, timed->n));
}

static void print_timing(const page_t *page, tpa_timing_t what)
{
    const tpa_measure_t *m = tpa_measure_of_timing(what);
    int i;

    describe(page, m->name, m->help, "histogram");
    for (i = 0; i < page->tenants->nelts; i++) {
        const shown_t *t = &APR_ARRAY_IDX(page->tenants, i, shown_t);
        tpa_timed_t timed;

        tpa_meter_timed(t->meter, what, &timed);
        if (page->prometheus)
            print_buckets(page, m, t->issuer, &timed);
        print(page, m->name, "_sum", t->issuer, "",
              seconds(page, timed.sum_us));
        print(page, m->name, "_count", t->issuer, "", whole(page, timed.n));
    }
}

static void print_lost(const page_t *page)
{
    static const char name[] = "tpa_uncounted_total";
    int i;

    describe(page, name, "What found no room in the table of labels.",
             "counter");
    for (i = 0; i < page->tenants->nelts; i++) {
        const shown_t *t = &APR_ARRAY_IDX(page->tenants, i, shown_t);

        print(page, name, "", t->issuer, "",
              whole(page, tpa_meter_lost(t->meter)));
    }
}

static void print_all(const page_t *page)
{
    int i;

    for (i = 0; i < TPA_TALLIES; i++)
        print_count(page, i);
    for (i = 0; i < TPA_TIMINGS; i++)
        print_timing(page, i);
    print_lost(page);
}

/* ---- where they are shown ----------------------------------------------- */

/* The configuration is checked for a Require beside the handler; one that was
 * set elsewhere (.htaccess, an expression) must have found one as well. */
static int handle(request_rec *r)
{
    page_t page = { r, NULL, " ", 1 };

    if (!r->handler || strcmp(r->handler, TPA_METRICS_HANDLER))
        return DECLINED;
    if (r->method_number != M_GET)
        return HTTP_METHOD_NOT_ALLOWED;
    if (!is_guarded || !is_guarded(r)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "TPA0018: SetHandler "
                      TPA_METRICS_HANDLER " shows nothing without a Require:"
                      " write for instance Require local");
        return HTTP_FORBIDDEN;
    }
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (r->header_only)
        return OK;
    page.tenants = tenants_of(r);
    print_all(&page);
    return OK;
}

static int status(request_rec *r, int flags)
{
    int text = flags & AP_STATUS_SHORT;
    page_t page = { r, every_tenant(r->pool), ": ", 0 };

    if (!page.tenants->nelts)
        return DECLINED;
    if (!text)
        ap_rputs("<hr />\n<h2>mod_tpa_orgs</h2>\n<pre>\n", r);
    print_all(&page);
    if (!text)
        ap_rputs("</pre>\n", r);
    return OK;
}

static void find_functions(void)
{
    is_guarded = APR_RETRIEVE_OPTIONAL_FN(authz_some_auth_required);
}

void tpa_metrics_register(apr_pool_t *p)
{
    ap_hook_optional_fn_retrieve(find_functions, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ap, status_hook, status, NULL, NULL, APR_HOOK_MIDDLE);
}
