#include <string.h>

#include <apr_strings.h>

#include "base/shown.h"
#include "core/details.h"
#include "http/details.h"

/* Where a walk through an object has come. */
typedef struct walk_t {
    tpa_json_t *members;
    const char *prefix;   /* of names: "" or "a.b." */
    apr_pool_t *p;
} walk_t;

static int is_nested(const tpa_json_t *v)
{
    return tpa_json_type(v) == TPA_JSON_OBJECT
        || tpa_json_type(v) == TPA_JSON_ARRAY;
}

static const char *value_of(const tpa_json_t *v, apr_pool_t *p)
{
    const char *text = tpa_json_str(v);

    return tpa_text_shown(text ? text : tpa_json_print(v, p), p);
}

static void add(const walk_t *w, const char *name, const char *value)
{
    tpa_json_t *member = tpa_json_object(w->p);

    tpa_json_set_str(member, "name", tpa_text_shown(
        apr_pstrcat(w->p, w->prefix, name, NULL), w->p));
    tpa_json_set_str(member, "value", value);
    tpa_json_add(w->members, member);
}

/* The words of a plain list; NULL when something in it is no plain value. */
static const char *list_of(const tpa_json_t *a, apr_pool_t *p)
{
    const char *text = NULL;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(a); i++) {
        const tpa_json_t *v = tpa_json_at(a, i);

        if (is_nested(v))
            return NULL;
        text = text ? apr_pstrcat(p, text, ", ", value_of(v, p), NULL)
                    : value_of(v, p);
    }
    return text;
}

static int take(void *baton, const char *name, const tpa_json_t *v);

static void take_list(const walk_t *w, const char *name, const tpa_json_t *a)
{
    const char *text = list_of(a, w->p);
    apr_size_t i;

    if (text || !tpa_json_size(a)) {
        add(w, name, text ? text : "-");
        return;
    }
    for (i = 0; i < tpa_json_size(a); i++)
        take((void *)w, apr_psprintf(w->p, "%s[%d]", name, (int)i + 1),
             tpa_json_at(a, i));
}

static int take(void *baton, const char *name, const tpa_json_t *v)
{
    const walk_t *w = baton;
    walk_t below = { w->members, NULL, w->p };

    if (!*w->prefix && !strcmp(name, "type"))
        return 0;
    if (tpa_json_type(v) == TPA_JSON_ARRAY)
        take_list(w, name, v);
    else if (tpa_json_type(v) == TPA_JSON_OBJECT && tpa_json_size(v)) {
        below.prefix = apr_pstrcat(w->p, w->prefix, name, ".", NULL);
        tpa_json_each(v, take, &below);
    }
    else
        add(w, name, is_nested(v) ? "-" : value_of(v, w->p));
    return 0;
}

void tpa_details_show(const tpa_visit_t *v, tpa_json_t *view, apr_pool_t *p)
{
    tpa_json_t *objects = tpa_details_objects(v->decision.details, p);
    tpa_json_t *list = tpa_json_array(p);
    apr_size_t i;

    for (i = 0; i < tpa_json_size(objects); i++) {
        const tpa_json_t *o = tpa_json_at(objects, i);
        walk_t w = { tpa_json_array(p), "", p };
        tpa_json_t *shown = tpa_json_object(p);

        tpa_json_each(o, take, &w);
        tpa_json_set_str(shown, "type",
                         tpa_text_shown(tpa_json_get_str(o, "type"), p));
        tpa_json_set(shown, "members", w.members);
        tpa_json_add(list, shown);
    }
    tpa_json_set(view, "details", list);
}
