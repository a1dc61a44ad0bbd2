/**
 * @file checks.h
 * @brief What tpactl explain knows of checks: questions about what a request
 *        presented, asked beside the rules of a decision. docs/policy.md has
 *        the same table.
 */
#ifndef TPA_TOOLS_CHECKS_H
#define TPA_TOOLS_CHECKS_H

typedef struct tpa_ctl_check_t {
    const char *rule;     /* as the event names it */
    const char *asks;
    const char *change;   /* what turns it around */
} tpa_ctl_check_t;

/** The row of a check; NULL: there is none of that name, or rule is NULL. */
const tpa_ctl_check_t *tpa_ctl_check(const char *rule);

#endif
