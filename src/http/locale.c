#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "http/locale.h"

#define MOST_TEXT 600        /* bytes of a text */
#define MOST_RANGES 32       /* language ranges that are looked at */

struct tpa_locale_t {
    const char *lang;
    const tpa_locales_t *all;
    apr_array_header_t *texts;   /* of const char *, in the order of the keys */
};

struct tpa_locales_t {
    apr_pool_t *p;
    apr_array_header_t *keys;    /* of const char *: those of English */
    apr_array_header_t *list;    /* of tpa_locale_t *; English is the first */
};

tpa_locales_t *tpa_locales_make(apr_pool_t *p)
{
    tpa_locales_t *all = apr_pcalloc(p, sizeof(*all));

    all->p = p;
    all->keys = apr_array_make(p, 128, sizeof(const char *));
    all->list = apr_array_make(p, 8, sizeof(tpa_locale_t *));
    return all;
}

static int index_of(const tpa_locales_t *all, const char *key)
{
    int i;

    for (i = 0; i < all->keys->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(all->keys, i, const char *), key))
            return i;
    }
    return -1;
}

static tpa_locale_t *find(const tpa_locales_t *all, const char *lang,
                          apr_size_t len)
{
    int i;

    for (i = 0; i < all->list->nelts; i++) {
        tpa_locale_t *locale = APR_ARRAY_IDX(all->list, i, tpa_locale_t *);

        if (strlen(locale->lang) == len
            && !strncasecmp(locale->lang, lang, len))
            return locale;
    }
    return NULL;
}

const char *tpa_locale_lang(const tpa_locale_t *locale)
{
    return locale->lang;
}

const char *tpa_locale_text(const tpa_locale_t *locale, const char *key)
{
    int i = index_of(locale->all, key);

    return i < 0 ? NULL : APR_ARRAY_IDX(locale->texts, i, const char *);
}

/* ---- placeholders ------------------------------------------------------- */

/* Next {name} of a text: 1, and where it begins, its name, what is behind it;
 * 0 when there is none, -1 when a brace is no placeholder. */
static int next_placeholder(const char *text, const char **from,
                            const char **name, const char **rest,
                            apr_pool_t *p)
{
    apr_size_t len;

    *from = text ? strpbrk(text, "{}") : NULL;
    if (!*from)
        return 0;
    len = strspn(*from + 1, "abcdefghijklmnopqrstuvwxyz_.");
    if (**from == '}' || !len || (*from)[len + 1] != '}')
        return -1;
    *name = apr_pstrmemdup(p, *from + 1, len);
    *rest = *from + len + 2;
    return 1;
}

/* The placeholders of a text; NULL when it has a stray brace. */
static apr_array_header_t *placeholders(const char *text, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));
    const char *from, *name;
    int found;

    while ((found = next_placeholder(text, &from, &name, &text, p)) > 0)
        APR_ARRAY_PUSH(names, const char *) = name;
    return found < 0 ? NULL : names;
}

/* ---- read --------------------------------------------------------------- */

typedef struct reading_t {
    tpa_locale_t *locale;
    const char *file, *text;
    tpa_err_t *e;
} reading_t;

/* jansson keeps no places: the key is looked for in the text. */
static int line_of(const reading_t *r, const char *key, apr_pool_t *p)
{
    const char *at = strstr(r->text, apr_pstrcat(p, "\"", key, "\"", NULL));
    const char *c;
    int line = 1;

    for (c = r->text; c < at; c++)
        line += *c == '\n';
    return line;
}

static int wrong(reading_t *r, const char *key, const char *what)
{
    apr_pool_t *p = r->locale->all->p;

    r->e = tpa_err_private(p, TPA_E_INTERNAL, "%s line %d: \"%s\" %s", r->file,
                           line_of(r, key, p), tpa_text_loggable(key, 64, p),
                           what);
    return 1;
}

/* May this text stand for that English one? NULL, or what is wrong. */
static const char *judge(const char *text, const char *english, apr_pool_t *p)
{
    const apr_array_header_t *known = placeholders(english, p);
    const apr_array_header_t *names;
    const char *c;
    int i;

    if (!text)
        return "is no text; write one in quotes";
    if (!*text || strlen(text) > MOST_TEXT)
        return apr_psprintf(p, "is empty or too long; write up to %d bytes",
                            MOST_TEXT);
    for (c = text; *c; c++) {
        if ((unsigned char)*c < ' ')
            return "has a control character; leave it out";
    }
    names = placeholders(text, p);
    if (!names)
        return "has a stray brace; write {name} for a placeholder";
    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        if (!tpa_text_in(known, name))
            return apr_psprintf(p, "has a placeholder {%s} which is not filled"
                                " here; the English text is: %s", name,
                                english);
    }
    return NULL;
}

static int read_text(void *baton, const char *key, const tpa_json_t *value)
{
    reading_t *r = baton;
    const tpa_locales_t *all = r->locale->all;
    const char *text = tpa_json_str(value), *what;
    int i = index_of(all, key);

    if (i < 0)
        return wrong(r, key, "is no key of the texts; write one of those of"
                     " en.json");
    what = judge(text, APR_ARRAY_IDX(
        APR_ARRAY_IDX(all->list, 0, tpa_locale_t *)->texts, i, const char *),
        all->p);
    if (!what && !strcmp(key, "dir") && strcmp(text, "ltr")
        && strcmp(text, "rtl"))
        what = "is the direction of writing; write ltr or rtl";
    if (what)
        return wrong(r, key, what);
    APR_ARRAY_IDX(r->locale->texts, i, const char *) = apr_pstrdup(all->p,
                                                                   text);
    return 0;
}

/* English as it is built in: every text is taken, and is its own measure. */
static int take_key(void *baton, const char *key, const tpa_json_t *value)
{
    reading_t *r = baton;
    const tpa_locales_t *all = r->locale->all;
    const char *text = tpa_json_str(value);
    const char *what = text ? judge(text, text, all->p) : "is no text";

    if (what)
        return wrong(r, key, what);
    APR_ARRAY_PUSH(all->keys, const char *) = apr_pstrdup(all->p, key);
    APR_ARRAY_PUSH(r->locale->texts, const char *) = apr_pstrdup(all->p, text);
    return 0;
}

static tpa_locale_t *add(tpa_locales_t *all, const char *lang)
{
    tpa_locale_t *locale = apr_pcalloc(all->p, sizeof(*locale));

    locale->lang = apr_pstrdup(all->p, lang);
    locale->all = all;
    locale->texts = all->list->nelts
        ? apr_array_copy(all->p, APR_ARRAY_IDX(all->list, 0,
                                               tpa_locale_t *)->texts)
        : apr_array_make(all->p, 128, sizeof(const char *));
    APR_ARRAY_PUSH(all->list, tpa_locale_t *) = locale;
    return locale;
}

static int is_lang(const char *lang)
{
    apr_size_t len = strlen(lang);

    return (len == 2 || len == 3)
        && strspn(lang, "abcdefghijklmnopqrstuvwxyz") == len;
}

static tpa_err_t *read_all(tpa_locales_t *all, const char *lang,
                           const char *file, const char *text,
                           apr_size_t len, apr_pool_t *scratch)
{
    int is_first = !all->list->nelts;
    reading_t r = { find(all, lang, strlen(lang)), file };
    tpa_json_t *o;
    tpa_err_t *e = tpa_json_parse(text, len, &o, scratch);

    if (!is_lang(lang))
        return tpa_err_private(all->p, TPA_E_INTERNAL, "%s line 1: texts are"
            " named by a language of two or three lower-case letters; write"
            " for instance de.json", file);
    if (e || tpa_json_type(o) != TPA_JSON_OBJECT)
        return tpa_err_private(all->p, TPA_E_INTERNAL, "%s line 1: %s; write"
            " {\"key\": \"text\", ...}", file,
            e ? e->text : "this is no JSON object");
    if (!r.locale)
        r.locale = add(all, lang);
    r.text = apr_pstrmemdup(all->p, text, len);
    tpa_json_each(o, is_first ? take_key : read_text, &r);
    return r.e;
}

/* The texts are copied: a child process never lets go of what its parent read,
 * and jansson's memory would count as lost. */
tpa_err_t *tpa_locales_read(tpa_locales_t *all, const char *lang,
                            const char *file, const char *text,
                            apr_size_t len)
{
    apr_pool_t *scratch;
    tpa_err_t *e;

    apr_pool_create(&scratch, all->p);
    e = read_all(all, lang, file, text, len, scratch);
    apr_pool_destroy(scratch);
    return e;
}

/* ---- choose ------------------------------------------------------------- */

/* A language range is matched by its first part: pt-BR is pt. */
static const tpa_locale_t *match(const tpa_locales_t *all, const char *range)
{
    return find(all, range, strcspn(range, "-_; \t"));
}

static const tpa_locale_t *by_tags(const tpa_locales_t *all, const char *tags,
                                   apr_pool_t *p)
{
    apr_array_header_t *list = tpa_text_split(tags, ' ', p);
    const tpa_locale_t *found = NULL;
    int i;

    for (i = 0; i < list->nelts && i < MOST_RANGES && !found; i++)
        found = match(all, APR_ARRAY_IDX(list, i, const char *));
    return found;
}

/* Thousandths; 1000 without a weight, 0 when it cannot be read. */
static int weight_of(const char *range)
{
    const char *q = strchr(range, ';');
    int weight, i;

    if (!q)
        return 1000;
    q += 1 + strspn(q + 1, " \t");
    if (strncasecmp(q, "q=", 2) || (q[2] != '0' && q[2] != '1'))
        return 0;
    weight = (q[2] - '0') * 1000;
    q += q[3] == '.' ? 4 : 3;
    for (i = 100; i && *q >= '0' && *q <= '9'; i /= 10)
        weight += (*q++ - '0') * i;
    return weight > 1000 ? 1000 : weight;
}

static const tpa_locale_t *by_header(const tpa_locales_t *all,
                                     const char *accept, apr_pool_t *p)
{
    apr_array_header_t *list = tpa_text_split(accept, ',', p);
    const tpa_locale_t *best = NULL;
    int i, most = 0;

    for (i = 0; i < list->nelts && i < MOST_RANGES; i++) {
        const char *range = APR_ARRAY_IDX(list, i, const char *);
        const tpa_locale_t *found;
        int weight = weight_of(range);

        found = match(all, range + strspn(range, " \t"));
        if (found && weight > most) {
            best = found;
            most = weight;
        }
    }
    return best;
}

const tpa_locale_t *tpa_locale_choose(const tpa_locales_t *all,
                                      const char *ui_locales,
                                      const char *accept, apr_pool_t *p)
{
    const tpa_locale_t *found = by_tags(all, ui_locales, p);

    if (!found)
        found = by_header(all, accept, p);
    return found ? found : APR_ARRAY_IDX(all->list, 0, tpa_locale_t *);
}

apr_array_header_t *tpa_locales_langs(const tpa_locales_t *all, apr_pool_t *p)
{
    apr_array_header_t *langs = apr_array_make(p, 8, sizeof(const char *));
    int i;

    for (i = 0; i < all->list->nelts; i++)
        APR_ARRAY_PUSH(langs, const char *) = tpa_locale_lang(
            APR_ARRAY_IDX(all->list, i, const tpa_locale_t *));
    return langs;
}

/* ---- fill --------------------------------------------------------------- */

/* Bytes of a character at s that turns the direction of writing: U+061C,
 * U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069; else 0. */
static int turns(const unsigned char *s)
{
    if (s[0] == 0xd8 && s[1] == 0x9c)
        return 2;
    if (s[0] != 0xe2)
        return 0;
    if (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f
                         || (s[2] >= 0xaa && s[2] <= 0xae)))
        return 3;
    return s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9 ? 3 : 0;
}

#define FIRST_STRONG_ISOLATE "\xe2\x81\xa8"
#define POP_ISOLATE "\xe2\x81\xa9"

/* Without what turns the direction, and isolated where it might turn it. */
static const char *harmless(const char *text, int isolate, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, text), *to = out;
    const char *s = text;

    while (*s) {
        int n = turns((const unsigned char *)s);

        s += n;
        if (!n) {
            isolate |= (unsigned char)*s >= 0x80;
            *to++ = *s++;
        }
    }
    *to = '\0';
    return isolate ? apr_pstrcat(p, FIRST_STRONG_ISOLATE, out, POP_ISOLATE,
                                 NULL) : out;
}

static const char *value_of(const tpa_json_t *view, const char *name,
                            int isolate, apr_pool_t *p)
{
    apr_array_header_t *path = tpa_text_split(name, '.', p);
    apr_int64_t n;
    int i;

    for (i = 0; i < path->nelts; i++)
        view = tpa_json_get(view, APR_ARRAY_IDX(path, i, const char *));
    if (tpa_json_int(view, &n))
        return apr_psprintf(p, "%" APR_INT64_T_FMT, n);
    return tpa_json_str(view) ? harmless(tpa_json_str(view), isolate, p) : "";
}

static const char *filled(const char *text, const tpa_json_t *view,
                          int isolate, apr_pool_t *p)
{
    const char *from, *name, *rest, *out = "";

    while (next_placeholder(text, &from, &name, &rest, p) > 0) {
        out = apr_pstrcat(p, out, apr_pstrmemdup(p, text,
                                                 (apr_size_t)(from - text)),
                          value_of(view, name, isolate, p), NULL);
        text = rest;
    }
    return *out ? apr_pstrcat(p, out, text, NULL) : text;
}

tpa_json_t *tpa_locale_texts(const tpa_locale_t *locale,
                             const tpa_json_t *view, apr_pool_t *p)
{
    const apr_array_header_t *keys = locale->all->keys;
    tpa_json_t *o = tpa_json_object(p);
    const char *dir = tpa_locale_text(locale, "dir");
    int is_rtl = dir && !strcmp(dir, "rtl");
    int i;

    for (i = 0; i < keys->nelts; i++)
        tpa_json_set_str(o, APR_ARRAY_IDX(keys, i, const char *),
                         filled(APR_ARRAY_IDX(locale->texts, i, const char *),
                                view, is_rtl, p));
    return o;
}

const char *tpa_locale_day(const tpa_locale_t *locale, const char *day,
                           apr_pool_t *p)
{
    tpa_json_t *parts = tpa_json_object(p);
    const char *month;
    apr_int64_t m, d;

    if (strlen(day) != 10 || strspn(day, "0123456789-") != 10 || day[4] != '-'
        || day[7] != '-'
        || !tpa_text_number(apr_pstrmemdup(p, day + 5, 2), 1, 12, &m)
        || !tpa_text_number(day + 8, 1, 31, &d))
        return day;
    month = tpa_locale_text(locale,
                            apr_psprintf(p, "month_%d", (int)m));
    tpa_json_set_str(parts, "year", apr_pstrmemdup(p, day, 4));
    tpa_json_set_str(parts, "month", month);
    tpa_json_set_int(parts, "day", d);
    return filled(tpa_locale_text(locale, "date"), parts, 0, p);
}
