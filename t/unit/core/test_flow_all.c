/* Combinations of the facts of the user flow against the model of
 * flow_model.h, and for every refusal the change that the rule suggests. Each
 * space is every combination of some dimensions, the others being in order; the
 * first walks at random through all of them at once. */
#include <stdio.h>

#include "tap.h"
#include "base/text.h"
#include "core/flow_int.h"
#include "core/flow_model.h"

#define DEEP 97    /* every so many points the whole story is told */
#define WALK 3000000L

/* ck_assert reports every place it passes to its parent process; millions of
 * points want something quieter. */
#define MUST(cond, ...) \
    do { \
        if (!(cond)) { \
            failed = 1; \
            ck_abort_msg(__VA_ARGS__); \
        } \
    } while (0)

#define MOST_FREE 17

static const struct {
    const char *name;
    int free[MOST_FREE];   /* dimensions, -1 behind the last */
    long points;
} spaces[] = {
    { "all at once", { -1 }, WALK },
    { "application, API and grant",
      { D_POINT, D_PARTY, D_TYPES, D_AUDIENCE, D_API, D_POLICY, D_PROOF, D_OWN,
        D_DEFAULT, D_WANT, D_RBAC, D_OFFLINE, -1 }, 3499200 },
    { "Organization and connection",
      { D_POINT, D_PARTY, D_USAGE, D_BEHAVIOR, D_ORG, D_NAMES, D_SWITCH,
        D_ENTRY, D_DOMAIN, D_FOR_CLIENT, D_FOR_ORG, D_FORCED, D_SESSION,
        D_MEMBER, D_JOINS, -1 }, 6220800 },
    { "picking an Organization",
      { D_PARTY, D_USAGE, D_BEHAVIOR, D_ORG, D_ORGS, D_ASKS, D_SESSION,
        D_BLOCKED, D_OTHER, D_FORCED, D_CONSENT, -1 }, 2332800 },
    { "login, consent and confirmation",
      { D_PARTY, D_WANT, D_RBAC, D_OFFLINE, D_CONSENT, D_GIVEN, D_SKIPS,
        D_REDIRECT, D_CONFIRM, D_ASKS, D_AGE, D_SESSION, -1 }, 1382400 },
    { "codes and refresh tokens",
      { D_POINT, D_PARTY, D_USAGE, D_ORG, D_SWITCH, D_ENTRY, D_SESSION,
        D_MEMBER, D_CONSENT, D_WANT, D_NARROW, D_OFFLINE, -1 }, 4147200 },
    { "authorization details",
      { D_POINT, D_PARTY, D_POLICY, D_OWN, D_DEFAULT, D_DETAILS, D_CONSENT,
        D_GIVEN, D_SKIPS, D_ASKS, -1 }, 155520 },
};

#define SPACES (int)(sizeof(spaces) / sizeof(spaces[0]))

static d_lists_t lists;
static int failed;   /* in this process: CK_FORK=no ends at the first */

static const char *point_text(const int *d)
{
    static char text[8 * D_COUNT];
    int i, n = 0;

    for (i = 0; i < D_COUNT; i++)
        n += snprintf(text + n, sizeof(text) - n, "%d ", d[i]);
    return text;
}

static int position(const char *rule)
{
    static apr_array_header_t *rules;
    int i;

    if (!rules)
        rules = tpa_flow_rules(p);
    for (i = 0; i < rules->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(rules, i, const char *), rule))
            return i;
    }
    return -1;
}

static tpa_err_t *decide(const tpa_flow_case_t *c, tpa_flow_decision_t *out,
                         apr_pool_t *scratch)
{
    if (c->point == TPA_AT_AUTHORIZE)
        return tpa_flow_authorize(&c->facts, &c->progress, c->now, out,
                                  scratch);
    return tpa_flow_tokens(&c->facts, c->point, c->facts.asked_scopes, out,
                           scratch);
}

/* ---- against the model -------------------------------------------------- */

static int bits(const apr_array_header_t *scopes)
{
    int i, set = 0;

    for (i = 0; i < scopes->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(scopes, i, const char *);

        set |= !strcmp(scope, "read") ? S_READ
            : !strcmp(scope, "write") ? S_WRITE
            : !strcmp(scope, "offline_access") ? S_OFFLINE : 1024;
    }
    return set;
}

static void compare_pass(const tpa_flow_decision_t *out,
                         const d_expected_t *want, const int *d)
{
    int most = want->candidates < 20 ? want->candidates : 20;

    MUST(d[D_POINT] || out->step == want->step, "step %d, want %d at %s",
         out->step, want->step, point_text(d));
    MUST((want->org == NULL) == (out->org_id == NULL)
         && (!want->org || !strcmp(want->org, out->org_id)),
         "Organization %s, want %s at %s", out->org_id, want->org,
         point_text(d));
    MUST(out->joins == want->joins, "joins at %s", point_text(d));
    MUST(out->candidates->nelts == most, "candidates at %s", point_text(d));
    MUST(bits(out->scopes) == want->scopes, "scopes %d, want %d at %s",
         bits(out->scopes), want->scopes, point_text(d));
    MUST((out->details ? out->details->nelts : 0) == want->details,
         "details, want %d at %s", want->details, point_text(d));
    MUST(d[D_POINT] == 2 || out->offline == ((want->scopes & S_OFFLINE) != 0),
         "refresh token at %s", point_text(d));
    MUST((out->jkt != NULL) == (d[D_POINT] && d[D_PROOF] == 4), "key at %s",
         point_text(d));
    MUST(out->may_go_without == (d_usage(d) == 1), "without at %s",
         point_text(d));
}

static void compare(const tpa_flow_case_t *c, const int *d,
                    tpa_flow_decision_t *out, apr_pool_t *scratch)
{
    d_expected_t want = d_expected(d);
    tpa_err_t *e = decide(c, out, scratch);

    MUST((want.rule == NULL) == (e == TPA_OK), "want %s, got %s at %s",
         want.rule ? want.rule : "to pass", e ? e->rule : "to pass",
         point_text(d));
    if (!e) {
        compare_pass(out, &want, d);
        return;
    }
    MUST(!strcmp(e->rule, want.rule), "want %s, got %s at %s", want.rule,
         e->rule, point_text(d));
    MUST(!strcmp(out->rule, want.rule), "rule of %s", e->rule);
    MUST(e->kind == want.kind, "kind %d of %s, want %d at %s", e->kind,
         e->rule, want.kind, point_text(d));
}

/* The change turns its own rule around, and never wakes an earlier one; so a
 * chain of suggestions ends in a pass. */
static void turn(const tpa_flow_case_t *c, const char *rule, int whole_chain,
                 apr_pool_t *scratch)
{
    int before = position(rule), steps;

    for (steps = 0; steps < 32; steps++) {
        tpa_flow_decision_t out;
        int now;

        c = tpa_flow_turn_around(c, rule, scratch);
        MUST(c, "no change for %s", rule);
        if (!decide(c, &out, scratch))
            return;
        now = position(out.rule);
        MUST(now > before, "after %s came %s", rule, out.rule);
        if (!whole_chain)
            return;
        before = now;
        rule = out.rule;
    }
    ck_abort_msg("the suggestions never end");
}

static void tell(const tpa_flow_case_t *c, const tpa_flow_decision_t *out,
                 apr_pool_t *scratch)
{
    apr_array_header_t *steps = tpa_flow_explain(c, scratch);
    int i, refused = 0;

    for (i = 0; i < steps->nelts; i++) {
        tpa_rule_step_t *s = &APR_ARRAY_IDX(steps, i, tpa_rule_step_t);

        MUST(!strpbrk(s->saw, "{}?"), "%s: %s", s->rule, s->saw);
        if (s->passed == 0) {
            refused++;
            MUST(!strcmp(s->rule, out->rule), "%s refuses", s->rule);
            MUST(!strpbrk(s->change, "{}?"), "%s", s->change);
        }
    }
    MUST(refused == (out->rule != NULL), "refusals told");
}

/* ---- the walks ---------------------------------------------------------- */

static int next_point(int *d, const int *dims)
{
    for (; *dims >= 0; dims++) {
        if (++d[*dims] < d_sizes[*dims])
            return 1;
        d[*dims] = 0;
    }
    return 0;
}

/* The same walk at every run; half of its steps stay near a good point, or
 * nearly everything would be refused early. */
static void random_point(int *d)
{
    static unsigned long long state = 88172645463325252ULL;
    int i;

    for (i = 0; i < D_COUNT; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        d[i] = (state >> 40) % 4 ? d_good[i]
            : (int)((state >> 20) % (unsigned)d_sizes[i]);
    }
}

START_TEST(every_combination)
{
    apr_pool_t *scratch;
    long points = 0, passed = 0;
    int d[D_COUNT], i;

    if (failed)
        return;
    d_lists_make(&lists, p);
    apr_pool_create(&scratch, p);
    memcpy(d, d_good, sizeof(d));
    for (i = 0; spaces[_i].free[i] >= 0; i++)
        d[spaces[_i].free[i]] = 0;
    do {
        tpa_flow_decision_t out;
        tpa_flow_case_t c;

        if (spaces[_i].free[0] < 0)
            random_point(d);
        d_case(&c, d, &lists, scratch);
        compare(&c, d, &out, scratch);
        if (out.rule)
            turn(&c, out.rule, points % DEEP == 0, scratch);
        else
            passed++;
        if (points++ % DEEP == 0)
            tell(&c, &out, scratch);
        if (points % 32 == 0)
            apr_pool_clear(scratch);
    } while (spaces[_i].free[0] < 0 ? points < WALK
                                    : next_point(d, spaces[_i].free));
    printf("# %s: %ld combinations, %ld of them pass\n", spaces[_i].name,
           points, passed);
    ck_assert_int_eq(points, spaces[_i].points);
    ck_assert_int_gt(passed, points / 100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/flow: every combination");
    TCase *tc = tap_case(s, "all");

    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, every_combination, 0, SPACES);
    return s;
}
