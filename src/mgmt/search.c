#include <string.h>

#include <apr_strings.h>

#include "mgmt/search.h"

static tpa_err_t *refused(tpa_mg_call_t *c, const char *param,
                          const char *what)
{
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, NULL, "Query"
                                 " validation error: '%s' on property %s.",
                                 what, param), "query");
}

tpa_err_t *tpa_mg_needs(tpa_mg_call_t *c, const char *param)
{
    if (tpa_json_get(c->query, param))
        return TPA_OK;
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, NULL, "Query"
                                 " validation error: 'Missing required"
                                 " property: %s'.", param), "query");
}

static const char *past_blanks(const char *at)
{
    return at + strspn(at, " ");
}

/* A value from *at on, NULL when it is none of the simple forms; *at is moved
 * behind it. */
static const char *value_at(const char **at, apr_pool_t *p)
{
    char *value = apr_palloc(p, strlen(*at) + 1), *to = value;
    int is_quoted = **at == '"';
    const char *s = *at + is_quoted;

    while (*s && (is_quoted ? *s != '"' : *s != ' ')) {
        if (*s == '\\' && s[1])
            s++;
        else if (!is_quoted && strchr("\"*?[]{}()~^<>:", *s))
            return NULL;
        *to++ = *s++;
    }
    *to = '\0';
    if (to == value || (is_quoted && *s != '"'))
        return NULL;
    *at = s + is_quoted;
    return **at && **at != ' ' ? NULL : value;
}

static const tpa_mg_term_t *term_at(const char **at,
                                    const tpa_mg_term_t *terms)
{
    apr_size_t n = strcspn(*at, ": ");

    for (; terms->name && (*at)[n] == ':'; terms++) {
        if (strlen(terms->name) == n && !strncmp(terms->name, *at, n)) {
            *at += n + 1;
            return terms;
        }
    }
    return NULL;
}

static const char *forms(const tpa_mg_term_t *terms, apr_pool_t *p)
{
    const char *names = terms->name;

    while ((++terms)->name)
        names = apr_pstrcat(p, names, ", ", terms->name, NULL);
    return apr_pstrcat(p, "Only name:value and name:\"value\" are understood,"
                       " joined by AND; names are ", names, NULL);
}

/* One term; what is wrong with it, or NULL. */
static const char *take_term(tpa_mg_call_t *c, const char **at,
                             const tpa_mg_term_t *terms)
{
    const tpa_mg_term_t *term = term_at(at, terms);
    const char *value = term ? value_at(at, c->p) : NULL;

    if (!value)
        return forms(terms, c->p);
    if (tpa_json_get(c->query, term->argument))
        return apr_pstrcat(c->p, term->name, " is asked for more than once",
                           NULL);
    tpa_json_set_str(c->query, term->argument, value);
    return NULL;
}

tpa_err_t *tpa_mg_search(tpa_mg_call_t *c, const char *param,
                         const tpa_mg_term_t *terms)
{
    const char *sent = tpa_json_get_str(c->query, param), *at, *what;

    at = sent ? past_blanks(apr_pstrdup(c->p, sent)) : "";
    tpa_json_remove(c->query, param);
    while (*at) {
        what = take_term(c, &at, terms);
        if (what)
            return refused(c, param, what);
        at = past_blanks(at);
        if (*at && (strncmp(at, "AND ", 4) || !*past_blanks(at + 4)))
            return refused(c, param, forms(terms, c->p));
        at = *at ? past_blanks(at + 4) : at;
    }
    return TPA_OK;
}
