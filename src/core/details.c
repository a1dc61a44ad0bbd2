#include <string.h>

#include "base/text.h"
#include "core/details.h"

/* What is wrong is told by a text of ours: the input is never repeated. */
static tpa_err_t *refused(const char *why, apr_pool_t *p)
{
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_AUTHORIZATION_DETAILS,
                              "Parameter authorization_details %s", why),
                      "parameters");
}

/* ---- one object --------------------------------------------------------- */

static int is_deep(const tpa_json_t *v, int left);

static int is_member_deep(void *baton, const char *name,
                          const tpa_json_t *value)
{
    return is_deep(value, *(int *)baton);
}

/* Has it more levels of arrays and objects than that? */
static int is_deep(const tpa_json_t *v, int left)
{
    int below = left - 1;
    apr_size_t i;

    if (tpa_json_type(v) != TPA_JSON_OBJECT
        && tpa_json_type(v) != TPA_JSON_ARRAY)
        return 0;
    if (!left)
        return 1;
    if (tpa_json_type(v) == TPA_JSON_OBJECT)
        return tpa_json_each(v, is_member_deep, &below);
    for (i = 0; i < tpa_json_size(v); i++) {
        if (is_deep(tpa_json_at(v, i), below))
            return 1;
    }
    return 0;
}

static const char *wrong_with(const tpa_json_t *v)
{
    const char *type = tpa_json_get_str(v, "type");

    if (tpa_json_type(v) != TPA_JSON_OBJECT)
        return "must hold objects only";
    if (!type || !*type)
        return "must hold objects that have a type, a string";
    if (strlen(type) > TPA_DETAILS_TYPE)
        return "has a type that is too long";
    return is_deep(v, TPA_DETAILS_DEPTH) ? "is nested too deep" : NULL;
}

/* ---- the parameter ------------------------------------------------------ */

static void add(apr_array_header_t *list, const tpa_json_t *v, apr_pool_t *p)
{
    tpa_detail_t one;

    one.type = tpa_json_get_str(v, "type");
    one.text = tpa_json_canonical(v, p);
    if (!tpa_details_have(list, &one))
        APR_ARRAY_PUSH(list, tpa_detail_t) = one;
}

/* Numbers may be written longer than they came. */
static int is_long(const apr_array_header_t *list)
{
    apr_size_t len = 0;
    int i;

    for (i = 0; i < list->nelts; i++)
        len += strlen(APR_ARRAY_IDX(list, i, tpa_detail_t).text);
    return len > TPA_DETAILS_MAX;
}

static tpa_err_t *take(const tpa_json_t *a, apr_array_header_t *list,
                       apr_pool_t *p)
{
    apr_size_t i, n = tpa_json_size(a);

    if (tpa_json_type(a) != TPA_JSON_ARRAY || !n)
        return refused("must be a JSON array of one object or more", p);
    if (n > TPA_DETAILS_MOST)
        return refused("holds more than 10 objects", p);
    for (i = 0; i < n; i++) {
        const tpa_json_t *v = tpa_json_at(a, i);
        const char *wrong = wrong_with(v);

        if (wrong)
            return refused(wrong, p);
        add(list, v, p);
    }
    return is_long(list) ? refused("is too long", p) : TPA_OK;
}

tpa_err_t *tpa_details_parse(const char *text, apr_array_header_t **out,
                             apr_pool_t *p)
{
    apr_array_header_t *list;
    tpa_json_t *a;

    *out = NULL;
    if (!text)
        return TPA_OK;
    if (strlen(text) > TPA_DETAILS_MAX)
        return refused("is too long", p);
    if (tpa_json_parse(text, strlen(text), &a, p))
        return refused("is not JSON that can be read in one way only", p);
    list = apr_array_make(p, 2, sizeof(tpa_detail_t));
    TPA_TRY(take(a, list, p));
    *out = list;
    return TPA_OK;
}

/* ---- lists -------------------------------------------------------------- */

int tpa_details_have(const apr_array_header_t *list, const tpa_detail_t *one)
{
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(list, i, tpa_detail_t).text, one->text))
            return 1;
    }
    return 0;
}

apr_array_header_t *tpa_details_types(const apr_array_header_t *list,
                                      apr_pool_t *p)
{
    apr_array_header_t *types = apr_array_make(p, 2, sizeof(const char *));
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const char *type = APR_ARRAY_IDX(list, i, tpa_detail_t).type;

        if (!tpa_text_in(types, type))
            APR_ARRAY_PUSH(types, const char *) = type;
    }
    return types;
}

tpa_json_t *tpa_details_objects(const apr_array_header_t *list, apr_pool_t *p)
{
    tpa_json_t *a = list ? tpa_json_array(p) : NULL;
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const char *text = APR_ARRAY_IDX(list, i, tpa_detail_t).text;
        tpa_json_t *o;

        if (!tpa_json_parse(text, strlen(text), &o, p))
            tpa_json_add(a, o);
    }
    return a;
}

tpa_json_t *tpa_details_stored(const apr_array_header_t *list, apr_pool_t *p)
{
    tpa_json_t *a = list ? tpa_json_array(p) : NULL;
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        const tpa_detail_t *one = &APR_ARRAY_IDX(list, i, tpa_detail_t);
        tpa_json_t *o = tpa_json_object(p);

        tpa_json_set_str(o, "type", one->type);
        tpa_json_set_str(o, "text", one->text);
        tpa_json_add(a, o);
    }
    return a;
}
