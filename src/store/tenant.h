/**
 * @file tenant.h
 * @brief What a tenant lets strangers do, and what it announces.
 */
#ifndef TPA_STORE_TENANT_H
#define TPA_STORE_TENANT_H

#include "store/store.h"

/**
 * Which doors of the tenant are open (base/txn.h).
 *
 * @param out      receives TPA_OPEN_REGISTRATION and the like, added up
 * @param details  receives the types of authorization details that its APIs
 *                 know, array of const char *, NULL when there are none; may
 *                 be NULL
 * @return TPA_OK or TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_store_open_doors(tpa_store_t *st, unsigned *out,
                                apr_array_header_t **details, apr_pool_t *p);

#endif
