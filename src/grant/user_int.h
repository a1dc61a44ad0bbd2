/**
 * @file user_int.h
 * @brief What the grants that act for a user share: their record, their
 *        checks, their tokens.
 */
#ifndef TPA_GRANT_USER_INT_H
#define TPA_GRANT_USER_INT_H

#include "core/flow.h"
#include "grant/grant.h"

/** What a check looks at: facts, and what the request brings along. */
typedef struct tpa_shown_t {
    const tpa_flow_facts_t *f;
    apr_time_t now;
    apr_pool_t *p;               /* of what a check works out */
    const char *redirect_uri;    /* NULL: not sent */
    const char *verifier;        /* NULL: not sent */
} tpa_shown_t;

/** One question about what was presented; a table of them ends with a NULL
 *  rule. */
typedef struct tpa_check_t {
    const char *rule;
    int (*holds)(const tpa_shown_t *s);
    const char *why;             /* for the operator, when it does not */
} tpa_check_t;

/**
 * Ask in order.
 *
 * @param text  public text of every refusal: whoever guesses learns nothing
 * @return TPA_OK, or TPA_E_INVALID_GRANT of the first check that fails
 */
tpa_err_t *tpa_user_check(const tpa_check_t *checks, const tpa_shown_t *s,
                          const char *text);

/**
 * The refusal of one check that was found by another way.
 *
 * @param rule  its name in the table
 */
tpa_err_t *tpa_user_refusal(const tpa_check_t *checks, const char *rule,
                            const char *text, apr_pool_t *p);

/** Is what audience names, or resource where that is not sent, the API that is
 *  held (RFC 8707 2.2)? TPA_E_INVALID_TARGET if not. */
tpa_err_t *tpa_user_target(tpa_txn_t *t, const tpa_flow_facts_t *f);

/** Did the request prove possession of the key that the code or refresh token
 *  is bound to, if it is to one? */
int tpa_user_key_held(const tpa_shown_t *s);

/** The key that refresh tokens which the request gives rise to are bound to:
 *  of public applications, which have nothing else to prove themselves by (RFC
 *  9449 5). NULL: none. */
const char *tpa_user_bound_to(const tpa_flow_facts_t *f);

/**
 * Read authorization_details of the request, if sent: the facts get what is
 * narrowed to.
 *
 * @return TPA_OK, or TPA_E_INVALID_AUTHORIZATION_DETAILS
 */
tpa_err_t *tpa_user_details(tpa_txn_t *t, tpa_flow_facts_t *f);

/** Fill the record in, as far as things are known. */
void tpa_user_note(tpa_txn_t *t, const tpa_flow_facts_t *f,
                   const tpa_flow_decision_t *d);

/** Details of the record that belong to the family of a refresh token. */
tpa_json_t *tpa_user_family_details(const tpa_flow_facts_t *f, apr_pool_t *p);

/**
 * Store the facts with the record of a refusal. Handy as the argument of
 * return.
 *
 * @param flow  name of the grant
 * @param e     the refusal, or NULL
 * @return e
 */
tpa_err_t *tpa_user_refuse(tpa_txn_t *t, const char *flow,
                           const tpa_flow_facts_t *f, tpa_err_t *e);

/** Mint the access token of a decision. gty: NULL where none is claimed. */
tpa_err_t *tpa_user_mint(tpa_txn_t *t, const tpa_flow_facts_t *f,
                         const tpa_flow_decision_t *d, const char *gty,
                         tpa_minted_t *out);

#endif
