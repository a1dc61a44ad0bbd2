/**
 * @file txn.h
 * @brief A request, its answer, and what an endpoint gets to work with.
 *
 * No httpd type appears here: the bridge (httpd/bridge.c) fills a tpa_req_t
 * from the server's request and sends a tpa_reply_t.
 */
#ifndef TPA_BASE_TXN_H
#define TPA_BASE_TXN_H

#include <string.h>

#include <apr_tables.h>
#include <apr_time.h>
#include "base/err.h"
#include "base/log.h"
#include "base/meter.h"

struct tpa_store_t;
struct tpa_keyring_t;
struct tpa_sealer_t;
struct tpa_event_t;
struct tpa_settings_t;
struct tpa_templates_t;
struct tpa_dpop_t;

/** What a tenant lets strangers do. */
enum {
    TPA_OPEN_REGISTRATION = 1,  /* applications register themselves */
    TPA_OPEN_DOCUMENTS = 2      /* a client id may be the address of a metadata
                                   document */
};
struct tpa_fetcher_t;

typedef struct tpa_req_t {
    const char *method;
    const char *path;           /* below the issuer's host, decoded by httpd */
    const apr_table_t *headers; /* request headers */
    const char *remote_ip;
    const char *host;           /* the host the client asked for */
    apr_table_t *query;         /* parameters of the query, parsed strictly */
    apr_table_t *form;          /* parameters of the body; NULL without one */
    const char *raw_path;       /* path below the issuer, not decoded; NULL
                                   where no route wants it */
    const char *raw_query;      /* the query as it came; NULL without one */
    const char *body;           /* the body as it came, NUL-terminated; NULL
                                   where no route wants it */
    apr_size_t body_len;
} tpa_req_t;

/** A parameter an endpoint reads, and how long its value may be. */
typedef struct tpa_param_t {
    const char *name;
    apr_size_t max;             /* bytes */
} tpa_param_t;

typedef struct tpa_reply_t {
    int status;
    const char *content_type;   /* NULL when there is no body */
    const char *body;           /* NUL-terminated, or NULL */
    apr_table_t *headers;       /* set, not merged */
} tpa_reply_t;

/** Who a module of httpd says the user is, at a location with TPAConnection. */
typedef struct tpa_login_t {
    const char *connection;     /* its name */
    const char *subject;        /* what the module calls the user; NULL: nobody
                                   was authenticated */
    const char *email;          /* NULL: not known; never proof of anything */
    const char *name;           /* NULL: not known */
    const char *trouble;        /* why nobody may be logged in here, for the
                                   log; else NULL */
} tpa_login_t;

typedef struct tpa_txn_t {
    apr_pool_t *p;                /* lives as long as the request */
    apr_time_t now;               /* the one time of this request */
    const tpa_req_t *req;
    const char *issuer;           /* of the tenant, with its slash at the end */
    const struct tpa_settings_t *settings;
    struct tpa_store_t *store;
    const struct tpa_keyring_t *keyring;
    const struct tpa_sealer_t *sealer;
    const tpa_log_t *log;
    tpa_meter_t *meter;           /* NULL: nothing is counted */
    const struct tpa_templates_t *templates;   /* of the tenant's pages */
    struct tpa_fetcher_t *fetcher;   /* of this process */
    const apr_table_t *locations; /* of connections with TPAConnection: name to
                                     path; NULL: there are none */
    unsigned open;                /* doors of the tenant (TPA_OPEN_...), as they
                                     were seconds ago: for announcing, never
                                     for deciding */
    const apr_array_header_t *details;   /* likewise: types of authorization
                                     details that APIs know, const char *;
                                     NULL: none */
    const char *newcomers;        /* organization_usage of applications that
                                     nobody registers by hand; NULL: deny */
    const tpa_login_t *login;     /* of such a location; else NULL */
    struct tpa_event_t *event;    /* the audit record being filled */
    void *gated;                  /* what the route's gate found out, for the
                                     endpoint; NULL: it has none */
    const struct tpa_dpop_t *proof;  /* of the request, checked (RFC 9449);
                                        NULL: there is none */
    const char *allow_origin;     /* whose pages may read the answer, errors
                                     too; NULL: none */
    /** Hand a finished audit record over; never drops it (design.md 2.15). */
    tpa_err_t *(*record)(void *baton, const struct tpa_event_t *event,
                         apr_pool_t *p);
    void *record_baton;
    /** Count the request against the limits; act, what: base/limit.h. NULL:
     *  there are none. */
    tpa_err_t *(*count)(void *baton, struct tpa_txn_t *t, int act, int what,
                        const char *client_id);
    void *count_baton;
    apr_table_t *headers;         /* of the answer, an error too; NULL: none */
    /** Take back what was counted, when no token comes of it; NULL: nothing. */
    tpa_err_t *(*undo)(struct tpa_txn_t *t);
    void *undo_baton;
} tpa_txn_t;

/** Add a header to the answer, whatever that will be. */
static inline void tpa_txn_header(tpa_txn_t *t, const char *name,
                                  const char *value)
{
    if (!t->headers)
        t->headers = apr_table_make(t->p, 4);
    apr_table_setn(t->headers, name, value);
}

/**
 * A parameter of the body. Its name is compared to the letter, which
 * apr_table_get would not do.
 *
 * @return its value; NULL when it was not sent, or sent empty (RFC 6749 3.2)
 */
static inline const char *tpa_txn_param(const tpa_txn_t *t, const char *name)
{
    const apr_array_header_t *pairs;
    int i;

    if (!t->req->form)
        return NULL;
    pairs = apr_table_elts(t->req->form);
    for (i = 0; i < pairs->nelts; i++) {
        const apr_table_entry_t *pair
            = &APR_ARRAY_IDX(pairs, i, apr_table_entry_t);

        if (!strcmp(pair->key, name))
            return *pair->val ? pair->val : NULL;
    }
    return NULL;
}

/** What every endpoint is: fills the reply, or returns why it cannot. */
typedef tpa_err_t *(*tpa_endpoint_fn)(tpa_txn_t *t, tpa_reply_t *reply);

/** What may be asked before any login module runs; leaves t->gated. */
typedef tpa_err_t *(*tpa_gate_fn)(tpa_txn_t *t);

/** How an error is told: fills the reply. retry_after: seconds. */
typedef void (*tpa_tell_fn)(const tpa_txn_t *t, tpa_reply_t *reply,
                            const tpa_err_t *e, int retry_after);

#endif
