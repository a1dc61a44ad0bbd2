/**
 * @file text_int.h
 * @brief Walking UTF-8, for the files of this room only.
 */
#ifndef TPA_BASE_TEXT_INT_H
#define TPA_BASE_TEXT_INT_H

#include "base/text.h"

/**
 * Bytes of the character at s (RFC 3629).
 *
 * @param s  NUL-terminated text
 * @return 1 to 4; 0 at the end and where no valid character starts
 */
apr_size_t tpa_text_utf8_char(const char *s);

/**
 * What tpa_text_loggable() does, with a choice for backslashes.
 *
 * @param s     the text, not NULL
 * @param max   most bytes of s that are shown
 * @param keep  leave backslashes alone: parts of s are escaped already
 * @param p     pool of the result
 */
const char *tpa_text_escape(const char *s, apr_size_t max, int keep,
                            apr_pool_t *p);

#endif
