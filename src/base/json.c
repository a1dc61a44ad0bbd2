#include <string.h>

#include <jansson.h>

#include <apr_strings.h>

#include "base/json.h"
#include "base/text_int.h"

/* Printed here first: most of what we say is shorter. */
#define SHORT_TEXT 4096

static json_t *in(const tpa_json_t *v)
{
    return (json_t *)v;
}

static tpa_json_t *out_of(json_t *v)
{
    return (tpa_json_t *)v;
}

static apr_status_t release(void *v)
{
    json_decref(v);
    return APR_SUCCESS;
}

/* Give the caller's reference to the pool. */
static tpa_json_t *own(json_t *v, apr_pool_t *p)
{
    if (v)
        apr_pool_cleanup_register(p, v, release, apr_pool_cleanup_null);
    return out_of(v);
}

/* ---- read --------------------------------------------------------------- */

typedef struct place_t {
    int line;
    int column;
} place_t;

/* What jansson says quotes the input; what we say does not. */
static const char *mistake(const json_error_t *err)
{
    static const struct {
        enum json_error_code code;
        const char *text;
    } texts[] = {
        { json_error_invalid_utf8, "not UTF-8" },
        { json_error_premature_end_of_input, "the end comes too early" },
        { json_error_end_of_input_expected, "text behind the end" },
        { json_error_null_character, "a NUL character" },
        { json_error_null_byte_in_key, "a NUL character in a name" },
        { json_error_duplicate_key, "a member that comes twice" },
        { json_error_numeric_overflow, "a number that is too big" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].code == json_error_code(err))
            return texts[i].text;
    }
    return "a syntax error";
}

static tpa_err_t *malformed(apr_pool_t *p, int line, int column,
                            const char *what)
{
    return tpa_err(p, TPA_E_INVALID_REQUEST,
                   "The JSON text is malformed at line %d, column %d: %s",
                   line, column, what);
}

/* What jansson would not refuse, or only after recursing for it: nesting, and
 * NUL bytes, some of which it skips. As long as the text is valid, both see
 * the same brackets. */
static const char *first_look(const char *bytes, apr_size_t len, place_t *at)
{
    int depth = 0, in_string = 0;
    apr_size_t i, line_start = 0;

    at->line = 1;
    for (i = 0; i < len; i++) {
        char c = bytes[i];

        at->column = (int)(i - line_start) + 1;
        if (!c)
            return "a NUL character";
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (c == '\n') {
            at->line++;
            line_start = i + 1;
        }
        else if (!in_string)
            depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth > TPA_JSON_MAX_DEPTH)
            return "it is nested too deep";
    }
    return NULL;
}

tpa_err_t *tpa_json_parse(const char *bytes, apr_size_t len, tpa_json_t **out,
                          apr_pool_t *p)
{
    json_error_t err;
    place_t at;
    const char *what = first_look(bytes, len, &at);

    *out = NULL;
    if (what)
        return malformed(p, at.line, at.column, what);
    *out = own(json_loadb(len ? bytes : "", len, JSON_REJECT_DUPLICATES, &err),
               p);
    return *out ? TPA_OK : malformed(p, err.line, err.column, mistake(&err));
}

/* ---- make --------------------------------------------------------------- */

tpa_json_t *tpa_json_object(apr_pool_t *p)
{
    return own(json_object(), p);
}

tpa_json_t *tpa_json_array(apr_pool_t *p)
{
    return own(json_array(), p);
}

/* A copy of value, as long, with a question mark for each bad byte. */
static json_t *mended(const char *value)
{
    json_t *v;
    char *text = strdup(value), *at;

    for (at = text; at && *at;) {
        apr_size_t n = tpa_text_utf8_char(at);

        if (!n)
            *at = '?';
        at += n ? n : 1;
    }
    v = text ? json_string_nocheck(text) : NULL;
    free(text);
    return v;
}

static json_t *string(const char *value)
{
    json_t *v = value ? json_string(value) : NULL;

    return v || !value ? v : mended(value);
}

void tpa_json_set_str(tpa_json_t *o, const char *name, const char *value)
{
    json_object_set_new(in(o), name, string(value));
}

void tpa_json_set_int(tpa_json_t *o, const char *name, apr_int64_t value)
{
    json_object_set_new(in(o), name, json_integer(value));
}

void tpa_json_set_bool(tpa_json_t *o, const char *name, int value)
{
    json_object_set_new(in(o), name, json_boolean(value));
}

void tpa_json_set_null(tpa_json_t *o, const char *name)
{
    json_object_set_new(in(o), name, json_null());
}

void tpa_json_set(tpa_json_t *o, const char *name, const tpa_json_t *value)
{
    json_object_set(in(o), name, in(value));
}

void tpa_json_set_list(tpa_json_t *o, const char *name,
                       const apr_array_header_t *values)
{
    json_t *a = values ? json_array() : NULL;
    int i;

    for (i = 0; values && i < values->nelts; i++)
        json_array_append_new(a, string(APR_ARRAY_IDX(values, i,
                                                      const char *)));
    json_object_set_new(in(o), name, a);
}

void tpa_json_remove(tpa_json_t *o, const char *name)
{
    json_object_del(in(o), name);
}

void tpa_json_add_str(tpa_json_t *a, const char *value)
{
    json_array_append_new(in(a), string(value));
}

void tpa_json_add(tpa_json_t *a, const tpa_json_t *value)
{
    json_array_append(in(a), in(value));
}

/* ---- look --------------------------------------------------------------- */

tpa_json_type_t tpa_json_type(const tpa_json_t *v)
{
    static const tpa_json_type_t types[] = {
        [JSON_OBJECT] = TPA_JSON_OBJECT, [JSON_ARRAY] = TPA_JSON_ARRAY,
        [JSON_STRING] = TPA_JSON_STRING, [JSON_INTEGER] = TPA_JSON_INT,
        [JSON_REAL] = TPA_JSON_REAL,     [JSON_TRUE] = TPA_JSON_BOOL,
        [JSON_FALSE] = TPA_JSON_BOOL,    [JSON_NULL] = TPA_JSON_NULL,
    };

    return v ? types[json_typeof(in(v))] : TPA_JSON_NULL;
}

const tpa_json_t *tpa_json_get(const tpa_json_t *o, const char *name)
{
    return out_of(json_object_get(in(o), name));
}

const char *tpa_json_str(const tpa_json_t *v)
{
    return json_string_value(in(v));
}

const char *tpa_json_get_str(const tpa_json_t *o, const char *name)
{
    return tpa_json_str(tpa_json_get(o, name));
}

int tpa_json_int(const tpa_json_t *v, apr_int64_t *out)
{
    if (!json_is_integer(in(v)))
        return 0;
    *out = json_integer_value(in(v));
    return 1;
}

int tpa_json_get_int(const tpa_json_t *o, const char *name, apr_int64_t *out)
{
    return tpa_json_int(tpa_json_get(o, name), out);
}

int tpa_json_get_true(const tpa_json_t *o, const char *name)
{
    return json_is_true(in(tpa_json_get(o, name)));
}

apr_size_t tpa_json_size(const tpa_json_t *v)
{
    return json_is_array(in(v)) ? json_array_size(in(v))
                                : json_object_size(in(v));
}

const tpa_json_t *tpa_json_at(const tpa_json_t *a, apr_size_t i)
{
    return out_of(json_array_get(in(a), i));
}

apr_array_header_t *tpa_json_list(const tpa_json_t *v, apr_pool_t *p)
{
    apr_array_header_t *list;
    json_t *element;
    size_t i;

    if (!json_is_array(in(v)))
        return NULL;
    list = apr_array_make(p, (int)json_array_size(in(v)), sizeof(const char *));
    json_array_foreach (in(v), i, element) {
        if (!json_is_string(element))
            return NULL;
        APR_ARRAY_PUSH(list, const char *) = json_string_value(element);
    }
    /* The texts are not copied, so this pool keeps the value too. */
    own(json_incref(in(v)), p);
    return list;
}

int tpa_json_each(const tpa_json_t *o,
                  int (*visit)(void *baton, const char *name,
                               const tpa_json_t *value),
                  void *baton)
{
    json_t *value;
    const char *name;
    int result = 0;

    json_object_foreach (in(o), name, value) {
        result = visit(baton, name, out_of(value));
        if (result)
            break;
    }
    return result;
}

/* ---- print -------------------------------------------------------------- */

static const char *print(const tpa_json_t *v, size_t flags, apr_pool_t *p)
{
    char first[SHORT_TEXT], *text;
    size_t len;

    flags |= JSON_ENCODE_ANY;
    len = v ? json_dumpb(in(v), first, sizeof(first), flags) : 0;
    if (!len)
        return "null";
    if (len <= sizeof(first))
        return apr_pstrmemdup(p, first, len);
    text = apr_palloc(p, len + 1);
    json_dumpb(in(v), text, len, flags);
    text[len] = '\0';
    return text;
}

const char *tpa_json_print(const tpa_json_t *v, apr_pool_t *p)
{
    return print(v, JSON_COMPACT, p);
}

const char *tpa_json_pretty(const tpa_json_t *v, apr_pool_t *p)
{
    return print(v, JSON_INDENT(2), p);
}

const char *tpa_json_canonical(const tpa_json_t *v, apr_pool_t *p)
{
    return print(v, JSON_COMPACT | JSON_SORT_KEYS, p);
}
