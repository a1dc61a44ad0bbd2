#include <string.h>

#include "tap.h"
#include "base/text.h"
#include "core/flow_int.h"
#include "core/flow_space.h"

static d_lists_t lists;

/* The good point, with some dimensions set otherwise: pairs, -1 at the end. */
static tpa_flow_case_t *made(const int *changes)
{
    tpa_flow_case_t *c = apr_pcalloc(p, sizeof(*c));
    int d[D_COUNT];

    memcpy(d, d_good, sizeof(d));
    for (; *changes >= 0; changes += 2)
        d[changes[0]] = changes[1];
    d_lists_make(&lists, p);
    d_case(c, d, &lists, p);
    return c;
}

#define MADE(...) made((const int[]){ __VA_ARGS__, -1 })

static tpa_flow_decision_t out;

static tpa_err_t *decide(const tpa_flow_case_t *c)
{
    if (c->point == TPA_AT_AUTHORIZE)
        return tpa_flow_authorize(&c->facts, &c->progress, c->now, &out, p);
    return tpa_flow_tokens(&c->facts, c->point, c->facts.asked_scopes, &out,
                           p);
}

/* ---- what the caller is told -------------------------------------------- */

static const struct {
    int at[9];
    tpa_ekind_t kind;
    const char *text;
} told[] = {
    { { D_USAGE, 0, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is not allowed for this client" },
    { { D_USAGE, 2, D_ORG, O_NONE, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is required for this client" },
    { { D_ORG, O_NAME, -1 }, TPA_E_INVALID_REQUEST,
      "authorization request parameter organization must be an organization"
      " id" },
    { { D_ORG, O_ID_UNKNOWN, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is invalid: " ORG_ID },
    { { D_SWITCH, 0, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is invalid: " ORG_ID },
    { { D_ORG, O_NAME_UNKNOWN, D_NAMES, 1, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is invalid: nobody" },
    { { D_ORG, O_NAME, D_NAMES, 1, D_SWITCH, 0, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is invalid: " ORG_NAME },
    { { D_ORG, O_MALFORMED, D_NAMES, 1, -1 }, TPA_E_INVALID_REQUEST,
      "parameter organization is invalid: (malformed)" },
    { { D_MEMBER, 0, -1 }, TPA_E_ACCESS_DENIED,
      "user auth0|ada is not part of the " ORG_ID " organization" },
    { { D_USAGE, 2, D_ORG, O_NONE, D_BEHAVIOR, 2, -1 }, TPA_E_INVALID_REQUEST,
      "client requires organization membership, but user does not belong to"
      " any organization" },
    { { D_AUDIENCE, 0, -1 }, TPA_E_INVALID_REQUEST,
      "Parameter audience is required" },
    { { D_OWN, 0, -1 }, TPA_E_UNAUTHORIZED_CLIENT,
      "Client is not authorized to access this API" },
    { { D_TYPES, 2, -1 }, TPA_E_UNAUTHORIZED_CLIENT,
      "Grant type authorization_code is not allowed for this client" },
    { { D_POINT, 2, D_TYPES, 1, -1 }, TPA_E_UNAUTHORIZED_CLIENT,
      "Grant type refresh_token is not allowed for this client" },
    { { D_POINT, 1, D_SWITCH, 0, -1 }, TPA_E_INVALID_GRANT,
      "parameter organization is invalid: " ORG_ID },
    { { D_POINT, 2, D_MEMBER, 0, -1 }, TPA_E_INVALID_GRANT,
      "user auth0|ada is not part of the " ORG_ID " organization" },
    { { D_POINT, 2, D_OWN, 0, -1 }, TPA_E_INVALID_GRANT,
      "Client is not authorized to access this API" },
    { { D_ASKS, 1, D_SESSION, 0, -1 }, TPA_E_LOGIN_REQUIRED,
      "Login required" },
    { { D_ASKS, 1, D_CONSENT, 0, -1 }, TPA_E_CONSENT_REQUIRED,
      "Consent required" },
    { { D_ASKS, 1, D_REDIRECT, 1, -1 }, TPA_E_INTERACTION_REQUIRED,
      "Interaction required" },
};

START_TEST(texts)
{
    tpa_err_t *e = decide(made(told[_i].at));

    ck_assert_ptr_nonnull(e);
    ck_assert_str_eq(e->text, told[_i].text);
    ck_assert_int_eq(e->kind, told[_i].kind);
    ck_assert_str_eq(e->rule, out.rule);
}
END_TEST

/* spec.md 11 row 3: which Organizations exist cannot be probed. */
START_TEST(unknown_and_refusing_sound_the_same)
{
    tpa_err_t *unknown, *refusing;

    unknown = decide(MADE(D_ORG, O_ID_UNKNOWN));
    ck_assert_str_eq(out.rule, "organization_known");
    refusing = decide(MADE(D_SWITCH, 0));
    ck_assert_str_eq(out.rule, "organization_admits");
    ck_assert_str_eq(unknown->text, refusing->text);
    ck_assert_int_eq(unknown->kind, refusing->kind);
}
END_TEST

static const struct {
    const char *sent;
    int shown;
} echoes[] = {
    { "org_0123456789abcdeF", 1 }, { "acme", 1 }, { "a", 1 },
    { "0-a_b", 1 }, { "-acme", 0 }, { "_acme", 0 }, { "Acme", 0 },
    { "org_0123456789abcde.", 0 }, { "a b", 0 }, { "<script>", 0 },
    { "a123456789b123456789c123456789d123456789e123456789", 1 },
    { "a123456789b123456789c123456789d123456789e1234567890", 0 },
};

START_TEST(only_ids_and_names_are_echoed)
{
    tpa_flow_case_t *c = MADE(D_ORG, O_ID_UNKNOWN, D_NAMES, 1);
    tpa_err_t *e;

    c->facts.asked.organization = echoes[_i].sent;
    e = decide(c);
    ck_assert_str_eq(out.rule, "organization_known");
    ck_assert_msg((strstr(e->text, echoes[_i].sent) != NULL)
                  == echoes[_i].shown, "%s", e->text);
}
END_TEST

/* ---- the eight rows of spec.md 4.8 -------------------------------------- */

START_TEST(switch_and_connection)
{
    int allow = _i & 1, domain = _i >> 1 & 1, for_org = _i >> 2 & 1;
    tpa_flow_case_t *c = MADE(D_SWITCH, allow, D_DOMAIN, domain, D_FOR_ORG,
                              for_org, D_OTHER, 1);
    tpa_err_t *e = decide(c);

    if (!allow) {
        ck_assert_str_eq(e->rule, "organization_admits");
        return;
    }
    ck_assert_ptr_null(e);
    ck_assert_int_eq(out.connections->nelts, 1 + (domain && for_org));
    ck_assert_int_eq(out.step, domain && for_org ? TPA_STEP_ISSUE
                                                 : TPA_STEP_LOGIN);
    c->facts.asked.connection = "staff";
    e = decide(c);
    ck_assert_int_eq(e == TPA_OK, domain && for_org);
    if (e)
        ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    else
        ck_assert_int_eq(out.connections->nelts, 1);
}
END_TEST

/* ---- what is in the decision -------------------------------------------- */

START_TEST(lifetimes)
{
    tpa_flow_case_t *c = MADE(D_PARTY, 1);

    ck_assert_ptr_null(decide(c));
    ck_assert_int_eq(out.lifetime_s, 3600);
    c->facts.api.token_lifetime_s = 60;
    ck_assert_ptr_null(decide(c));
    ck_assert_int_eq(out.lifetime_s, 60);
    c->facts.app.token_lifetime_s = 0;
    c->facts.api.token_lifetime_s = 7200;
    ck_assert_ptr_null(decide(c));
    ck_assert_int_eq(out.lifetime_s, 7200);
    ck_assert_ptr_null(decide(MADE(D_PARTY, 0)));
    ck_assert_int_eq(out.lifetime_s, 86400);
}
END_TEST

START_TEST(own_grant_replaces_default)
{
    tpa_flow_case_t *c = MADE(D_OWN, 3, D_DEFAULT, 2);

    ck_assert_ptr_null(decide(c));
    ck_assert_str_eq(out.grant->id, "cgr_own");
    ck_assert_ptr_eq(out.grant, &c->facts.own_grant);
    ck_assert_int_eq(out.scopes->nelts, 0);
    c = MADE(D_OWN, 0, D_DEFAULT, 2, D_WANT, 2);
    ck_assert_ptr_null(decide(c));
    ck_assert_ptr_eq(out.grant, &c->facts.default_grant);
    ck_assert_str_eq(tpa_text_join(out.scopes, " ", p), "read write");
    ck_assert_ptr_null(decide(MADE(D_PARTY, 0, D_OWN, 0)));
    ck_assert_ptr_null(out.grant);
}
END_TEST

START_TEST(what_consent_is_asked_for)
{
    ck_assert_ptr_null(decide(MADE(D_WANT, 5, D_CONSENT, 2)));
    ck_assert_int_eq(out.step, TPA_STEP_CONSENT);
    ck_assert_str_eq(tpa_text_join(out.unconsented, " ", p),
                     "offline_access");
    ck_assert_int_eq(out.offline, 1);
    ck_assert_ptr_null(decide(MADE(D_WANT, 5, D_CONSENT, 3, D_ASKS, 3)));
    ck_assert_int_eq(out.step, TPA_STEP_CONSENT);
    ck_assert_str_eq(tpa_text_join(out.unconsented, " ", p),
                     "read offline_access");
    ck_assert_ptr_null(decide(MADE(D_PARTY, 0, D_SKIPS, 1, D_CONSENT, 0)));
    ck_assert_int_eq(out.step, TPA_STEP_ISSUE);
    ck_assert_int_eq(out.unconsented->nelts, 0);
}
END_TEST

/* spec 2.3: who wants a key-bound token, what the API's policy is, whether a
 * proof was sent; and what comes of it. */
enum { NO_POLICY, ALLOWS, REQUIRES, WANTS_MTLS };
static const struct {
    int client, api, sent;
    const char *rule;      /* that refuses; NULL: there is a token */
    int bound;
} proofs[] = {
    { 0, NO_POLICY,  0, NULL,          0 },
    { 0, NO_POLICY,  1, NULL,          0 },
    { 0, ALLOWS,     0, NULL,          0 },
    { 0, ALLOWS,     1, NULL,          1 },
    { 0, REQUIRES,   0, "proof_sent",  0 },
    { 0, REQUIRES,   1, NULL,          1 },
    { 0, WANTS_MTLS, 0, "proof_taken", 0 },
    { 0, WANTS_MTLS, 1, "proof_taken", 0 },
    { 1, NO_POLICY,  0, "proof_taken", 0 },
    { 1, NO_POLICY,  1, "proof_taken", 0 },
    { 1, ALLOWS,     0, "proof_sent",  0 },
    { 1, ALLOWS,     1, NULL,          1 },
    { 1, REQUIRES,   0, "proof_sent",  0 },
    { 1, REQUIRES,   1, NULL,          1 },
    { 1, WANTS_MTLS, 0, "proof_taken", 0 },
    { 1, WANTS_MTLS, 1, "proof_taken", 0 },
};

START_TEST(who_must_prove_a_key)
{
    static const tpa_point_t points[] = { TPA_AT_EXCHANGE, TPA_AT_REFRESH };
    int i;

    for (i = 0; i < 2; i++) {
        tpa_flow_case_t *c = made((int[]){ D_POINT, i + 1, -1 });
        tpa_flow_facts_t *f = &c->facts;
        int api = proofs[_i].api;
        tpa_err_t *e;

        f->client.requires_pop = proofs[_i].client;
        f->api.takes_dpop = api == ALLOWS || api == REQUIRES;
        f->flow_api.user_needs_pop = api >= REQUIRES;
        f->proof_jkt = proofs[_i].sent ? "key" : NULL;
        e = tpa_flow_tokens(f, points[i], NULL, &out, p);
        ck_assert_int_eq(e == NULL, proofs[_i].rule == NULL);
        if (e)
            ck_assert_str_eq(e->rule, proofs[_i].rule);
        else
            ck_assert_int_eq(out.jkt == f->proof_jkt && out.jkt,
                             proofs[_i].bound);
    }
}
END_TEST

/* At the authorization endpoint nobody can have sent a proof. */
START_TEST(no_proof_at_the_start)
{
    tpa_flow_case_t *c = made((int[]){ -1 });

    c->facts.client.requires_pop = 1;
    c->facts.api.takes_dpop = 1;
    ck_assert_ptr_null(decide(c));
    ck_assert_ptr_null(out.jkt);
    c->facts.api.takes_dpop = 0;
    ck_assert_str_eq(decide(c)->rule, "proof_taken");
}
END_TEST

START_TEST(candidates)
{
    const tpa_flow_org_t *first;

    ck_assert_ptr_null(decide(MADE(D_ORG, O_NONE, D_BEHAVIOR, 2, D_ORGS,
                                   L_MEMBER_AND_JOIN)));
    ck_assert_int_eq(out.step, TPA_STEP_PICK);
    ck_assert_int_eq(out.candidates->nelts, 2);
    first = APR_ARRAY_IDX(out.candidates, 0, const tpa_flow_org_t *);
    ck_assert_str_eq(first->id, "org_a");
    ck_assert_ptr_null(decide(MADE(D_ORG, O_NONE, D_BEHAVIOR, 2, D_ORGS,
                                   L_MANY)));
    ck_assert_int_eq(out.candidates->nelts, 20);
}
END_TEST

/* Nothing lets a login pass that was not asked for when it was made. */
START_TEST(unset_start_is_no_fresh_login)
{
    tpa_flow_case_t *c = MADE(D_ASKS, 2);

    c->progress.started_at = 0;
    ck_assert_ptr_null(decide(c));
    ck_assert_int_eq(out.step, TPA_STEP_LOGIN);
}
END_TEST

/* What was narrowed by an application is no more than what was held. */
START_TEST(tokens_never_exceed_what_is_held)
{
    tpa_flow_case_t *c = MADE(D_POINT, 2, D_OWN, 2);

    ck_assert_ptr_null(decide(c));
    ck_assert_str_eq(tpa_text_join(out.scopes, " ", p), "read");
    c->facts.held.scopes = NULL;
    ck_assert_ptr_null(decide(c));
    ck_assert_int_eq(out.scopes->nelts, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/flow");
    TCase *tc = tap_case(s, "flow");

    tcase_add_loop_test(tc, texts, 0, sizeof(told) / sizeof(told[0]));
    tcase_add_test(tc, unknown_and_refusing_sound_the_same);
    tcase_add_loop_test(tc, only_ids_and_names_are_echoed, 0,
                        sizeof(echoes) / sizeof(echoes[0]));
    tcase_add_loop_test(tc, switch_and_connection, 0, 8);
    tcase_add_test(tc, lifetimes);
    tcase_add_test(tc, own_grant_replaces_default);
    tcase_add_test(tc, what_consent_is_asked_for);
    tcase_add_loop_test(tc, who_must_prove_a_key, 0,
                        sizeof(proofs) / sizeof(proofs[0]));
    tcase_add_test(tc, no_proof_at_the_start);
    tcase_add_test(tc, candidates);
    tcase_add_test(tc, unset_start_is_no_fresh_login);
    tcase_add_test(tc, tokens_never_exceed_what_is_held);
    return s;
}
