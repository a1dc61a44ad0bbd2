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

#endif
