/**
 * @file proof.h
 * @brief DPoP at the token endpoint (RFC 9449 5, 8).
 */
#ifndef TPA_HTTP_PROOF_H
#define TPA_HTTP_PROOF_H

#include "base/txn.h"
#include "core/model.h"

/** The algorithm of proofs, for the metadata. */
#define TPA_PROOF_ALG "ES256"

/**
 * Check the proof of a request, if it has one.
 *
 * @param t         the request; its proof is set when that is good
 * @param endpoint  path below the issuer that it must be made for
 * @return TPA_OK, or TPA_E_INVALID_DPOP_PROOF, for tpa_proof_settle
 */
tpa_err_t *tpa_proof_read(tpa_txn_t *t, const char *endpoint);

/**
 * Judge the proof of an application that is known by now. A public one must put
 * our nonce into it, and is given the next one with each answer.
 *
 * @param t       the request
 * @param reply   the answer, whatever comes of it
 * @param client  the application
 * @param bad     what tpa_proof_read gave
 * @return bad; else TPA_OK, or TPA_E_USE_DPOP_NONCE
 */
tpa_err_t *tpa_proof_settle(tpa_txn_t *t, tpa_reply_t *reply,
                            const tpa_client_t *client, tpa_err_t *bad);

#endif
