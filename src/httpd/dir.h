/**
 * @file dir.h
 * @brief What the operator configured for one place: a <Location>, a
 *        <Directory>, or all of a host.
 */
#ifndef TPA_HTTPD_DIR_H
#define TPA_HTTPD_DIR_H

#include <httpd.h>
#include <http_config.h>

struct tpa_location_t;
struct tpa_guard_t;

typedef struct tpa_dir_t {
    struct tpa_location_t *location;   /* of a connection; NULL: of none */
    struct tpa_guard_t *guard;         /* of an API; NULL: of none */
} tpa_dir_t;

/** Create and merge; for the module record. */
void *tpa_dir_create(apr_pool_t *p, char *path);
void *tpa_dir_merge(apr_pool_t *p, void *base, void *add);

/** That of the place of a request, and of a host as a whole; NULL: none. */
const tpa_dir_t *tpa_dir_of(const request_rec *r);
const tpa_dir_t *tpa_dir_of_host(const server_rec *s);

/** That of the section a directive stands in, also when it is a directive of
 *  another module. */
tpa_dir_t *tpa_dir_of_section(cmd_parms *cmd);

#endif
