/**
 * @file shown.h
 * @brief Names that strangers chose, on pages people read.
 */
#ifndef TPA_BASE_SHOWN_H
#define TPA_BASE_SHOWN_H

#include <apr_pools.h>

/**
 * Text that came from outside, for a page: without the characters that turn
 * the direction of what stands behind them (Unicode UAX 9), which would make
 * "moc.elpmaxe" of a name.
 *
 * @param s  UTF-8, or NULL
 * @return s without them, NULL for NULL
 */
const char *tpa_text_shown(const char *s, apr_pool_t *p);

/**
 * Does a name hold characters that nobody sees, or that turn the direction of
 * text, or that no standard gives a shape: with these, one name can look like
 * another's.
 *
 * @param s  UTF-8; what is none counts as hidden
 */
int tpa_text_hides(const char *s);

/** Is there nothing to see in s: only blanks of all kinds, or no character? */
int tpa_text_is_blank(const char *s);

#endif
