/**
 * @file mgmt_int.h
 * @brief Inside the engine of the Management API.
 */
#ifndef TPA_MGMT_MGMT_INT_H
#define TPA_MGMT_MGMT_INT_H

#include "mgmt/mgmt.h"

/** Where the API is, below the issuer; also the end of its audience. */
#define TPA_MG_BASE "api/v2/"

/** Parameters of every list in pages, and of everything with fields. */
extern const tpa_mg_param_t tpa_mg_offset_params[];
extern const tpa_mg_param_t tpa_mg_checkpoint_params[];
extern const tpa_mg_param_t tpa_mg_fields_params[];

/**
 * Verify the bearer's token and its scopes against the route.
 *
 * @param reply  receives WWW-Authenticate with an error
 * @return TPA_OK; TPA_E_INVALID_TOKEN, TPA_E_INSUFFICIENT_SCOPE,
 *         TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_mg_bearer_read(tpa_mg_call_t *c, tpa_reply_t *reply);

/** Read the parameters the route knows; others are ignored.
 *  @return TPA_OK or TPA_E_INVALID_QUERY */
tpa_err_t *tpa_mg_query_read(tpa_mg_call_t *c);

/** Is a list asked for by from and take, not by page and per_page? */
int tpa_mg_is_checkpoint(const tpa_mg_call_t *c);

/** An object of one member that is a text. */
tpa_json_t *tpa_mg_object_of(const char *name, const char *value,
                             apr_pool_t *p);

/** The JSON Schema of a body, and of one property or parameter. */
tpa_json_t *tpa_mg_schema(const tpa_prop_t *table, unsigned when,
                          apr_pool_t *p);
tpa_json_t *tpa_mg_value_schema(const tpa_prop_t *row, apr_pool_t *p);

#endif
