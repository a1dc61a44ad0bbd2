/**
 * @file facts.h
 * @brief One call gathers all facts of a flow.
 */
#ifndef TPA_STORE_FACTS_H
#define TPA_STORE_FACTS_H

#include "core/m2m.h"
#include "store/store.h"

/**
 * The facts of a client_credentials request, the client's authentication data
 * among them. What does not exist has a NULL id; that is not an error.
 *
 * @param st         the store
 * @param client_id  as the request names it
 * @param audience   audience parameter, or NULL
 * @param resource   resource parameter, or NULL; read under the tenant's
 *                   compatibility profile only, and when audience is NULL
 * @param org        organization parameter, or NULL
 * @param credential what was sent to prove who it is: its method, a blank and
 *                   the hash of the secret; NULL: none. Only where that is the
 *                   client's own is the request counted against quotas: a
 *                   write, of which a lost answer may count one too many
 * @param proof      a proof of possession that is used up here; NULL: none
 * @param out        receives everything but asked_scopes; asked_audience is
 *                   what was looked up (the tenant's default is not filled in)
 * @param p          pool of the result
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_m2m_facts(tpa_store_t *st, const char *client_id,
                               const char *audience, const char *resource,
                               const char *org, const char *credential,
                               const tpa_dpop_t *proof,
                               tpa_m2m_facts_t *out, apr_pool_t *p);

#endif
