/* Every combination of the facts against the model of m2m_space.h, and for
 * every refusal the change that the rule suggests. */
#include <stdio.h>

#include "tap.h"
#include "core/m2m_space.h"

#define SLICES 8   /* of the space, one test each; the first dimensions */
#define DEEP 97    /* every so many points the whole story is told */

/* ck_assert reports every place it passes to its parent process; millions of
 * points want something quieter. */
#define MUST(cond, ...) \
    do { \
        if (!(cond)) { \
            failed = 1; \
            ck_abort_msg(__VA_ARGS__); \
        } \
    } while (0)
#define MUST_BE(got, want) \
    MUST(!strcmp(got, want), "got %s, want %s", got, want)

static d_lists_t lists;
static int failed;   /* in this process: CK_FORK=no ends at the first */

static int position(const char *rule)
{
    apr_array_header_t *rules = tpa_m2m_rules(p);
    int i;

    for (i = 0; i < rules->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(rules, i, const char *), rule))
            return i;
    }
    return -1;
}

static void compare(const tpa_m2m_facts_t *f, const int *d,
                    tpa_m2m_decision_t *out, apr_pool_t *scratch)
{
    d_expected_t want = d_expected(d);
    tpa_err_t *e = tpa_m2m_decide(f, out, scratch);

    MUST((want.rule == NULL) == (e == TPA_OK), "want %s, got %s",
         want.rule ? want.rule : "a token", e ? e->rule : "a token");
    if (e) {
        MUST_BE(e->rule, want.rule);
        MUST_BE(out->rule, want.rule);
        MUST(e->kind == want.kind, "kind of the refusal of %s", e->rule);
        return;
    }
    MUST(!out->jkt, "bound to a key that the API takes no notice of");
    MUST((want.org == NULL) == (out->org == NULL), "organization in play");
    if (want.org)
        MUST_BE(out->org->id, want.org);
    /* Nothing asked for: all that is granted and still the API's. */
    MUST(out->scopes->nelts == 1, "number of scopes");
    MUST_BE(APR_ARRAY_IDX(out->scopes, 0, const char *), "read:posts");
}

/* The change turns its own rule around, and never wakes an earlier one; so a
 * chain of suggestions ends in a token. */
static void turn(const tpa_m2m_facts_t *f, const char *rule, int whole_chain,
                 apr_pool_t *scratch)
{
    int before = position(rule), steps;

    for (steps = 0; steps < 32; steps++) {
        tpa_m2m_decision_t out;
        int now;

        f = tpa_m2m_turn_around(f, rule, scratch);
        MUST(f, "no change for %s", rule);
        if (!tpa_m2m_decide(f, &out, scratch))
            return;
        now = position(out.rule);
        MUST(now > before, "after %s came %s", rule, out.rule);
        if (!whole_chain)
            return;
        before = now;
        rule = out.rule;
    }
    ck_abort_msg("the suggestions never end in a token");
}

static void tell(const tpa_m2m_facts_t *f, const tpa_m2m_decision_t *out,
                 apr_pool_t *scratch)
{
    apr_array_header_t *steps = tpa_m2m_explain(f, scratch);
    int i, refused = 0;

    ck_assert_int_eq(steps->nelts, tpa_m2m_rules(scratch)->nelts);
    for (i = 0; i < steps->nelts; i++) {
        tpa_rule_step_t *s = &APR_ARRAY_IDX(steps, i, tpa_rule_step_t);

        ck_assert_msg(!strpbrk(s->saw, "{}?"), "%s: %s", s->rule, s->saw);
        if (s->passed == 0) {
            refused++;
            ck_assert_str_eq(s->rule, out->rule);
            ck_assert_msg(!strpbrk(s->change, "{}?"), "%s", s->change);
        }
    }
    ck_assert_int_eq(refused, out->rule != NULL);
}

static int next_point(int *d, int from)
{
    int i;

    for (i = D_COUNT - 1; i >= from; i--) {
        if (++d[i] < d_sizes[i])
            return 1;
        d[i] = 0;
    }
    return 0;
}

START_TEST(every_combination)
{
    /* A slice fixes grant type, authentication and switch. */
    int slice = SLICES - 1 - _i;   /* those with tokens come first */
    int d[D_COUNT] = { slice & 1, (slice >> 1) & 1 };
    apr_pool_t *scratch;
    long points = 0, tokens = 0;

    if (failed)
        return;
    d_lists_make(&lists, p);
    apr_pool_create(&scratch, p);
    do {
        tpa_m2m_decision_t out;
        tpa_m2m_facts_t f;

        if (d[D_SWITCH] != ((slice >> 2) & 1))
            continue;
        d_facts(&f, d, &lists);
        compare(&f, d, &out, scratch);
        if (out.rule)
            turn(&f, out.rule, points % DEEP == 0, scratch);
        else
            tokens++;
        if (points++ % DEEP == 0)
            tell(&f, &out, scratch);
        if (points % 64 == 0)
            apr_pool_clear(scratch);
    } while (next_point(d, 2));
    printf("# slice %d: %ld combinations, %ld of them give a token\n", slice,
           points, tokens);
    ck_assert_int_eq(points, 1866240);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/m2m: every combination");
    TCase *tc = tap_case(s, "all");

    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, every_combination, 0, SLICES);
    return s;
}
