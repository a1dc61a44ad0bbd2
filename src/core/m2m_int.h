/**
 * @file m2m_int.h
 * @brief Inside the machine decision: its rules, and what follows from the
 *        facts. For the m2m_*.c files only.
 */
#ifndef TPA_CORE_M2M_INT_H
#define TPA_CORE_M2M_INT_H

#include "core/m2m.h"
#include "core/rules.h"

/** The one point at which the rules count. */
#define TPA_M2M 1u

/** All rules in their order; the last row has no name. */
extern const tpa_rule_t tpa_m2m_rule_table[];

/** The client grant in play: the own one replaces the default; NULL: none. */
const tpa_client_grant_t *tpa_m2m_grant(const tpa_m2m_facts_t *f);

/** How that grant treats Organizations; a default grant always denies. */
tpa_org_usage_t tpa_m2m_usage(const tpa_m2m_facts_t *f);

/** The Organization in play: asked for, else the default one; NULL: none. */
const tpa_org_t *tpa_m2m_org(const tpa_m2m_facts_t *f);

/** May scope be in the token: granted, and still one of the API's? */
int tpa_m2m_scope_granted(const tpa_m2m_facts_t *f, const char *scope);

/** The scopes asked for that are not granted; an empty array: none. */
apr_array_header_t *tpa_m2m_missing_scopes(const tpa_m2m_facts_t *f,
                                           apr_pool_t *p);

/* ---- the changes of the rules, each in a tpa_m2m_facts_t ---------------- */

void tpa_m2m_turn_grant_type(void *facts, apr_pool_t *p);
void tpa_m2m_turn_confidential(void *facts, apr_pool_t *p);
void tpa_m2m_turn_switch(void *facts, apr_pool_t *p);
void tpa_m2m_turn_by_hand(void *facts, apr_pool_t *p);
void tpa_m2m_turn_audience(void *facts, apr_pool_t *p);
void tpa_m2m_turn_api(void *facts, apr_pool_t *p);
void tpa_m2m_turn_system(void *facts, apr_pool_t *p);
void tpa_m2m_turn_policy(void *facts, apr_pool_t *p);
void tpa_m2m_turn_proof_taken(void *facts, apr_pool_t *p);
void tpa_m2m_turn_proof_sent(void *facts, apr_pool_t *p);
void tpa_m2m_turn_client_grant(void *facts, apr_pool_t *p);
void tpa_m2m_turn_scopes(void *facts, apr_pool_t *p);
void tpa_m2m_turn_details(void *facts, apr_pool_t *p);
void tpa_m2m_turn_usage(void *facts, apr_pool_t *p);
void tpa_m2m_turn_present(void *facts, apr_pool_t *p);
void tpa_m2m_turn_form(void *facts, apr_pool_t *p);
void tpa_m2m_turn_known(void *facts, apr_pool_t *p);
void tpa_m2m_turn_granted(void *facts, apr_pool_t *p);

#endif
