#include <string.h>

#include "core/fields_int.h"

/* ---- members of a struct ------------------------------------------------ */

int tpa_field_word(const char *const *names, const char *word)
{
    int i;

    for (i = 0; names[i]; i++) {
        if (!strcmp(names[i], word))
            return i;
    }
    return -1;
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

void tpa_fields_clear(const tpa_field_t *fields, int where, void *into)
{
    const tpa_field_t *row;

    for (row = fields; row->name; row++) {
        if (row->where & where)
            clear(row, (char *)into + row->offset);
    }
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

static void take_number(const tpa_field_t *row, void *at, const tpa_json_t *v)
{
    apr_int64_t n;

    if (!tpa_json_int(v, &n) || n < 0)
        return;
    if (row->type == TPA_FIELD_TIME)
        *time_at(at) = n;
    else if (n <= TPA_FIELD_MOST_NUMBER)
        *number_at(at) = (int)n;
}

static void take_list(void *at, const tpa_json_t *v, apr_pool_t *p)
{
    apr_array_header_t *list = tpa_json_list(v, p);

    *list_at(at) = list && list->nelts ? list : NULL;
}

static void take_enum(const tpa_field_t *row, void *at, const tpa_json_t *v)
{
    const char *word = tpa_json_str(v);
    int n = word ? tpa_field_word(row->names, word) : -1;

    if (n >= 0)
        *number_at(at) = n;
}

static void take_structs(const tpa_field_t *row, void *at, const tpa_json_t *v,
                         apr_pool_t *p)
{
    apr_size_t i, n = tpa_json_type(v) == TPA_JSON_ARRAY ? tpa_json_size(v) : 0;
    apr_array_header_t *list = apr_array_make(p, n ? (int)n : 1,
                                              (int)row->size);

    for (i = 0; i < n; i++) {
        void *element = apr_array_push(list);

        memset(element, 0, row->size);
        tpa_fields_from_json(row->parts, element, tpa_json_at(v, i), p);
    }
    *list_at(at) = list;
}

static void take(const tpa_field_t *row, void *at, const tpa_json_t *o,
                 apr_pool_t *p)
{
    const tpa_json_t *v = tpa_json_get(o, row->name);

    switch (row->type) {
    case TPA_FIELD_TEXT:
        *text_at(at) = tpa_json_str(v);
        break;
    case TPA_FIELD_LIST:
        take_list(at, v, p);
        break;
    case TPA_FIELD_FLAG:
        *number_at(at) = tpa_json_get_true(o, row->name);
        break;
    case TPA_FIELD_NUMBER:
    case TPA_FIELD_TIME:
        take_number(row, at, v);
        break;
    case TPA_FIELD_ENUM:
        take_enum(row, at, v);
        break;
    case TPA_FIELD_STRUCTS:
        take_structs(row, at, v, p);
        break;
    }
}

void tpa_fields_from_json(const tpa_field_t *fields, void *into,
                          const tpa_json_t *o, apr_pool_t *p)
{
    const tpa_field_t *row;

    tpa_fields_clear(fields, TPA_FIELD_STORED, into);
    for (row = fields; row->name; row++) {
        if (row->where & TPA_FIELD_STORED
            && tpa_json_type(tpa_json_get(o, row->name)) != TPA_JSON_NULL)
            take(row, (char *)into + row->offset, o, p);
    }
}
