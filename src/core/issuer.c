#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/issuer.h"

#define ISSUER_MAX 500   /* leaves room for "api/v2/" in an API's identifier */

/* Letters, digits and marks that need no escape in a host or a path: an
 * escape would give one issuer two spellings. */
static int is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
        || (c && strchr("-._~", c));
}

static int is_host(const char *s, apr_size_t len)
{
    apr_size_t i;

    if (len > 2 && s[0] == '[' && s[len - 1] == ']')
        return strspn(s + 1, "0123456789abcdef:.") == len - 2;
    for (i = 0; i < len; i++) {
        if (!is_plain(s[i]) || s[i] == '_' || s[i] == '~')
            return 0;
    }
    return len > 0 && s[0] != '.' && s[0] != '-' && s[len - 1] != '-';
}

static int is_path(const char *path)
{
    apr_size_t i;

    for (i = 0; path[i]; i++) {
        if (!is_plain(path[i]) && path[i] != '/'
            && !(path[i] >= 'A' && path[i] <= 'Z'))
            return 0;
    }
    return !strstr(path, "//") && !strstr(path, "/./")
        && !strstr(path, "/../");
}

static const char *authority_wrong(const char *s, apr_size_t len,
                                   apr_pool_t *p)
{
    char *host = apr_pstrmemdup(p, s, len), *colon = strrchr(host, ':');
    apr_int64_t port;

    if (strchr(host, '@'))
        return "an issuer holds no user name or password: leave out all up to"
               " the @";
    if (colon && !strchr(colon, ']')) {
        if (!tpa_text_number(colon + 1, 1, 65535, &port) || colon[1] == '0')
            return "the port behind the host is a number from 1 to 65535";
        if (port == 443)
            return "leave out :443, it is the port of https anyway";
        *colon = '\0';
    }
    if (!is_host(host, strlen(host)))
        return "behind https:// stands the name of a host in lower-case"
               " letters, e.g. https://auth.example.com/";
    return NULL;
}

const char *tpa_issuer_wrong(const char *issuer, apr_pool_t *p)
{
    const char *path;

    if (strncmp(issuer, "https://", 8))
        return "an issuer starts with https:// (http is not accepted, not even"
               " for localhost), e.g. https://auth.example.com/";
    if (strlen(issuer) > ISSUER_MAX)
        return "an issuer has at most 500 characters";
    if (strpbrk(issuer, "?#"))
        return "an issuer has no query and no fragment: leave out all from the"
               " ? or # on";
    path = strchr(issuer + 8, '/');
    if (!path || issuer[strlen(issuer) - 1] != '/')
        return apr_psprintf(p, "an issuer ends with a slash: write %s/",
                            tpa_text_loggable(issuer, 200, p));
    if (!is_path(path))
        return "the path of an issuer consists of letters, digits, - . _ ~ and"
               " single slashes";
    return authority_wrong(issuer + 8, path - issuer - 8, p);
}
