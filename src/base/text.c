#include <string.h>

#include <apr_strings.h>

#include "base/text_int.h"

static const char hex[] = "0123456789abcdef";
static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The well-formed sequences, RFC 3629 4: range of the lead byte, range of the
 * second byte, length. Every later byte is 80 to BF. */
static const struct {
    unsigned char lead_lo, lead_hi, next_lo, next_hi, len;
} utf8[] = {
    { 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 },
    { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
    { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
    { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* ---- lists -------------------------------------------------------------- */

apr_array_header_t *tpa_text_split(const char *s, char sep, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));
    char *rest = s ? apr_pstrdup(p, s) : NULL;
    char *end;

    for (; rest; rest = end) {
        end = strchr(rest, sep);
        if (end)
            *end++ = '\0';
        if (*rest)
            APR_ARRAY_PUSH(list, const char *) = rest;
    }
    return list;
}

int tpa_text_in(const apr_array_header_t *list, const char *word)
{
    int i;

    for (i = 0; word && list && i < list->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(list, i, const char *), word))
            return 1;
    }
    return 0;
}

static char *append(char *at, const char *s)
{
    apr_size_t len = strlen(s);

    memcpy(at, s, len);
    return at + len;
}

const char *tpa_text_join(const apr_array_header_t *list, const char *sep,
                          apr_pool_t *p)
{
    int i, n = list ? list->nelts : 0;
    apr_size_t size = 1;
    char *text, *at;

    for (i = 0; i < n; i++)
        size += strlen(APR_ARRAY_IDX(list, i, const char *)) + strlen(sep);
    text = at = apr_palloc(p, size);
    for (i = 0; i < n; i++) {
        if (i)
            at = append(at, sep);
        at = append(at, APR_ARRAY_IDX(list, i, const char *));
    }
    *at = '\0';
    return text;
}

/* ---- codings ------------------------------------------------------------ */

const char *tpa_text_hex(const unsigned char *bytes, apr_size_t len,
                         apr_pool_t *p)
{
    char *text = apr_palloc(p, 2 * len + 1);
    apr_size_t i;

    for (i = 0; i < len; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    text[2 * len] = '\0';
    return text;
}

const char *tpa_text_b64url(const unsigned char *bytes, apr_size_t len,
                            apr_pool_t *p)
{
    char *text = apr_palloc(p, len / 3 * 4 + 4), *at = text;
    unsigned held = 0;
    int bits = 0;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        held = (held << 8 | bytes[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6)
            *at++ = base64url[held >> (bits - 6) & 63];
    }
    if (bits)
        *at++ = base64url[held << (6 - bits) & 63];
    *at = '\0';
    return text;
}

static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int tpa_text_unb64url(const char *s, unsigned char **out, apr_size_t *len,
                      apr_pool_t *p)
{
    apr_size_t n = strlen(s);
    unsigned char *at = *out = apr_palloc(p, n / 4 * 3 + 3);
    unsigned held = 0;
    int bits = 0;

    for (; *s; s++) {
        int value = base64url_value(*s);

        if (value < 0)
            return 0;
        held = (held << 6 | (unsigned)value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *at++ = (unsigned char)(held >> bits & 0xff);
        }
    }
    *at = '\0';
    *len = at - *out;
    /* One text for one value: no lone character, no bits left over. */
    return n % 4 != 1 && !(held & ((1u << bits) - 1));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *tpa_text_form_decode(const char *s, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_palloc(p, len + 1), *at = text;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        int c = s[i];

        if (c == '+')
            c = ' ';
        else if (c == '%') {
            if (len - i < 3 || hex_value(s[i + 1]) < 0
                || hex_value(s[i + 2]) < 0)
                return NULL;
            c = hex_value(s[i + 1]) << 4 | hex_value(s[i + 2]);
            i += 2;
        }
        if (!c)
            return NULL;
        *at++ = (char)c;
    }
    *at = '\0';
    return text;
}

/* ---- UTF-8 and logs ----------------------------------------------------- */

apr_size_t tpa_text_utf8_char(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;
    apr_size_t row = 0, n;

    while (row < sizeof(utf8) / sizeof(utf8[0]) && *c > utf8[row].lead_hi)
        row++;
    if (row == sizeof(utf8) / sizeof(utf8[0]) || *c < utf8[row].lead_lo)
        return 0;
    for (n = 1; n < utf8[row].len; n++) {
        unsigned char lo = n == 1 ? utf8[row].next_lo : 0x80;
        unsigned char hi = n == 1 ? utf8[row].next_hi : 0xbf;

        /* The NUL at the end is below every lo: never read past it. */
        if (c[n] < lo || c[n] > hi)
            return 0;
    }
    return n;
}

int tpa_text_is_utf8(const char *s)
{
    while (*s) {
        apr_size_t n = tpa_text_utf8_char(s);

        if (!n)
            return 0;
        s += n;
    }
    return 1;
}

/* Bytes of the character at s when a log may show it as it is, else 0. */
static apr_size_t plain_char(const char *s, int keep)
{
    const unsigned char *c = (const unsigned char *)s;
    apr_size_t n = tpa_text_utf8_char(s);

    if (n == 1 && (*c < 0x20 || *c == 0x7f || (*c == '\\' && !keep)))
        return 0;
    /* U+0080 to U+009F: terminals obey them. */
    return n == 2 && *c == 0xc2 && c[1] < 0xa0 ? 0 : n;
}

const char *tpa_text_escape(const char *s, apr_size_t max, int keep,
                            apr_pool_t *p)
{
    apr_size_t len = strnlen(s, max), i, n;
    char *text = apr_palloc(p, 4 * len + 4), *at = text;

    for (i = 0; i < len; i += n) {
        n = plain_char(s + i, keep);
        if (n > len - i)
            break;
        if (n) {
            memcpy(at, s + i, n);
            at += n;
        }
        else {
            unsigned char c = (unsigned char)s[i];

            n = 1;
            *at++ = '\\';
            *at++ = 'x';
            *at++ = hex[c >> 4];
            *at++ = hex[c & 15];
        }
    }
    memcpy(at, s[i] ? "..." : "", s[i] ? 4 : 1);
    return text;
}

const char *tpa_text_loggable(const char *s, apr_size_t max, apr_pool_t *p)
{
    return s ? tpa_text_escape(s, max, 0, p) : "-";
}

/* ---- checked values ----------------------------------------------------- */

int tpa_text_number(const char *s, apr_int64_t lo, apr_int64_t hi,
                    apr_int64_t *out)
{
    int negative = s && *s == '-';
    apr_int64_t n = 0;

    if (!s || !s[negative])
        return 0;
    /* Below zero, where there is room for every value. */
    for (s += negative; *s; s++) {
        int digit = *s - '0';

        if (digit < 0 || digit > 9 || n < (APR_INT64_MIN + digit) / 10)
            return 0;
        n = n * 10 - digit;
    }
    if (!negative && n < -APR_INT64_MAX)
        return 0;
    n = negative ? n : -n;
    if (n < lo || n > hi)
        return 0;
    *out = n;
    return 1;
}

int tpa_text_is_id(const char *s, apr_size_t lo, apr_size_t hi)
{
    apr_size_t n = 0;

    for (; s && s[n]; n++) {
        if (n == hi || base64url_value(s[n]) < 0)
            return 0;
    }
    return s && n >= lo && n <= hi;
}
