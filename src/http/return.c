#include <string.h>

#include <apr_strings.h>

#include "base/reply.h"
#include "base/shown.h"
#include "base/text.h"
#include "core/event.h"
#include "core/redirect.h"
#include "http/return.h"

#define STATUS_SEE_OTHER 303   /* never 307: a form must not travel on */

/* name, value, ..., NULL; those with a NULL value are left out. */
typedef const char *const *pairs_t;

/* ---- response modes ----------------------------------------------------- */

static void see_other(tpa_reply_t *reply, const char *url)
{
    reply->status = STATUS_SEE_OTHER;
    apr_table_setn(reply->headers, "Location", url);
    apr_table_setn(reply->headers, "Referrer-Policy", "no-referrer");
    tpa_reply_no_store(reply);
}

static tpa_err_t *by_query(const tpa_txn_t *t, tpa_reply_t *reply,
                           const tpa_visit_t *v, pairs_t pairs)
{
    see_other(reply, tpa_redirect_with(v->f.asked.redirect_uri, pairs, t->p));
    return TPA_OK;
}

static tpa_json_t *list_of(pairs_t pairs, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);

    for (; *pairs; pairs += 2) {
        tpa_json_t *pair;

        if (!pairs[1])
            continue;
        pair = tpa_json_object(p);
        tpa_json_set_str(pair, "name", pairs[0]);
        tpa_json_set_str(pair, "value", pairs[1]);
        tpa_json_add(list, pair);
    }
    return list;
}

static tpa_err_t *by_form(const tpa_txn_t *t, tpa_reply_t *reply,
                          const tpa_visit_t *v, pairs_t pairs)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);

    tpa_json_set_str(view, "action", v->f.asked.redirect_uri);
    tpa_json_set(view, "pairs", list_of(pairs, t->p));
    return tpa_page(t, reply, 200, "form_post", view, &look);
}

static tpa_err_t *by_message(const tpa_txn_t *t, tpa_reply_t *reply,
                             const tpa_visit_t *v, pairs_t pairs)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    tpa_json_t *message = tpa_json_object(t->p);
    tpa_json_t *response = tpa_json_object(t->p);

    for (; *pairs; pairs += 2)
        tpa_json_set_str(response, pairs[0], pairs[1]);
    tpa_json_set_str(message, "type", "authorization_response");
    tpa_json_set(message, "response", response);
    tpa_json_set_str(view, "origin",
                     tpa_redirect_origin(v->f.asked.redirect_uri, t->p));
    tpa_json_set_str(view, "message", tpa_json_print(message, t->p));
    return tpa_page(t, reply, 200, "web_message", view, &look);
}

static const struct mode_t {
    const char *name;
    tpa_err_t *(*send)(const tpa_txn_t *t, tpa_reply_t *reply,
                       const tpa_visit_t *v, pairs_t pairs);
    int redirects;         /* the browser leaves for the redirect URI */
} modes[] = {
    { "query",       by_query,   1 },
    { "form_post",   by_form,    1 },
    { "web_message", by_message, 0 },
    { NULL }
};

/* What was not sent, or is none, is answered by query. */
static const struct mode_t *mode_of(const tpa_visit_t *v)
{
    const struct mode_t *mode;

    for (mode = modes; v->f.asked.response_mode && mode->name; mode++) {
        if (!strcmp(mode->name, v->f.asked.response_mode))
            return mode;
    }
    return modes;
}

tpa_err_t *tpa_return_check(const tpa_flow_facts_t *f, apr_pool_t *p)
{
    const char *origin = tpa_redirect_origin(f->asked.redirect_uri, p);

    if (!f->asked.response_mode
        || strcmp(f->asked.response_mode, "web_message")
        || (origin && tpa_text_in(f->app.web_origins, origin)))
        return TPA_OK;
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_REQUEST, "response_mode"
        " web_message needs a redirect_uri whose origin is one of the"
        " web_origins of the application"), "web_message_origin");
}

tpa_err_t *tpa_return_code(const tpa_txn_t *t, tpa_reply_t *reply,
                           const tpa_visit_t *v, const char *code)
{
    const char *pairs[] = {
        "code", code, "state", v->f.asked.state, "iss", t->issuer, NULL
    };

    return mode_of(v)->send(t, reply, v, pairs);
}

/* ---- looks -------------------------------------------------------------- */

tpa_look_t tpa_return_look(const tpa_visit_t *v, apr_pool_t *p)
{
    const tpa_flow_org_t *org = &v->f.org;
    tpa_look_t look = { NULL };

    look.ui_locales = v->f.asked.ui_locales;
    look.brand = v->f.flow_tenant.name;
    look.form_origin = v->may_return
        ? tpa_redirect_origin(v->f.asked.redirect_uri, p) : NULL;
    if (!org->id || !tpa_flow_org_admits(&v->f.client, org))
        return look;
    look.brand = tpa_text_shown(org->display_name ? org->display_name
                                                  : org->name, p);
    look.logo_url = org->logo_url;
    look.primary_color = org->primary_color;
    look.page_background = org->page_background;
    return look;
}

/* ---- errors ------------------------------------------------------------- */

/* An application that asked in silence waits for a message in a frame, where
 * nobody would read a page: spec.md 11 row 25. */
static int goes_back(const tpa_visit_t *v, const tpa_err_t *e, apr_pool_t *p)
{
    if (!v || !v->may_return || !tpa_redirect_carries(e->kind)
        || tpa_return_check(&v->f, p))
        return 0;
    return v->f.app.redirects_errors
        || (v->f.asked.asks & TPA_ASK_NONE && !mode_of(v)->redirects);
}

static tpa_err_t *send_back(const tpa_txn_t *t, tpa_reply_t *reply,
                            const tpa_visit_t *v, const tpa_err_t *e)
{
    const char *pairs[] = {
        "error", tpa_ekind_info(e->kind)->oauth, "error_description", e->text,
        "state", v->f.asked.state, "iss", t->issuer, NULL
    };

    return mode_of(v)->send(t, reply, v, pairs);
}

/* The tenant's own page for errors; never for what is our fault, since that
 * has no reference. */
static const char *page_elsewhere(const tpa_txn_t *t, const tpa_visit_t *v,
                                  const tpa_err_t *e)
{
    const char *pairs[] = {
        "client_id", t->event->client_id,
        "error", tpa_ekind_info(e->kind)->oauth, "error_description", e->text,
        "tracking", t->event->ref, NULL
    };
    const char *url = v && v->has_facts ? v->f.flow_tenant.error_page_url
                                        : NULL;

    return url && !strncmp(url, "https://", 8) && t->event->ref
        ? tpa_redirect_with(url, pairs, t->p) : NULL;
}

static tpa_err_t *show(const tpa_txn_t *t, tpa_reply_t *reply,
                       const tpa_visit_t *v, const tpa_err_t *e,
                       int retry_after)
{
    tpa_json_t *view = tpa_json_object(t->p);
    int status = tpa_ekind_info(e->kind)->http;
    tpa_look_t look = { NULL };

    if (v) {
        look.ui_locales = v->f.asked.ui_locales;
        look.brand = v->f.flow_tenant.name;
    }
    tpa_json_set_str(view, "error", tpa_ekind_info(e->kind)->oauth);
    tpa_json_set_str(view, "description", e->text);
    tpa_json_set_str(view, "reference", t->event->ref);
    tpa_json_set_bool(view, "is_ours", status >= 500);
    if (e->kind == TPA_E_UNAVAILABLE)
        tpa_json_set_int(view, "retry_after", retry_after);
    tpa_reply_retry_after(reply, e, retry_after, t->p);
    return tpa_page(t, reply, status, "error", view, &look);
}

/* When even the page cannot be made. */
static void show_plainly(const tpa_txn_t *t, tpa_reply_t *reply,
                         const tpa_err_t *e)
{
    reply->status = tpa_ekind_info(e->kind)->http;
    reply->content_type = "text/plain; charset=utf-8";
    reply->body = apr_psprintf(t->p, "%s\n", e->text);
    tpa_reply_no_store(reply);
}

void tpa_return_error(const tpa_txn_t *t, tpa_reply_t *reply,
                      const tpa_err_t *e, int retry_after)
{
    const tpa_visit_t *v = t->gated;
    const char *elsewhere;

    if (goes_back(v, e, t->p) && !send_back(t, reply, v, e))
        return;
    elsewhere = page_elsewhere(t, v, e);
    if (elsewhere) {
        see_other(reply, elsewhere);
        return;
    }
    if (show(t, reply, v, e, retry_after))
        show_plainly(t, reply, e);
}
