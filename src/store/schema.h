/**
 * @file schema.h
 * @brief Does the database speak the language of this build?
 */
#ifndef TPA_STORE_SCHEMA_H
#define TPA_STORE_SCHEMA_H

#include "store/store.h"

/**
 * The version of the schema.
 *
 * @param out  receives the number of its newest migration
 * @return TPA_OK; TPA_E_UNAVAILABLE when there is no schema, or no database
 */
tpa_err_t *tpa_store_schema_version(tpa_store_t *st, int *out, apr_pool_t *p);

/**
 * Is the schema new enough? A newer one is: modules of one release may meet
 * the schema of the next.
 *
 * @return TPA_OK, or TPA_E_UNAVAILABLE whose detail names the tool to run
 */
tpa_err_t *tpa_store_schema_check(tpa_store_t *st, apr_pool_t *p);

#endif
