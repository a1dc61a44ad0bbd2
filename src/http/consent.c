#include <string.h>

#include <apr_strings.h>

#include "base/shown.h"
#include "base/text.h"
#include "core/redirect.h"
#include "http/details.h"
#include "http/flow.h"
#include "http/page.h"
#include "http/return.h"
#include "http/scopes.h"

/* ---- the page ----------------------------------------------------------- */

static const char *date_of(apr_time_t at, apr_pool_t *p)
{
    apr_time_exp_t x;

    if (!at || apr_time_exp_gmt(&x, at) != APR_SUCCESS)
        return NULL;
    return apr_psprintf(p, "%04d-%02d-%02d", x.tm_year + 1900, x.tm_mon + 1,
                        x.tm_mday);
}

/* Who stands behind the application, as far as anybody here knows. */
static void show_publisher(const tpa_visit_t *v, tpa_json_t *view,
                           apr_pool_t *p)
{
    const tpa_client_t *client = &v->f.client;

    tpa_json_set_bool(view, "is_third_party", !client->is_first_party);
    tpa_json_set_bool(view, "self_registered", client->via == TPA_VIA_DYNAMIC);
    if (client->via == TPA_VIA_CIMD)
        tpa_json_set_str(view, "document_host",
                         tpa_redirect_shown(tpa_client_called(client), p));
    tpa_json_set_str(view, "since", date_of(v->f.app.created_at, p));
}

static const char *name_of(const tpa_flow_org_t *org, apr_pool_t *p)
{
    return tpa_text_shown(org->display_name ? org->display_name : org->name,
                          p);
}

/* The first character of UTF-8, not the first byte. */
static const char *initial_of(const char *name, apr_pool_t *p)
{
    apr_size_t len = 1;

    if (!name || !*name)
        return NULL;
    while ((name[len] & 0xc0) == 0x80)
        len++;
    return apr_pstrmemdup(p, name, len);
}

static void show_who(const tpa_visit_t *v, tpa_json_t *view, apr_pool_t *p)
{
    const tpa_flow_user_t *user = &v->f.user;
    const tpa_flow_org_t *org = &v->f.org;
    tpa_json_t *shown = tpa_json_object(p);

    tpa_json_set_str(view, "application",
                     tpa_text_shown(v->f.client.name, p));
    tpa_json_set_str(view, "initial",
                     initial_of(tpa_text_shown(v->f.client.name, p), p));
    tpa_json_set_str(view, "logo", v->f.app.logo_uri);
    tpa_json_set_str(shown, "name", tpa_text_shown(user->name ? user->name
                     : user->email ? user->email : user->id, p));
    tpa_json_set_str(shown, "email", user->name ? user->email : NULL);
    tpa_json_set(view, "user", shown);
    if (v->decision.org_id)
        tpa_json_set_str(view, "organization", name_of(org, p));
    tpa_json_set_str(view, "account", v->decision.org_id ? name_of(org, p)
                     : v->f.flow_tenant.name);
    tpa_json_set_str(view, "redirect_host",
                     tpa_redirect_shown(v->f.asked.redirect_uri, p));
}

tpa_err_t *tpa_show_consent(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    const char *ticket, *other;

    v->progress.page_shown = 1;
    v->progress.consented = 0;
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_CONSENT, &ticket));
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_LOGIN, &other));
    tpa_json_set_str(view, "switch_href",
                     apr_pstrcat(t->p, tpa_flow_path(t, "u/login?ticket="),
                                 other, NULL));
    tpa_json_set_str(view, "action", tpa_flow_path(t, "u/consent"));
    tpa_json_set_str(view, "ticket", ticket);
    show_who(v, view, t->p);
    show_publisher(v, view, t->p);
    tpa_scopes_show(v, view, t->p);
    if (v->decision.details)
        tpa_details_show(v, view, t->p);
    return tpa_page(t, reply, 200, "consent", view, &look);
}

tpa_err_t *tpa_show_confirm(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    const char *ticket;

    v->progress.page_shown = 1;
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_CONFIRM, &ticket));
    tpa_json_set_str(view, "action", tpa_flow_path(t, "u/confirm"));
    tpa_json_set_str(view, "ticket", ticket);
    show_who(v, view, t->p);
    return tpa_page(t, reply, 200, "confirm", view, &look);
}

/* ---- the answers -------------------------------------------------------- */

static int is_same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static int is_same_list(const apr_array_header_t *a,
                        const apr_array_header_t *b)
{
    int i, n = a ? a->nelts : 0;

    if (n != (b ? b->nelts : 0))
        return 0;
    for (i = 0; i < n; i++) {
        if (!tpa_text_in(b, APR_ARRAY_IDX(a, i, const char *)))
            return 0;
    }
    return 1;
}

/* Is what would be granted now exactly what the page showed? */
static int is_as_shown(const tpa_visit_t *v)
{
    const tpa_ticket_t *k = v->ticket;

    return is_same_text(k->api_id, v->f.api.id)
        && is_same_text(k->org_id, v->decision.org_id)
        && is_same_list(k->scopes, v->decision.scopes);
}

static tpa_err_t *declined(const tpa_txn_t *t)
{
    return tpa_err_by(tpa_err(t->p, TPA_E_ACCESS_DENIED, "User did not"
                              " authorize the request"), "user_consents");
}

/* Accept, or anything else; a form without its button is no consent. */
static int accepts(const tpa_txn_t *t)
{
    const char *decision = tpa_txn_param(t, "decision");

    return decision && !strcmp(decision, "accept");
}

/* The decision is made with the consent, and again without it when something
 * else would be granted by now: then the page shows that. */
tpa_err_t *tpa_ep_consent(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_post(t, TPA_FOR_CONSENT, &v));
    if (!accepts(t))
        return declined(t);
    v->progress.consented = 1;
    TPA_TRY(tpa_visit_decide(t, v));
    if (is_as_shown(v))
        return tpa_flow_advance(t, reply, v);
    v->progress.consented = 0;
    return tpa_flow_go_on(t, reply, v);
}

tpa_err_t *tpa_ep_confirm(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_post(t, TPA_FOR_CONFIRM, &v));
    if (!accepts(t))
        return declined(t);
    v->progress.confirmed = 1;
    TPA_TRY(tpa_visit_decide(t, v));
    if (is_as_shown(v))
        return tpa_flow_advance(t, reply, v);
    v->progress.confirmed = 0;
    v->progress.consented = 0;
    return tpa_flow_go_on(t, reply, v);
}
