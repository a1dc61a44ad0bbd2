/**
 * @file color.h
 * @brief Colors of a brand, made readable (WCAG 2.2, 1.4.3 and 1.4.11).
 */
#ifndef TPA_CORE_COLOR_H
#define TPA_CORE_COLOR_H

#include <apr_pools.h>

typedef struct tpa_color_t {
    unsigned char r, g, b;
} tpa_color_t;

/**
 * Read a color.
 *
 * @param s    #rrggbb or #rgb; NULL is none
 * @param out  receives it
 * @return 1 when it is one, else 0
 */
int tpa_color_parse(const char *s, tpa_color_t *out);

/** "#rrggbb". */
const char *tpa_color_text(tpa_color_t c, apr_pool_t *p);

/** Contrast of two colors, 1 to 21 (WCAG 2.2, "contrast ratio"). */
double tpa_color_contrast(tpa_color_t a, tpa_color_t b);

/** Black or white, whichever reads better on a ground: at least 4.5. */
tpa_color_t tpa_color_ink(tpa_color_t ground);

/**
 * The color nearest to c, on its way to black or white, that stands out from
 * a ground.
 *
 * @param least  contrast wanted, at most 4.5
 */
tpa_color_t tpa_color_away(tpa_color_t c, tpa_color_t ground, double least);

#endif
