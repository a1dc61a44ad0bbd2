#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "mgmt/mgmt_int.h"

#define MOST_PAGE 1000000

/* clang-format off */
const tpa_mg_param_t tpa_mg_offset_params[] = {
    { "page", TPA_P_INT, 0, MOST_PAGE, NULL,
      "Number of the page, the first being 0" },
    { "per_page", TPA_P_INT, 0, 100, NULL,
      "Number of results of a page, 50 unless told" },
    { "include_totals", TPA_P_BOOL, 0, 0, NULL,
      "Answer with an object that holds the total, not with a bare array" },
    { NULL }
};

const tpa_mg_param_t tpa_mg_checkpoint_params[] = {
    { "from", TPA_P_STRING, 0, 1024, NULL,
      "Where to go on: next of the page before" },
    { "take", TPA_P_INT, 1, 100, NULL,
      "Number of results of a page, 50 unless told" },
    { NULL }
};

const tpa_mg_param_t tpa_mg_fields_params[] = {
    { "fields", TPA_P_STRINGS, 0, 100, NULL,
      "Names of members, separated by commas" },
    { "include_fields", TPA_P_BOOL, 0, 0, NULL,
      "Whether these members are given (true, unless told) or left out" },
    { NULL }
};
/* clang-format on */

static tpa_err_t *refused(tpa_mg_call_t *c, const char *what)
{
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, NULL,
                                 "Query validation error: '%s'.", what),
                      "query");
}

static tpa_err_t *wrong(tpa_mg_call_t *c, const tpa_mg_param_t *param,
                        const char *what)
{
    if (!param->doc)
        return refused(c, what);
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, NULL,
                                 "Query validation error: '%s' on property %s"
                                 " (%s).", what, param->name, param->doc),
                      "query");
}

static const tpa_mg_param_t *look_up(const tpa_mg_param_t *params,
                                     const char *name)
{
    for (; params && params->name; params++) {
        if (!strcmp(params->name, name))
            return params;
    }
    return NULL;
}

static const tpa_mg_param_t *param_of(const tpa_mg_route_t *route,
                                      const char *name)
{
    const tpa_mg_param_t *param = look_up(route->query, name);

    if (!param && route->pages & TPA_MG_OFFSET)
        param = look_up(tpa_mg_offset_params, name);
    if (!param && route->pages & TPA_MG_CHECKPOINT)
        param = look_up(tpa_mg_checkpoint_params, name);
    if (!param && route->fields)
        param = look_up(tpa_mg_fields_params, name);
    return param;
}

/* ---- values ------------------------------------------------------------- */

static const char *take_list(tpa_mg_call_t *c, const tpa_prop_t *row,
                             const char *value)
{
    const tpa_json_t *before = tpa_json_get(c->query, row->name);
    apr_array_header_t *words = tpa_text_split(value, ',', c->p);
    tpa_json_t *list = tpa_json_array(c->p);
    apr_int64_t most = row->hi ? row->hi : 100;
    const char *what;
    apr_size_t i;
    int j;

    for (i = 0; i < tpa_json_size(before); i++)
        tpa_json_add(list, tpa_json_at(before, i));
    for (j = 0; j < words->nelts; j++) {
        what = tpa_props_wrong_string(row, APR_ARRAY_IDX(words, j,
                                                         const char *), c->p);
        if (what)
            return what;
        tpa_json_add_str(list, APR_ARRAY_IDX(words, j, const char *));
    }
    if ((apr_int64_t)tpa_json_size(list) > most)
        return apr_psprintf(c->p, "Array is too long (%d), maximum %"
                            APR_INT64_T_FMT, (int)tpa_json_size(list), most);
    tpa_json_set(c->query, row->name, list);
    return NULL;
}

static const char *take_int(tpa_mg_call_t *c, const tpa_prop_t *row,
                            const char *value)
{
    const apr_int64_t any = APR_INT64_C(999999999999999);
    const char *what;
    apr_int64_t n;

    if (!tpa_text_number(value, -any, any, &n))
        return "Expected type integer but found type string";
    what = tpa_props_wrong_number(row, n, c->p);
    if (!what)
        tpa_json_set_int(c->query, row->name, n);
    return what;
}

static const char *take_bool(tpa_mg_call_t *c, const tpa_prop_t *row,
                             const char *value)
{
    int is_true = !strcmp(value, "true");

    if (!is_true && strcmp(value, "false"))
        return "Expected type boolean but found type string";
    tpa_json_set_bool(c->query, row->name, is_true);
    return NULL;
}

static const char *take_string(tpa_mg_call_t *c, const tpa_prop_t *row,
                               const char *value)
{
    const char *what = tpa_props_wrong_string(row, value, c->p);

    if (!what)
        tpa_json_set_str(c->query, row->name, value);
    return what;
}

static const char *take(tpa_mg_call_t *c, const tpa_mg_param_t *param,
                        const char *value)
{
    tpa_prop_t row = { NULL };

    row.name = param->name;
    row.type = param->type;
    row.lo = param->lo;
    row.hi = param->hi;
    row.words = param->words;
    if (param->type == TPA_P_STRINGS || param->type == TPA_P_ENUMS)
        return take_list(c, &row, value);
    if (tpa_json_get(c->query, param->name))
        return "It is sent more than once";
    return param->type == TPA_P_INT ? take_int(c, &row, value)
        : param->type == TPA_P_BOOL ? take_bool(c, &row, value)
        : take_string(c, &row, value);
}

/* ---- the query ---------------------------------------------------------- */

static tpa_err_t *take_pair(tpa_mg_call_t *c, const char *pair, apr_size_t len)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals ? (apr_size_t)(equals - pair) : len;
    const tpa_mg_param_t *param;
    const char *name, *value, *what;

    name = tpa_text_form_decode(pair, name_len, c->p);
    value = equals ? tpa_text_form_decode(equals + 1, len - name_len - 1, c->p)
                   : "";
    if (!name || !value || !tpa_text_is_utf8(name)
        || !tpa_text_is_utf8(value))
        return refused(c, "A parameter has a broken percent escape, a NUL byte"
                       " or text that is not UTF-8");
    param = param_of(c->route, name);
    what = param ? take(c, param, value) : NULL;
    return what ? wrong(c, param, what) : TPA_OK;
}

tpa_err_t *tpa_mg_query_read(tpa_mg_call_t *c)
{
    const char *at = c->t->req->raw_query;

    c->query = tpa_json_object(c->p);
    while (at && *at) {
        apr_size_t n = strcspn(at, "&");

        if (n)
            TPA_TRY(take_pair(c, at, n));
        at += n + (at[n] == '&');
    }
    return TPA_OK;
}

int tpa_mg_is_checkpoint(const tpa_mg_call_t *c)
{
    if (!(c->route->pages & TPA_MG_CHECKPOINT))
        return 0;
    return !(c->route->pages & TPA_MG_OFFSET)
        || tpa_json_get(c->query, "from") || tpa_json_get(c->query, "take");
}
