/**
 * @file details.h
 * @brief How the consent page tells authorization details to people (RFC 9396
 *        2): the type, and every member as the application sent it.
 */
#ifndef TPA_HTTP_DETAILS_H
#define TPA_HTTP_DETAILS_H

#include "http/visit.h"

/**
 * Add what is granted to a view.
 *
 * @param v     the visit; decision.details are shown
 * @param view  receives "details", a list of {type, members: [{name, value}]};
 *              members of members are named a.b
 */
void tpa_details_show(const tpa_visit_t *v, tpa_json_t *view, apr_pool_t *p);

#endif
