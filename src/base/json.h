/**
 * @file json.h
 * @brief JSON owned by pools; jansson stays behind json.c.
 *
 * A tpa_json_t * is a borrowed view: whatever was parsed or made lives as long
 * as the pool it was given. Members keep the order in which they were set.
 */
#ifndef TPA_BASE_JSON_H
#define TPA_BASE_JSON_H

#include <apr_tables.h>
#include "base/err.h"

typedef struct tpa_json_t tpa_json_t;

typedef enum tpa_json_type_t {
    TPA_JSON_NULL, TPA_JSON_BOOL, TPA_JSON_INT, TPA_JSON_REAL,
    TPA_JSON_STRING, TPA_JSON_ARRAY, TPA_JSON_OBJECT
} tpa_json_type_t;

#define TPA_JSON_MAX_DEPTH 32

/**
 * Read one JSON text, strictly: UTF-8, no duplicate members, no NUL (raw or
 * escaped), no more than TPA_JSON_MAX_DEPTH levels, nothing behind the value.
 *
 * @param bytes  first byte; need not be NUL-terminated
 * @param len    number of bytes
 * @param out    receives the value (object or array)
 * @param p      pool that owns it
 * @return TPA_OK, or TPA_E_INVALID_REQUEST with the place of the mistake
 */
tpa_err_t *tpa_json_parse(const char *bytes, apr_size_t len, tpa_json_t **out,
                          apr_pool_t *p);

/** Make values; the pool owns them. */
tpa_json_t *tpa_json_object(apr_pool_t *p);
tpa_json_t *tpa_json_array(apr_pool_t *p);

/**
 * Set a member of an object. A NULL string or value leaves the member out; a
 * string that is not UTF-8 is stored with its bad bytes replaced by '?'.
 */
void tpa_json_set_str(tpa_json_t *o, const char *name, const char *value);
void tpa_json_set_int(tpa_json_t *o, const char *name, apr_int64_t value);
void tpa_json_set_bool(tpa_json_t *o, const char *name, int value);
void tpa_json_set_null(tpa_json_t *o, const char *name);
void tpa_json_set(tpa_json_t *o, const char *name, const tpa_json_t *value);
/** Set a member to an array of strings from an array of const char *. */
void tpa_json_set_list(tpa_json_t *o, const char *name,
                       const apr_array_header_t *values);
void tpa_json_remove(tpa_json_t *o, const char *name);

/** Append to an array. */
void tpa_json_add_str(tpa_json_t *a, const char *value);
void tpa_json_add(tpa_json_t *a, const tpa_json_t *value);

/** Look at values. v may be NULL, which is TPA_JSON_NULL. */
tpa_json_type_t tpa_json_type(const tpa_json_t *v);
/** Member of an object, NULL when absent or when o is no object. */
const tpa_json_t *tpa_json_get(const tpa_json_t *o, const char *name);
/** String of a string value, else NULL. Lives as long as the value. */
const char *tpa_json_str(const tpa_json_t *v);
/** Member that is a string, else NULL. */
const char *tpa_json_get_str(const tpa_json_t *o, const char *name);
/** Integer of an integer value; 1 when it is one, else 0. */
int tpa_json_int(const tpa_json_t *v, apr_int64_t *out);
/** Member that is an integer: 1 and *out set, else 0. */
int tpa_json_get_int(const tpa_json_t *o, const char *name, apr_int64_t *out);
/** Member that is true; absent, false or anything else is 0. */
int tpa_json_get_true(const tpa_json_t *o, const char *name);
/** Elements of an array, or members of an object; else 0. */
apr_size_t tpa_json_size(const tpa_json_t *v);
/** Element of an array, NULL past its end. */
const tpa_json_t *tpa_json_at(const tpa_json_t *a, apr_size_t i);
/** Strings of an array of strings; NULL when v is anything else. */
apr_array_header_t *tpa_json_list(const tpa_json_t *v, apr_pool_t *p);

/**
 * Walk the members of an object in their order.
 *
 * @param o      the object
 * @param visit  called for each; a non-zero result ends the walk
 * @param baton  handed to visit
 * @return the last result of visit, 0 for an empty object
 */
int tpa_json_each(const tpa_json_t *o,
                  int (*visit)(void *baton, const char *name,
                               const tpa_json_t *value),
                  void *baton);

/** Compact text of a value, in the pool. */
const char *tpa_json_print(const tpa_json_t *v, apr_pool_t *p);
/** Text of a value over several lines, two spaces a level, for people. */
const char *tpa_json_pretty(const tpa_json_t *v, apr_pool_t *p);
/** Text with the members of every object in alphabetical order (RFC 7638). */
const char *tpa_json_canonical(const tpa_json_t *v, apr_pool_t *p);

#endif
