#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/event.h"
#include "core/settings.h"
#include "crypto/secret.h"
#include "http/flow.h"
#include "http/return.h"
#include "http/session.h"
#include "store/flow.h"

#define CONSENT_ID_CHARS 24

const char *tpa_flow_path(const tpa_txn_t *t, const char *path)
{
    return apr_pstrcat(t->p, strchr(t->issuer + strlen("https://"), '/'),
                       path, NULL);
}

/* ---- the code ----------------------------------------------------------- */

static void add_request(const tpa_visit_t *v, tpa_json_t *o)
{
    const tpa_authz_t *asked = &v->f.asked;

    tpa_json_set_str(o, "client_id", v->f.client.id);
    tpa_json_set_str(o, "redirect_uri", asked->redirect_uri);
    tpa_json_set_str(o, "code_challenge", asked->code_challenge);
    tpa_json_set_str(o, "nonce", asked->nonce);
    tpa_json_set_str(o, "dpop_jkt", asked->dpop_jkt);
}

static void add_decision(const tpa_visit_t *v, tpa_json_t *o, apr_pool_t *p)
{
    const tpa_flow_user_t *user = &v->f.user;

    tpa_json_set_str(o, "user_id", user->id);
    tpa_json_set_str(o, "connection_id", user->connection_id);
    tpa_json_set_int(o, "authenticated_at", user->authenticated_at);
    tpa_json_set_str(o, "session_hash", v->session_hash);
    tpa_json_set_str(o, "api_id", v->f.api.id);
    tpa_json_set_str(o, "org_id", v->decision.org_id);
    tpa_json_set_list(o, "scope", v->decision.scopes);
    if (v->decision.details)
        tpa_json_set(o, "details",
                     tpa_details_stored(v->decision.details, p));
    tpa_json_set_bool(o, "joins", v->decision.joins);
}

/* What the user just consented to. The ticket of a consent is used up. */
static tpa_err_t *add_consent(tpa_txn_t *t, const tpa_visit_t *v,
                              tpa_json_t *o)
{
    tpa_json_t *consent = tpa_json_object(t->p);
    const char *id;

    if (!v->progress.consented)
        return TPA_OK;
    if (!v->ticket)
        return tpa_err_private(t->p, TPA_E_INTERNAL, "consent without a"
                               " ticket");
    tpa_json_set_str(o, "ticket_hash",
                     tpa_sha256_hex(v->ticket->id, strlen(v->ticket->id),
                                    t->p));
    tpa_json_set_int(o, "ticket_expires", v->ticket->expires_at);
    TPA_TRY(tpa_random_id("", CONSENT_ID_CHARS, &id, t->p));
    tpa_json_set_str(consent, "id", id);
    tpa_json_set_list(consent, "scope", v->decision.scopes);
    tpa_json_set_str(consent, "document_hash", v->f.app.document_hash);
    tpa_json_set(o, "consent", consent);
    return TPA_OK;
}

/* What the user was asked on the way, for the record. */
static const tpa_json_t *prompts(const tpa_visit_t *v, apr_pool_t *p)
{
    tpa_json_t *details = tpa_json_object(p), *list = tpa_json_array(p);

    if (v->progress.page_shown)
        tpa_json_add_str(list, "page");
    if (v->progress.org_settled)
        tpa_json_add_str(list, "organization");
    if (v->progress.consented)
        tpa_json_add_str(list, "consent");
    if (v->progress.confirmed)
        tpa_json_add_str(list, "confirm");
    tpa_json_set(details, "prompts", list);
    return details;
}

/* Why a code could not be issued after all; the same to the user, who has to
 * start again either way. */
static tpa_err_t *not_issued(tpa_txn_t *t, const char *result)
{
    tpa_err_t *e;

    if (!strcmp(result, "repeated"))
        return tpa_err_by(tpa_err(t->p, TPA_E_NOWHERE_TO_GO, "This form was"
            " sent already. Please go back to the application and start"
            " again"), "consent_once");
    e = tpa_err(t->p, TPA_E_NOWHERE_TO_GO, "You are no longer logged in."
                " Please go back to the application and start again");
    e->detail = apr_pstrcat(t->p, "code_issue: ", result, NULL);
    return tpa_err_by(e, "session_alive");
}

static tpa_err_t *issue(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    tpa_json_t *o = tpa_json_object(t->p);
    tpa_outcome_t outcome;
    const char *code;

    TPA_TRY(tpa_random_secret(&code, t->p));
    tpa_json_set_str(o, "code_hash", tpa_sha256_hex(code, strlen(code), t->p));
    tpa_json_set_int(o, "ttl_s", t->settings->code_lifetime_s);
    add_request(v, o);
    add_decision(v, o, t->p);
    TPA_TRY(add_consent(t, v, o));
    t->event->type = v->progress.page_shown ? "s" : "ssa";
    t->event->details = prompts(v, t->p);
    TPA_TRY(tpa_store_write(t->store, "code_issue", o,
                            tpa_event_json(t->event, t->p), &outcome, t->p));
    if (strcmp(outcome.result, "created")) {
        t->event->type = "f";
        t->event->details = NULL;
        return not_issued(t, outcome.result);
    }
    tpa_meter_count(t->meter, TPA_TALLY_CODES, NULL, NULL);
    return tpa_return_code(t, reply, v, code);
}

/* ---- the next step ------------------------------------------------------ */

static tpa_err_t *ask_organization(tpa_txn_t *t, tpa_reply_t *reply,
                                   tpa_visit_t *v)
{
    return tpa_show_organization(t, reply, v, NULL);
}

static tpa_err_t *ask_login(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    return tpa_show_login(t, reply, v, NULL, NULL, 0);
}

tpa_err_t *tpa_flow_advance(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    static tpa_err_t *(*const steps[])(tpa_txn_t *t, tpa_reply_t *reply,
                                       tpa_visit_t *v) = {
        [TPA_STEP_ORGANIZATION] = ask_organization,
        [TPA_STEP_LOGIN]        = ask_login,
        [TPA_STEP_PICK]         = tpa_show_picker,
        [TPA_STEP_CONSENT]      = tpa_show_consent,
        [TPA_STEP_CONFIRM]      = tpa_show_confirm,
        [TPA_STEP_ISSUE]        = issue,
    };

    return steps[v->decision.step](t, reply, v);
}

tpa_err_t *tpa_flow_go_on(tpa_txn_t *t, tpa_reply_t *reply, tpa_visit_t *v)
{
    TPA_TRY(tpa_visit_decide(t, v));
    return tpa_flow_advance(t, reply, v);
}

tpa_err_t *tpa_ep_continue(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v;

    TPA_TRY(tpa_visit_link(t, TPA_FOR_CONTINUE, &v));
    return tpa_flow_go_on(t, reply, v);
}
