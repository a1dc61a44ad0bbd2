/**
 * @file scope.h
 * @brief Lists of scopes (RFC 6749 3.3).
 */
#ifndef TPA_CORE_SCOPE_H
#define TPA_CORE_SCOPE_H

#include <apr_tables.h>
#include "base/err.h"

#define TPA_SCOPE_MAX 280   /* bytes of one scope, spec.md 2.1 */

/**
 * Read the scope parameter.
 *
 * @param text  its value, NULL when it was not sent
 * @param out   receives the list in the order sent, each scope once; NULL
 *              when none was asked for
 * @param p     pool of the result
 * @return TPA_OK, or TPA_E_INVALID_SCOPE: a character RFC 6749 3.3 does not
 *         allow, or a scope over TPA_SCOPE_MAX bytes
 */
tpa_err_t *tpa_scope_parse(const char *text, apr_array_header_t **out,
                           apr_pool_t *p);

/** Elements of a that are in b too, in the order of a. */
apr_array_header_t *tpa_scope_intersect(const apr_array_header_t *a,
                                        const apr_array_header_t *b,
                                        apr_pool_t *p);

/** Elements of a that are not in b; an empty array when a is within b. */
apr_array_header_t *tpa_scope_minus(const apr_array_header_t *a,
                                    const apr_array_header_t *b,
                                    apr_pool_t *p);

#endif
