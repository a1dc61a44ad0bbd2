#include <string.h>

#include <apr_strings.h>

#include "base/limit.h"
#include "base/text.h"
#include "cimd/cimd.h"
#include "core/event.h"
#include "core/redirect.h"
#include "core/scope.h"
#include "core/settings.h"
#include "crypto/secret.h"
#include "http/return.h"
#include "http/session.h"
#include "http/visit.h"
#include "store/flow.h"

#define TICKET_ID_CHARS 22
#define MAX_CLIENT_ID 255

/* ---- what the log is told ----------------------------------------------- */

static void note(tpa_txn_t *t, const tpa_visit_t *v)
{
    const tpa_flow_facts_t *f = &v->f;
    tpa_event_t *event = t->event;

    event->client_id = f->client.id ? f->client.id : f->asked.client_id;
    event->client_name = f->client.name;
    event->audience = f->api.audience ? f->api.audience : f->asked.audience;
    event->organization_id = f->org.id ? f->org.id : f->asked.organization;
    event->organization_name = f->org.id ? f->org.name : NULL;
    event->user_id = f->user.id;
    event->connection = tpa_flow_connection_name(f);
    event->scope = f->asked.scope;
    event->authenticated = f->user.id != NULL;
}

static void note_refusal(tpa_txn_t *t, const tpa_visit_t *v)
{
    tpa_json_t *details = tpa_json_object(t->p);

    tpa_json_set_str(details, "flow", "authorize");
    tpa_json_set(details, "facts", tpa_flow_facts_json(&v->f, &v->progress,
                                                       t->now, t->p));
    t->event->details = details;
}

/* ---- the request -------------------------------------------------------- */

static tpa_err_t *nowhere(apr_pool_t *p, const char *rule, const char *detail,
                          const char *text)
{
    tpa_err_t *e = tpa_err(p, TPA_E_NOWHERE_TO_GO, "%s", text);

    e->detail = detail;
    return tpa_err_by(e, rule);
}

/* An id that cannot be one of ours is not looked for, nor shown. */
static tpa_err_t *check_client_id(tpa_txn_t *t, const tpa_authz_t *asked)
{
    if (!asked->client_id)
        return nowhere(t->p, "client_known", NULL,
                       "Missing required parameter: client_id");
    if (strlen(asked->client_id) > MAX_CLIENT_ID)
        return nowhere(t->p, "client_known", "client_id is too long",
                       "Unknown client");
    return TPA_OK;
}

/* Before any page, and before any cookie. */
static tpa_err_t *check_place(tpa_txn_t *t, tpa_visit_t *v)
{
    const tpa_flow_facts_t *f = &v->f;
    const char *uri = f->asked.redirect_uri;

    if (!f->client.id || strcmp(f->asked.client_id,
                                tpa_client_called(&f->client)))
        return nowhere(t->p, "client_known", NULL,
            tpa_text_is_id(f->asked.client_id, 1, 64)
                ? apr_pstrcat(t->p, "Unknown client: ", f->asked.client_id,
                              NULL)
                : "Unknown client");
    if (!uri)
        return nowhere(t->p, "redirect_uri_registered", NULL,
                       "Missing required parameter: redirect_uri");
    if (!tpa_redirect_registered(uri, f->app.callbacks, f->app.app_type
                                 && !strcmp(f->app.app_type, "native")))
        return nowhere(t->p, "redirect_uri_registered",
            apr_pstrcat(t->p, "redirect_uri ", uri, NULL), "Callback URL"
            " mismatch: the redirect_uri is not one that is registered for"
            " this application");
    v->may_return = 1;
    return TPA_OK;
}

tpa_err_t *tpa_visit_gather(tpa_txn_t *t, tpa_visit_t *v)
{
    tpa_flow_facts_t *f = apr_pcalloc(t->p, sizeof(*f));
    tpa_flow_query_t q = { NULL };

    f->asked = v->f.asked;
    f->asked_scopes = v->f.asked_scopes;
    f->asked_details = v->f.asked_details;
    q.client_id = f->asked.client_id;
    q.audience = f->asked.audience;
    q.resource = f->asked.resource;
    q.organization = f->asked.organization;
    q.org_id = v->progress.org;
    q.session_hash = v->session_hash;
    q.scopes = f->asked_scopes;
    q.details = f->asked_details != NULL;
    TPA_TRY(tpa_store_authorize_facts(t->store, &q, f, t->p));
    v->f = *f;
    v->has_facts = 1;
    note(t, v);
    return TPA_OK;
}

static tpa_err_t *read_request(tpa_txn_t *t, tpa_visit_t *v)
{
    tpa_authz_read(v->sent, &v->f.asked);
    t->event->client_id = v->f.asked.client_id;
    return check_client_id(t, &v->f.asked);
}

/* An application that nobody registered, or whose document is old: what the
 * document says now is what counts. */
static tpa_err_t *look_at_document(tpa_txn_t *t, tpa_visit_t *v)
{
    const tpa_flow_facts_t *f = &v->f;
    const char *why = NULL;

    if (!f->flow_tenant.reads_documents
        || !tpa_cimd_is_url(f->asked.client_id)
        || (f->client.id && (!f->app.document_expires_at
                             || f->app.document_expires_at > t->now)))
        return TPA_OK;
    TPA_TRY(tpa_cimd_come(t, f->asked.client_id, &why));
    if (why)
        return nowhere(t->p, "document_usable", NULL,
                       apr_pstrcat(t->p, "The metadata document of this"
                                   " application cannot be used: ", why,
                                   NULL));
    return tpa_visit_gather(t, v);
}

/* What is wrong with scopes and details is told once the application is
 * known. */
static tpa_err_t *judge(tpa_txn_t *t, tpa_visit_t *v)
{
    tpa_authz_t *asked = &v->f.asked;
    tpa_err_t *bad_scope, *bad_details;

    bad_scope = tpa_scope_parse(asked->scope, &v->f.asked_scopes, t->p);
    bad_details = tpa_details_parse(asked->authorization_details,
                                    &v->f.asked_details, t->p);
    TPA_TRY(tpa_visit_gather(t, v));
    TPA_TRY(look_at_document(t, v));
    TPA_TRY(check_place(t, v));
    TPA_TRY(tpa_authz_check(v->sent, v->f.client.is_strict, &v->f.asked,
                            t->p));
    TPA_TRY(tpa_return_check(&v->f, t->p));
    if (v->f.asked.asks & TPA_ASK_NONE)
        t->event->type = "fsa";
    return bad_details ? bad_details : bad_scope;
}

static tpa_visit_t *make(tpa_txn_t *t)
{
    tpa_visit_t *v = apr_pcalloc(t->p, sizeof(*v));

    v->browser = tpa_browser_cookie(t);
    v->session_hash = tpa_session_cookie_hash(t);
    t->gated = v;
    return v;
}

/* Before anything is looked for. A made-up id costs the caller's address, not
 * the group it seems to belong to. */
static tpa_err_t *judge_counted(tpa_txn_t *t, tpa_visit_t *v)
{
    const char *client_id = v->f.asked.client_id;
    tpa_err_t *e;

    TPA_TRY(tpa_limit_peek(t, TPA_COUNT_FAILURE, NULL));
    TPA_TRY(tpa_limit_take(t, TPA_COUNT_NAMED, client_id));
    e = judge(t, v);
    if (v->has_facts && !v->f.client.id) {
        tpa_limit_give(t, TPA_COUNT_NAMED, client_id);
        tpa_limit_miss(t);
    }
    return e;
}

tpa_err_t *tpa_visit_begin(tpa_txn_t *t)
{
    tpa_visit_t *v = make(t);

    v->sent = t->req->query;
    v->progress.started_at = t->now;
    TPA_TRY(read_request(t, v));
    TPA_TRY(judge_counted(t, v));
    v->login_hint = v->f.asked.login_hint;
    return tpa_visit_decide(t, v);
}

/* ---- going on ----------------------------------------------------------- */

static int add_param(void *baton, const char *name, const tpa_json_t *value)
{
    apr_table_add(baton, name, tpa_json_str(value));
    return 0;
}

static tpa_err_t *resume(tpa_txn_t *t, const char *box, tpa_ticket_for_t page,
                         tpa_visit_t **out)
{
    tpa_visit_t *v = make(t);
    tpa_ticket_t *k = apr_pcalloc(t->p, sizeof(*k));
    tpa_ticket_check_t check = { page, t->issuer, v->browser, t->now };
    apr_table_t *sent = apr_table_make(t->p, 16);

    TPA_TRY(tpa_ticket_open(t->sealer, box, &check, k, t->p));
    if (tpa_ticket_of_session(page) && (!v->session_hash || !k->session_hash
        || !tpa_secret_equal(v->session_hash, k->session_hash)))
        return nowhere(t->p, "session_same", "the session is not that of the"
            " page", "You are no longer logged in as the one this page was"
            " for. Please go back to the application and start again");
    tpa_json_each(k->asked, add_param, sent);
    v->sent = sent;
    v->ticket = k;
    v->progress = k->progress;
    v->login_hint = k->login_hint;
    *out = v;
    TPA_TRY(read_request(t, v));
    return judge(t, v);
}

tpa_err_t *tpa_visit_post(tpa_txn_t *t, tpa_ticket_for_t page,
                          tpa_visit_t **out)
{
    if (strcmp(t->req->method, "POST"))
        return nowhere(t->p, "page_of_ours", NULL, "This page cannot be"
            " opened by itself. Please go back to the application and start"
            " again");
    TPA_TRY(tpa_session_same_origin(t));
    return resume(t, tpa_txn_param(t, "ticket"), page, out);
}

tpa_err_t *tpa_visit_link(tpa_txn_t *t, tpa_ticket_for_t page,
                          tpa_visit_t **out)
{
    return resume(t, apr_table_get(t->req->query, "ticket"), page, out);
}

/* ---- the decision ------------------------------------------------------- */

static tpa_err_t *decide_once(tpa_txn_t *t, tpa_visit_t *v)
{
    tpa_flow_decision_t *d = &v->decision;
    tpa_err_t *e;

    memset(d, 0, sizeof(*d));
    e = tpa_flow_authorize(&v->f, &v->progress, t->now, d, t->p);
    if (!d->connections)
        d->connections = apr_array_make(t->p, 1, sizeof(void *));
    if (d->scopes)
        t->event->scope = tpa_text_join(d->scopes, " ", t->p);
    if (e)
        note_refusal(t, v);
    return e;
}

tpa_err_t *tpa_visit_decide(tpa_txn_t *t, tpa_visit_t *v)
{
    TPA_TRY(decide_once(t, v));
    if (v->decision.step != TPA_STEP_CHOSEN)
        return TPA_OK;
    v->progress.org = v->decision.org_id;
    v->progress.org_settled = 1;
    TPA_TRY(tpa_visit_gather(t, v));
    TPA_TRY(decide_once(t, v));
    if (v->decision.step == TPA_STEP_CHOSEN)
        return tpa_err_private(t->p, TPA_E_INTERNAL, "an Organization that"
                               " was chosen is to be chosen again");
    return TPA_OK;
}

tpa_err_t *tpa_visit_connections(tpa_txn_t *t, tpa_visit_t *v)
{
    memset(&v->f.user, 0, sizeof(v->f.user));
    v->f.orgs = NULL;
    return decide_once(t, v);
}

/* ---- tickets ------------------------------------------------------------ */

/* What the page is about to show stands in its ticket. */
static void note_shown(const tpa_visit_t *v, tpa_ticket_t *k)
{
    k->session_hash = v->session_hash;
    k->api_id = v->f.api.id;
    k->org_id = v->decision.org_id;
    k->scopes = v->decision.scopes;
}

tpa_err_t *tpa_visit_ticket(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                            tpa_ticket_for_t page, const char **box)
{
    tpa_ticket_t k = { page };

    TPA_TRY(tpa_browser_settle(t, reply, &v->browser));
    TPA_TRY(tpa_random_id("", TICKET_ID_CHARS, &k.id, t->p));
    if (v->ticket && v->progress.consented)
        k.id = v->ticket->id;   /* the consent is good once, with its sequel */
    k.issuer = t->issuer;
    k.browser_hash = tpa_sha256_hex(v->browser, strlen(v->browser), t->p);
    k.expires_at = v->progress.started_at
        + apr_time_from_sec(t->settings->login_lifetime_s);
    k.asked = tpa_authz_json(&v->f.asked, t->p);
    k.progress = v->progress;
    k.login_hint = v->login_hint;
    if (tpa_ticket_of_session(page))
        note_shown(v, &k);
    else   /* somebody else may log in before the next page */
        k.progress.consented = k.progress.confirmed = 0;
    return tpa_ticket_seal(t->sealer, &k, box, t->p);
}
