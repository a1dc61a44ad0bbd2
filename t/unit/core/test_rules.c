#include <string.h>

#include "tap.h"
#include "base/text.h"
#include "core/rules.h"

typedef struct door_t {
    int open;
    int lit;
    const char *name;
} door_t;

enum { BY_DAY = 1, BY_NIGHT = 2 };

static int is_open(const void *facts)
{
    const door_t *door = facts;

    return door->open;
}

static int is_lit(const void *facts)
{
    const door_t *door = facts;

    return door->lit;
}

static void turn_open(void *facts, apr_pool_t *pool)
{
    door_t *door = facts;

    (void)pool;
    door->open = 1;
}

static void turn_lit(void *facts, apr_pool_t *pool)
{
    door_t *door = facts;

    (void)pool;
    door->lit = 1;
}

static const char *word_name(const void *facts, apr_pool_t *pool)
{
    const door_t *door = facts;

    return tpa_rules_shown(door->name, pool);
}

static const char *word_open(const void *facts, apr_pool_t *pool)
{
    const door_t *door = facts;

    (void)pool;
    return tpa_rules_yes_no(door->open);
}

static const tpa_rule_t table[] = {
    { "lit", BY_NIGHT, is_lit, TPA_E_NOT_FOUND, "{name} is dark", "Lit?",
      "no lamp at {name}", "light {name}", turn_lit },
    { "open", BY_DAY | BY_NIGHT, is_open, TPA_E_ACCESS_DENIED,
      "{name} is closed", "Open?", "{name} open: {open}; {nothing}, {name",
      "open {name}", turn_open },
    { NULL }
};

static const tpa_word_t words[] = {
    { "name", word_name }, { "open", word_open }, { NULL }
};

static const tpa_rules_t set = { table, words, sizeof(door_t) };

START_TEST(points_choose_rules)
{
    door_t door = { 1, 0, "gate" };

    ck_assert_ptr_null(tpa_rules_refusal(&set, BY_DAY, &door));
    ck_assert_str_eq(tpa_rules_refusal(&set, BY_NIGHT, &door)->name, "lit");
    door.open = 0;
    ck_assert_str_eq(tpa_rules_refusal(&set, BY_DAY, &door)->name, "open");
    ck_assert_str_eq(tpa_rules_refusal(&set, BY_NIGHT, &door)->name, "lit");
}
END_TEST

START_TEST(error_has_words_kind_and_rule)
{
    door_t door = { 0, 1, "gate\n" };
    const tpa_rule_t *rule = tpa_rules_refusal(&set, BY_DAY, &door);
    tpa_err_t *e = tpa_rules_error(&set, rule, rule->kind, &door, p);

    ck_assert_int_eq(e->kind, TPA_E_ACCESS_DENIED);
    ck_assert_str_eq(e->text, "gate?x0a is closed");
    ck_assert_str_eq(e->rule, "open");
    e = tpa_rules_error(&set, rule, TPA_E_INVALID_GRANT, &door, p);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_GRANT);
}
END_TEST

START_TEST(explanation_goes_on_behind_the_refusal)
{
    door_t door = { 0, 0, NULL };
    apr_array_header_t *steps = tpa_rules_explain(&set, BY_NIGHT, &door, p);
    tpa_rule_step_t *s = (tpa_rule_step_t *)(void *)steps->elts;

    ck_assert_int_eq(steps->nelts, 2);
    ck_assert_int_eq(s[0].passed, 0);
    ck_assert_str_eq(s[0].change, "light none");
    ck_assert_int_eq(s[1].passed, -1);
    ck_assert_ptr_null(s[1].change);
    ck_assert_str_eq(s[1].saw, "none open: no; ?, {name");
    steps = tpa_rules_explain(&set, BY_DAY, &door, p);
    ck_assert_int_eq(steps->nelts, 1);
    ck_assert_str_eq(((tpa_rule_step_t *)(void *)steps->elts)->rule, "open");
    door.open = 1;
    steps = tpa_rules_explain(&set, BY_DAY, &door, p);
    ck_assert_int_eq(((tpa_rule_step_t *)(void *)steps->elts)->passed, 1);
}
END_TEST

START_TEST(turning_copies)
{
    door_t door = { 0, 0, "gate" }, *turned;

    turned = tpa_rules_turn_around(&set, &door, "open", p);
    ck_assert_int_eq(turned->open, 1);
    ck_assert_int_eq(turned->lit, 0);
    ck_assert_int_eq(door.open, 0);
    ck_assert_ptr_null(tpa_rules_turn_around(&set, &door, "ope", p));
}
END_TEST

START_TEST(lists)
{
    apr_array_header_t *one = tpa_rules_one("a", p), *more;

    ck_assert_str_eq(tpa_rules_listed(NULL, p), "none");
    ck_assert_str_eq(tpa_rules_listed(one, p), "a");
    more = tpa_rules_with(one, tpa_rules_one("b", p), p);
    ck_assert_str_eq(tpa_rules_listed(more, p), "a b");
    ck_assert_str_eq(tpa_rules_listed(one, p), "a");
    ck_assert_int_eq(tpa_rules_with(NULL, NULL, p)->nelts, 0);
    ck_assert_str_eq(tpa_text_join(tpa_rules_names(&set, p), ",", p),
                     "lit,open");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/rules");
    TCase *tc = tap_case(s, "rules");

    tcase_add_test(tc, points_choose_rules);
    tcase_add_test(tc, error_has_words_kind_and_rule);
    tcase_add_test(tc, explanation_goes_on_behind_the_refusal);
    tcase_add_test(tc, turning_copies);
    tcase_add_test(tc, lists);
    return s;
}
