#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/mustache_int.h"

typedef struct page_t {
    const tpa_mtemplate_t *template;   /* that was asked for */
    char *text;
    apr_size_t len, size;
    int steps, depth;
    const tpa_json_t *stack[TPA_MUSTACHE_MAX_DEPTH + 1];
    int top;
    apr_pool_t *p;
} page_t;

static tpa_err_t *write_nodes(page_t *page, const tpa_mtemplate_t *t, int from,
                              int to, const char *indent);

static tpa_err_t *too_much(const page_t *page, const char *what, int most)
{
    return tpa_err_private(page->p, TPA_E_INTERNAL, "%s: the page has more"
                           " than %d %s", page->template->file, most, what);
}

/* ---- text --------------------------------------------------------------- */

static tpa_err_t *put(page_t *page, const char *text, apr_size_t len)
{
    if (len > TPA_MUSTACHE_MAX_OUTPUT - page->len)
        return too_much(page, "bytes", TPA_MUSTACHE_MAX_OUTPUT);
    if (page->len + len >= page->size) {
        apr_size_t size = (page->len + len) * 2 + 1;
        char *text_now = apr_palloc(page->p, size);

        if (page->len)
            memcpy(text_now, page->text, page->len);
        page->text = text_now;
        page->size = size;
    }
    if (len)
        memcpy(page->text + page->len, text, len);
    page->len += len;
    page->text[page->len] = '\0';
    return TPA_OK;
}

static const char *escape_of(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static tpa_err_t *put_escaped(page_t *page, const char *text)
{
    while (*text) {
        apr_size_t plain = strcspn(text, "&<>\"'");
        const char *escape = escape_of(text[plain]);

        TPA_TRY(put(page, text, plain));
        text += plain;
        if (escape) {
            TPA_TRY(put(page, escape, strlen(escape)));
            text++;
        }
    }
    return TPA_OK;
}

/* The lines of a text, each with the indent of the partial it stands in. */
static tpa_err_t *put_lines(page_t *page, const tpa_mnode_t *node,
                            const char *indent)
{
    const char *at = node->text, *end = node->text + node->len;

    if (!*indent)
        return put(page, node->text, node->len);
    if (node->fresh)
        TPA_TRY(put(page, indent, strlen(indent)));
    while (at < end) {
        const char *line = memchr(at, '\n', (apr_size_t)(end - at));
        const char *next = line ? line + 1 : end;

        TPA_TRY(put(page, at, (apr_size_t)(next - at)));
        if (next < end)
            TPA_TRY(put(page, indent, strlen(indent)));
        at = next;
    }
    return TPA_OK;
}

/* ---- values ------------------------------------------------------------- */

static const tpa_json_t *look_up(const page_t *page, const char *const *path)
{
    const tpa_json_t *v = NULL;
    int i = page->top;

    if (!*path)
        return page->stack[page->top];
    while (i >= 0 && !(v = tpa_json_get(page->stack[i], *path)))
        i--;
    while (v && *++path)
        v = tpa_json_get(v, *path);
    return v;
}

/* jansson may print 1.1 with all the digits a double has. */
static const char *number_text(const tpa_json_t *v, apr_pool_t *p)
{
    return apr_psprintf(p, "%.15g", strtod(tpa_json_print(v, p), NULL));
}

static tpa_err_t *put_value(page_t *page, const tpa_json_t *v)
{
    switch (tpa_json_type(v)) {
    case TPA_JSON_STRING: return put_escaped(page, tpa_json_str(v));
    case TPA_JSON_REAL: return put_escaped(page, number_text(v, page->p));
    case TPA_JSON_INT:
    case TPA_JSON_BOOL: return put_escaped(page, tpa_json_print(v, page->p));
    default: return TPA_OK;
    }
}

static int is_true(const tpa_json_t *v, apr_pool_t *p)
{
    apr_int64_t n;

    switch (tpa_json_type(v)) {
    case TPA_JSON_NULL: return 0;
    case TPA_JSON_BOOL: return *tpa_json_print(v, p) == 't';
    case TPA_JSON_INT: return tpa_json_int(v, &n) && n != 0;
    case TPA_JSON_STRING: return *tpa_json_str(v) != '\0';
    case TPA_JSON_ARRAY: return tpa_json_size(v) > 0;
    default: return 1;
    }
}

/* ---- sections and partials ---------------------------------------------- */

static tpa_err_t *write_within(page_t *page, const tpa_mtemplate_t *t, int at,
                               const tpa_json_t *v, const char *indent)
{
    tpa_err_t *e;

    page->stack[++page->top] = v;
    e = write_nodes(page, t, at + 1,
                    APR_ARRAY_IDX(t->nodes, at, tpa_mnode_t).past, indent);
    page->top--;
    return e;
}

static tpa_err_t *write_section(page_t *page, const tpa_mtemplate_t *t, int at,
                                const char *indent)
{
    const tpa_mnode_t *node = &APR_ARRAY_IDX(t->nodes, at, tpa_mnode_t);
    const tpa_json_t *v = look_up(page, node->path);
    apr_size_t i;

    if (is_true(v, page->p) == (node->kind == TPA_M_INVERTED))
        return TPA_OK;
    if (node->kind == TPA_M_INVERTED)
        return write_nodes(page, t, at + 1, node->past, indent);
    if (tpa_json_type(v) != TPA_JSON_ARRAY)
        return write_within(page, t, at, v, indent);
    for (i = 0; i < tpa_json_size(v); i++)
        TPA_TRY(write_within(page, t, at, tpa_json_at(v, i), indent));
    return TPA_OK;
}

static tpa_err_t *write_partial(page_t *page, const tpa_mnode_t *node,
                                const char *indent)
{
    const char *inner = "";

    if (node->indent && (*node->indent || *indent))
        inner = apr_pstrcat(page->p, indent, node->indent, NULL);
    return write_nodes(page, node->partial, 0, node->partial->nodes->nelts,
                       inner);
}

static tpa_err_t *write_node(page_t *page, const tpa_mtemplate_t *t, int at,
                             const char *indent)
{
    const tpa_mnode_t *node = &APR_ARRAY_IDX(t->nodes, at, tpa_mnode_t);

    if (++page->steps > TPA_MUSTACHE_MAX_STEPS)
        return too_much(page, "parts", TPA_MUSTACHE_MAX_STEPS);
    switch (node->kind) {
    case TPA_M_TEXT: return put_lines(page, node, indent);
    case TPA_M_VALUE: return put_value(page, look_up(page, node->path));
    case TPA_M_PARTIAL: return write_partial(page, node, indent);
    default: return write_section(page, t, at, indent);
    }
}

static tpa_err_t *write_nodes(page_t *page, const tpa_mtemplate_t *t, int from,
                              int to, const char *indent)
{
    int i = from;

    if (page->depth == TPA_MUSTACHE_MAX_DEPTH)
        return too_much(page, "sections and partials within each other",
                        TPA_MUSTACHE_MAX_DEPTH);
    page->depth++;
    while (i < to) {
        const tpa_mnode_t *node = &APR_ARRAY_IDX(t->nodes, i, tpa_mnode_t);

        TPA_TRY(write_node(page, t, i, indent));
        i = node->past ? node->past : i + 1;
    }
    page->depth--;
    return TPA_OK;
}

tpa_err_t *tpa_mustache_render(const tpa_mustache_t *set, const char *name,
                               const tpa_json_t *view, const char **out,
                               apr_pool_t *p)
{
    page_t page = { tpa_mustache_find(set, name) };

    if (!page.template)
        return tpa_err_private(p, TPA_E_INTERNAL, "there is no template"
                               " \"%s\"", name);
    page.p = p;
    page.stack[0] = view;
    TPA_TRY(put(&page, "", 0));
    TPA_TRY(write_nodes(&page, page.template, 0, page.template->nodes->nelts,
                        ""));
    *out = page.text;
    return TPA_OK;
}
