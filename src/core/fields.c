#include <string.h>

#include "base/text.h"
#include "core/fields.h"

#define MOST_NUMBER 0x7fffffff
#define MOST_TIME APR_INT64_C(0x7fffffffffffffff)

/* ---- members of a struct ------------------------------------------------ */

static const char **text_at(void *at)
{
    return at;
}

static apr_array_header_t **list_at(void *at)
{
    return at;
}

static int *number_at(void *at)
{
    return at;
}

static apr_time_t *time_at(void *at)
{
    return at;
}

/* The place of a word; -1 when there is no such word. */
static int enum_of(const char *const *names, const char *word)
{
    int i;

    for (i = 0; names[i]; i++) {
        if (!strcmp(names[i], word))
            return i;
    }
    return -1;
}

/* ---- to JSON ------------------------------------------------------------ */

static tpa_json_t *structs_json(const tpa_field_t *row,
                                const apr_array_header_t *list, apr_pool_t *p)
{
    tpa_json_t *a = tpa_json_array(p);
    int i;

    for (i = 0; i < list->nelts; i++)
        tpa_json_add(a, tpa_fields_json(row->parts,
                                        list->elts + i * row->size, p));
    return a;
}

static void put(tpa_json_t *o, const tpa_field_t *row, void *at, apr_pool_t *p)
{
    switch (row->type) {
    case TPA_FIELD_TEXT:
        tpa_json_set_str(o, row->name, *text_at(at));
        break;
    case TPA_FIELD_LIST:
        if (*list_at(at))
            tpa_json_set_list(o, row->name, *list_at(at));
        break;
    case TPA_FIELD_FLAG:
        tpa_json_set_bool(o, row->name, *number_at(at));
        break;
    case TPA_FIELD_NUMBER:
        tpa_json_set_int(o, row->name, *number_at(at));
        break;
    case TPA_FIELD_TIME:
        if (*time_at(at))
            tpa_json_set_int(o, row->name, *time_at(at));
        break;
    case TPA_FIELD_ENUM:
        tpa_json_set_str(o, row->name, row->names[*number_at(at)]);
        break;
    case TPA_FIELD_STRUCTS:
        if (*list_at(at))
            tpa_json_set(o, row->name, structs_json(row, *list_at(at), p));
        break;
    }
}

tpa_json_t *tpa_fields_json(const tpa_field_t *fields, const void *from,
                            apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    const tpa_field_t *row;

    for (row = fields; row->name; row++) {
        if (row->where & TPA_FIELD_STORED)
            put(o, row, (char *)from + row->offset, p);
    }
    return o;
}

/* ---- from JSON ---------------------------------------------------------- */

static int take_number(const tpa_field_t *row, void *at, const tpa_json_t *v)
{
    apr_int64_t n;
    int is_time = row->type == TPA_FIELD_TIME;

    if (!tpa_json_int(v, &n) || n < 0 || n > (is_time ? MOST_TIME
                                                      : MOST_NUMBER))
        return 0;
    if (is_time)
        *time_at(at) = n;
    else
        *number_at(at) = (int)n;
    return 1;
}

static int take_list(void *at, const tpa_json_t *v, apr_pool_t *p)
{
    apr_array_header_t *list = tpa_json_list(v, p);

    *list_at(at) = list && list->nelts ? list : NULL;
    return list != NULL;
}

static int take_structs(const tpa_field_t *row, void *at, const tpa_json_t *v,
                        int where, apr_pool_t *p);

/* A text may be JSON itself, as the public keys of an application are. */
static int take_text(const tpa_field_t *row, void *at, const tpa_json_t *v,
                     apr_pool_t *p)
{
    const char *text = tpa_json_str(v);

    if (!text && row->where == TPA_FIELD_ANSWERED
        && tpa_json_type(v) == TPA_JSON_ARRAY)
        text = tpa_json_print(v, p);
    *text_at(at) = text;
    return text != NULL;
}

static int take_enum(const tpa_field_t *row, void *at, const tpa_json_t *v)
{
    const char *word = tpa_json_str(v);
    int n = word ? enum_of(row->names, word) : -1;

    if (n >= 0)
        *number_at(at) = n;
    return n >= 0;
}

static int take(const tpa_field_t *row, void *at, const tpa_json_t *o,
                int where, apr_pool_t *p)
{
    const tpa_json_t *v = tpa_json_get(o, row->name);

    switch (row->type) {
    case TPA_FIELD_TEXT:
        return take_text(row, at, v, p);
    case TPA_FIELD_LIST:
        return take_list(at, v, p);
    case TPA_FIELD_FLAG:
        *number_at(at) = tpa_json_get_true(o, row->name);
        return tpa_json_type(v) == TPA_JSON_BOOL;
    case TPA_FIELD_NUMBER:
    case TPA_FIELD_TIME:
        return take_number(row, at, v);
    case TPA_FIELD_ENUM:
        return take_enum(row, at, v);
    case TPA_FIELD_STRUCTS:
        return take_structs(row, at, v, where, p);
    }
    return 0;
}

static void clear(const tpa_field_t *row, void *at)
{
    switch (row->type) {
    case TPA_FIELD_TEXT:
        *text_at(at) = NULL;
        break;
    case TPA_FIELD_LIST:
    case TPA_FIELD_STRUCTS:
        *list_at(at) = NULL;
        break;
    case TPA_FIELD_FLAG:
    case TPA_FIELD_NUMBER:
    case TPA_FIELD_ENUM:
        *number_at(at) = 0;
        break;
    case TPA_FIELD_TIME:
        *time_at(at) = 0;
        break;
    }
}

/* Every field found at that place; 0 when something in o was not understood. */
static int fill(const tpa_field_t *fields, void *into, const tpa_json_t *o,
                int where, apr_pool_t *p)
{
    apr_size_t known = 0;
    const tpa_field_t *row;
    int fine = tpa_json_type(o) == TPA_JSON_OBJECT;

    for (row = fields; row->name; row++) {
        void *at = (char *)into + row->offset;
        const tpa_json_t *v;

        if (!(row->where & where))
            continue;
        v = tpa_json_get(o, row->name);
        clear(row, at);
        known += v != NULL;
        if (tpa_json_type(v) != TPA_JSON_NULL && !take(row, at, o, where, p))
            fine = 0;
    }
    return fine && known == tpa_json_size(o);
}

static int take_structs(const tpa_field_t *row, void *at, const tpa_json_t *v,
                        int where, apr_pool_t *p)
{
    int fine = tpa_json_type(v) == TPA_JSON_ARRAY;
    apr_size_t i, n = fine ? tpa_json_size(v) : 0;
    apr_array_header_t *list = apr_array_make(p, n ? (int)n : 1,
                                              (int)row->size);

    for (i = 0; i < n; i++) {
        void *element = apr_array_push(list);

        memset(element, 0, row->size);
        if (!fill(row->parts, element, tpa_json_at(v, i), where, p))
            fine = 0;
    }
    *list_at(at) = list;
    return fine;
}

int tpa_fields_fill(const tpa_field_t *fields, void *into,
                    const tpa_json_t *o, apr_pool_t *p)
{
    return fill(fields, into, o, TPA_FIELD_ANSWERED, p);
}

void tpa_fields_from_json(const tpa_field_t *fields, void *into,
                          const tpa_json_t *o, apr_pool_t *p)
{
    fill(fields, into, o, TPA_FIELD_STORED, p);
}

/* ---- from a row --------------------------------------------------------- */

static int is_answered(const tpa_field_t *row, const char *name)
{
    return row->where & TPA_FIELD_ANSWERED && !strcmp(row->name, name);
}

/* Columns come in the order of the table, so the next row is the likely one. */
static const tpa_field_t *field_of(const tpa_field_t *fields, const char *name,
                                   const tpa_field_t *likely)
{
    const tpa_field_t *row;

    for (row = likely; row->name; row++) {
        if (is_answered(row, name))
            return row;
    }
    for (row = fields; row != likely; row++) {
        if (is_answered(row, name))
            return row;
    }
    return NULL;
}

static int take_cell(const tpa_field_t *row, void *at, const char *text,
                     apr_pool_t *p)
{
    apr_int64_t n = 0;

    switch (row->type) {
    case TPA_FIELD_TEXT:
        *text_at(at) = text;
        return 1;
    case TPA_FIELD_LIST:
        *list_at(at) = text && *text ? tpa_text_split(text, ' ', p) : NULL;
        return 1;
    case TPA_FIELD_FLAG:
        *number_at(at) = text && !strcmp(text, "t");
        return 1;
    case TPA_FIELD_NUMBER:
        if (text && !tpa_text_number(text, 0, MOST_NUMBER, &n))
            return 0;
        *number_at(at) = (int)n;
        return 1;
    case TPA_FIELD_TIME:
        if (text && !tpa_text_number(text, 0, MOST_TIME, &n))
            return 0;
        *time_at(at) = n;
        return 1;
    case TPA_FIELD_ENUM:
        n = text ? enum_of(row->names, text) : 0;
        *number_at(at) = n < 0 ? 0 : (int)n;
        return n >= 0;
    case TPA_FIELD_STRUCTS:
        break;
    }
    return 0;
}

int tpa_fields_fill_row(const tpa_field_t *fields, void *into,
                        const char *const *names, const char *const *texts,
                        int count, apr_pool_t *p)
{
    const tpa_field_t *likely = fields, *row;
    int i, answered = 0;

    for (i = 0; i < count; i++) {
        row = field_of(fields, names[i], likely);
        if (!row || !take_cell(row, (char *)into + row->offset, texts[i], p))
            return 0;
        likely = row + 1;
    }
    for (row = fields; row->name; row++)
        answered += (row->where & TPA_FIELD_ANSWERED) != 0;
    return count == answered;
}
