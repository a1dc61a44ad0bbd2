#include <string.h>

#include "base/shown.h"
#include "base/text_int.h"

/* U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
static int turns_direction(const unsigned char *c)
{
    if (c[0] == 0xd8)
        return c[1] == 0x9c;
    if (c[0] != 0xe2)
        return 0;
    return (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f
                             || (c[2] >= 0xaa && c[2] <= 0xae)))
        || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

const char *tpa_text_shown(const char *s, apr_pool_t *p)
{
    char *out, *at;

    if (!s)
        return NULL;
    out = at = apr_palloc(p, strlen(s) + 1);
    while (*s) {
        apr_size_t n = tpa_text_utf8_char(s);

        n = n ? n : 1;
        if (!turns_direction((const unsigned char *)s)) {
            memcpy(at, s, n);
            at += n;
        }
        s += n;
    }
    *at = '\0';
    return out;
}

/* ---- what nobody sees --------------------------------------------------- */

typedef struct range_t {
    unsigned long lo, hi;
} range_t;

/* Unicode: controls and format characters, fillers, private use. The two
 * joiners U+200C and U+200D stay: Persian and Hindi are written with them. */
static const range_t hidden[] = {
    { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f },
    { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
    { 0x180b, 0x180f }, { 0x200b, 0x200b }, { 0x200e, 0x200f },
    { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x2800, 0x2800 },
    { 0x3164, 0x3164 }, { 0xe000, 0xf8ff }, { 0xfeff, 0xfeff },
    { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1d173, 0x1d17a },
    { 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
};

static const range_t blanks[] = {
    { 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200d },
    { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 },
};

#define IS_IN(ranges, c) \
    is_in(ranges, sizeof(ranges) / sizeof((ranges)[0]), c)

static int is_in(const range_t *ranges, apr_size_t n, unsigned long c)
{
    for (; n; n--, ranges++) {
        if (c >= ranges->lo && c <= ranges->hi)
            return 1;
    }
    return 0;
}

/* The character of UTF-8 that s starts with, as long as utf8_char says. */
static unsigned long code_point(const char *s, apr_size_t len)
{
    unsigned long c = (unsigned char)*s;
    apr_size_t i;

    if (len > 1)
        c &= 0xfful >> (len + 1);
    for (i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3f);
    return c;
}

int tpa_text_hides(const char *s)
{
    apr_size_t len;

    for (; *s; s += len) {
        len = tpa_text_utf8_char(s);
        if (!len || IS_IN(hidden, code_point(s, len)))
            return 1;
    }
    return 0;
}

int tpa_text_is_blank(const char *s)
{
    apr_size_t len;

    for (; *s; s += len) {
        len = tpa_text_utf8_char(s);
        if (!len || !IS_IN(blanks, code_point(s, len)))
            return 0;
    }
    return 1;
}
