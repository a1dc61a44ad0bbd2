#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/redirect.h"

#define DIGITS "0123456789"

/* ---- is it registered? -------------------------------------------------- */

/* Where the port would stand in a loopback address that is spelled like the
 * other; NULL when it is no such address. Parsed only to find the one thing
 * that may differ: everything around it is compared byte by byte. */
static const char *behind_loopback(const char *uri, const char *origin)
{
    apr_size_t len = strlen(origin);

    return strncmp(uri, origin, len) ? NULL : uri + len;
}

/* What follows the port, if there is one. NULL: something else stands there. */
static const char *behind_port(const char *at)
{
    apr_size_t len = *at == ':' ? strspn(at + 1, DIGITS) : 0;
    apr_int64_t port = 0;
    char text[6] = "";

    if (*at == ':') {
        if (!len || len >= sizeof(text) || at[1] == '0')
            return NULL;
        memcpy(text, at + 1, len);
        if (!tpa_text_number(text, 1, 65535, &port))
            return NULL;
        at += 1 + len;
    }
    return !*at || *at == '/' || *at == '?' ? at : NULL;
}

static int same_but_port(const char *sent, const char *registered)
{
    static const char *const origins[] = { "http://127.0.0.1", "http://[::1]",
                                           NULL };
    int i;

    for (i = 0; origins[i]; i++) {
        const char *a = behind_loopback(sent, origins[i]);
        const char *b = behind_loopback(registered, origins[i]);

        if (a && b) {
            a = behind_port(a);
            b = behind_port(b);
            return a && b && !strcmp(a, b);
        }
    }
    return 0;
}

int tpa_redirect_registered(const char *sent,
                            const apr_array_header_t *registered,
                            int is_native)
{
    int i;

    for (i = 0; registered && i < registered->nelts; i++) {
        const char *uri = APR_ARRAY_IDX(registered, i, const char *);

        if (!strcmp(sent, uri) || (is_native && same_but_port(sent, uri)))
            return 1;
    }
    return 0;
}

/* ---- what it says ------------------------------------------------------- */

/* Host and port of a web address, NULL for other schemes. */
static const char *authority(const char *uri, apr_size_t *len)
{
    apr_size_t scheme = strcspn(uri, ":");

    if (strncasecmp(uri, "https://", 8) && strncasecmp(uri, "http://", 7))
        return NULL;
    uri += scheme + 3;
    *len = strcspn(uri, "/?#");
    return uri;
}

static int ends_with(const char *s, apr_size_t len, const char *end)
{
    apr_size_t n = strlen(end);

    return len >= n && !strncasecmp(s + len - n, end, n);
}

/* Loopback, localhost and what is below it (RFC 6761 6.3), and addresses by
 * number, which tell people nothing. */
static int is_nameless(const char *host)
{
    apr_size_t len = strcspn(host, ":/?#");

    while (len && host[len - 1] == '.')
        len--;
    return *host == '[' || strspn(host, DIGITS ".") >= len
        || (len == 9 && !strncasecmp(host, "localhost", 9))
        || ends_with(host, len, ".localhost");
}

int tpa_redirect_verifiable(const char *uri)
{
    apr_size_t len;
    const char *host = authority(uri, &len);

    return host && !strncasecmp(uri, "https:", 6)
        && !is_nameless(host);
}

static const char *lower(const char *s, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_pstrmemdup(p, s, len), *c;

    for (c = text; *c; c++)
        *c = apr_tolower(*c);
    return text;
}

const char *tpa_redirect_origin(const char *uri, apr_pool_t *p)
{
    apr_size_t len, scheme = strcspn(uri, ":");
    const char *host = authority(uri, &len);

    return host ? apr_pstrcat(p, lower(uri, scheme, p), "://",
                              lower(host, len, p), NULL)
                : apr_pstrcat(p, lower(uri, scheme, p), ":", NULL);
}

const char *tpa_redirect_shown(const char *uri, apr_pool_t *p)
{
    apr_size_t len;
    const char *host = authority(uri, &len);

    return host ? lower(host, len, p) : lower(uri, strcspn(uri, ":"), p);
}

int tpa_redirect_carries(tpa_ekind_t kind)
{
    static const tpa_ekind_t kinds[] = {
        TPA_E_INVALID_REQUEST, TPA_E_UNAUTHORIZED_CLIENT, TPA_E_INVALID_SCOPE,
        TPA_E_INVALID_TARGET, TPA_E_ACCESS_DENIED,
        TPA_E_UNSUPPORTED_RESPONSE_TYPE, TPA_E_LOGIN_REQUIRED,
        TPA_E_CONSENT_REQUIRED, TPA_E_INTERACTION_REQUIRED,
        TPA_E_INVALID_AUTHORIZATION_DETAILS
    };
    apr_size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i] == kind)
            return 1;
    }
    return 0;
}

/* ---- where it leads ----------------------------------------------------- */

static const char *encode(const char *s, apr_pool_t *p)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(p, 3 * strlen(s) + 1), *at = out;

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c < 0x80 && (apr_isalnum(c) || strchr("-._~", c))) {
            *at++ = c;
            continue;
        }
        *at++ = '%';
        *at++ = hex[c >> 4];
        *at++ = hex[c & 15];
    }
    *at = '\0';
    return out;
}

const char *tpa_redirect_with(const char *uri, const char *const *pairs,
                              apr_pool_t *p)
{
    const char *query = strchr(uri, '?');
    const char *sep = !query ? "?" : query[strlen(query) - 1] == '?'
        || query[strlen(query) - 1] == '&' ? "" : "&";

    for (; pairs[0]; pairs += 2) {
        if (!pairs[1])
            continue;
        uri = apr_pstrcat(p, uri, sep, encode(pairs[0], p), "=",
                          encode(pairs[1], p), NULL);
        sep = "&";
    }
    return uri;
}
