#include <string.h>

#include <apr_strings.h>

#include "base/scan.h"
#include "base/text.h"

#define SPACE " \t\r\n"

static int fail(tpa_scan_t *s)
{
    s->failed = 1;
    return 0;
}

static char next_byte(tpa_scan_t *s)
{
    while (*s->at == ' ' || *s->at == '\n' || *s->at == '\t'
           || *s->at == '\r')
        s->at++;
    return s->failed ? '\0' : *s->at;
}

static int pass(tpa_scan_t *s, const char *word)
{
    apr_size_t len = strlen(word);

    if (next_byte(s) != *word || strncmp(s->at, word, len))
        return 0;
    s->at += len;
    return 1;
}

void tpa_scan_begin(tpa_scan_t *s, char *text)
{
    memset(s, 0, sizeof(*s));
    s->at = text;
}

int tpa_scan_done(tpa_scan_t *s)
{
    return !next_byte(s) && !s->failed && !s->depth;
}

/* ---- objects and arrays ------------------------------------------------- */

int tpa_scan_enter(tpa_scan_t *s, char bracket)
{
    if (next_byte(s) != bracket || s->depth == TPA_SCAN_MAX_DEPTH)
        return fail(s);
    s->at++;
    s->closing[s->depth++] = bracket == '{' ? '}' : ']';
    s->begun = 0;
    return 1;
}

int tpa_scan_more(tpa_scan_t *s)
{
    char c = next_byte(s);

    if (!c || !s->depth)
        return fail(s);
    if (c == s->closing[s->depth - 1]) {
        s->at++;
        s->depth--;
        s->begun = 1;
        return 0;
    }
    if (s->begun && c != ',')
        return fail(s);
    s->at += s->begun;
    s->begun = 1;
    return 1;
}

const char *tpa_scan_name(tpa_scan_t *s)
{
    const char *name = tpa_scan_text(s);

    if (!name || !pass(s, ":")) {
        fail(s);
        return NULL;
    }
    return name;
}

int tpa_scan_at_array(tpa_scan_t *s)
{
    return next_byte(s) == '[';
}

/* ---- strings ------------------------------------------------------------ */

/* Four hexadecimal digits; -1 when there are not so many. */
static int code_unit(const char *s)
{
    int n = 0, i;

    for (i = 0; i < 4; i++) {
        int c = s[i], digit = c >= '0' && c <= '9' ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

        if (digit < 0)
            return -1;
        n = n * 16 + digit;
    }
    return n;
}

static char *put_utf8(char *to, int c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800)
        *to++ = (char)(0xc0 | c >> 6);
    else {
        if (c < 0x10000)
            *to++ = (char)(0xe0 | c >> 12);
        else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (c & 0x3f));
    return to;
}

/* What follows a backslash and a u, at *from, which is moved on. */
static char *unescape_unit(char *to, const char **from)
{
    int c = code_unit(*from), low;

    *from += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        low = (*from)[0] == '\\' && (*from)[1] == 'u' ? code_unit(*from + 2)
                                                      : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        *from += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    else if (c <= 0 || (c >= 0xdc00 && c <= 0xdfff))
        return NULL;
    return put_utf8(to, c);
}

static char *unescape(char *to, const char **from)
{
    static const char escapes[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *at = **from ? strchr(escapes, **from) : NULL;

    if (at) {
        (*from)++;
        *to++ = means[at - escapes];
        return to;
    }
    if (**from != 'u')
        return NULL;
    (*from)++;
    return unescape_unit(to, from);
}

/* From behind the opening quote to behind the closing one, where the text then
 * ends. It can only become shorter. */
static char *decode(char *text, int *wide)
{
    const char *from = text;
    char *to = text;

    for (;;) {
        unsigned char c = (unsigned char)*from++;

        if (c == '"') {
            *to = '\0';
            return (char *)from;
        }
        if (c < 0x20)
            return NULL;
        if (c == '\\') {
            to = unescape(to, &from);
            if (!to)
                return NULL;
            *wide = 1;
        }
        else {
            *wide |= c & 0x80;
            *to++ = (char)c;
        }
    }
}

const char *tpa_scan_text(tpa_scan_t *s)
{
    char *text = s->at + 1, *end = NULL;
    int wide = 0;

    if (next_byte(s) == '"') {
        text = s->at + 1;
        end = decode(text, &wide);
    }
    if (!end || (wide && !tpa_text_is_utf8(text))) {
        fail(s);
        return NULL;
    }
    s->at = end;
    return text;
}

/* ---- other values ------------------------------------------------------- */

/* A word or number ends where a value may end. */
static int ends(tpa_scan_t *s)
{
    return !*s->at || strchr(",]}" SPACE, *s->at) ? 1 : fail(s);
}

int tpa_scan_null(tpa_scan_t *s)
{
    return pass(s, "null") && ends(s);
}

int tpa_scan_flag(tpa_scan_t *s, int *out)
{
    *out = pass(s, "true");
    return *out || pass(s, "false") ? ends(s) : fail(s);
}

int tpa_scan_number(tpa_scan_t *s, apr_int64_t lo, apr_int64_t hi,
                    apr_int64_t *out)
{
    char digits[24];
    apr_size_t len;

    next_byte(s);
    len = s->failed ? 0 : strspn(s->at, "-0123456789");
    if (!len || len >= sizeof(digits))
        return fail(s);
    memcpy(digits, s->at, len);
    digits[len] = '\0';
    s->at += len;
    if (digits[digits[0] == '-'] == '0' && len > 1)
        return fail(s);
    return tpa_text_number(digits, lo, hi, out) ? ends(s) : fail(s);
}

/* Behind a string whose opening quote is at s; NULL when it does not end. */
static const char *behind_string(const char *s)
{
    for (s++; *s && *s != '"'; s++) {
        if (*s == '\\' && s[1])
            s++;
    }
    return *s ? s + 1 : NULL;
}

static const char *behind_value(const char *s)
{
    int depth = 0;

    if (strchr(",:]}", *s))
        return NULL;
    do {
        depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
        s = *s == '"' ? behind_string(s) : s + 1;
    } while (s && *s && (depth || !strchr(",]}" SPACE, *s)));
    return depth ? NULL : s;
}

const char *tpa_scan_raw(tpa_scan_t *s, apr_pool_t *p)
{
    const char *end = next_byte(s) ? behind_value(s->at) : NULL;
    const char *raw;

    if (!end) {
        fail(s);
        return NULL;
    }
    raw = apr_pstrmemdup(p, s->at, (apr_size_t)(end - s->at));
    s->at += end - s->at;
    return raw;
}
