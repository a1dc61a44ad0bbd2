#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/uri.h"

#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER DIGITS "-._~"

/* The ports that need not be said. */
static const struct {
    const char *scheme;
    const char *port;
} schemes[] = {
    { "https://", ":443" },
    { "http://", ":80" },
    { NULL }
};

static char *lowered(const char *s, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_pstrmemdup(p, s, len), *c;

    for (c = text; *c; c++)
        *c = (char)apr_tolower(*c);
    return text;
}

static int value_of(char digit)
{
    return digit <= '9' ? digit - '0' : apr_tolower(digit) - 'a' + 10;
}

/* Bytes of the host; 0: there is none. */
static apr_size_t host_length(const char *text)
{
    apr_size_t len = strspn(text + 1, HEX ":.");

    if (*text != '[')
        return strspn(text, LOWER DIGITS "-._");
    return len && text[len + 1] == ']' ? len + 2 : 0;
}

/* Host and port in their one form; NULL: not of that kind. */
static const char *plain_authority(const char *from, apr_size_t len,
                                   const char *port, apr_pool_t *p)
{
    char *text = lowered(from, len, p);
    char *behind = text + (len ? host_length(text) : 0);

    if (behind == text)
        return NULL;
    if (*behind && (*behind != ':' || behind[1 + strspn(behind + 1, DIGITS)]))
        return NULL;
    if (!behind[0] || !behind[1] || !strcmp(behind, port))
        *behind = '\0';
    return text;
}

/* One escape: what needs none is decoded, the rest has capital digits. */
static char *plain_escape(const char *at, char *out)
{
    int c = value_of(at[1]) * 16 + value_of(at[2]);

    if (c && strchr(UNRESERVED, c)) {
        *out++ = (char)c;
        return out;
    }
    *out++ = '%';
    *out++ = (char)apr_toupper(at[1]);
    *out++ = (char)apr_toupper(at[2]);
    return out;
}

static char *plain_escapes(const char *path, apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(path) + 1), *out = text;

    while (*path) {
        if (*path <= ' ' || *path > '~')
            return NULL;
        if (*path != '%') {
            *out++ = *path++;
            continue;
        }
        if (!path[1] || !strchr(HEX, path[1]) || !path[2]
            || !strchr(HEX, path[2]))
            return NULL;
        out = plain_escape(path, out);
        path += 3;
    }
    *out = '\0';
    return text;
}

/* RFC 3986 5.2.4, in place. */
static char *plain_dots(char *path)
{
    char *in = path, *out = path;

    while (*in) {
        apr_size_t len = 1 + strcspn(in + 1, "/");
        int up = len == 3 && !strncmp(in, "/..", 3);

        if (up || (len == 2 && in[1] == '.')) {
            while (up && out > path && *--out != '/')
                ;
            if (!in[len])
                *out++ = '/';
        }
        else {
            memmove(out, in, len);
            out += len;
        }
        in += len;
    }
    *out = '\0';
    return path;
}

static const char *plain_path(const char *path, apr_pool_t *p)
{
    char *text = *path ? plain_escapes(path, p) : NULL;

    if (!*path)
        return "/";
    return text ? plain_dots(text) : NULL;
}

const char *tpa_uri_plain(const char *uri, apr_pool_t *p)
{
    const char *text = apr_pstrmemdup(p, uri, strcspn(uri, "?#"));
    const char *authority, *path;
    apr_size_t len = 0;
    int i;

    for (i = 0; schemes[i].scheme; i++) {
        len = strlen(schemes[i].scheme);
        if (!strncasecmp(text, schemes[i].scheme, len))
            break;
    }
    if (!schemes[i].scheme)
        return NULL;
    text += len;
    len = strcspn(text, "/");
    authority = plain_authority(text, len, schemes[i].port, p);
    path = plain_path(text + len, p);
    return authority && path
        ? apr_pstrcat(p, schemes[i].scheme, authority, path, NULL) : NULL;
}
