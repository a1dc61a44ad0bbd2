#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/rules.h"

#define SHOWN_MAX 200

/* ---- texts -------------------------------------------------------------- */

const char *tpa_rules_shown(const char *s, apr_pool_t *p)
{
    return s ? tpa_text_loggable(s, SHOWN_MAX, p) : "none";
}

const char *tpa_rules_listed(const apr_array_header_t *list, apr_pool_t *p)
{
    return list && list->nelts
        ? tpa_rules_shown(tpa_text_join(list, " ", p), p) : "none";
}

const char *tpa_rules_yes_no(int yes)
{
    return yes ? "yes" : "no";
}

static const char *word_of(const tpa_word_t *words, const char *name,
                           apr_size_t len, const void *facts, apr_pool_t *p)
{
    for (; words->name; words++) {
        if (strlen(words->name) == len && !strncmp(words->name, name, len))
            return words->value(facts, p);
    }
    return "?";
}

static const char *fill_in(const tpa_rules_t *set, const char *text,
                           const void *facts, apr_pool_t *p)
{
    const char *out = "", *open, *close;

    while ((open = strchr(text, '{')) && (close = strchr(open, '}'))) {
        out = apr_pstrcat(p, out, apr_pstrmemdup(p, text, open - text),
                          word_of(set->words, open + 1, close - open - 1,
                                  facts, p), NULL);
        text = close + 1;
    }
    return apr_pstrcat(p, out, text, NULL);
}

/* ---- the loop ----------------------------------------------------------- */

const tpa_rule_t *tpa_rules_refusal(const tpa_rules_t *set, unsigned points,
                                    const void *facts)
{
    const tpa_rule_t *rule;

    for (rule = set->rules; rule->name; rule++) {
        if (rule->points & points && !rule->holds(facts))
            return rule;
    }
    return NULL;
}

tpa_err_t *tpa_rules_error(const tpa_rules_t *set, const tpa_rule_t *rule,
                           tpa_ekind_t kind, const void *facts, apr_pool_t *p)
{
    return tpa_err_by(tpa_err(p, kind, "%s",
                              fill_in(set, rule->text, facts, p)),
                      rule->name);
}

apr_array_header_t *tpa_rules_explain(const tpa_rules_t *set, unsigned points,
                                      const void *facts, apr_pool_t *p)
{
    apr_array_header_t *steps = apr_array_make(p, 24, sizeof(tpa_rule_step_t));
    const tpa_rule_t *refusal = tpa_rules_refusal(set, points, facts), *rule;
    int reached = 1;

    for (rule = set->rules; rule->name; rule++) {
        tpa_rule_step_t *step;

        if (!(rule->points & points))
            continue;
        step = apr_array_push(steps);
        step->rule = rule->name;
        step->asks = rule->asks;
        step->saw = fill_in(set, rule->saw, facts, p);
        step->passed = !reached ? -1 : rule != refusal;
        step->change = rule == refusal
            ? fill_in(set, rule->change, facts, p) : NULL;
        if (rule == refusal)
            reached = 0;
    }
    return steps;
}

void *tpa_rules_turn_around(const tpa_rules_t *set, const void *facts,
                            const char *rule, apr_pool_t *p)
{
    const tpa_rule_t *row;

    for (row = set->rules; row->name; row++) {
        if (!strcmp(row->name, rule)) {
            void *changed = apr_pmemdup(p, facts, set->size);

            row->turn(changed, p);
            return changed;
        }
    }
    return NULL;
}

apr_array_header_t *tpa_rules_names(const tpa_rules_t *set, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 24, sizeof(const char *));
    const tpa_rule_t *rule;

    for (rule = set->rules; rule->name; rule++)
        APR_ARRAY_PUSH(names, const char *) = rule->name;
    return names;
}

/* ---- lists -------------------------------------------------------------- */

apr_array_header_t *tpa_rules_with(const apr_array_header_t *list,
                                   const apr_array_header_t *more,
                                   apr_pool_t *p)
{
    apr_array_header_t *both;

    both = list ? apr_array_copy(p, list)
                : apr_array_make(p, 2, sizeof(const char *));
    if (more)
        apr_array_cat(both, more);
    return both;
}

apr_array_header_t *tpa_rules_one(const char *word, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(list, const char *) = word;
    return list;
}
