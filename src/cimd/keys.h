/**
 * @file keys.h
 * @brief Key sets that metadata documents name.
 */
#ifndef TPA_CIMD_KEYS_H
#define TPA_CIMD_KEYS_H

#include "base/json.h"

/**
 * Read a key set (RFC 7517 5). Keys that are of no use here are left out, as
 * 5 wants it, and so are all but the first ten.
 *
 * @param left_out  receives how many were
 * @return array of {kid, alg, jwk, thumbprint}; empty when text is no key set
 */
const tpa_json_t *tpa_cimd_keys(const char *text, apr_size_t len,
                                int *left_out, apr_pool_t *p);

/** Of what an answer may be sent to and who may prove itself: when that
 *  changes, users are asked again. */
const char *tpa_cimd_hash(const apr_array_header_t *callbacks,
                          const char *method, const tpa_json_t *keys,
                          apr_pool_t *p);

#endif
