/**
 * @file quota.h
 * @brief Count tokens against quotas, where the facts could not.
 */
#ifndef TPA_STORE_QUOTA_H
#define TPA_STORE_QUOTA_H

#include "core/quota.h"
#include "store/store.h"

/**
 * Count one token.
 *
 * @param org_id  the Organization it is for; NULL: none
 * @param text    receives the answer as it came, and out what it says: what
 *                was counted, or whose quota is used up
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_quota_take(tpa_store_t *st, const char *client_id,
                                const char *org_id, const char **text,
                                tpa_quota_t *out, apr_pool_t *p);

/** Take back what was counted for a token that was not issued. */
tpa_err_t *tpa_store_quota_give(tpa_store_t *st, const char *client_id,
                                const tpa_quota_t *taken, apr_pool_t *p);

#endif
