/**
 * @file routes.h
 * @brief The one table of paths this module serves.
 */
#ifndef TPA_HTTPD_ROUTES_H
#define TPA_HTTPD_ROUTES_H

#include "base/txn.h"
#include "httpd/config.h"

/** What a route takes of a request. */
typedef enum tpa_takes_t {
    TPA_TAKES_NOTHING,
    TPA_TAKES_PARAMS,     /* query and body are parameters, read strictly */
    TPA_TAKES_RAW,        /* path, query and a JSON body, as they came */
    TPA_TAKES_JSON        /* the same, as long as parameters may be */
} tpa_takes_t;

/** Whose pages may read the answers of a route (spec.md 8, clients.md 1.18). */
typedef enum tpa_origins_t {
    TPA_ORIGINS_NONE,
    TPA_ORIGINS_ANY,      /* pages of every origin */
    TPA_ORIGINS_LISTED    /* those the endpoint finds on the application's
                             lists: t->allow_origin; any may ask beforehand,
                             since a preflight cannot name an application */
} tpa_origins_t;

typedef struct tpa_route_t {
    const char *path;         /* below the issuer; with a slash at its end, all
                                 paths that start so */
    const char *methods;      /* the value of Allow; OPTIONS is always there */
    tpa_gate_fn gate;         /* runs in the access phase, and again in the
                                 handler if it did not; NULL: none */
    tpa_endpoint_fn serve;
    tpa_takes_t takes;
    tpa_tell_fn tell;
    tpa_origins_t origins;
    int at_root_too;          /* RFC 8414 3.1: also before the issuer's path */
    const char *refused;      /* audit event type of a refusal, NULL: none */
} tpa_route_t;

/**
 * The route of a path.
 *
 * @param conf  the host; without an issuer nothing is ours
 * @param path  as httpd normalised it; decoded, unless the route takes it raw
 * @return the row, or NULL: not ours
 */
const tpa_route_t *tpa_route_find(const tpa_conf_t *conf, const char *path);

/** Is method one of a route's own? */
int tpa_route_admits(const tpa_route_t *route, const char *method);

#endif
