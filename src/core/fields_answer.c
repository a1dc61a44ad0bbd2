#include <string.h>

#include <apr_strings.h>

#include "base/scan.h"
#include "base/text.h"
#include "core/fields_int.h"

static int is_answered(const tpa_field_t *row, const char *name)
{
    return row->where & TPA_FIELD_ANSWERED && !strcmp(row->name, name);
}

/* Answers come in the order of the table, so the next row is the likely one. */
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

/* ---- from a JSON text --------------------------------------------------- */

static int fill(const tpa_field_t *fields, void *into, tpa_scan_t *s,
                apr_pool_t *p);

/* A text may be JSON itself, as the public keys of an application are. */
static int take_text(const tpa_field_t *row, void *at, tpa_scan_t *s,
                     apr_pool_t *p)
{
    *text_at(at) = row->where == TPA_FIELD_ANSWERED && tpa_scan_at_array(s)
        ? tpa_scan_raw(s, p) : tpa_scan_text(s);
    return *text_at(at) != NULL;
}

static int take_list(void *at, tpa_scan_t *s, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));

    if (!tpa_scan_enter(s, '['))
        return 0;
    while (tpa_scan_more(s))
        APR_ARRAY_PUSH(list, const char *) = tpa_scan_text(s);
    *list_at(at) = list->nelts ? list : NULL;
    return !s->failed;
}

static int take_number(const tpa_field_t *row, void *at, tpa_scan_t *s)
{
    int is_time = row->type == TPA_FIELD_TIME;
    apr_int64_t n;

    if (!tpa_scan_number(s, 0, is_time ? TPA_FIELD_MOST_TIME
                                       : TPA_FIELD_MOST_NUMBER, &n))
        return 0;
    if (is_time)
        *time_at(at) = n;
    else
        *number_at(at) = (int)n;
    return 1;
}

static int take_word(const tpa_field_t *row, void *at, tpa_scan_t *s)
{
    const char *word = tpa_scan_text(s);
    int n = word ? tpa_field_word(row->names, word) : -1;

    *number_at(at) = n < 0 ? 0 : n;
    return n >= 0;
}

static int take_structs(const tpa_field_t *row, void *at, tpa_scan_t *s,
                        apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, (int)row->size);

    if (!tpa_scan_enter(s, '['))
        return 0;
    while (tpa_scan_more(s)) {
        void *element = apr_array_push(list);

        memset(element, 0, row->size);
        if (!fill(row->parts, element, s, p))
            return 0;
    }
    *list_at(at) = list;
    return !s->failed;
}

static int take(const tpa_field_t *row, void *at, tpa_scan_t *s, apr_pool_t *p)
{
    switch (row->type) {
    case TPA_FIELD_TEXT:
        return take_text(row, at, s, p);
    case TPA_FIELD_LIST:
        return take_list(at, s, p);
    case TPA_FIELD_FLAG:
        return tpa_scan_flag(s, number_at(at));
    case TPA_FIELD_NUMBER:
    case TPA_FIELD_TIME:
        return take_number(row, at, s);
    case TPA_FIELD_ENUM:
        return take_word(row, at, s);
    case TPA_FIELD_STRUCTS:
        return take_structs(row, at, s, p);
    }
    return 0;
}

static int count(const tpa_field_t *fields)
{
    int n = 0;

    while (fields[n].name)
        n++;
    return n;
}

/* The next value, an object; a member comes once. */
static int fill(const tpa_field_t *fields, void *into, tpa_scan_t *s,
                apr_pool_t *p)
{
    const tpa_field_t *likely = fields, *row;
    char *seen = apr_pcalloc(p, (apr_size_t)count(fields) + 1);
    const char *name;

    tpa_fields_clear(fields, TPA_FIELD_ANSWERED, into);
    if (!tpa_scan_enter(s, '{'))
        return 0;
    while (tpa_scan_more(s)) {
        name = tpa_scan_name(s);
        row = name ? field_of(fields, name, likely) : NULL;
        if (!row || seen[row - fields]++)
            return 0;
        if (!tpa_scan_null(s)
            && !take(row, (char *)into + row->offset, s, p))
            return 0;
        likely = row + 1;
    }
    return !s->failed;
}

int tpa_fields_fill(const tpa_field_t *fields, void *into, const char *text,
                    apr_pool_t *p)
{
    tpa_scan_t s;

    tpa_scan_begin(&s, apr_pstrdup(p, text));
    return fill(fields, into, &s, p) && tpa_scan_done(&s);
}

/* ---- from a row --------------------------------------------------------- */

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
        if (text && !tpa_text_number(text, 0, TPA_FIELD_MOST_NUMBER, &n))
            return 0;
        *number_at(at) = (int)n;
        return 1;
    case TPA_FIELD_TIME:
        if (text && !tpa_text_number(text, 0, TPA_FIELD_MOST_TIME, &n))
            return 0;
        *time_at(at) = n;
        return 1;
    case TPA_FIELD_ENUM:
        n = text ? tpa_field_word(row->names, text) : 0;
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
