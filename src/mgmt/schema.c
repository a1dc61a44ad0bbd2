#include "base/text.h"
#include "mgmt/mgmt_int.h"

/* Schemas of JSON Schema 2020-12 out of tables of properties. */

tpa_json_t *tpa_mg_object_of(const char *name, const char *value,
                             apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, name, value);
    return o;
}

static tpa_json_t *object_schema(const tpa_prop_t *table, unsigned when,
                                 int is_inner, apr_pool_t *p);

static void set_words(tpa_json_t *o, const tpa_prop_t *row, apr_pool_t *p)
{
    apr_array_header_t *words = tpa_text_split(row->words, '|', p);
    tpa_json_t *list = tpa_json_array(p), *null = tpa_json_object(p);
    int i;

    for (i = 0; i < words->nelts; i++)
        tpa_json_add_str(list, APR_ARRAY_IDX(words, i, const char *));
    if (row->type == TPA_P_ENUM && row->flags & TPA_NULLABLE) {
        tpa_json_set_null(null, "null");
        tpa_json_add(list, tpa_json_get(null, "null"));
    }
    tpa_json_set(o, "enum", list);
}

static void set_bounds(tpa_json_t *o, const char *least, const char *most,
                       apr_int64_t lo, apr_int64_t hi)
{
    if (lo)
        tpa_json_set_int(o, least, lo);
    if (hi)
        tpa_json_set_int(o, most, hi);
}

/* What an element of a list may be. */
static tpa_json_t *items_of(const tpa_prop_t *row, unsigned when, apr_pool_t *p)
{
    tpa_json_t *o;

    if (row->type == TPA_P_OBJECTS)
        return object_schema(row->inner, when, 1, p);
    o = tpa_mg_object_of("type", "string", p);
    if (row->words)
        set_words(o, row, p);
    else
        tpa_json_set_int(o, "maxLength", TPA_P_MOST_CHARS);
    return o;
}

static void set_list(tpa_json_t *o, const tpa_prop_t *row, unsigned when,
                     apr_pool_t *p)
{
    set_bounds(o, "minItems", "maxItems", row->lo,
               row->hi ? row->hi : TPA_P_MOST_ITEMS);
    tpa_json_set(o, "items", items_of(row, when, p));
}

static void set_map(tpa_json_t *o, const tpa_prop_t *row, apr_pool_t *p)
{
    tpa_json_t *value = tpa_json_object(p), *types = tpa_json_array(p);

    tpa_json_add_str(types, "string");
    tpa_json_add_str(types, "null");
    tpa_json_set(value, "type", types);
    tpa_json_set_int(value, "maxLength", 255);
    tpa_json_set(o, "additionalProperties", value);
    tpa_json_set_int(o, "maxProperties",
                     row->hi ? row->hi : TPA_P_MOST_ITEMS);
}

static void set_details(tpa_json_t *o, const tpa_prop_t *row, unsigned when,
                        apr_pool_t *p)
{
    switch (row->type) {
    case TPA_P_STRING:
        set_bounds(o, "minLength", "maxLength", row->lo,
                   row->hi ? row->hi : TPA_P_MOST_CHARS);
        break;
    case TPA_P_INT:
        if (row->lo || row->hi) {
            tpa_json_set_int(o, "minimum", row->lo);
            tpa_json_set_int(o, "maximum", row->hi);
        }
        break;
    case TPA_P_ENUM:
        set_words(o, row, p);
        break;
    case TPA_P_STRINGS:
    case TPA_P_ENUMS:
    case TPA_P_OBJECTS:
        set_list(o, row, when, p);
        break;
    case TPA_P_MAP:
        set_map(o, row, p);
        break;
    case TPA_P_OBJECT:
        tpa_mg_add_members(o, object_schema(row->inner, when, 1, p));
        break;
    default:
        break;
    }
}

static void set_type(tpa_json_t *o, const tpa_prop_t *row, apr_pool_t *p)
{
    static const char *const names[] = {
        [TPA_P_STRING] = "string",  [TPA_P_BOOL] = "boolean",
        [TPA_P_INT] = "integer",    [TPA_P_ENUM] = "string",
        [TPA_P_STRINGS] = "array",  [TPA_P_ENUMS] = "array",
        [TPA_P_OBJECT] = "object",  [TPA_P_OBJECTS] = "array",
        [TPA_P_MAP] = "object",     [TPA_P_ANY] = "object",
    };
    tpa_json_t *types = tpa_json_array(p);

    if (!(row->flags & TPA_NULLABLE)) {
        tpa_json_set_str(o, "type", names[row->type]);
        return;
    }
    tpa_json_add_str(types, names[row->type]);
    tpa_json_add_str(types, "null");
    tpa_json_set(o, "type", types);
}

/* For whom a property may be set, where that makes a difference. */
static void set_parties(tpa_json_t *o, const tpa_prop_t *row, apr_pool_t *p)
{
    static const struct {
        unsigned flag;
        const char *name;
    } parties[] = {
        { TPA_FIRST, "first-party" }, { TPA_STRICT, "strict third-party" },
        { TPA_PERMISSIVE, "permissive third-party" },
        { TPA_REGISTERED, "self-registered" }, { 0 }
    };
    tpa_json_t *list = tpa_json_array(p);
    int i;

    for (i = 0; parties[i].flag; i++) {
        if (row->flags & parties[i].flag)
            tpa_json_add_str(list, parties[i].name);
    }
    if (tpa_json_size(list))
        tpa_json_set(o, "x-applications", list);
}

static tpa_json_t *schema_of(const tpa_prop_t *row, unsigned when,
                             apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    set_details(o, row, when, p);
    set_type(o, row, p);
    tpa_json_set_str(o, "description", row->doc);
    set_parties(o, row, p);
    return o;
}

static tpa_json_t *object_schema(const tpa_prop_t *table, unsigned when,
                                 int is_inner, apr_pool_t *p)
{
    tpa_json_t *o = tpa_mg_object_of("type", "object", p);
    tpa_json_t *members = tpa_json_object(p), *required = tpa_json_array(p);

    for (; table && table->name; table++) {
        if (!tpa_props_open(table, when, 0, is_inner))
            continue;
        tpa_json_set(members, table->name, schema_of(table, when, p));
        if (table->flags & TPA_REQUIRED
            && (is_inner || when == TPA_ON_CREATE))
            tpa_json_add_str(required, table->name);
    }
    tpa_json_set(o, "properties", members);
    tpa_json_set_bool(o, "additionalProperties", 0);
    if (tpa_json_size(required))
        tpa_json_set(o, "required", required);
    if (!is_inner && when == TPA_ON_UPDATE)
        tpa_json_set_int(o, "minProperties", 1);
    return o;
}

tpa_json_t *tpa_mg_schema(const tpa_prop_t *table, unsigned when,
                          apr_pool_t *p)
{
    return object_schema(table, when, 0, p);
}

tpa_json_t *tpa_mg_value_schema(const tpa_prop_t *row, apr_pool_t *p)
{
    return schema_of(row, 0, p);
}
