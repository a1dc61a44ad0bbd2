/**
 * @file client_int.h
 * @brief Between the files about applications.
 */
#ifndef TPA_CORE_CLIENT_INT_H
#define TPA_CORE_CLIENT_INT_H

#include "core/client.h"

/** What the rules between properties look at. */
typedef struct tpa_client_look_t {
    const tpa_json_t *all;     /* the application as it would be */
    const tpa_json_t *sent;    /* what was sent of it */
    const tpa_json_t *now;     /* the application as it is; NULL: it is new */
    unsigned party;
    int is_new;
    apr_pool_t *p;
} tpa_client_look_t;

/** Do the properties fit each other? As tpa_client_check_new. */
tpa_err_t *tpa_client_rules_check(const tpa_client_look_t *look);

/** What a new application has that nobody told, by its kind. */
tpa_json_t *tpa_client_defaults(const tpa_json_t *body, unsigned party,
                                apr_pool_t *p);

/** token_endpoint_auth_method of an application that was not told one. */
const char *tpa_client_default_method(const tpa_json_t *client);

/** Objects member by member, everything else as a whole; null takes a member
 *  out of an object that is no property of its own (metadata). */
tpa_json_t *tpa_client_merged(const tpa_json_t *now, const tpa_json_t *change,
                              apr_pool_t *p);

#endif
