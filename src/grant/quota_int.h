/**
 * @file quota_int.h
 * @brief The quotas of client_credentials (spec.md 8.6): what the call of the
 *        facts counted, or what is counted now.
 */
#ifndef TPA_GRANT_QUOTA_INT_H
#define TPA_GRANT_QUOTA_INT_H

#include "base/txn.h"
#include "core/m2m.h"

/**
 * Judge the quotas once nothing else stands against a token; tell of them in
 * headers, and of the steps that were reached in events of their own.
 *
 * @param f  the facts; an application that proved itself by an assertion is
 *           counted here, by one call more
 * @return TPA_OK; TPA_E_TOO_MANY; TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_grant_quota_pass(tpa_txn_t *t, tpa_m2m_facts_t *f);

/** See to it that what is counted is taken back when no token comes of it. */
void tpa_grant_quota_arm(tpa_txn_t *t, tpa_m2m_facts_t *f);

#endif
