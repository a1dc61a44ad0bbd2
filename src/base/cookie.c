#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/text.h"

/* A pair of the header: from the first byte of its name to its end. */
static const char *next_pair(const char *at, const char **end)
{
    at += strspn(at, "; \t");
    *end = at + strcspn(at, ";");
    while (*end > at && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        (*end)--;
    return at;
}

const char *tpa_cookie_get(const char *header, const char *name,
                           apr_pool_t *p)
{
    apr_size_t len = strlen(name);
    const char *found = NULL, *at, *end;
    int pairs;

    if (!header || strlen(header) > TPA_COOKIE_MAX_HEADER)
        return NULL;
    at = next_pair(header, &end);
    for (pairs = 0; *at; at = next_pair(end, &end)) {
        if (++pairs > TPA_COOKIE_MAX_PAIRS)
            return NULL;
        if ((apr_size_t)(end - at) <= len || strncmp(at, name, len)
            || at[len] != '=')
            continue;
        if (found)
            return NULL;
        found = apr_pstrmemdup(p, at + len + 1, end - at - len - 1);
    }
    return found && tpa_text_is_id(found, TPA_COOKIE_CHARS, TPA_COOKIE_CHARS)
        ? found : NULL;
}

const char *tpa_cookie_set(const char *name, const char *value, int max_age_s,
                           apr_pool_t *p)
{
    const char *kept = max_age_s
        ? apr_psprintf(p, "; Max-Age=%d", max_age_s) : "";

    return apr_pstrcat(p, name, "=", value,
                       "; Path=/; Secure; HttpOnly; SameSite=Lax", kept, NULL);
}
