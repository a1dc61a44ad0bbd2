/**
 * @file request.h
 * @brief What we know of a request, in r->request_config.
 */
#ifndef TPA_HTTPD_REQUEST_H
#define TPA_HTTPD_REQUEST_H

#include <httpd.h>

struct tpa_exchange_t;
struct tpa_bearer_t;

typedef struct tpa_request_t {
    struct tpa_exchange_t *exchange;   /* a request of ours; else NULL */
    struct tpa_bearer_t *bearer;       /* whose token was verified; else NULL */
    const char *proof;                 /* the DPoP proof that came with it, and
                                          was new; else NULL */
} tpa_request_t;

/** What is known of a request; NULL: nothing. */
tpa_request_t *tpa_request_of(const request_rec *r);

/** The same, made when there was nothing. */
tpa_request_t *tpa_request_make(request_rec *r);

#endif
