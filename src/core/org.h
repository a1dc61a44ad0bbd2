/**
 * @file org.h
 * @brief Organizations: what they, and what they hold, may be made of.
 *        Source: spec.md 4.
 */
#ifndef TPA_CORE_ORG_H
#define TPA_CORE_ORG_H

#include "core/props.h"

/** How many there may be: spec.md 4.1. */
enum {
    TPA_ORG_MOST_ORGS = 100000,
    TPA_ORG_MOST_MEMBERS = 100000,
    TPA_ORG_MOST_CONNECTIONS = 10,
    TPA_ORG_MOST_ROLES = 50,         /* of a member */
    TPA_ORG_MOST_DOMAINS = 100,
    TPA_ORG_MOST_GRANTS = 100,
    TPA_ORG_MOST_CLIENTS = 100,
    TPA_ORG_MOST_AT_ONCE = 10,       /* members, or applications, a call */
    TPA_ORG_MOST_METADATA = 25
};

#define TPA_ORG_TTL_S 604800         /* of an invitation that says none */

/** The properties of each; ends with a NULL name. */
extern const tpa_prop_t tpa_org_props[];
extern const tpa_prop_t tpa_org_connection_props[];        /* newer paths */
extern const tpa_prop_t tpa_org_connection_older_props[];  /* older paths */
extern const tpa_prop_t tpa_org_members_props[];
extern const tpa_prop_t tpa_org_member_roles_props[];
extern const tpa_prop_t tpa_org_grant_props[];
extern const tpa_prop_t tpa_org_domain_props[];
extern const tpa_prop_t tpa_org_clients_props[];
extern const tpa_prop_t tpa_org_client_props[];
extern const tpa_prop_t tpa_org_invitation_props[];

/** Values of organization_usage that let an application act for an
 *  Organization, as a JSON array. */
tpa_json_t *tpa_org_usages(apr_pool_t *p);

/**
 * Check a new Organization between its properties.
 *
 * @param org  of which tpa_props_check approved
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_org_check_new(const tpa_json_t *org, apr_pool_t *p);

/**
 * Check a change of an Organization, and make its metadata whole.
 *
 * @param now    the Organization as it is
 * @param patch  of which tpa_props_check approved
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_org_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                apr_pool_t *p);

/**
 * Check a connection of an Organization: sign-up needs membership on login,
 * and a database of ours.
 *
 * @param now    as it is, with its connection's strategy; NULL: it is new, and
 *               the strategy is checked where it is known
 * @param entry  what was sent
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_org_connection_check(const tpa_json_t *now,
                                    const tpa_json_t *entry, apr_pool_t *p);

/**
 * Read what DELETE .../clients is sent: {"clients": [...]}, each an id or an
 * object with client_id.
 *
 * @param body  NULL: none was sent
 * @param ids   receives an array of ids
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_org_clients_read_removal(const tpa_json_t *body,
                                        tpa_json_t **ids, apr_pool_t *p);

/** No application twice. @return TPA_OK or TPA_E_INVALID_BODY */
tpa_err_t *tpa_org_clients_check(const tpa_json_t *body, apr_pool_t *p);

/** A domain as it is stored: in lower case. */
const char *tpa_org_domain_stored(const char *domain, apr_pool_t *p);

/**
 * Check an invitation, and say how long it lasts.
 *
 * @param sent       of which tpa_props_check approved
 * @param has_mail   can mail be sent? If not, it must not be asked for
 * @param ttl_s      receives the seconds
 * @return TPA_OK or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_org_invitation_check(const tpa_json_t *sent, int has_mail,
                                    int *ttl_s, apr_pool_t *p);

#endif
