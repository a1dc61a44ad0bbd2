#include <string.h>

#include "base/text.h"
#include "core/scope.h"

/* RFC 6749 3.3: %x21 / %x23-5B / %x5D-7E. */
static int is_scope(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;

    for (; *c; c++) {
        if (*c < 0x21 || *c > 0x7e || *c == '"' || *c == '\\')
            return 0;
    }
    return 1;
}

tpa_err_t *tpa_scope_parse(const char *text, apr_array_header_t **out,
                           apr_pool_t *p)
{
    apr_array_header_t *words = tpa_text_split(text, ' ', p), *list = NULL;
    int i;

    *out = NULL;
    for (i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (!is_scope(word) || strlen(word) > TPA_SCOPE_MAX)
            return tpa_err_by(tpa_err(p, TPA_E_INVALID_SCOPE,
                "Parameter scope must be scopes of at most %d printable ASCII"
                " characters, separated by single spaces", TPA_SCOPE_MAX),
                "scope_form");
        if (!list)
            list = apr_array_make(p, words->nelts, sizeof(const char *));
        if (!tpa_text_in(list, word))
            APR_ARRAY_PUSH(list, const char *) = word;
    }
    *out = list;
    return TPA_OK;
}

static apr_array_header_t *select_scopes(const apr_array_header_t *a,
                                         const apr_array_header_t *b,
                                         int wanted, apr_pool_t *p)
{
    apr_array_header_t *list
        = apr_array_make(p, a && a->nelts ? a->nelts : 1, sizeof(const char *));
    int i;

    for (i = 0; a && i < a->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(a, i, const char *);

        if (tpa_text_in(b, scope) == wanted)
            APR_ARRAY_PUSH(list, const char *) = scope;
    }
    return list;
}

apr_array_header_t *tpa_scope_intersect(const apr_array_header_t *a,
                                        const apr_array_header_t *b,
                                        apr_pool_t *p)
{
    return select_scopes(a, b, 1, p);
}

apr_array_header_t *tpa_scope_minus(const apr_array_header_t *a,
                                    const apr_array_header_t *b,
                                    apr_pool_t *p)
{
    return select_scopes(a, b, 0, p);
}
