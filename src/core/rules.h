/**
 * @file rules.h
 * @brief Decisions as tables of rules: evaluated in order over one struct of
 *        facts, told rule by rule, and turned around.
 *
 * A decision brings its facts, its rules and the words its texts may use; this
 * is the loop they share.
 */
#ifndef TPA_CORE_RULES_H
#define TPA_CORE_RULES_H

#include <apr_tables.h>
#include "base/err.h"

/** A rule. Its texts may hold {words}. */
typedef struct tpa_rule_t {
    const char *name;
    unsigned points;     /* where it counts: one bit or more */
    /** Does the rule let the request pass? */
    int (*holds)(const void *facts);
    tpa_ekind_t kind;    /* of the refusal */
    const char *text;    /* what the caller is told */
    const char *asks;    /* for people: the question */
    const char *saw;     /* for people: what the facts say to it */
    const char *change;  /* for the operator: what turns it around */
    /** Make that change in the facts. */
    void (*turn)(void *facts, apr_pool_t *p);
} tpa_rule_t;

/** What stands in the texts for a {word}. */
typedef struct tpa_word_t {
    const char *name;
    const char *(*value)(const void *facts, apr_pool_t *p);
} tpa_word_t;

typedef struct tpa_rules_t {
    const tpa_rule_t *rules;   /* in their order; the last has no name */
    const tpa_word_t *words;   /* the last has no name */
    apr_size_t size;           /* of the facts, in bytes */
} tpa_rules_t;

/** The first rule that counts at one of the points and refuses, or NULL. */
const tpa_rule_t *tpa_rules_refusal(const tpa_rules_t *set, unsigned points,
                                    const void *facts);

/**
 * The error of a rule that refused.
 *
 * @param kind  of the error: that of the rule, unless the decision knows better
 */
tpa_err_t *tpa_rules_error(const tpa_rules_t *set, const tpa_rule_t *rule,
                           tpa_ekind_t kind, const void *facts, apr_pool_t *p);

/** One line of an explanation. */
typedef struct tpa_rule_step_t {
    const char *rule;      /* its name */
    const char *asks;      /* what it asks, for people */
    const char *saw;       /* what it saw in the facts */
    int passed;            /* 1 passed, 0 refused, -1 not reached */
    const char *change;    /* when it refused: what turns it around */
} tpa_rule_step_t;

/** Tell a decision rule by rule: array of tpa_rule_step_t, in the order of the
 *  rules that count at one of the points. */
apr_array_header_t *tpa_rules_explain(const tpa_rules_t *set, unsigned points,
                                      const void *facts, apr_pool_t *p);

/** Make the change that a rule suggests, in a copy of the facts; NULL for an
 *  unknown rule. */
void *tpa_rules_turn_around(const tpa_rules_t *set, const void *facts,
                            const char *rule, apr_pool_t *p);

/** Names of all rules in their order. */
apr_array_header_t *tpa_rules_names(const tpa_rules_t *set, apr_pool_t *p);

/* ---- what words are made of --------------------------------------------- */

/** A text, escaped and bounded; "none" for NULL. */
const char *tpa_rules_shown(const char *s, apr_pool_t *p);

/** A list of texts, as above. */
const char *tpa_rules_listed(const apr_array_header_t *list, apr_pool_t *p);

/** "yes" or "no". */
const char *tpa_rules_yes_no(int yes);

/** A list with more texts behind it, for changes; either may be NULL. */
apr_array_header_t *tpa_rules_with(const apr_array_header_t *list,
                                   const apr_array_header_t *more,
                                   apr_pool_t *p);

/** A list of one text. */
apr_array_header_t *tpa_rules_one(const char *word, apr_pool_t *p);

#endif
