/**
 * @file form.h
 * @brief The strict reader of request parameters.
 *
 * One table takes the parameters of the query and of the body; a name that
 * comes twice, in either place, is refused (RFC 6749 3.1 and 3.2), and so is
 * whatever would be read differently by two readers.
 */
#ifndef TPA_BASE_FORM_H
#define TPA_BASE_FORM_H

#include <apr_tables.h>
#include "base/err.h"

#define TPA_FORM_MAX_PARAMS 64     /* parameters of one request */
#define TPA_FORM_MAX_NAME 64       /* bytes of a decoded name */
#define TPA_FORM_MAX_VALUE 16384   /* bytes of a decoded value */

/**
 * The refusal of a parameter that was sent more than once:
 * TPA_E_INVALID_REQUEST; of resource, which RFC 8707 2 lets come several times,
 * TPA_E_INVALID_TARGET, since a token is for one API.
 *
 * @param name   the parameter
 * @param where  what follows in the text: "", or the places
 */
tpa_err_t *tpa_form_repeated(apr_pool_t *p, const char *name,
                             const char *where);

/**
 * Read application/x-www-form-urlencoded text.
 *
 * Empty values are kept; "a" without "=" is a name with an empty value; empty
 * pairs ("&&") are skipped, as the URL standard does.
 *
 * @param bytes  first byte; need not be NUL-terminated
 * @param len    number of bytes
 * @param into   table that receives name and value; may hold earlier ones
 * @param p      pool of texts and error
 * @return TPA_OK, or TPA_E_INVALID_REQUEST: bad escape, NUL byte, invalid
 *         UTF-8, empty name, repeated name (tpa_form_repeated), too many, too
 *         long. The table is then not to be used.
 */
tpa_err_t *tpa_form_parse(const char *bytes, apr_size_t len, apr_table_t *into,
                          apr_pool_t *p);

/**
 * Read a JSON object of parameters (clients.md 1.5): every member a string; a
 * null member counts as absent.
 *
 * @param bytes  first byte; need not be NUL-terminated
 * @param len    number of bytes
 * @param into   table that receives name and value; may hold earlier ones
 * @param p      pool of texts and error
 * @return TPA_OK, or TPA_E_INVALID_REQUEST as above, also for text that is no
 *         JSON object, a member that is no string, or a duplicate member
 */
tpa_err_t *tpa_form_parse_json(const char *bytes, apr_size_t len,
                               apr_table_t *into, apr_pool_t *p);

#endif
