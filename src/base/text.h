/**
 * @file text.h
 * @brief Small text tools: lists of tokens, codings, escaping, bounded numbers.
 */
#ifndef TPA_BASE_TEXT_H
#define TPA_BASE_TEXT_H

#include <apr_pools.h>
#include <apr_tables.h>

/**
 * Split a list at every run of one separator.
 *
 * @param s    the list; NULL is an empty list
 * @param sep  the separator, e.g. ' '
 * @param p    pool of the result
 * @return array of const char *, without empty elements
 */
apr_array_header_t *tpa_text_split(const char *s, char sep, apr_pool_t *p);

/** Is word an element of list (array of const char *, or NULL)? */
int tpa_text_in(const apr_array_header_t *list, const char *word);

/** The elements of list (array of const char *) joined by sep; "" if none. */
const char *tpa_text_join(const apr_array_header_t *list, const char *sep,
                          apr_pool_t *p);

/** Lower-case hexadecimal of len bytes. */
const char *tpa_text_hex(const unsigned char *bytes, apr_size_t len,
                         apr_pool_t *p);

/** base64url without padding (RFC 4648 5) of len bytes. */
const char *tpa_text_b64url(const unsigned char *bytes, apr_size_t len,
                            apr_pool_t *p);

/**
 * Decode base64url without padding, strictly.
 *
 * @param s    the text, not NULL
 * @param out  receives the bytes (with one extra NUL behind them)
 * @param len  receives their number
 * @param p    pool of the result
 * @return 1 when s is valid, else 0
 */
int tpa_text_unb64url(const char *s, unsigned char **out, apr_size_t *len,
                      apr_pool_t *p);

/**
 * Decode application/x-www-form-urlencoded text ('+' and %XX).
 *
 * @param s    first byte
 * @param len  number of bytes
 * @param p    pool of the result
 * @return the text, or NULL on a bad escape or an (escaped) NUL byte
 */
char *tpa_text_form_decode(const char *s, apr_size_t len, apr_pool_t *p);

/**
 * Make text safe for one line of a log: control bytes, DEL, backslash and
 * bytes that are no valid UTF-8 become \xNN; cut after max bytes with "...".
 *
 * @param s    the text; NULL gives "-"
 * @param max  most bytes of s that are shown
 * @param p    pool of the result
 */
const char *tpa_text_loggable(const char *s, apr_size_t max, apr_pool_t *p);

/**
 * Read a decimal number.
 *
 * @param s    digits only, with an optional leading '-'; NULL is refused
 * @param lo   least value accepted
 * @param hi   greatest value accepted
 * @param out  receives the number
 * @return 1 when s is such a number, else 0
 */
int tpa_text_number(const char *s, apr_int64_t lo, apr_int64_t hi,
                    apr_int64_t *out);

/** Is s (NUL-terminated) valid UTF-8 (RFC 3629)? */
int tpa_text_is_utf8(const char *s);

/** Does s consist of lo..hi characters out of A-Z a-z 0-9 - and _? */
int tpa_text_is_id(const char *s, apr_size_t lo, apr_size_t hi);

#endif
