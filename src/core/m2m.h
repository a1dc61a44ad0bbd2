/**
 * @file m2m.h
 * @brief May this application have a token for itself, at this API, in this
 *        Organization? The whole policy of client_credentials.
 *
 * A decision is a table of rules (m2m.c) evaluated in order over one facts
 * struct. No rule looks at anything else: no clock, no random, no I/O. The
 * facts of a refusal are stored with its reference, and tpa_m2m_explain tells
 * the story again from them.
 * Source: spec.md 0.3, 2.2, 3.2, 7.2, 7.5, and 11 rows 6, 12, 17, 27, 41, 42.
 */
#ifndef TPA_CORE_M2M_H
#define TPA_CORE_M2M_H

#include "base/err.h"
#include "base/json.h"
#include "core/details.h"
#include "core/model.h"
#include "core/rules.h"

/** Everything the decision depends on. */
typedef struct tpa_m2m_facts_t {
    /* what was asked for */
    const char *asked_audience;      /* audience, or resource; NULL: not sent */
    const char *asked_org;           /* organization; NULL: not sent */
    apr_array_header_t *asked_scopes;
    const char *proof_jkt;           /* thumbprint of the key that the request
                                        proved (RFC 9449); NULL: none */
    int proof_fresh;                 /* that proof came for the first time */
    apr_array_header_t *asked_details;  /* of tpa_detail_t; NULL: none */
    /* what is known */
    tpa_tenant_t tenant;
    tpa_client_t client;
    tpa_api_t api;
    tpa_client_grant_t own_grant;
    tpa_client_grant_t default_grant;
    tpa_org_t org;                   /* the one asked for */
    tpa_org_t default_org;           /* default_organization of the client, when
                                        its flows name client_credentials */
    /* beside the decision */
    const char *quota;               /* what was counted: core/quota.h; NULL:
                                        there are no quotas */
} tpa_m2m_facts_t;

/** What was decided, and what the token will say. */
typedef struct tpa_m2m_decision_t {
    const tpa_client_grant_t *grant; /* own or default; NULL: none */
    const tpa_org_t *org;            /* NULL: no Organization in play */
    apr_array_header_t *scopes;      /* of the token */
    const char *jkt;                 /* the key it is bound to; NULL: none */
    const char *rule;                /* the rule that refused, NULL: none */
} tpa_m2m_decision_t;

/**
 * Decide.
 *
 * @param f    the facts
 * @param out  receives the decision; on refusal its rule is set
 * @param p    pool of the result
 * @return TPA_OK, or the error of the first rule that refuses
 */
tpa_err_t *tpa_m2m_decide(const tpa_m2m_facts_t *f, tpa_m2m_decision_t *out,
                          apr_pool_t *p);

/**
 * Tell the decision rule by rule.
 *
 * @param f    the facts, e.g. of a stored refusal
 * @param p    pool of the result
 * @return array of tpa_rule_step_t, in the order of the rules
 */
apr_array_header_t *tpa_m2m_explain(const tpa_m2m_facts_t *f, apr_pool_t *p);

/**
 * Make the change that the refusing rule suggests, in a copy of the facts.
 *
 * @param f     the facts
 * @param rule  name of the rule that refused
 * @param p     pool of the copy
 * @return the changed facts; NULL for an unknown rule
 */
tpa_m2m_facts_t *tpa_m2m_turn_around(const tpa_m2m_facts_t *f,
                                     const char *rule, apr_pool_t *p);

/** The facts as JSON, without secrets and keys; and back. */
tpa_json_t *tpa_m2m_facts_json(const tpa_m2m_facts_t *f, apr_pool_t *p);
tpa_m2m_facts_t *tpa_m2m_facts_from_json(const tpa_json_t *o, apr_pool_t *p);

/**
 * Fill facts from a row of the database.
 *
 * @param f      receives them; asked_org and asked_scopes are left alone
 * @param names  names of the columns
 * @param texts  their values as text, NULL being SQL NULL; kept, not copied
 * @param count  how many there are
 * @param p      pool of lists
 * @return 1; 0 when a column is unknown, malformed or missing
 */
int tpa_m2m_facts_fill(tpa_m2m_facts_t *f, const char *const *names,
                       const char *const *texts, int count, apr_pool_t *p);

/** Names of all rules in their order, for tests and documentation. */
apr_array_header_t *tpa_m2m_rules(apr_pool_t *p);

#endif
