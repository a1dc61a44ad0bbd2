/**
 * @file mgmt.h
 * @brief The Management API: what a route is, and what a resource gets to
 *        work with. One file a resource; each gives a table of routes.
 *
 * The engine (mgmt.c) finds the route, checks the bearer's token and its
 * scopes, the query, the body against the route's table of properties, and
 * only then calls the resource. Source: spec.md 9, clients.md 1 to 3.
 */
#ifndef TPA_MGMT_MGMT_H
#define TPA_MGMT_MGMT_H

#include "base/reply.h"
#include "base/txn.h"
#include "core/props.h"
#include "store/objects.h"

struct tpa_mg_call_t;

/** A query parameter of a route. */
typedef struct tpa_mg_param_t {
    const char *name;
    tpa_ptype_t type;      /* TPA_P_STRING, TPA_P_BOOL, TPA_P_INT, TPA_P_ENUM,
                              TPA_P_STRINGS, TPA_P_ENUMS: these two may come
                              several times, or once with commas */
    apr_int64_t lo, hi;    /* as of a property */
    const char *words;
    const char *doc;
} tpa_mg_param_t;

/** How a list may be cut into pages (spec.md 9.2). */
enum {
    TPA_MG_NO_PAGES = 0,
    TPA_MG_OFFSET = 1,         /* page, per_page, include_totals */
    TPA_MG_CHECKPOINT = 2,     /* from, take */
    TPA_MG_ARRAY = 4           /* not cut: a bare array of all */
};

/** A row: method, path, who may, what it takes, what it does. */
typedef struct tpa_mg_route_t {
    const char *method;
    const char *path;          /* below api/v2/, e.g. "clients/{id}" */
    const char *scopes;        /* any of these, separated by blanks; words
                                  joined by '+' are needed together; "": any
                                  token will do; NULL: nobody is asked for
                                  one */
    int status;                /* of success */
    tpa_err_t *(*serve)(struct tpa_mg_call_t *c, tpa_reply_t *reply);
    const char *summary;       /* for the documentation, and the description
                                  of the log event of a write */
    const tpa_prop_t *body;    /* properties of the body; NULL: no body, or
                                  one that no table describes */
    unsigned when;             /* TPA_ON_CREATE or TPA_ON_UPDATE */
    const tpa_mg_param_t *query; /* besides those of pages and fields */
    int pages;                 /* TPA_MG_OFFSET | TPA_MG_CHECKPOINT, or
                                  TPA_MG_ARRAY; 0: one object, or a list that
                                  is always whole and in an object */
    const char *list_key;      /* member that holds the list, "clients" */
    int fields;                /* fields and include_fields are understood */
    int free_body;             /* a body (an array) that no table describes:
                                  the resource checks it */
} tpa_mg_route_t;

/** One call. */
typedef struct tpa_mg_call_t {
    tpa_txn_t *t;
    apr_pool_t *p;
    const tpa_mg_route_t *route;
    const char *ids[4];                /* the {names} of the path, decoded */
    const tpa_json_t *body;            /* checked; an empty object when none
                                          was sent to a route that takes one;
                                          NULL: no route for a body, or no
                                          free body was sent */
    tpa_json_t *query;                 /* checked: a member a parameter that
                                          was sent; fields is an array */
    const apr_array_header_t *scopes;  /* of the bearer */
    const char *bearer;                /* client id of the bearer */
} tpa_mg_call_t;

/** The routes of each resource, a file each; the last row has no method. */
extern const tpa_mg_route_t tpa_mg_clients[];
extern const tpa_mg_route_t tpa_mg_clients_cimd[];
extern const tpa_mg_route_t tpa_mg_client_credentials[];
extern const tpa_mg_route_t tpa_mg_resource_servers[];
extern const tpa_mg_route_t tpa_mg_client_grants[];
extern const tpa_mg_route_t tpa_mg_organizations[];
extern const tpa_mg_route_t tpa_mg_organization_members[];
extern const tpa_mg_route_t tpa_mg_organization_connections[];
extern const tpa_mg_route_t tpa_mg_organization_grants[];
extern const tpa_mg_route_t tpa_mg_organization_domains[];
extern const tpa_mg_route_t tpa_mg_organization_clients[];
extern const tpa_mg_route_t tpa_mg_invitations[];
extern const tpa_mg_route_t tpa_mg_connections[];
extern const tpa_mg_route_t tpa_mg_users[];
extern const tpa_mg_route_t tpa_mg_roles[];
extern const tpa_mg_route_t tpa_mg_grants[];        /* and refresh-tokens */
extern const tpa_mg_route_t tpa_mg_logs[];
extern const tpa_mg_route_t tpa_mg_keys[];
extern const tpa_mg_route_t tpa_mg_tenant[];        /* and actions */
extern const tpa_mg_route_t tpa_mg_openapi[];

/**
 * Walk over all routes, table by table.
 *
 * @param visit  called for each; a non-zero result ends the walk
 * @return the last result of visit
 */
int tpa_mg_each_route(int (*visit)(void *baton,
                                   const tpa_mg_route_t *route),
                      void *baton);

/**
 * Serve a call below api/v2/: the endpoint of the route table.
 * @return TPA_OK, or an error that tpa_mg_reply_error tells in the shape of
 *         the Management API
 */
tpa_err_t *tpa_ep_mgmt(tpa_txn_t *t, tpa_reply_t *reply);

/** The error body of spec.md 9.1: statusCode, error, message, errorCode. */
void tpa_mg_reply_error(const tpa_txn_t *t, tpa_reply_t *reply,
                        const tpa_err_t *e, int retry_after);

/* ---- what resources do their work with (answer.c) ----------------------- */

/** An unhappy result, and the error that tells it. */
typedef struct tpa_mg_result_t {
    const char *result;
    tpa_ekind_t kind;
    const char *code;     /* errorCode; NULL: that of the kind; "": none */
    const char *text;     /* the message; NULL: this result is fine after all,
                             e.g. to delete what is not there */
} tpa_mg_result_t;

/** Add the members of one object to another. */
void tpa_mg_add_members(tpa_json_t *into, const tpa_json_t *from);

/** An argument of a read or write: the ids of the path, under their {names};
 *  the parameters of the query; and page, per_page, include_totals or from,
 *  take, with their defaults, for a list. */
tpa_json_t *tpa_mg_argument(tpa_mg_call_t *c);

/**
 * Read one object and answer with it: with the fields that were asked for,
 * without "version" and members whose names begin with '@', which are facts
 * for the resource alone.
 *
 * @param name     function of schema tpa
 * @param results  what its results mean; ends with a NULL result
 */
tpa_err_t *tpa_mg_get(tpa_mg_call_t *c, const char *name,
                      const tpa_mg_result_t *results, tpa_reply_t *reply);

/** Read a list; its body is {items, total, next}; answer in the style asked
 *  for (spec.md 9.2). */
tpa_err_t *tpa_mg_list(tpa_mg_call_t *c, const char *name,
                       const tpa_mg_result_t *results, tpa_reply_t *reply);

/**
 * Write, record the sapi event in the same call, and answer with the route's
 * status: the body of the outcome, or nothing for 204 and 202.
 *
 * @param arg    what the function is given (tpa_mg_argument, and more)
 * @param extra  members to add to the answered object, e.g. a secret shown
 *               once; NULL: none
 */
tpa_err_t *tpa_mg_write(tpa_mg_call_t *c, const char *name,
                        const tpa_json_t *arg, const tpa_json_t *extra,
                        const tpa_mg_result_t *results, tpa_reply_t *reply);

/**
 * A PATCH: read the object as it is, let check look at it together with the
 * change, write the change if nobody changed the object meanwhile, else start
 * again. Two concurrent PATCHes lose no member.
 *
 * @param getter   read function of schema tpa; its body holds "version",
 *                 which is taken out of answers
 * @param writer   write function; gets the ids, "version" and "patch"
 * @param check    may refuse; may add to the patch; NULL: nothing to check
 */
tpa_err_t *tpa_mg_patch(tpa_mg_call_t *c, const char *getter,
                        const char *writer,
                        tpa_err_t *(*check)(tpa_mg_call_t *c,
                                            const tpa_json_t *now,
                                            tpa_json_t *patch),
                        const tpa_mg_result_t *results, tpa_reply_t *reply);

/** Answer with an object the resource made itself: its status is the route's.
 *  Fields are picked; NULL answers without a body. */
void tpa_mg_reply(tpa_mg_call_t *c, const tpa_json_t *body,
                  tpa_reply_t *reply);

/** The audit event of this call: type sapi, secrets masked. */
tpa_json_t *tpa_mg_event(tpa_mg_call_t *c);

/** The error of an unhappy result; TPA_OK for a happy one (found, created,
 *  updated, deleted, unchanged, ok). A result without a row is
 *  TPA_E_INTERNAL. */
tpa_err_t *tpa_mg_error_of(const tpa_outcome_t *outcome,
                           const tpa_mg_result_t *results, apr_pool_t *p);

/** 400 invalid_body: "Payload validation error: '...'." */
tpa_err_t *tpa_mg_bad_body(apr_pool_t *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** An error with its own errorCode (NULL: that of the kind, "": none); the
 *  text may hold quotes. */
tpa_err_t *tpa_mg_err(apr_pool_t *p, tpa_ekind_t kind, const char *code,
                      const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/** Does the bearer hold that scope? */
int tpa_mg_holds(const tpa_mg_call_t *c, const char *scope);

#endif
