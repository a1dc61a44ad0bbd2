/**
 * @file err.h
 * @brief The one error type, and the table of its kinds.
 *
 * Functions that can fail return tpa_err_t *, NULL (TPA_OK) being success. The
 * error is made where it is known, carried by pointer, and logged once by the
 * top floor.
 */
#ifndef TPA_BASE_ERR_H
#define TPA_BASE_ERR_H

#include <apr_pools.h>

/** Every way a request can fail; the row of a kind is in err.c. */
typedef enum tpa_ekind_t {
    TPA_E_INVALID_REQUEST,        /* RFC 6749 5.2 */
    TPA_E_INVALID_CLIENT,         /* RFC 6749 5.2 */
    TPA_E_INVALID_GRANT,          /* RFC 6749 5.2 */
    TPA_E_UNAUTHORIZED_CLIENT,    /* RFC 6749 5.2 */
    TPA_E_UNSUPPORTED_GRANT_TYPE, /* RFC 6749 5.2 */
    TPA_E_INVALID_SCOPE,          /* RFC 6749 5.2 */
    TPA_E_INVALID_TARGET,         /* RFC 8707 2, RFC 8693 2.2.2 */
    TPA_E_INVALID_AUTHORIZATION_DETAILS, /* RFC 9396 5 */
    TPA_E_INVALID_DPOP_PROOF,     /* RFC 9449 5 */
    TPA_E_USE_DPOP_NONCE,         /* RFC 9449 8 */
    TPA_E_ACCESS_DENIED,          /* spec.md 7.5 */
    TPA_E_NOWHERE_TO_GO,          /* unknown application or redirect URI: never
                                     answered by redirect, RFC 6749 4.1.2.1 */
    TPA_E_UNSUPPORTED_RESPONSE_TYPE, /* RFC 6749 4.1.2.1 */
    TPA_E_LOGIN_REQUIRED,         /* OpenID Connect Core 3.1.2.6, as are the
                                     next two */
    TPA_E_CONSENT_REQUIRED,
    TPA_E_INTERACTION_REQUIRED,
    TPA_E_INVALID_REDIRECT_URI,   /* RFC 7591 3.2.2, as is the next */
    TPA_E_INVALID_CLIENT_METADATA,
    TPA_E_CLOSED,                 /* the tenant does not do this: spec.md 8.4 */
    TPA_E_TOO_MANY,               /* spec.md 8.6 */
    TPA_E_METHOD_NOT_ALLOWED,
    TPA_E_TOO_LARGE,
    TPA_E_MEDIA_TYPE,
    TPA_E_INVALID_BODY,           /* spec.md 9.1, as are the next five */
    TPA_E_INVALID_QUERY,
    TPA_E_INVALID_URI,
    TPA_E_INVALID_TOKEN,
    TPA_E_INSUFFICIENT_SCOPE,
    TPA_E_NOT_SUPPORTED,
    TPA_E_NOT_FOUND,
    TPA_E_CONFLICT,
    TPA_E_UNAVAILABLE,            /* the database, or a key, is not there now */
    TPA_E_INTERNAL,
    TPA_E_COUNT
} tpa_ekind_t;

/** What the world sees of a kind. */
typedef struct tpa_ekind_info_t {
    const char *oauth;   /* value of the "error" member */
    int http;            /* status of a direct answer */
} tpa_ekind_info_t;

typedef struct tpa_err_t {
    tpa_ekind_t kind;
    const char *text;    /* public: for the caller, never holds secrets */
    const char *detail;  /* private: for the log only, or NULL */
    const char *rule;    /* name of the check that refused, or NULL */
    const char *code;    /* errorCode of the Management API when it is not
                            that of the kind, or NULL; "" leaves it out */
    int retry_after_s;   /* when to come again; 0: what the settings say */
} tpa_err_t;

#define TPA_OK ((tpa_err_t *)NULL)

/** Leave the calling function with the error of expr, if it has one. */
#define TPA_TRY(expr) \
    do { \
        tpa_err_t *tpa_try_ = (expr); \
        if (tpa_try_) \
            return tpa_try_; \
    } while (0)

/**
 * Make an error.
 *
 * @param p     pool the error lives in
 * @param kind  its kind
 * @param fmt   printf format of the public text; characters that RFC 6749 5.2
 *              forbids in error_description are replaced by a question mark
 * @return the error, never NULL
 */
tpa_err_t *tpa_err(apr_pool_t *p, tpa_ekind_t kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Make an error whose public text may hold quotes and every other character
 * of UTF-8: for answers that carry text as JSON, not by the rules of RFC 6749.
 *
 * @param fmt  printf format of the public text; control characters are
 *             replaced by a question mark
 * @return the error, never NULL
 */
tpa_err_t *tpa_err_text(apr_pool_t *p, tpa_ekind_t kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Make an error whose cause is ours, not the caller's: the public text is that
 * of the kind ("internal error", "temporarily unavailable"), the formatted
 * text goes to the log only.
 *
 * @param p     pool the error lives in
 * @param kind  TPA_E_INTERNAL or TPA_E_UNAVAILABLE
 * @param fmt   printf format of the private detail
 * @return the error, never NULL
 */
tpa_err_t *tpa_err_private(apr_pool_t *p, tpa_ekind_t kind, const char *fmt,
                           ...) __attribute__((format(printf, 3, 4)));

/**
 * Name the check that refused. Handy as the argument of return.
 *
 * @param e     an error, or NULL
 * @param rule  static name of the check
 * @return e
 */
tpa_err_t *tpa_err_by(tpa_err_t *e, const char *rule);

/**
 * Give an error its own errorCode. Handy as the argument of return.
 *
 * @param e     an error, or NULL
 * @param code  static text; NULL: that of the kind; "": none
 * @return e
 */
tpa_err_t *tpa_err_coded(tpa_err_t *e, const char *code);

/** The row of a kind; never NULL. */
const tpa_ekind_info_t *tpa_ekind_info(tpa_ekind_t kind);

#endif
