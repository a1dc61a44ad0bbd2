#include <string.h>

#include <apr_strings.h>

#include "base/form.h"
#include "base/json.h"
#include "base/text.h"

/* Most bytes a character takes when it is percent-encoded. */
#define ESCAPED 3

typedef struct taker_t {
    apr_table_t *into;
    apr_pool_t *p;
    tpa_err_t *e;
} taker_t;

/* ---- refusals: a name is shown when it is plain text, a value never ----- */

static int is_plain(const char *name)
{
    apr_size_t n;

    for (n = 0; name[n]; n++) {
        if (n == TPA_FORM_MAX_NAME || name[n] <= ' ' || name[n] > '~'
            || name[n] == '"' || name[n] == '\\')
            return 0;
    }
    return n > 0;
}

static tpa_err_t *refused_as(apr_pool_t *p, tpa_ekind_t kind, const char *name,
                             const char *why)
{
    if (is_plain(name))
        return tpa_err(p, kind, "Parameter %s %s", name, why);
    return tpa_err(p, kind, "A parameter %s", why);
}

static tpa_err_t *refused(apr_pool_t *p, const char *name, const char *why)
{
    return refused_as(p, TPA_E_INVALID_REQUEST, name, why);
}

tpa_err_t *tpa_form_repeated(apr_pool_t *p, const char *name,
                             const char *where)
{
    int is_resource = !strcmp(name, "resource");

    return refused_as(p, is_resource ? TPA_E_INVALID_TARGET
                                     : TPA_E_INVALID_REQUEST, name,
        apr_pstrcat(p, "is sent more than once", where,
                    is_resource ? ": a token is for one API" : "", NULL));
}

static tpa_err_t *bad_name(apr_pool_t *p, const char *why)
{
    return tpa_err(p, TPA_E_INVALID_REQUEST, "The name of a parameter %s", why);
}

static tpa_err_t *long_name(apr_pool_t *p)
{
    return tpa_err(p, TPA_E_INVALID_REQUEST,
                   "The name of a parameter is longer than %d bytes",
                   TPA_FORM_MAX_NAME);
}

static tpa_err_t *long_value(apr_pool_t *p, const char *name)
{
    return refused(p, name, "is longer than "
                   APR_STRINGIFY(TPA_FORM_MAX_VALUE) " bytes");
}

/* ---- what both readers ask of a pair ------------------------------------ */

static tpa_err_t *take_name(const char *name, const apr_table_t *into,
                            apr_pool_t *p)
{
    if (!*name)
        return bad_name(p, "is empty");
    if (strlen(name) > TPA_FORM_MAX_NAME)
        return long_name(p);
    if (!tpa_text_is_utf8(name))
        return bad_name(p, "is not UTF-8");
    /* Tables do not tell upper from lower case, so names that differ in
     * nothing else are repeats too: they might be read as one. */
    if (apr_table_get(into, name))
        return tpa_form_repeated(p, name, "");
    if (apr_table_elts(into)->nelts >= TPA_FORM_MAX_PARAMS)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "There are more than %d parameters",
                       TPA_FORM_MAX_PARAMS);
    return TPA_OK;
}

static tpa_err_t *take_value(const char *name, const char *value,
                             apr_table_t *into, apr_pool_t *p)
{
    if (strlen(value) > TPA_FORM_MAX_VALUE)
        return long_value(p, name);
    if (!tpa_text_is_utf8(value))
        return refused(p, name, "is not UTF-8");
    apr_table_addn(into, name, value);
    return TPA_OK;
}

/* ---- application/x-www-form-urlencoded ---------------------------------- */

static tpa_err_t *parse_pair(const char *pair, apr_size_t len,
                             apr_table_t *into, apr_pool_t *p)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals ? (apr_size_t)(equals - pair) : len;
    apr_size_t value_len = equals ? len - name_len - 1 : 0;
    const char *name, *value = "";

    if (name_len > ESCAPED * TPA_FORM_MAX_NAME)
        return long_name(p);
    name = tpa_text_form_decode(pair, name_len, p);
    if (!name)
        return bad_name(p, "has a broken percent escape or a NUL byte");
    TPA_TRY(take_name(name, into, p));
    if (value_len > ESCAPED * TPA_FORM_MAX_VALUE)
        return long_value(p, name);
    if (value_len)
        value = tpa_text_form_decode(equals + 1, value_len, p);
    if (!value)
        return refused(p, name, "has a broken percent escape or a NUL byte");
    return take_value(name, value, into, p);
}

tpa_err_t *tpa_form_parse(const char *bytes, apr_size_t len, apr_table_t *into,
                          apr_pool_t *p)
{
    while (len) {
        const char *end = memchr(bytes, '&', len);
        apr_size_t n = end ? (apr_size_t)(end - bytes) : len;

        if (n)
            TPA_TRY(parse_pair(bytes, n, into, p));
        n += end != NULL;
        bytes += n;
        len -= n;
    }
    return TPA_OK;
}

/* ---- JSON --------------------------------------------------------------- */

static int take_member(void *baton, const char *name, const tpa_json_t *value)
{
    taker_t *taker = baton;
    const char *text = tpa_json_str(value);

    if (tpa_json_type(value) == TPA_JSON_NULL)
        return 0;
    taker->e = take_name(name, taker->into, taker->p);
    if (!taker->e)
        taker->e = text ? take_value(name, text, taker->into, taker->p)
                        : refused(taker->p, name, "is not a JSON string");
    return taker->e != TPA_OK;
}

tpa_err_t *tpa_form_parse_json(const char *bytes, apr_size_t len,
                               apr_table_t *into, apr_pool_t *p)
{
    taker_t taker = { into, p, TPA_OK };
    tpa_json_t *o;

    TPA_TRY(tpa_json_parse(bytes, len, &o, p));
    if (tpa_json_type(o) != TPA_JSON_OBJECT)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "The parameters are not a JSON object");
    /* The texts stay where they are: o lives as long as the pool. */
    tpa_json_each(o, take_member, &taker);
    return taker.e;
}
