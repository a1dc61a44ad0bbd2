/**
 * @file details.h
 * @brief Authorization details (RFC 9396): objects, each of a type, that say
 *        what a token is for. What they mean is known to the API alone.
 *
 * A list is an array of tpa_detail_t, never empty; NULL stands for none.
 */
#ifndef TPA_CORE_DETAILS_H
#define TPA_CORE_DETAILS_H

#include "base/err.h"
#include "base/json.h"

#define TPA_DETAILS_MOST 10     /* objects of one request */
#define TPA_DETAILS_MAX 4096    /* bytes of all of them */
#define TPA_DETAILS_DEPTH 6     /* levels of one object, itself among them */
#define TPA_DETAILS_TYPE 255    /* bytes of a type, spec.md 3.1 */

/** One of them. */
typedef struct tpa_detail_t {
    const char *type;
    const char *text;            /* the object as canonical JSON: equal objects
                                    have equal texts */
} tpa_detail_t;

/**
 * Read the parameter.
 *
 * @param text  its value, NULL when it was not sent
 * @param out   receives the list in the order sent, each object once; NULL
 *              when none was sent
 * @param p     pool of the result
 * @return TPA_OK, or TPA_E_INVALID_AUTHORIZATION_DETAILS: no JSON array of
 *         objects that have a type, too many, too long, too deep
 */
tpa_err_t *tpa_details_parse(const char *text, apr_array_header_t **out,
                             apr_pool_t *p);

/** Is it on the list: an equal object, members in any order? */
int tpa_details_have(const apr_array_header_t *list, const tpa_detail_t *one);

/** Their types, each once; an empty array for none. */
apr_array_header_t *tpa_details_types(const apr_array_header_t *list,
                                      apr_pool_t *p);

/** The objects as they go out, in tokens and answers; NULL for none. */
tpa_json_t *tpa_details_objects(const apr_array_header_t *list,
                                apr_pool_t *p);

/** What is stored of them, an array of {type, text}; NULL for none. */
tpa_json_t *tpa_details_stored(const apr_array_header_t *list, apr_pool_t *p);

#endif
