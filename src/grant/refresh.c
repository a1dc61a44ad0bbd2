#include <string.h>

#include "base/bounds.h"
#include "core/event.h"
#include "core/scope.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "grant/user_int.h"
#include "store/flow.h"

#define SUCCESSOR "refresh-successor"
#define REFUSED "The refresh token is unknown, expired or revoked"

static const tpa_param_t params[] = {
    { "refresh_token", 512 },
    { "scope", 8192 },
    { "audience", 600 },
    { "resource", 600 },       /* RFC 8707 2.2 */
    { "authorization_details", TPA_DETAILS_MAX },
    { NULL }
};

/* A use of a token, put together before anything happens. */
typedef struct use_t {
    const char *token;          /* that was sent */
    const char *token_hash;
    const char *next;           /* that takes its place; NULL: none does */
    const char *next_hash;
    const char *successor;      /* next, sealed under token */
    const tpa_json_t *proof;    /* that is used up with it; NULL: none */
} use_t;

static tpa_err_t *token_of(tpa_txn_t *t, use_t *out)
{
    memset(out, 0, sizeof(*out));
    TPA_TRY(tpa_bounds_need(t, "refresh_token", &out->token));
    out->token_hash = tpa_sha256_hex(out->token, strlen(out->token), t->p);
    return TPA_OK;
}

static tpa_err_t *gather(tpa_txn_t *t, const char *client_id,
                         tpa_gathered_t *out)
{
    tpa_flow_facts_t *f = apr_pcalloc(t->p, sizeof(*f));
    use_t use;

    TPA_TRY(token_of(t, &use));
    TPA_TRY(tpa_store_refresh_facts(t->store, client_id, use.token_hash, f,
                                    t->p));
    f->proof_jkt = t->proof ? t->proof->jkt : NULL;
    out->facts = f;
    out->client = &f->client;
    out->app = &f->app;
    return TPA_OK;
}

/* ---- what is asked of a token -------------------------------------------- */

static int refresh_known(const tpa_shown_t *s)
{
    return s->f->held.family_id != NULL;
}

static int refresh_alive(const tpa_shown_t *s)
{
    return !s->f->held.ended;
}

/* Which of two uses comes first is told by the database alone. */
static int refresh_latest(const tpa_shown_t *s)
{
    return 1;
}

static const tpa_check_t checks[] = {
    { "refresh_known", refresh_known,
      "no such refresh token was issued to this application" },
    { "refresh_alive", refresh_alive,
      "it was revoked, or its idle or absolute lifetime is over" },
    { "refresh_latest", refresh_latest,
      "it was exchanged before; all tokens of its family are revoked" },
    { "key_held", tpa_user_key_held,
      "the refresh token is bound to another DPoP key than the request proved,"
      " or it proved none" },
    { NULL }
};

static tpa_err_t *judge(tpa_txn_t *t, tpa_flow_facts_t *f,
                        tpa_flow_decision_t *d)
{
    tpa_shown_t shown = { f, t->now, t->p, NULL, NULL };

    TPA_TRY(tpa_user_check(checks, &shown, REFUSED));
    TPA_TRY(tpa_user_target(t, f));
    TPA_TRY(tpa_user_details(t, f));
    TPA_TRY(tpa_scope_parse(tpa_txn_param(t, "scope"), &f->asked_scopes,
                            t->p));
    return tpa_flow_tokens(f, TPA_AT_REFRESH, f->asked_scopes, d, t->p);
}

/* ---- successors ---------------------------------------------------------- */

/* Only who holds the old token can open what took its place: a lost answer is
 * given again by any node, and nobody else can ask for it. */
static tpa_err_t *sealer_of(const use_t *use, tpa_sealer_t **out,
                            apr_pool_t *p)
{
    return tpa_sealer_make(use->token, out, p);
}

static tpa_err_t *make_next(use_t *use, apr_pool_t *p)
{
    tpa_sealer_t *sealer;

    TPA_TRY(tpa_random_secret(&use->next, p));
    use->next_hash = tpa_sha256_hex(use->next, strlen(use->next), p);
    TPA_TRY(sealer_of(use, &sealer, p));
    return tpa_seal(sealer, SUCCESSOR, use->next, strlen(use->next),
                    &use->successor, p);
}

static tpa_err_t *open_successor(const use_t *use, const tpa_json_t *body,
                                 const char **out, apr_pool_t *p)
{
    const char *box = tpa_json_get_str(body, "successor");
    tpa_sealer_t *sealer;

    TPA_TRY(sealer_of(use, &sealer, p));
    if (!box || tpa_unseal(sealer, SUCCESSOR, box, out, NULL, p))
        return tpa_err_private(p, TPA_E_INTERNAL, "the successor of a refresh"
                               " token cannot be opened");
    return TPA_OK;
}

/* ---- the effect ---------------------------------------------------------- */

static tpa_json_t *use_json(const use_t *use, const tpa_flow_facts_t *f,
                            apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "token_hash", use->token_hash);
    tpa_json_set_str(o, "client_id", f->client.id);
    tpa_json_set_bool(o, "rotates", use->next != NULL);
    tpa_json_set_str(o, "new_hash", use->next_hash);
    tpa_json_set_str(o, "successor", use->successor);
    tpa_json_set_int(o, "leeway_s", f->app.refresh_leeway_s);
    tpa_json_set_int(o, "idle_s", f->app.refresh_idle_s);
    tpa_json_set(o, "proof", use->proof);
    return o;
}

static tpa_err_t *reused(tpa_txn_t *t, const tpa_flow_facts_t *f)
{
    tpa_log(t->log, TPA_LOG_WARNING, t->p, "TPA0009: refresh token %d of"
            " family %s of application %s was used again; the family is"
            " revoked", f->held.generation, f->held.family_id, f->client.id);
    t->event->type = "ferrt";
    return tpa_user_refusal(checks, "refresh_latest", REFUSED, t->p);
}

static const tpa_json_t *record_of(tpa_txn_t *t, const tpa_flow_facts_t *f,
                                   const tpa_minted_t *minted)
{
    tpa_json_t *details = tpa_user_family_details(f, t->p);

    tpa_json_set_str(details, "access_token_jti", minted->jti);
    tpa_json_set_str(details, "requested_scope", tpa_txn_param(t, "scope"));
    t->event->type = tpa_grant_refresh.granted;
    t->event->details = details;
    return tpa_event_json(t->event, t->p);
}

/* *out: the token to hand over; NULL: the one that was sent stays. */
static tpa_err_t *use_it(tpa_txn_t *t, const tpa_flow_facts_t *f,
                         const use_t *use, const tpa_json_t *event,
                         const char **out)
{
    tpa_outcome_t done;

    *out = use->next;
    TPA_TRY(tpa_store_write(t->store, "refresh_use", use_json(use, f, t->p),
                            event, &done, t->p));
    if (!strcmp(done.result, "updated"))
        return TPA_OK;
    if (!strcmp(done.result, "repeated"))
        return open_successor(use, done.body, out, t->p);
    if (!strcmp(done.result, "reused"))
        return reused(t, f);
    if (!strcmp(done.result, "replayed"))
        return tpa_grant_replayed(t->p);
    return tpa_user_refusal(checks, "refresh_known", REFUSED, t->p);
}

/* ---- the grant ----------------------------------------------------------- */

static tpa_err_t *grant(tpa_txn_t *t, const tpa_flow_facts_t *f,
                        const tpa_flow_decision_t *d, use_t *use,
                        tpa_minted_t *out)
{
    if (f->app.refresh_rotates)
        TPA_TRY(make_next(use, t->p));
    use->proof = tpa_grant_proof(t);
    TPA_TRY(tpa_user_mint(t, f, d, "refresh_token", out));
    return use_it(t, f, use, record_of(t, f, out), &out->refresh_token);
}

static tpa_err_t *judge_and_grant(tpa_txn_t *t, tpa_flow_facts_t *f,
                                  tpa_minted_t *out)
{
    tpa_flow_decision_t d = { 0 };
    const char *successor;
    tpa_err_t *e;
    use_t use;

    TPA_TRY(token_of(t, &use));
    e = judge(t, f, &d);
    tpa_user_note(t, f, &d);
    /* Theft is noticed whatever else is wrong; nothing is handed over. */
    if (e && f->held.exchanged_at && !f->held.ended)
        TPA_TRY(use_it(t, f, &use, NULL, &successor));
    TPA_TRY(e);
    return grant(t, f, &d, &use, out);
}

static tpa_err_t *run(tpa_txn_t *t, void *facts, tpa_minted_t *out)
{
    tpa_err_t *e = judge_and_grant(t, facts, out);

    if (e && t->event->type == tpa_grant_refresh.granted)
        t->event->type = tpa_grant_refresh.refused;
    return tpa_user_refuse(t, tpa_grant_refresh.name, facts, e);
}

const tpa_grant_t tpa_grant_refresh = {
    "refresh_token", params, "sertft", "fertft", 1, gather, run
};
