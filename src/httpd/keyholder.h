/**
 * @file keyholder.h
 * @brief The keyring of a tenant in a child process: swapped under running
 *        requests when keys were rotated, freed when the last has let go.
 */
#ifndef TPA_HTTPD_KEYHOLDER_H
#define TPA_HTTPD_KEYHOLDER_H

#include "crypto/keyring.h"
#include "store/store.h"

typedef struct tpa_keyholder_t tpa_keyholder_t;

/** An empty holder, in the pool of the child process. */
tpa_keyholder_t *tpa_keyholder_make(const tpa_sealer_t *sealer, apr_pool_t *p);

/**
 * Look for changed keys and take them over.
 *
 * @param h  the holder
 * @param s  the store
 * @param p  pool for work
 * @return TPA_OK; else what is held stays as it was: TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_keyholder_refresh(tpa_keyholder_t *h, tpa_store_t *s,
                                 apr_pool_t *p);

/** The keyring of the moment, valid as long as p; NULL before the first. */
const tpa_keyring_t *tpa_keyholder_borrow(tpa_keyholder_t *h, apr_pool_t *p);

#endif
