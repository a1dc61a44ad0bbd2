#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "base/mustache_int.h"
#include "base/text.h"

#define MOST_OPEN 24         /* sections within each other */
#define MOST_NAME 64         /* bytes of a name */
#define MOST_DELIMITER 8     /* bytes of a delimiter */

/* A template being read. */
typedef struct reader_t {
    tpa_mtemplate_t *template;
    apr_pool_t *p;
    const char *text, *at, *end;
    const char *open, *close;
    int fresh;                   /* a line begins here, and nothing of it is
                                    kept yet */
    int opened[MOST_OPEN];       /* indexes of the sections we are in */
    int depth;
} reader_t;

/* A tag: from its first delimiter to behind its last one. */
typedef struct tag_t {
    const char *from, *to;
    const char *inner;           /* behind the sigil */
    apr_size_t len;
    const struct sigil_t *sigil;
    const char *line;            /* where its line begins */
    const char *next;            /* where the next line begins, when the tag is
                                    alone on its line; else NULL */
} tag_t;

typedef struct sigil_t {
    char sign;
    int may_stand_alone;
    tpa_err_t *(*take)(reader_t *r, const tag_t *tag);
} sigil_t;

static tpa_err_t *wrong(const reader_t *r, const char *at, const char *fmt,
                        ...) __attribute__((format(printf, 3, 4)));

static int line_of(const reader_t *r, const char *at)
{
    int line = 1;
    const char *c;

    for (c = r->text; c < at; c++)
        line += *c == '\n';
    return line;
}

static tpa_err_t *wrong(const reader_t *r, const char *at, const char *fmt,
                        ...)
{
    const char *what;
    va_list args;

    va_start(args, fmt);
    what = apr_pvsprintf(r->p, fmt, args);
    va_end(args);
    return tpa_err_private(r->p, TPA_E_INTERNAL, "%s line %d: %s",
                           r->template->file, line_of(r, at), what);
}

static const char *find(const char *from, const char *end, const char *what)
{
    return memmem(from, (apr_size_t)(end - from), what, strlen(what));
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

/* ---- pieces ------------------------------------------------------------- */

static tpa_mnode_t *push(reader_t *r, tpa_mkind_t kind, const char *at)
{
    tpa_mnode_t *node = apr_array_push(r->template->nodes);

    memset(node, 0, sizeof(*node));
    node->kind = kind;
    node->line = line_of(r, at);
    return node;
}

static void push_text(reader_t *r, const char *from, const char *to)
{
    tpa_mnode_t *node;

    if (from == to)
        return;
    node = push(r, TPA_M_TEXT, from);
    node->text = from;
    node->len = (apr_size_t)(to - from);
    node->fresh = r->fresh;
    r->fresh = to[-1] == '\n';
}

/* A line that begins with a tag begins all the same. */
static void begin_line(reader_t *r, const tag_t *tag)
{
    if (r->fresh) {
        tpa_mnode_t *node = push(r, TPA_M_TEXT, tag->from);

        node->text = "";
        node->fresh = 1;
    }
    r->fresh = 0;
}

/* ---- names -------------------------------------------------------------- */

/* The parts of a name; NULL when it is none. */
static const char *const *path_of(const char *name, apr_pool_t *p)
{
    apr_array_header_t *parts = tpa_text_split(name, '.', p);
    apr_size_t len = strlen(name);
    int i;

    if (!strcmp(name, "."))
        return apr_pcalloc(p, sizeof(char *));
    if (!len || len > MOST_NAME || *name == '.' || name[len - 1] == '.'
        || strstr(name, ".."))
        return NULL;
    for (i = 0; i < parts->nelts; i++) {
        if (!tpa_text_is_id(APR_ARRAY_IDX(parts, i, const char *), 1,
                            MOST_NAME))
            return NULL;
    }
    APR_ARRAY_PUSH(parts, const char *) = NULL;
    return (const char *const *)parts->elts;
}

static const char *trimmed(const reader_t *r, const tag_t *tag)
{
    const char *from = tag->inner, *to = tag->inner + tag->len;

    while (from < to && is_space(*from))
        from++;
    while (from < to && is_space(to[-1]))
        to--;
    return apr_pstrmemdup(r->p, from, (apr_size_t)(to - from));
}

static tpa_err_t *read_name(reader_t *r, const tag_t *tag, const char **name,
                            const char *const **path)
{
    *name = trimmed(r, tag);
    *path = path_of(*name, r->p);
    if (*path)
        return TPA_OK;
    return wrong(r, tag->from, "\"%s\" is no name; write letters, digits, _"
                 " and -, joined by dots",
                 tpa_text_loggable(*name, MOST_NAME, r->p));
}

static tpa_err_t *push_named(reader_t *r, tpa_mkind_t kind, const tag_t *tag,
                             tpa_mnode_t **out)
{
    const char *name;
    const char *const *path;

    TPA_TRY(read_name(r, tag, &name, &path));
    *out = push(r, kind, tag->from);
    (*out)->text = name;
    (*out)->path = path;
    return TPA_OK;
}

/* ---- tags --------------------------------------------------------------- */

static tpa_err_t *take_value(reader_t *r, const tag_t *tag)
{
    tpa_mnode_t *node;

    return push_named(r, TPA_M_VALUE, tag, &node);
}

static tpa_err_t *open_section(reader_t *r, const tag_t *tag,
                               tpa_mkind_t kind)
{
    tpa_mnode_t *node;

    if (r->depth == MOST_OPEN)
        return wrong(r, tag->from, "more than %d sections within each other",
                     MOST_OPEN);
    TPA_TRY(push_named(r, kind, tag, &node));
    r->opened[r->depth++] = r->template->nodes->nelts - 1;
    return TPA_OK;
}

static tpa_err_t *take_section(reader_t *r, const tag_t *tag)
{
    return open_section(r, tag, TPA_M_SECTION);
}

static tpa_err_t *take_inverted(reader_t *r, const tag_t *tag)
{
    return open_section(r, tag, TPA_M_INVERTED);
}

static tpa_mnode_t *innermost(const reader_t *r)
{
    return &APR_ARRAY_IDX(r->template->nodes, r->opened[r->depth - 1],
                          tpa_mnode_t);
}

static tpa_err_t *take_end(reader_t *r, const tag_t *tag)
{
    const char *name = trimmed(r, tag);
    const char *shown = tpa_text_loggable(name, MOST_NAME, r->p);
    tpa_mnode_t *section;

    if (!r->depth)
        return wrong(r, tag->from, "the end of a section \"%s\" that was not"
                     " begun; write {{#%s}} before it", shown, shown);
    section = innermost(r);
    if (strcmp(name, section->text))
        return wrong(r, tag->from, "the end of a section \"%s\", but the one"
                     " that was begun last, at line %d, is \"%s\"; write"
                     " {{/%s}} first", shown, section->line, section->text,
                     section->text);
    section->past = r->template->nodes->nelts;
    r->depth--;
    return TPA_OK;
}

static tpa_err_t *take_partial(reader_t *r, const tag_t *tag)
{
    tpa_mnode_t *node;

    TPA_TRY(push_named(r, TPA_M_PARTIAL, tag, &node));
    node->guarded = r->depth > 0;
    if (tag->next)
        node->indent = apr_pstrmemdup(r->p, tag->line,
                                      (apr_size_t)(tag->from - tag->line));
    return TPA_OK;
}

static tpa_err_t *take_comment(reader_t *r, const tag_t *tag)
{
    return TPA_OK;
}

static tpa_err_t *take_delimiters(reader_t *r, const tag_t *tag)
{
    char *text = apr_pstrdup(r->p, trimmed(r, tag));
    const char *open, *close;
    char *gap = text;

    while (*gap && !is_space(*gap))
        gap++;
    open = apr_pstrmemdup(r->p, text, (apr_size_t)(gap - text));
    while (is_space(*gap))
        gap++;
    close = gap;
    if (!*open || !*close || strpbrk(close, " \t\r\n") || strchr(text, '=')
        || strlen(open) > MOST_DELIMITER || strlen(close) > MOST_DELIMITER)
        return wrong(r, tag->from, "delimiters are two signs of at most %d"
                     " characters without = and blanks; write for instance"
                     " {{=<%% %%>=}}", MOST_DELIMITER);
    r->open = open;
    r->close = close;
    return TPA_OK;
}

static tpa_err_t *refuse_raw(reader_t *r, const tag_t *tag)
{
    return wrong(r, tag->from, "values are always escaped, and %s would not"
                 " do so; write {{name}}",
                 tag->sigil->sign == '&' ? "{{&name}}" : "{{{name}}}");
}

static tpa_err_t *refuse_unknown(reader_t *r, const tag_t *tag)
{
    return wrong(r, tag->from, "a tag that begins with %c is unknown; there"
                 " are {{name}}, {{#name}}, {{^name}}, {{/name}}, {{>name}},"
                 " {{! a comment }} and {{=<%% %%>=}}", tag->sigil->sign);
}

/* Sign, may it stand alone on its line, what to do. The last row is that of
 * tags without a sign. */
static const sigil_t sigils[] = {
    { '#', 1, take_section },    { '^', 1, take_inverted },
    { '/', 1, take_end },        { '>', 1, take_partial },
    { '!', 1, take_comment },    { '=', 1, take_delimiters },
    { '{', 0, refuse_raw },      { '&', 0, refuse_raw },
    { '<', 0, refuse_unknown },  { '$', 0, refuse_unknown },
    { '*', 0, refuse_unknown },  { '@', 0, refuse_unknown },
    { 0, 0, take_value }
};

/* ---- read --------------------------------------------------------------- */

static const sigil_t *sigil_of(char c)
{
    const sigil_t *s = sigils;

    while (s->sign && s->sign != c)
        s++;
    return s;
}

/* The rest of the tag's line, and what was before it, hold blanks only? */
static void look_around(const reader_t *r, tag_t *tag)
{
    const char *before = tag->from, *behind = tag->to;

    while (before > r->text && is_blank(before[-1]))
        before--;
    while (behind < r->end && is_blank(*behind))
        behind++;
    if (before > r->text && before[-1] != '\n')
        return;
    if (behind < r->end - 1 && *behind == '\r' && behind[1] == '\n')
        behind++;
    if (behind < r->end && *behind != '\n')
        return;
    tag->line = before;
    tag->next = behind < r->end ? behind + 1 : behind;
}

static tpa_err_t *read_tag(reader_t *r, const char *from, tag_t *tag)
{
    const char *first = from + strlen(r->open), *close = r->close, *end;

    memset(tag, 0, sizeof(*tag));
    tag->from = from;
    tag->sigil = sigil_of(first < r->end ? *first : 0);
    tag->inner = first + (tag->sigil->sign != 0);
    if (tag->sigil->sign == '=')
        close = apr_pstrcat(r->p, "=", r->close, NULL);
    end = find(tag->inner, r->end, close);
    if (!end)
        return wrong(r, from, "a tag without its end; write %s", close);
    tag->len = (apr_size_t)(end - tag->inner);
    tag->to = end + strlen(close);
    if (tag->sigil->may_stand_alone)
        look_around(r, tag);
    return TPA_OK;
}

static tpa_err_t *read_all(reader_t *r)
{
    const char *from;

    while ((from = find(r->at, r->end, r->open))) {
        tag_t tag;

        TPA_TRY(read_tag(r, from, &tag));
        push_text(r, r->at, tag.next ? tag.line : from);
        if (!tag.next)
            begin_line(r, &tag);
        TPA_TRY(tag.sigil->take(r, &tag));
        r->at = tag.next ? tag.next : tag.to;
    }
    push_text(r, r->at, r->end);
    if (r->depth)
        return wrong(r, r->end, "the section \"%s\" of line %d has no end;"
                     " write {{/%s}}", innermost(r)->text,
                     innermost(r)->line, innermost(r)->text);
    return TPA_OK;
}

tpa_err_t *tpa_mustache_add(tpa_mustache_t *set, const char *name,
                            const char *file, const char *text,
                            apr_size_t len)
{
    tpa_mtemplate_t *template = tpa_mustache_find(set, name);
    reader_t r = { NULL };

    if (!template) {
        template = apr_pcalloc(set->p, sizeof(*template));
        template->name = apr_pstrdup(set->p, name);
        APR_ARRAY_PUSH(set->templates, tpa_mtemplate_t *) = template;
    }
    template->file = apr_pstrdup(set->p, file);
    template->nodes = apr_array_make(set->p, 16, sizeof(tpa_mnode_t));
    r.template = template;
    r.p = set->p;
    r.text = r.at = apr_pmemdup(set->p, len ? text : "", len ? len : 1);
    r.end = r.text + len;
    r.open = "{{";
    r.close = "}}";
    r.fresh = 1;
    return read_all(&r);
}
