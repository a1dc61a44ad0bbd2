/**
 * @file scan.h
 * @brief Read the values of a JSON text one by one, in place: for the long
 *        answers of our own database, of which no tree is wanted.
 *
 * The caller asks for what it expects. At the first value that is something
 * else, or malformed, the scan is over: every later call finds nothing, and
 * tpa_scan_done() says 0. What comes from outside is for tpa_json_parse().
 */
#ifndef TPA_BASE_SCAN_H
#define TPA_BASE_SCAN_H

#include <apr_pools.h>

#define TPA_SCAN_MAX_DEPTH 8

typedef struct tpa_scan_t {
    char *at;
    int failed;
    int begun;                           /* an element of this one was seen */
    int depth;
    char closing[TPA_SCAN_MAX_DEPTH];    /* brackets that are open */
} tpa_scan_t;

/**
 * Begin.
 *
 * @param text  JSON, NUL-terminated; texts found are decoded in place, and
 *              live as long as it does
 */
void tpa_scan_begin(tpa_scan_t *s, char *text);

/** Enter an object ('{') or an array ('['): 1 when the next value is one. */
int tpa_scan_enter(tpa_scan_t *s, char bracket);

/** Is there another member or element? 0 at the end of what was entered, which
 *  is left then. */
int tpa_scan_more(tpa_scan_t *s);

/** The name of a member; NULL when there is none. Its value is next. */
const char *tpa_scan_name(tpa_scan_t *s);

/** Pass null: 1 when it is the next value. */
int tpa_scan_null(tpa_scan_t *s);

/** Is the next value an array? It is not passed. */
int tpa_scan_at_array(tpa_scan_t *s);

/** A string, UTF-8 without NUL; NULL when the next value is none. */
const char *tpa_scan_text(tpa_scan_t *s);

/** true or false: 1 and *out set. */
int tpa_scan_flag(tpa_scan_t *s, int *out);

/** An integer from lo to hi: 1 and *out set. */
int tpa_scan_number(tpa_scan_t *s, apr_int64_t lo, apr_int64_t hi,
                    apr_int64_t *out);

/** The text of whatever value is next, in the pool; NULL when its brackets or
 *  quotes do not close. Its inside is not looked at. */
const char *tpa_scan_raw(tpa_scan_t *s, apr_pool_t *p);

/** 1 when all went well and nothing is left. */
int tpa_scan_done(tpa_scan_t *s);

#endif
