#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/uri.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"

typedef struct parts_t {
    const char *scheme;      /* in lower case */
    const char *authority;   /* NULL: there is none */
    const char *host;        /* in lower case, without the port */
    const char *rest;        /* path, query and what follows */
} parts_t;

/* Browsers and systems run or open these themselves. */
static const char *const own_schemes[] = {
    "about", "blob", "chrome", "data", "file", "filesystem", "ftp", "intent",
    "jar", "javascript", "mailto", "resource", "tel", "vbscript",
    "view-source", "ws", "wss", NULL
};

/* A stranger's code must not end in a program that comes with the system; and
 * "localhost:3000/x" is a mistake, no scheme. */
static const char *const system_schemes[] = {
    "android-app", "cid", "content", "facetime", "feed", "gopher", "help",
    "itms", "itms-apps", "ldap", "ldaps", "livescript", "localhost", "market",
    "mhtml", "mid", "mocha", "news", "nfs", "nntp", "res", "rlogin", "search",
    "search-ms", "sftp", "shell", "sip", "sips", "smb", "sms", "ssh", "telnet",
    "tn3270", "urn", "wyciwyg", NULL
};

static int is_among(const char *const *words, const char *word)
{
    for (; *words; words++) {
        if (!strcmp(*words, word))
            return 1;
    }
    return 0;
}

static char *lower(const char *s, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_pstrmemdup(p, s, len), *c;

    for (c = text; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    }
    return text;
}

/* RFC 3986 2. The fragment's mark and the wildcard are told apart, for they
 * are mistakes people make. */
static const char *wrong_char(const char *uri)
{
    const char *c;

    for (c = uri; *c; c++) {
        if (*c == '#')
            return "A fragment (#...) is not allowed";
        if (*c == '*')
            return "A wildcard (*) is not allowed: list each address";
        if (*c == '%' && (!c[1] || !strchr(HEX, c[1]) || !c[2]
                          || !strchr(HEX, c[2])))
            return "A percent sign is not followed by two hexadecimal digits";
        if (!strchr(LETTERS DIGITS "-._~:/?[]@!$&'()+,;=%", *c))
            return "A character is not allowed in a URI: encode it";
    }
    return NULL;
}

static const char *wrong_host(const char *host)
{
    apr_size_t len = strlen(host);

    if (!len)
        return "It has no host";
    if (*host == '[')
        return len > 2 && strspn(host + 1, HEX ":.") == len - 2
            && host[len - 1] == ']' ? NULL : "The host is no IPv6 address";
    if (strspn(host, LETTERS DIGITS "-._") != len || *host == '.'
        || *host == '-' || strstr(host, ".."))
        return "The host is no name of a host";
    return NULL;
}

static const char *split_authority(const char *at, parts_t *parts,
                                   apr_pool_t *p)
{
    apr_size_t len = strcspn(at, "/?");
    const char *colon;
    apr_int64_t port;

    parts->authority = apr_pstrmemdup(p, at, len);
    parts->rest = at + len;
    if (strchr(parts->authority, '@'))
        return "A user name (...@) is not allowed";
    colon = strrchr(parts->authority, ':');
    if (colon && strchr(colon, ']'))
        colon = NULL;
    parts->host = lower(parts->authority, colon ? (apr_size_t)(
                            colon - parts->authority) : len, p);
    if (colon && (!tpa_text_number(colon + 1, 1, 65535, &port)
                  || colon[1] == '0'))
        return "The port is no number from 1 to 65535";
    return wrong_host(parts->host);
}

static const char *split(const char *uri, parts_t *parts, apr_pool_t *p)
{
    const char *what = wrong_char(uri);
    apr_size_t len = strspn(uri, LETTERS DIGITS "+-.");

    memset(parts, 0, sizeof(*parts));
    if (what)
        return what;
    if (!len || uri[len] != ':' || !strchr(LETTERS, *uri))
        return "It is no absolute URI: it has no scheme";
    parts->scheme = lower(uri, len, p);
    parts->rest = uri + len + 1;
    if (is_among(own_schemes, parts->scheme))
        return "Its scheme is not allowed";
    if (!strncmp(parts->rest, "//", 2) && parts->rest[2] != '/')
        return split_authority(parts->rest + 2, parts, p);
    if (!strncmp(parts->scheme, "http", 4) && strlen(parts->scheme) < 6)
        return "It has no host";
    return *parts->rest ? NULL : "There is nothing behind its scheme";
}

const char *tpa_uri_wrong(const char *uri, apr_pool_t *p)
{
    parts_t parts;

    return split(uri, &parts, p);
}

static int is_web(const parts_t *parts)
{
    return !strcmp(parts->scheme, "https") || !strcmp(parts->scheme, "http");
}

const char *tpa_uri_wrong_web(const char *uri, apr_pool_t *p)
{
    parts_t parts;
    const char *what = *uri ? split(uri, &parts, p) : NULL;

    if (!*uri || what)
        return what;
    return is_web(&parts) ? NULL : "It must start with https:// or http://";
}

/* May an application of that kind use that scheme? */
static const char *wrong_scheme(const parts_t *parts, int who)
{
    static const char *const loopback[] = { "localhost", "127.0.0.1", "[::1]",
                                            NULL };

    if (!(who & TPA_URI_THIRD) || !strcmp(parts->scheme, "https"))
        return NULL;
    if (!strcmp(parts->scheme, "http"))
        return is_among(loopback, parts->host) ? NULL
            : "It must start with https://; http:// is for localhost,"
              " 127.0.0.1 and [::1] only";
    if (!(who & TPA_URI_NATIVE))
        return "It must start with https://; other schemes are for native"
               " applications only";
    return is_among(system_schemes, parts->scheme)
        || !strncmp(parts->scheme, "ms-", 3)
        ? "Its scheme is not allowed: use one of your own, https:// or"
          " http://127.0.0.1" : NULL;
}

const char *tpa_uri_wrong_callback(const char *uri, int who, apr_pool_t *p)
{
    parts_t parts;
    const char *what = split(uri, &parts, p);

    return what ? what : wrong_scheme(&parts, who);
}

const char *tpa_uri_wrong_origin(const char *uri, int who, apr_pool_t *p)
{
    parts_t parts;
    const char *what = split(uri, &parts, p);

    if (what)
        return what;
    if (!parts.authority || *parts.rest)
        return "It must be an origin: scheme, host and port, nothing behind";
    return wrong_scheme(&parts, who);
}

const char *tpa_uri_origin(const char *uri, apr_pool_t *p)
{
    parts_t parts;
    const char *port;

    if (split(uri, &parts, p) || !is_web(&parts) || !parts.authority)
        return NULL;
    port = parts.authority + strlen(parts.host);
    if (!strcmp(port, strcmp(parts.scheme, "https") ? ":80" : ":443"))
        port = "";
    return apr_pstrcat(p, parts.scheme, "://", parts.host, port, NULL);
}
