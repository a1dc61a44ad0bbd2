#include <string.h>

#include "base/bounds.h"
#include "core/event.h"
#include "crypto/secret.h"
#include "grant/user_int.h"
#include "store/flow.h"

#define FAMILY_LENGTH 20     /* base62 */
#define VERIFIER_MIN 43      /* RFC 7636 4.1 */
#define VERIFIER_MAX 128
#define UNRESERVED \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

#define REFUSED "The authorization code is not good for this request"

static const tpa_param_t params[] = {
    { "code", 512 },
    { "redirect_uri", 2048 },
    { "code_verifier", VERIFIER_MAX },
    { "audience", 600 },
    { "resource", 600 },       /* RFC 8707 2.2 */
    { "authorization_details", TPA_DETAILS_MAX },
    { NULL }
};

/* What is done with a code, put together before anything happens. */
typedef struct deed_t {
    const char *code_hash;
    const char *family_id;      /* NULL: no refresh token comes with it */
    const char *token_hash;
    const tpa_json_t *proof;    /* that is used up with it; NULL: none */
} deed_t;

static tpa_err_t *code_hash(tpa_txn_t *t, const char **out)
{
    const char *code;

    TPA_TRY(tpa_bounds_need(t, "code", &code));
    *out = tpa_sha256_hex(code, strlen(code), t->p);
    return TPA_OK;
}

static tpa_err_t *gather(tpa_txn_t *t, const char *client_id,
                         tpa_gathered_t *out)
{
    tpa_flow_facts_t *f = apr_pcalloc(t->p, sizeof(*f));
    const char *hash;

    TPA_TRY(code_hash(t, &hash));
    TPA_TRY(tpa_store_code_facts(t->store, client_id, hash, f, t->p));
    f->proof_jkt = t->proof ? t->proof->jkt : NULL;
    out->facts = f;
    out->client = &f->client;
    out->app = &f->app;
    return TPA_OK;
}

/* ---- what a code is bound to --------------------------------------------- */

static int code_known(const tpa_shown_t *s)
{
    return s->f->held.redirect_uri != NULL;
}

static int code_unused(const tpa_shown_t *s)
{
    return !s->f->held.used;
}

static int code_fresh(const tpa_shown_t *s)
{
    return s->now < s->f->held.expires_at;
}

static int redirect_same(const tpa_shown_t *s)
{
    return s->redirect_uri
        && !strcmp(s->redirect_uri, s->f->held.redirect_uri);
}

/* Both ways: a challenge without a verifier, and a verifier that was never
 * announced, are how PKCE is talked out of a server. */
static int verifier_expected(const tpa_shown_t *s)
{
    return s->f->held.code_challenge || !s->verifier;
}

static int verifier_sent(const tpa_shown_t *s)
{
    return !s->f->held.code_challenge || s->verifier;
}

static int verifier_form(const tpa_shown_t *s)
{
    apr_size_t len = s->verifier ? strlen(s->verifier) : 0;

    return !s->verifier
        || (len >= VERIFIER_MIN && len <= VERIFIER_MAX
            && strspn(s->verifier, UNRESERVED) == len);
}

static int verifier_right(const tpa_shown_t *s)
{
    return !s->verifier
        || tpa_secret_equal(tpa_sha256_b64url(s->verifier, s->p),
                            s->f->held.code_challenge);
}

static const tpa_check_t checks[] = {
    { "code_known", code_known,
      "no such code was issued to this application" },
    { "code_unused", code_unused,
      "the code was exchanged before; the refresh tokens it gave are revoked" },
    { "code_fresh", code_fresh, "the code has expired" },
    { "redirect_same", redirect_same,
      "redirect_uri is not the one the code was sent to" },
    { "verifier_expected", verifier_expected,
      "code_verifier was sent, but no code_challenge before" },
    { "verifier_sent", verifier_sent,
      "code_verifier is missing, though a code_challenge was sent before" },
    { "verifier_form", verifier_form,
      "code_verifier is not 43 to 128 unreserved characters" },
    { "verifier_right", verifier_right,
      "code_verifier does not fit the code_challenge" },
    { "key_held", tpa_user_key_held,
      "the code is bound to another DPoP key than the request proved, or it"
      " proved none" },
    { NULL }
};

static tpa_err_t *check(tpa_txn_t *t, tpa_flow_facts_t *f)
{
    tpa_shown_t shown = { f, t->now, t->p, tpa_txn_param(t, "redirect_uri"),
                          tpa_txn_param(t, "code_verifier") };

    TPA_TRY(tpa_user_check(checks, &shown, REFUSED));
    TPA_TRY(tpa_user_target(t, f));
    return tpa_user_details(t, f);
}

static tpa_err_t *refused_by(const char *rule, apr_pool_t *p)
{
    return tpa_user_refusal(checks, rule, REFUSED, p);
}

/* ---- the effect ---------------------------------------------------------- */

static tpa_json_t *deed_json(const deed_t *deed, const tpa_flow_facts_t *f,
                             apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p), *family = tpa_json_object(p);

    tpa_json_set_str(o, "code_hash", deed->code_hash);
    tpa_json_set_str(o, "client_id", f->client.id);
    tpa_json_set(o, "proof", deed->proof);
    if (!deed->family_id)
        return o;
    tpa_json_set_str(family, "id", deed->family_id);
    tpa_json_set_str(family, "token_hash", deed->token_hash);
    tpa_json_set_int(family, "lifetime_s", f->app.refresh_lifetime_s);
    tpa_json_set_int(family, "idle_s", f->app.refresh_idle_s);
    tpa_json_set_str(family, "dpop_jkt", tpa_user_bound_to(f));
    tpa_json_set(o, "family", family);
    return o;
}

static tpa_err_t *used_again(tpa_txn_t *t, const tpa_flow_facts_t *f)
{
    tpa_log(t->log, TPA_LOG_WARNING, t->p, "TPA0008: an authorization code of"
            " application %s was used again; the refresh tokens it gave are"
            " revoked", f->client.id);
    return refused_by("code_unused", t->p);
}

static tpa_err_t *redeem(tpa_txn_t *t, const tpa_flow_facts_t *f,
                         const deed_t *deed, const tpa_json_t *event)
{
    tpa_outcome_t done;

    TPA_TRY(tpa_store_write(t->store, "code_redeem",
                            deed_json(deed, f, t->p), event, &done, t->p));
    if (!strcmp(done.result, "updated"))
        return TPA_OK;
    if (!strcmp(done.result, "replayed"))
        return tpa_grant_replayed(t->p);
    return strcmp(done.result, "reused") ? refused_by("code_known", t->p)
                                         : used_again(t, f);
}

static const tpa_json_t *record_of(tpa_txn_t *t, const tpa_minted_t *minted,
                                   const deed_t *deed)
{
    tpa_json_t *details = tpa_json_object(t->p);

    tpa_json_set_str(details, "access_token_jti", minted->jti);
    tpa_json_set_str(details, "familyId", deed->family_id);
    t->event->type = tpa_grant_code.granted;
    t->event->details = details;
    return tpa_event_json(t->event, t->p);
}

/* ---- the grant ----------------------------------------------------------- */

static tpa_err_t *make_family(deed_t *deed, tpa_minted_t *out, apr_pool_t *p)
{
    TPA_TRY(tpa_random_id("", FAMILY_LENGTH, &deed->family_id, p));
    TPA_TRY(tpa_random_secret(&out->refresh_token, p));
    deed->token_hash = tpa_sha256_hex(out->refresh_token,
                                      strlen(out->refresh_token), p);
    return TPA_OK;
}

static tpa_err_t *grant(tpa_txn_t *t, const tpa_flow_facts_t *f,
                        const tpa_flow_decision_t *d, deed_t *deed,
                        tpa_minted_t *out)
{
    if (d->offline)
        TPA_TRY(make_family(deed, out, t->p));
    deed->proof = tpa_grant_proof(t);
    TPA_TRY(tpa_user_mint(t, f, d, NULL, out));
    return redeem(t, f, deed, record_of(t, out, deed));
}

static tpa_err_t *judge_and_grant(tpa_txn_t *t, tpa_flow_facts_t *f,
                                  tpa_minted_t *out)
{
    tpa_flow_decision_t d = { 0 };
    deed_t deed = { NULL };
    tpa_err_t *e;

    TPA_TRY(code_hash(t, &deed.code_hash));
    tpa_user_note(t, f, &d);
    e = check(t, f);
    /* A second use ends what the first one gave (RFC 6749 4.1.2). */
    if (e && f->held.used)
        TPA_TRY(redeem(t, f, &deed, NULL));
    TPA_TRY(e);
    TPA_TRY(tpa_flow_tokens(f, TPA_AT_EXCHANGE, NULL, &d, t->p));
    tpa_user_note(t, f, &d);
    return grant(t, f, &d, &deed, out);
}

static tpa_err_t *run(tpa_txn_t *t, void *facts, tpa_minted_t *out)
{
    tpa_err_t *e = judge_and_grant(t, facts, out);

    if (e)
        t->event->type = tpa_grant_code.refused;
    return tpa_user_refuse(t, tpa_grant_code.name, facts, e);
}

const tpa_grant_t tpa_grant_code = {
    "authorization_code", params, "seacft", "feacft", 1, gather, run
};
