/**
 * @file client_auth.h
 * @brief How an application proves who it is at our endpoints: a table of
 *        methods (spec.md 7.1, clients.md 1.6).
 *
 * Whatever is wrong, the caller learns the same: 401 invalid_client. Unknown
 * client, wrong secret, a method that is not the client's own, two methods at
 * once: same text, same work.
 */
#ifndef TPA_HTTP_CLIENT_AUTH_H
#define TPA_HTTP_CLIENT_AUTH_H

#include "base/txn.h"
#include "core/model.h"

typedef struct tpa_auth_method_t tpa_auth_method_t;

/** What the request carries, not verified. */
typedef struct tpa_credentials_t {
    const tpa_auth_method_t *method;  /* NULL: several, or a strange one */
    const char *client_id;
    const char *secret;
    const char *assertion;
    const char *secret_hash;          /* hexadecimal SHA-256; of no secret, that
                                         of an empty one */
} tpa_credentials_t;

/**
 * Read the credentials of a request.
 *
 * @param t    the request
 * @param out  receives them
 * @return TPA_OK, or TPA_E_INVALID_CLIENT when not even a client id is there
 */
tpa_err_t *tpa_client_auth_read(tpa_txn_t *t, tpa_credentials_t *out);

/**
 * May the application, and the caller's address, ask at all just now? Asks no
 * database and counts nothing, so that refusing is cheap.
 *
 * @return TPA_OK or TPA_E_TOO_MANY
 */
tpa_err_t *tpa_client_auth_admit(tpa_txn_t *t, const tpa_credentials_t *c);

/**
 * Verify them, and count the request: of an application that proved who it is,
 * of one that was only named, or, when it fails, of the caller's address.
 *
 * @param t       the request; a verified assertion uses up its jti here
 * @param c       what tpa_client_auth_read gave
 * @param client  the application of that id; its id is NULL when there is none
 * @return TPA_OK; TPA_E_INVALID_CLIENT, whose detail tells the operator why;
 *         TPA_E_TOO_MANY; TPA_E_UNAVAILABLE
 */
tpa_err_t *tpa_client_auth_verify(tpa_txn_t *t, const tpa_credentials_t *c,
                                  const tpa_client_t *client);

/** What the database may compare by itself: store/facts.h; NULL: nothing. */
const char *tpa_client_auth_shown(const tpa_txn_t *t,
                                  const tpa_credentials_t *c);

/**
 * Add WWW-Authenticate to a 401 whose request used Authorization (RFC 6749
 * 5.2). Handy as the argument of return.
 *
 * @param e  the error of the endpoint, or NULL
 * @return e
 */
tpa_err_t *tpa_client_auth_challenge(const tpa_txn_t *t, tpa_reply_t *reply,
                                     tpa_err_t *e);

/** Parameters the methods read; ends with a NULL name. */
extern const tpa_param_t tpa_client_auth_params[];

/** Names of the methods, for the metadata. */
apr_array_header_t *tpa_client_auth_methods(apr_pool_t *p);

#endif
