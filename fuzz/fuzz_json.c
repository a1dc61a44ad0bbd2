/*
 * Whatever bytes come as JSON: what is accepted keeps the depth, can be looked
 * at, and prints to a text that reads and prints the same; what is refused
 * says so in a text that may be sent.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/json.h"
#include "base/scan.h"
#include "base/text.h"
#include "fuzz.h"

typedef struct walk_t {
    int depth;
    apr_size_t members;
    const tpa_json_t *parent;
    apr_pool_t *p;
} walk_t;

static void check_refusal(const tpa_err_t *e, const tpa_json_t *v)
{
    const char *c;

    FUZZ_HOLDS(!v);
    FUZZ_HOLDS(e->kind == TPA_E_INVALID_REQUEST);
    FUZZ_HOLDS(*e->text && strlen(e->text) < 200);
    for (c = e->text; *c; c++)
        FUZZ_HOLDS(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
}

static void check_value(const tpa_json_t *v, int depth, apr_pool_t *p);

static int check_member(void *baton, const char *name, const tpa_json_t *value)
{
    walk_t *walk = baton;

    walk->members++;
    FUZZ_HOLDS(tpa_text_is_utf8(name));
    FUZZ_HOLDS(tpa_json_get(walk->parent, name) == value);
    check_value(value, walk->depth, walk->p);
    return 0;
}

static void check_array(const tpa_json_t *a, int depth, apr_pool_t *p)
{
    apr_array_header_t *list = tpa_json_list(a, p);
    apr_size_t i, n = tpa_json_size(a);

    FUZZ_HOLDS(depth <= TPA_JSON_MAX_DEPTH);
    FUZZ_HOLDS(!list || (apr_size_t)list->nelts == n);
    FUZZ_HOLDS(!tpa_json_at(a, n));
    for (i = 0; i < n; i++) {
        const tpa_json_t *element = tpa_json_at(a, i);

        FUZZ_HOLDS(!list || APR_ARRAY_IDX(list, i, const char *)
                   == tpa_json_str(element));
        check_value(element, depth, p);
    }
}

/* Whoever reads in place reads the same. */
static void check_text(const tpa_json_t *v, const char *text, apr_pool_t *p)
{
    tpa_scan_t s;
    const char *found;

    tpa_scan_begin(&s, apr_pstrdup(p, tpa_json_print(v, p)));
    found = tpa_scan_text(&s);
    FUZZ_HOLDS(found && !strcmp(found, text) && tpa_scan_done(&s));
}

/* Whatever they are, bytes can be looked at. */
static void scan_bytes(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    apr_int64_t n;
    tpa_scan_t s;

    FUZZ_HOLDS(copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    tpa_scan_begin(&s, copy);
    while (tpa_scan_enter(&s, *s.at == '[' ? '[' : '{') && tpa_scan_more(&s)
           && (*s.at != '"' || tpa_scan_name(&s)))
        ;
    tpa_scan_begin(&s, copy);
    tpa_scan_number(&s, APR_INT64_MIN, APR_INT64_MAX, &n);
    free(copy);
}

static void check_value(const tpa_json_t *v, int depth, apr_pool_t *p)
{
    walk_t walk = { depth + 1, 0, v, p };
    const char *s = tpa_json_str(v);
    apr_int64_t n;

    FUZZ_HOLDS(v != NULL);
    FUZZ_HOLDS(!s == (tpa_json_type(v) != TPA_JSON_STRING));
    FUZZ_HOLDS(!s || tpa_text_is_utf8(s));
    if (s)
        check_text(v, s, p);
    FUZZ_HOLDS(tpa_json_int(v, &n) == (tpa_json_type(v) == TPA_JSON_INT));
    if (tpa_json_type(v) == TPA_JSON_ARRAY)
        check_array(v, depth + 1, p);
    else {
        FUZZ_HOLDS(!tpa_json_each(v, check_member, &walk));
        FUZZ_HOLDS(walk.members == tpa_json_size(v));
        FUZZ_HOLDS(!walk.members || walk.depth <= TPA_JSON_MAX_DEPTH);
    }
}

/* A print of a value reads as a value that prints the same. */
static void check_print(const char *text, const char *compact,
                        const char *canonical, apr_pool_t *p)
{
    tpa_json_t *v;

    FUZZ_HOLDS(tpa_text_is_utf8(text));
    FUZZ_HOLDS(!tpa_json_parse(text, strlen(text), &v, p));
    FUZZ_HOLDS(!compact || !strcmp(tpa_json_print(v, p), compact));
    FUZZ_HOLDS(!strcmp(tpa_json_canonical(v, p), canonical));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    tpa_json_t *v;
    tpa_err_t *e;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    scan_bytes(data, size);
    e = tpa_json_parse((const char *)data, size, &v, p);
    if (e)
        check_refusal(e, v);
    else {
        const char *compact = tpa_json_print(v, p);
        const char *canonical = tpa_json_canonical(v, p);

        FUZZ_HOLDS(!memchr(data, 0, size));
        check_value(v, 0, p);
        check_print(compact, compact, canonical, p);
        check_print(canonical, NULL, canonical, p);
        check_print(tpa_json_pretty(v, p), compact, canonical, p);
    }
    apr_pool_clear(p);
    return 0;
}
