/*
 * Whatever bytes come as parameters: what is accepted keeps the limits of
 * form.h and reads the same a second time, what is refused says so in a text
 * that may be sent.
 *
 * An input is a query and a body with a newline between them; without one it
 * is a body.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_lib.h>

#include "base/form.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

typedef tpa_err_t *parser_fn(const char *bytes, apr_size_t len,
                             apr_table_t *into, apr_pool_t *p);

static void check_refusal(const tpa_err_t *e)
{
    const char *c;

    FUZZ_HOLDS(e->kind == TPA_E_INVALID_REQUEST);
    FUZZ_HOLDS(*e->text && strlen(e->text) < 200);
    for (c = e->text; *c; c++)
        FUZZ_HOLDS(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
}

/* JSON has its own eyes for UTF-8. */
static void check_text(const char *s, apr_pool_t *p)
{
    tpa_json_t *a = tpa_json_array(p), *again;
    const char *text;

    FUZZ_HOLDS(tpa_text_is_utf8(s));
    tpa_json_add_str(a, s);
    text = tpa_json_print(a, p);
    FUZZ_HOLDS(!tpa_json_parse(text, strlen(text), &again, p));
    FUZZ_HOLDS(!strcmp(tpa_json_str(tpa_json_at(again, 0)), s));
}

static void check_pair(const apr_array_header_t *pairs, int i, apr_pool_t *p)
{
    const apr_table_entry_t *pair = &APR_ARRAY_IDX(pairs, i, apr_table_entry_t);
    int j;

    FUZZ_HOLDS(*pair->key && strlen(pair->key) <= TPA_FORM_MAX_NAME);
    FUZZ_HOLDS(strlen(pair->val) <= TPA_FORM_MAX_VALUE);
    check_text(pair->key, p);
    check_text(pair->val, p);
    for (j = 0; j < i; j++)
        FUZZ_HOLDS(strcasecmp(APR_ARRAY_IDX(pairs, j, apr_table_entry_t).key,
                              pair->key));
}

/* Every byte but letters and digits escaped. */
static char *encoded(char *at, const char *s)
{
    for (; *s; s++)
        at += snprintf(at, 4, apr_isalnum(*s) ? "%c" : "%%%02X",
                       (unsigned char)*s);
    return at;
}

static void check_again(const apr_array_header_t *pairs, apr_pool_t *p)
{
    const apr_table_entry_t *pair = (const apr_table_entry_t *)pairs->elts;
    apr_table_t *into = apr_table_make(p, 4);
    const apr_array_header_t *again = apr_table_elts(into);
    apr_size_t size = 1;
    char *text, *at;
    int i;

    for (i = 0; i < pairs->nelts; i++)
        size += 3 * (strlen(pair[i].key) + strlen(pair[i].val)) + 2;
    text = at = apr_palloc(p, size);
    for (i = 0; i < pairs->nelts; i++) {
        at = encoded(at, pair[i].key);
        *at++ = '=';
        at = encoded(at, pair[i].val);
        *at++ = '&';
    }
    FUZZ_HOLDS(!tpa_form_parse(text, at - text, into, p));
    FUZZ_HOLDS(again->nelts == pairs->nelts);
    for (i = 0; i < pairs->nelts; i++) {
        const apr_table_entry_t *other
            = &APR_ARRAY_IDX(again, i, apr_table_entry_t);

        FUZZ_HOLDS(!strcmp(other->key, pair[i].key));
        FUZZ_HOLDS(!strcmp(other->val, pair[i].val));
    }
    /* Once more on top of what is there: all repeats. */
    FUZZ_HOLDS(!i || tpa_form_parse(text, at - text, into, p));
}

static void try_body(parser_fn *parse_body, const char *query, apr_size_t n,
                     const char *body, apr_size_t len, apr_pool_t *p)
{
    apr_table_t *into = apr_table_make(p, 4);
    const apr_array_header_t *pairs = apr_table_elts(into);
    tpa_err_t *e = tpa_form_parse(query, n, into, p);
    int i;

    if (!e)
        e = parse_body(body, len, into, p);
    if (e) {
        check_refusal(e);
        return;
    }
    FUZZ_HOLDS(!memchr(query, 0, n) && !memmem(query, n, "%00", 3));
    FUZZ_HOLDS(!memchr(body, 0, len));
    FUZZ_HOLDS(parse_body == tpa_form_parse_json
               || !memmem(body, len, "%00", 3));
    FUZZ_HOLDS(pairs->nelts <= TPA_FORM_MAX_PARAMS);
    for (i = 0; i < pairs->nelts; i++)
        check_pair(pairs, i, p);
    check_again(pairs, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    const char *text = (const char *)data;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    const char *body = newline ? newline + 1 : text;
    apr_size_t query_len = newline ? (apr_size_t)(newline - text) : 0;
    apr_size_t body_len = size - (body - text);

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    try_body(tpa_form_parse, text, query_len, body, body_len, p);
    try_body(tpa_form_parse_json, text, query_len, body, body_len, p);
    apr_pool_clear(p);
    return 0;
}
