/**
 * @file scopes.h
 * @brief How the consent page tells scopes to people (spec.md 6).
 */
#ifndef TPA_HTTP_SCOPES_H
#define TPA_HTTP_SCOPES_H

#include "http/visit.h"

/**
 * Add what is granted to a view: by description where the tenant wants that
 * and there is one; else those of the form action:resource by resource; else
 * the scope itself.
 *
 * @param v     the visit; decision.scopes is shown
 * @param view  receives "scopes", a list of {label, items}, and "offline"
 */
void tpa_scopes_show(const tpa_visit_t *v, tpa_json_t *view, apr_pool_t *p);

#endif
