/**
 * @file keys.h
 * @brief Signing keys in the database; private parts stay sealed.
 */
#ifndef TPA_STORE_KEYS_H
#define TPA_STORE_KEYS_H

#include "base/json.h"
#include "core/model.h"
#include "store/store.h"

/**
 * All signing keys, revoked ones too, newest first.
 *
 * @param out  receives an array of tpa_signing_key_t
 */
tpa_err_t *tpa_store_keys(tpa_store_t *st, apr_array_header_t **out,
                          apr_pool_t *p);

/** A fresh key as tpa.signing_key_rotate takes it. */
tpa_json_t *tpa_store_key_json(const tpa_signing_key_t *key, apr_pool_t *p);

/**
 * Next becomes current, current becomes previous, fresh becomes next; in a
 * tenant without keys, fresh becomes current; in one without a next key it
 * becomes next, and the current one stays, for nobody has seen fresh yet. An
 * older previous key is revoked only by tpa_store_key_revoke.
 *
 * @param fresh  the new key; its state is ignored
 * @return TPA_OK; TPA_E_CONFLICT when there is a key of its kid
 */
tpa_err_t *tpa_store_key_rotate(tpa_store_t *st,
                                const tpa_signing_key_t *fresh, apr_pool_t *p);

/**
 * Revoke a previous key.
 * @return TPA_OK; TPA_E_NOT_FOUND; TPA_E_CONFLICT when it is not a previous key
 */
tpa_err_t *tpa_store_key_revoke(tpa_store_t *st, const char *kid,
                                apr_pool_t *p);

#endif
