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
