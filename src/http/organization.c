#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/shown.h"
#include "base/text.h"
#include "http/flow.h"
#include "http/page.h"
#include "http/return.h"
#include "store/flow.h"

#define MOST_TYPED 320       /* an e-mail address */
#define MAX_PICKS 20

/* ---- asking for it by name or address ----------------------------------- */

static int discovers_by(const tpa_visit_t *v, const char *method)
{
    const apr_array_header_t *methods = v->f.app.org_discovery;

    return methods ? tpa_text_in(methods, method) : !strcmp(method, "email");
}

static void show_methods(const tpa_visit_t *v, tpa_json_t *view)
{
    tpa_json_set_bool(view, "by_name",
                      discovers_by(v, "organization_name"));
    tpa_json_set_bool(view, "by_email", discovers_by(v, "email"));
}

/* What was typed, without blanks around it; NULL: nothing, or too much. */
static const char *typed_in(const tpa_txn_t *t)
{
    const char *typed = tpa_txn_param(t, "value");
    apr_size_t len;

    if (!typed)
        return NULL;
    typed += strspn(typed, " ");
    for (len = strlen(typed); len && typed[len - 1] == ' '; len--)
        ;
    return len && len <= MOST_TYPED ? apr_pstrmemdup(t->p, typed, len) : NULL;
}

tpa_err_t *tpa_show_organization(tpa_txn_t *t, tpa_reply_t *reply,
                                 tpa_visit_t *v, const char *error)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    const char *ticket;

    v->progress.page_shown = 1;
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_ORGANIZATION, &ticket));
    tpa_json_set_str(view, "action", tpa_flow_path(t, "u/organization"));
    tpa_json_set_str(view, "ticket", ticket);
    tpa_json_set_str(view, "application",
                     tpa_text_shown(v->f.client.name, t->p));
    tpa_json_set_str(view, "value",
                     tpa_text_shown(error ? typed_in(t) : v->login_hint, t->p));
    tpa_json_set_bool(view, "may_skip", v->decision.may_go_without);
    tpa_json_set_str(view, "error", error);
    show_methods(v, view);
    return tpa_page(t, reply, error ? 400 : 200, "organization", view, &look);
}

/* What is looked for: a domain when it is an address, else a name. NULL: this
 * application does not look that way. */
static tpa_json_t *search_of(const tpa_visit_t *v, const char *typed,
                             apr_pool_t *p)
{
    tpa_json_t *search = tpa_json_object(p);
    const char *at = strrchr(typed, '@');
    char *lower;

    if (!discovers_by(v, at ? "email" : "organization_name"))
        return NULL;
    lower = apr_pstrdup(p, at ? at + 1 : typed);
    for (at = lower; *at; at++)
        lower[at - lower] = (char)apr_tolower(*at);
    tpa_json_set_str(search, strchr(typed, '@') ? "domain" : "name", lower);
    tpa_json_set_str(search, "client_id", v->f.client.id);
    return search;
}

/* One that does not admit the application is told from one that does not exist
 * by nobody: spec.md 11 row 3. */
static int admits(const tpa_visit_t *v, const tpa_json_t *item)
{
    tpa_flow_org_t org = { NULL };

    org.id = tpa_json_get_str(item, "id");
    org.admits_third_party = tpa_json_get_true(item, "admits_third_party");
    org.lists_clients = tpa_json_get_true(item, "lists_clients");
    org.listed = tpa_json_get_true(item, "listed");
    org.listed_for_members = tpa_json_get_true(item, "listed_for_members");
    return org.id && tpa_flow_org_admits(&v->f.client, &org);
}

static tpa_err_t *find(tpa_txn_t *t, const tpa_visit_t *v, const char *typed,
                       apr_array_header_t **found)
{
    tpa_json_t *search = search_of(v, typed, t->p);
    const tpa_json_t *items;
    tpa_outcome_t outcome;
    apr_size_t i;

    *found = apr_array_make(t->p, 4, sizeof(const tpa_flow_org_t *));
    if (!search)
        return TPA_OK;
    TPA_TRY(tpa_store_read(t->store, "organization_find", search, &outcome,
                           t->p));
    items = tpa_json_get(outcome.body, "items");
    for (i = 0; i < tpa_json_size(items); i++) {
        const tpa_json_t *item = tpa_json_at(items, i);
        tpa_flow_org_t *org;

        if (!admits(v, item))
            continue;
        org = apr_pcalloc(t->p, sizeof(*org));
        org->id = tpa_json_get_str(item, "id");
        org->name = tpa_json_get_str(item, "name");
        org->display_name = tpa_json_get_str(item, "display_name");
        APR_ARRAY_PUSH(*found, const tpa_flow_org_t *) = org;
    }
    return TPA_OK;
}

static tpa_err_t *take(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v,
                       const char *org_id)
{
    v->progress.org_settled = 1;
    v->progress.org = org_id;
    TPA_TRY(tpa_visit_gather(t, v));
    return tpa_flow_go_on(t, reply, v);
}

/* "Go on without an Organization", where that is offered. */
static int skips(const tpa_txn_t *t, const tpa_visit_t *v)
{
    return v->decision.may_go_without && tpa_txn_param(t, "skip");
}

tpa_err_t *tpa_ep_organization(tpa_txn_t *t, tpa_reply_t *reply)
{
    const char *typed = typed_in(t);
    apr_array_header_t *found;
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_post(t, TPA_FOR_ORGANIZATION, &v));
    TPA_TRY(tpa_visit_decide(t, v));
    if (v->decision.step != TPA_STEP_ORGANIZATION)
        return tpa_flow_advance(t, reply, v);
    if (skips(t, v))
        return take(t, reply, v, NULL);
    if (!typed)
        return tpa_show_organization(t, reply, v, "unknown");
    v->login_hint = strchr(typed, '@') ? typed : v->login_hint;
    TPA_TRY(find(t, v, typed, &found));
    if (!found->nelts)
        return tpa_show_organization(t, reply, v, "unknown");
    if (found->nelts == 1)
        return take(t, reply, v, APR_ARRAY_IDX(found, 0,
                                               const tpa_flow_org_t *)->id);
    v->decision.candidates = found;
    return tpa_show_picker(t, reply, v);
}

/* ---- picking one -------------------------------------------------------- */

static tpa_json_t *choices(const apr_array_header_t *orgs, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);
    int i;

    for (i = 0; orgs && i < orgs->nelts && i < MAX_PICKS; i++) {
        const tpa_flow_org_t *org
            = APR_ARRAY_IDX(orgs, i, const tpa_flow_org_t *);
        tpa_json_t *item = tpa_json_object(p);

        tpa_json_set_str(item, "id", org->id);
        tpa_json_set_str(item, "label", tpa_text_shown(org->display_name
                         ? org->display_name : org->name, p));
        tpa_json_add(list, item);
    }
    return list;
}

tpa_err_t *tpa_show_picker(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    tpa_look_t look = tpa_return_look(v, t->p);
    tpa_json_t *view = tpa_json_object(t->p);
    const char *ticket;

    v->progress.page_shown = 1;
    TPA_TRY(tpa_visit_ticket(t, reply, v, TPA_FOR_PICK, &ticket));
    tpa_json_set_str(view, "action", tpa_flow_path(t, "u/organization-picker"));
    tpa_json_set_str(view, "ticket", ticket);
    tpa_json_set_str(view, "application",
                     tpa_text_shown(v->f.client.name, t->p));
    tpa_json_set(view, "organizations", choices(v->decision.candidates, t->p));
    tpa_json_set_bool(view, "may_go_without", v->decision.may_go_without);
    return tpa_page(t, reply, 200, "picker", view, &look);
}

/* Which one may be picked is not asked of the ticket: the rules look at it as
 * they look at one that the application names. */
tpa_err_t *tpa_ep_picker(tpa_txn_t *t, tpa_reply_t *reply)
{
    const char *picked = tpa_txn_param(t, "organization");
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_post(t, TPA_FOR_PICK, &v));
    if (picked && strlen(picked) <= MOST_TYPED)
        return take(t, reply, v, picked);
    TPA_TRY(tpa_visit_decide(t, v));
    if (skips(t, v))
        return take(t, reply, v, NULL);
    return tpa_flow_advance(t, reply, v);
}
