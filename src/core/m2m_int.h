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

#endif
