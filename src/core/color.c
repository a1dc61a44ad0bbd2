#include <math.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/color.h"

static const tpa_color_t black = { 0, 0, 0 }, white = { 255, 255, 255 };

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, apr_tolower(c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

int tpa_color_parse(const char *s, tpa_color_t *out)
{
    apr_size_t len = s ? strlen(s) : 0, i;
    int v[6];

    if ((len != 4 && len != 7) || *s != '#')
        return 0;
    for (i = 0; i < 6; i++) {
        v[i] = digit(s[len == 7 ? 1 + i : 1 + i / 2]);
        if (v[i] < 0)
            return 0;
    }
    out->r = (unsigned char)(v[0] * 16 + v[1]);
    out->g = (unsigned char)(v[2] * 16 + v[3]);
    out->b = (unsigned char)(v[4] * 16 + v[5]);
    return 1;
}

const char *tpa_color_text(tpa_color_t c, apr_pool_t *p)
{
    return apr_psprintf(p, "#%02x%02x%02x", c.r, c.g, c.b);
}

static double linear(unsigned char value)
{
    double v = value / 255.0;

    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(tpa_color_t c)
{
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

double tpa_color_contrast(tpa_color_t a, tpa_color_t b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;

    return la > lb ? la / lb : lb / la;
}

tpa_color_t tpa_color_ink(tpa_color_t ground)
{
    return tpa_color_contrast(ground, white)
        >= tpa_color_contrast(ground, black) ? white : black;
}

static unsigned char between(unsigned char from, unsigned char to, int step)
{
    return (unsigned char)(from + (to - from) * step / 32);
}

tpa_color_t tpa_color_away(tpa_color_t c, tpa_color_t ground, double least)
{
    tpa_color_t goal = tpa_color_ink(ground), out = c;
    int step;

    for (step = 1; step <= 32 && tpa_color_contrast(out, ground) < least;
         step++) {
        out.r = between(c.r, goal.r, step);
        out.g = between(c.g, goal.g, step);
        out.b = between(c.b, goal.b, step);
    }
    return out;
}
