#include <string.h>

#include "tap.h"
#include "base/text.h"
#include "core/m2m_space.h"

/* A partner's machine with a grant for one Organization: all in order. */
static void good(tpa_m2m_facts_t *f)
{
    static const int point[D_COUNT] = {
        1, 1, 1, 0, 1, 1, 1, 1, 0, 3, 0, 0, 1, 1, 0, 1, 1, 0
    };
    d_lists_t lists;

    d_lists_make(&lists, p);
    d_facts(f, point, &lists);
}

START_TEST(own_grant_replaces_default)
{
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;

    good(&f);
    f.default_grant.id = "cgr_default";
    f.default_grant.all_scopes = 1;
    f.own_grant.scopes = NULL;   /* narrower: nothing at all */
    ck_assert_str_eq(tpa_m2m_decide(&f, &d, p)->rule, "scopes_granted");
    ck_assert_str_eq(d.grant->id, "cgr_own");
}
END_TEST

START_TEST(all_scopes_are_those_of_the_api)
{
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;

    good(&f);
    f.asked_scopes = NULL;
    f.own_grant.all_scopes = 1;
    ck_assert_ptr_null(tpa_m2m_decide(&f, &d, p));
    ck_assert_str_eq(tpa_text_join(d.scopes, " ", p),
                     "read:posts write:posts");
}
END_TEST

START_TEST(default_audience_counts_as_named)
{
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;

    good(&f);
    f.asked_audience = NULL;
    ck_assert_str_eq(tpa_m2m_decide(&f, &d, p)->rule, "audience_named");
    f.tenant.default_audience = "https://api.test/";
    ck_assert_ptr_null(tpa_m2m_decide(&f, &d, p));
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
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;
    tpa_err_t *e;

    good(&f);
    f.client.requires_pop = proofs[_i].client;
    f.api.takes_dpop = proofs[_i].api == ALLOWS || proofs[_i].api == REQUIRES;
    f.api.requires_pop = proofs[_i].api >= REQUIRES;
    f.proof_jkt = proofs[_i].sent ? "key" : NULL;
    e = tpa_m2m_decide(&f, &d, p);
    ck_assert_int_eq(e == NULL, proofs[_i].rule == NULL);
    if (e)
        ck_assert_str_eq(e->rule, proofs[_i].rule);
    else
        ck_assert_int_eq(d.jkt == f.proof_jkt && d.jkt, proofs[_i].bound);
}
END_TEST

START_TEST(cimd_clients_are_no_machines)
{
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;

    good(&f);
    f.client.via = TPA_VIA_CIMD;
    ck_assert_str_eq(tpa_m2m_decide(&f, &d, p)->rule, "third_party_by_hand");
}
END_TEST

START_TEST(unknown_and_ungranted_sound_the_same)
{
    tpa_m2m_decision_t d;
    tpa_m2m_facts_t f;
    tpa_err_t *unknown, *ungranted;

    good(&f);
    f.org.granted = 0;
    ungranted = tpa_m2m_decide(&f, &d, p);
    f.org.id = NULL;
    unknown = tpa_m2m_decide(&f, &d, p);
    ck_assert_int_eq(unknown->kind, ungranted->kind);
    ck_assert_str_eq(unknown->text, ungranted->text);
    ck_assert_str_ne(unknown->rule, ungranted->rule);
}
END_TEST

START_TEST(facts_survive_json)
{
    tpa_m2m_facts_t f, *back;
    tpa_json_t *o;
    const char *text;

    good(&f);
    f.client.via = TPA_VIA_DYNAMIC;
    f.client.secret_hash = "never-stored";
    f.client.credentials = "never-stored";
    f.api.dialect = TPA_DIALECT_RFC9068_AUTHZ;
    text = tpa_json_print(tpa_m2m_facts_json(&f, p), p);
    ck_assert_ptr_null(strstr(text, "never-stored"));
    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &o, p));
    back = tpa_m2m_facts_from_json(o, p);
    ck_assert_str_eq(tpa_json_print(tpa_m2m_facts_json(back, p), p), text);
    ck_assert_int_eq(back->client.via, TPA_VIA_DYNAMIC);
    ck_assert_int_eq(back->api.dialect, TPA_DIALECT_RFC9068_AUTHZ);
    ck_assert_int_eq(back->own_grant.org_usage, TPA_ORG_REQUIRE);
}
END_TEST

START_TEST(explanation_names_what_it_saw)
{
    tpa_m2m_facts_t f;
    apr_array_header_t *steps;
    tpa_rule_step_t *last;

    good(&f);
    f.org.granted = 0;
    steps = tpa_m2m_explain(&f, p);
    last = &APR_ARRAY_IDX(steps, steps->nelts - 1, tpa_rule_step_t);
    ck_assert_int_eq(last->passed, 0);
    ck_assert_str_eq(last->change, "add client grant cgr_own to Organization "
                     SENT_ID);
    ck_assert_ptr_nonnull(strstr(last->saw, SENT_ID));
    ck_assert_ptr_null(tpa_m2m_turn_around(&f, "no such rule", p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/m2m");
    TCase *tc = tap_case(s, "m2m");

    tcase_add_test(tc, own_grant_replaces_default);
    tcase_add_test(tc, all_scopes_are_those_of_the_api);
    tcase_add_test(tc, default_audience_counts_as_named);
    tcase_add_loop_test(tc, who_must_prove_a_key, 0,
                        sizeof(proofs) / sizeof(proofs[0]));
    tcase_add_test(tc, cimd_clients_are_no_machines);
    tcase_add_test(tc, unknown_and_ungranted_sound_the_same);
    tcase_add_test(tc, facts_survive_json);
    tcase_add_test(tc, explanation_names_what_it_saw);
    return s;
}
