#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "core/props.h"

#define PARTIES (TPA_FIRST | TPA_STRICT | TPA_PERMISSIVE | TPA_REGISTERED)
#define TIMES (TPA_ON_BOTH | TPA_FIXED | TPA_ANSWERED)
#define MOST_SHOWN 100
#define MAP_CHARS 255
#define INT32 APR_INT64_C(2147483647)

typedef struct check_t {
    unsigned when, party;
    apr_pool_t *p;
} check_t;

/* Where we are: the row, and its path in the body; at the top both NULL. */
typedef struct place_t {
    const check_t *c;
    const tpa_prop_t *row;
    const char *path;
} place_t;

/* ---- texts -------------------------------------------------------------- */

/* UTF-8 is cut between characters only. */
const char *tpa_props_shown(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);

    if (len <= MOST_SHOWN)
        return text;
    for (len = MOST_SHOWN; len && (text[len] & 0xc0) == 0x80; len--)
        ;
    return apr_pstrcat(p, apr_pstrmemdup(p, text, len), "...", NULL);
}

static tpa_err_t *refused(const place_t *at, const char *what)
{
    apr_pool_t *p = at->c->p;

    if (!at->path)
        return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY,
                                       "Payload validation error: '%s'.",
                                       what), "body");
    return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY,
                                   "Payload validation error: '%s' on property"
                                   " %s%s%s%s.", what, at->path,
                                   at->row->doc ? " (" : "",
                                   at->row->doc ? at->row->doc : "",
                                   at->row->doc ? ")" : ""), "body");
}

static tpa_err_t *wrong(const place_t *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static tpa_err_t *wrong(const place_t *at, const char *fmt, ...)
{
    const char *what;
    va_list args;

    va_start(args, fmt);
    what = apr_pvsprintf(at->c->p, fmt, args);
    va_end(args);
    return refused(at, what);
}

static const char *type_name(const tpa_json_t *v)
{
    static const char *const names[] = {
        [TPA_JSON_NULL] = "null",     [TPA_JSON_BOOL] = "boolean",
        [TPA_JSON_INT] = "integer",   [TPA_JSON_REAL] = "number",
        [TPA_JSON_STRING] = "string", [TPA_JSON_ARRAY] = "array",
        [TPA_JSON_OBJECT] = "object",
    };

    return names[tpa_json_type(v)];
}

static tpa_err_t *wrong_type(const place_t *at, const char *expected,
                             const tpa_json_t *v)
{
    return wrong(at, "Expected type %s but found type %s", expected,
                 type_name(v));
}

/* ---- strings and numbers ------------------------------------------------ */

static int chars_of(const char *s)
{
    int n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

static int is_word(const char *words, const char *value)
{
    apr_size_t len = strlen(value), n;

    for (; words; words = words[n] ? words + n + 1 : NULL) {
        n = strcspn(words, "|");
        if (n == len && !strncmp(words, value, n))
            return 1;
    }
    return 0;
}

static const char *wrong_length(const char *value, apr_int64_t lo,
                                apr_int64_t hi, apr_pool_t *p)
{
    int n = chars_of(value);

    if (n < lo)
        return apr_psprintf(p, "String is too short (%d chars), minimum %"
                            APR_INT64_T_FMT, n, lo);
    if (n > hi)
        return apr_psprintf(p, "String is too long (%d chars), maximum %"
                            APR_INT64_T_FMT, n, hi);
    return NULL;
}

const char *tpa_props_wrong_string(const tpa_prop_t *row, const char *value,
                                   apr_pool_t *p)
{
    int is_one = row->type == TPA_P_STRING;   /* lo and hi are of the string */
    const char *what;

    if (row->words)
        return is_word(row->words, value) ? NULL
            : apr_pstrcat(p, "No enum match for: ", tpa_props_shown(value, p),
                          NULL);
    what = wrong_length(value, is_one ? row->lo : 0,
                        is_one && row->hi ? row->hi : TPA_P_MOST_CHARS, p);
    return what || !row->each ? what : row->each(value, p);
}

const char *tpa_props_wrong_number(const tpa_prop_t *row, apr_int64_t value,
                                   apr_pool_t *p)
{
    int any = !row->lo && !row->hi;
    apr_int64_t lo = any ? -INT32 - 1 : row->lo, hi = any ? INT32 : row->hi;

    if (value < lo)
        return apr_psprintf(p, "Value %" APR_INT64_T_FMT " is less than minimum"
                            " %" APR_INT64_T_FMT, value, lo);
    if (value > hi)
        return apr_psprintf(p, "Value %" APR_INT64_T_FMT " is greater than"
                            " maximum %" APR_INT64_T_FMT, value, hi);
    return NULL;
}

static tpa_err_t *check_string(const place_t *at, const tpa_json_t *v)
{
    const char *what = tpa_props_wrong_string(at->row, tpa_json_str(v),
                                              at->c->p);

    return what ? refused(at, what) : TPA_OK;
}

static tpa_err_t *check_bool(const place_t *at, const tpa_json_t *v)
{
    return TPA_OK;
}

static tpa_err_t *check_int(const place_t *at, const tpa_json_t *v)
{
    apr_int64_t n = 0;
    const char *what;

    tpa_json_int(v, &n);
    what = tpa_props_wrong_number(at->row, n, at->c->p);
    return what ? refused(at, what) : TPA_OK;
}

/* ---- lists -------------------------------------------------------------- */

static tpa_err_t *check_members(const place_t *at, const tpa_prop_t *table,
                                const tpa_json_t *o);

static tpa_err_t *check_item(const place_t *at, const tpa_json_t *v)
{
    int of_objects = at->row->type == TPA_P_OBJECTS;

    if (tpa_json_type(v) != (of_objects ? TPA_JSON_OBJECT : TPA_JSON_STRING))
        return wrong_type(at, of_objects ? "object" : "string", v);
    return of_objects ? check_members(at, at->row->inner, v)
                      : check_string(at, v);
}

static tpa_err_t *check_list(const place_t *at, const tpa_json_t *v)
{
    apr_int64_t n = (apr_int64_t)tpa_json_size(v), i;
    apr_int64_t hi = at->row->hi ? at->row->hi : TPA_P_MOST_ITEMS;
    place_t item = *at;

    if (n < at->row->lo)
        return wrong(at, "Array is too short (%" APR_INT64_T_FMT "), minimum"
                     " %" APR_INT64_T_FMT, n, at->row->lo);
    if (n > hi)
        return wrong(at, "Array is too long (%" APR_INT64_T_FMT "), maximum"
                     " %" APR_INT64_T_FMT, n, hi);
    for (i = 0; i < n; i++) {
        item.path = apr_psprintf(at->c->p, "%s[%" APR_INT64_T_FMT "]",
                                 at->path, i);
        TPA_TRY(check_item(&item, tpa_json_at(v, (apr_size_t)i)));
    }
    return TPA_OK;
}

/* ---- objects ------------------------------------------------------------ */

typedef struct walk_t {
    const place_t *at;          /* of the object */
    const tpa_prop_t *table;
    tpa_err_t *e;
} walk_t;

static int walk_map(void *baton, const char *name, const tpa_json_t *value)
{
    walk_t *w = baton;
    apr_pool_t *p = w->at->c->p;
    const char *text = tpa_json_str(value);
    const char *what = wrong_length(name, 1, MAP_CHARS, p);
    place_t at = *w->at;

    at.path = apr_pstrcat(p, at.path, ".", tpa_props_shown(name, p), NULL);
    if (!what && text)
        what = wrong_length(text, 0, MAP_CHARS, p);
    if (what)
        w->e = refused(&at, what);
    else if (!text && (tpa_json_type(value) != TPA_JSON_NULL
                       || at.c->when != TPA_ON_UPDATE))
        w->e = wrong_type(&at, "string", value);
    return w->e != TPA_OK;
}

static tpa_err_t *check_map(const place_t *at, const tpa_json_t *v)
{
    apr_int64_t n = (apr_int64_t)tpa_json_size(v);
    apr_int64_t hi = at->row->hi ? at->row->hi : TPA_P_MOST_ITEMS;
    walk_t w = { at, NULL, TPA_OK };

    if (n > hi)
        return wrong(at, "Too many properties defined (%" APR_INT64_T_FMT
                     "), maximum %" APR_INT64_T_FMT, n, hi);
    tpa_json_each(v, walk_map, &w);
    return w.e;
}

static tpa_err_t *check_any(const place_t *at, const tpa_json_t *v);

static int walk_any(void *baton, const char *name, const tpa_json_t *value)
{
    walk_t *w = baton;

    w->e = check_any(w->at, value);
    return w->e != TPA_OK;
}

/* The database writes a number of 10^17 and more with all its digits, as no
 * reader of integers would take it back. */
static tpa_err_t *check_any(const place_t *at, const tpa_json_t *v)
{
    walk_t w = { at, NULL, TPA_OK };
    const tpa_json_t *item;
    apr_size_t i;

    if (tpa_json_type(v) == TPA_JSON_REAL) {
        const char *text = tpa_json_print(v, at->c->p);
        const char *e = strchr(text, 'e');

        if (e && e[1] != '-')
            return wrong(at, "Number is out of range: %s", text);
    }
    for (i = 0; tpa_json_type(v) == TPA_JSON_ARRAY
         && (item = tpa_json_at(v, i)) != NULL; i++)
        TPA_TRY(check_any(at, item));
    tpa_json_each(v, walk_any, &w);
    return w.e;
}

static tpa_err_t *check_object(const place_t *at, const tpa_json_t *v)
{
    return check_members(at, at->row->inner, v);
}

/* ---- a value ------------------------------------------------------------ */

static const struct {
    tpa_json_type_t json;
    const char *name;
    tpa_err_t *(*check)(const place_t *at, const tpa_json_t *v);
} types[] = {
    [TPA_P_STRING] = { TPA_JSON_STRING, "string", check_string },
    [TPA_P_BOOL] = { TPA_JSON_BOOL, "boolean", check_bool },
    [TPA_P_INT] = { TPA_JSON_INT, "integer", check_int },
    [TPA_P_ENUM] = { TPA_JSON_STRING, "string", check_string },
    [TPA_P_STRINGS] = { TPA_JSON_ARRAY, "array", check_list },
    [TPA_P_ENUMS] = { TPA_JSON_ARRAY, "array", check_list },
    [TPA_P_OBJECT] = { TPA_JSON_OBJECT, "object", check_object },
    [TPA_P_OBJECTS] = { TPA_JSON_ARRAY, "array", check_list },
    [TPA_P_MAP] = { TPA_JSON_OBJECT, "object", check_map },
    [TPA_P_ANY] = { TPA_JSON_OBJECT, "object", check_any },
};

static tpa_err_t *check_value(const place_t *at, const tpa_json_t *v)
{
    tpa_json_type_t found = tpa_json_type(v);

    if (found == TPA_JSON_NULL && at->row->flags & TPA_NULLABLE)
        return TPA_OK;
    if (found != types[at->row->type].json)
        return wrong_type(at, types[at->row->type].name, v);
    return types[at->row->type].check(at, v);
}

int tpa_props_open(const tpa_prop_t *row, unsigned when, unsigned party,
                   int is_inner)
{
    unsigned times = when == TPA_ON_UPDATE ? TPA_ON_UPDATE | TPA_FIXED : when;

    return (row->flags & times || (is_inner && !(row->flags & TIMES)))
        && (!party || row->flags & party
            || (is_inner && !(row->flags & PARTIES)));
}

static int is_open(const place_t *at, const tpa_prop_t *row)
{
    return tpa_props_open(row, at->c->when, at->c->party, at->row != NULL);
}

static int walk_member(void *baton, const char *name, const tpa_json_t *value)
{
    walk_t *w = baton;
    const tpa_prop_t *row = tpa_props_find(w->table, name);
    place_t at = *w->at;

    if (!row || !is_open(w->at, row)) {
        w->e = wrong(w->at, "Additional properties not allowed: %s",
                     tpa_props_shown(name, at.c->p));
        return 1;
    }
    at.row = row;
    at.path = w->at->path ? apr_pstrcat(at.c->p, w->at->path, ".", name, NULL)
                          : name;
    w->e = check_value(&at, value);
    return w->e != TPA_OK;
}

static tpa_err_t *check_members(const place_t *at, const tpa_prop_t *table,
                                const tpa_json_t *o)
{
    walk_t w = { at, table, TPA_OK };
    const tpa_prop_t *row;

    tpa_json_each(o, walk_member, &w);
    if (w.e || (!at->row && at->c->when != TPA_ON_CREATE))
        return w.e;
    for (row = table; row->name; row++) {
        if (row->flags & TPA_REQUIRED && is_open(at, row)
            && !tpa_json_get(o, row->name))
            return wrong(at, "Missing required property: %s", row->name);
    }
    return TPA_OK;
}

tpa_err_t *tpa_props_check(const tpa_prop_t *table, const tpa_json_t *body,
                           unsigned when, unsigned party, apr_pool_t *p)
{
    check_t c = { when, party, p };
    place_t top = { &c, NULL, NULL };

    if (tpa_json_type(body) != TPA_JSON_OBJECT)
        return wrong_type(&top, "object", body);
    if (when == TPA_ON_UPDATE && !tpa_json_size(body))
        return refused(&top, "Too few properties defined (0), minimum 1");
    return check_members(&top, table, body);
}

tpa_err_t *tpa_props_any(const char *name, const tpa_json_t *value,
                         apr_pool_t *p)
{
    tpa_prop_t row = { NULL };
    check_t c = { 0, 0, p };
    place_t at = { &c, &row, name };

    return check_any(&at, value);
}

/* ---- what is fixed ------------------------------------------------------ */

/* An answer leaves out what was never set; a client may say it all the same. */
static int is_nothing(const tpa_json_t *v, apr_pool_t *p)
{
    static const char *const nothings[] = { "null", "false", "\"\"", "[]",
                                            "{}" };
    const char *text = tpa_json_print(v, p);
    apr_size_t i;

    for (i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++) {
        if (!strcmp(text, nothings[i]))
            return 1;
    }
    return 0;
}

static int is_same(const tpa_json_t *a, const tpa_json_t *b, apr_pool_t *p)
{
    return (is_nothing(a, p) && is_nothing(b, p))
        || !strcmp(tpa_json_canonical(a, p), tpa_json_canonical(b, p));
}

static tpa_err_t *unchanged(const place_t *at, const tpa_prop_t *table,
                            const tpa_json_t *now, const tpa_json_t *body)
{
    apr_pool_t *p = at->c->p;
    place_t inner = *at;

    for (; table->name; table++) {
        const tpa_json_t *sent = tpa_json_get(body, table->name);
        const tpa_json_t *is = tpa_json_get(now, table->name);

        if (!sent)
            continue;
        inner.row = table;
        inner.path = at->path ? apr_pstrcat(p, at->path, ".", table->name, NULL)
                              : table->name;
        if (table->flags & TPA_FIXED && !is_same(is, sent, p))
            return refused(&inner, "It cannot be changed");
        if (table->type == TPA_P_OBJECT && table->inner)
            TPA_TRY(unchanged(&inner, table->inner, is, sent));
    }
    return TPA_OK;
}

tpa_err_t *tpa_props_unchanged(const tpa_prop_t *table, const tpa_json_t *now,
                               const tpa_json_t *body, apr_pool_t *p)
{
    check_t c = { TPA_ON_UPDATE, 0, p };
    place_t top = { &c, NULL, NULL };

    return unchanged(&top, table, now, body);
}

const tpa_prop_t *tpa_props_find(const tpa_prop_t *table, const char *name)
{
    for (; table && table->name; table++) {
        if (!strcmp(table->name, name))
            return table;
    }
    return NULL;
}
