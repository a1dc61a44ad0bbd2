/**
 * @file cimd.h
 * @brief Applications that are known by the address of their metadata
 *        document: fetching it and its keys, and keeping what it says
 *        (spec.md 10.3; docs/decisions/0011-documents-of-clients.md).
 */
#ifndef TPA_CIMD_CIMD_H
#define TPA_CIMD_CIMD_H

#include "base/txn.h"
#include "core/cimd.h"

/** A document that was fetched. */
typedef struct tpa_cimd_found_t {
    const char *failure;       /* why it could not be fetched; NULL: it was */
    tpa_cimd_t says;           /* empty with a failure */
    const tpa_json_t *keys;    /* array of {kid, alg, jwk}; NULL: none */
    int lifetime_s;            /* for how long it may be used */
} tpa_cimd_found_t;

/**
 * Fetch a document, and the keys it names, and judge them.
 *
 * @param url  of which tpa_cimd_wrong_url approved
 * @param out  receives what was found
 * @return TPA_OK; TPA_E_TOO_MANY: nothing was fetched
 */
tpa_err_t *tpa_cimd_retrieve(tpa_txn_t *t, const char *url,
                             tpa_cimd_found_t *out);

/** Can an application be made of it? */
int tpa_cimd_is_valid(const tpa_cimd_found_t *found);

/** The member validation of answers: valid, violations, warnings. */
tpa_json_t *tpa_cimd_validation(const tpa_cimd_found_t *found, apr_pool_t *p);

/** The member mapped_fields of answers: with the keys, as far as they are no
 *  secret of anybody. */
tpa_json_t *tpa_cimd_mapped(const tpa_cimd_found_t *found, apr_pool_t *p);

/**
 * What is stored of a document: an argument of tpa.cimd_put.
 *
 * @param found  a valid one
 * @param usage  organization_usage when nobody registers it by hand; NULL: deny
 * @param out    receives {client}, all properties of an application with a
 *               new id
 * @return TPA_OK; TPA_E_INVALID_BODY: no application may be like that
 */
tpa_err_t *tpa_cimd_row(const tpa_cimd_found_t *found, const char *usage,
                        tpa_json_t **out, apr_pool_t *p);

/**
 * Make the application of a document that nobody registered, or look at its
 * document again: a user came with this client id. What was of no use within
 * the last minute is not fetched again.
 *
 * @param url  what was sent as client id
 * @param why  receives why there is no such application, for the user; NULL:
 *             there is
 * @return TPA_OK; TPA_E_TOO_MANY: nothing was fetched; TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_cimd_come(tpa_txn_t *t, const char *url, const char **why);

#endif
