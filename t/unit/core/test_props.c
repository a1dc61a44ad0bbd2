#include <string.h>

#include <apr_strings.h>

#include "core/props.h"
#include "tap.h"

#define B TPA_ON_BOTH
#define COUNT(rows) (int)(sizeof(rows) / sizeof(rows[0]))

static const char *no_blank(const char *value, apr_pool_t *pool)
{
    return strchr(value, ' ') ? apr_pstrcat(pool, "Blank in: ", value, NULL)
                              : NULL;
}

/* clang-format off */
static const tpa_prop_t colors[] = {
    { "primary", TPA_P_STRING, TPA_REQUIRED, 1, 7, .doc = "A color" },
    { "page", TPA_P_STRING, 0, 0, 7 },
    { "old", TPA_P_STRING, TPA_ANSWERED },
    { "alg", TPA_P_STRING, TPA_FIXED },
    { NULL }
};

static const tpa_prop_t table[] = {
    { "name", TPA_P_STRING, B | TPA_REQUIRED, 1, 5, .doc = "Its \"name\"" },
    { "plain", TPA_P_STRING, B },
    { "uri", TPA_P_STRING, B, 0, 20, .each = no_blank },
    { "flag", TPA_P_BOOL, B },
    { "count", TPA_P_INT, B, 1, 10 },
    { "any", TPA_P_INT, B },
    { "mode", TPA_P_ENUM, B, .words = "a|bb|c" },
    { "list", TPA_P_STRINGS, B, 1, 3, .each = no_blank },
    { "modes", TPA_P_ENUMS, B, .words = "a|bb|c" },
    { "colors", TPA_P_OBJECT, B, .inner = colors, .doc = "Colors" },
    { "many", TPA_P_OBJECTS, B, 0, 2, .inner = colors },
    { "meta", TPA_P_MAP, B, 0, 2 },
    { "free", TPA_P_ANY, B },
    { "gone", TPA_P_STRING, B | TPA_NULLABLE },
    { "kind", TPA_P_STRING, TPA_ON_CREATE },
    { "later", TPA_P_STRING, TPA_ON_UPDATE },
    { "fixed", TPA_P_BOOL, TPA_ON_CREATE | TPA_FIXED },
    { "id", TPA_P_STRING, TPA_ANSWERED },
    { "nobody", TPA_P_STRING, 0 },
    { NULL }
};
/* clang-format on */

static tpa_json_t *json(const char *text)
{
    tpa_json_t *v;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &v, p));
    return v;
}

#define E5 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define PROPERTY "' on property "

static const struct {
    unsigned when;
    const char *body;
    const char *says;       /* between "Payload validation error: '" and the
                               end; NULL: it is good */
} cases[] = {
    { 1, "{\"name\":\"x\"}", NULL },
    { 1, "{}", "Missing required property: name'." },
    { 2, "{}", "Too few properties defined (0), minimum 1'." },
    { 2, "{\"flag\":true}", NULL },
    { 1, "[]", "Expected type object but found type array'." },
    { 2, "{\"foo\":1}", "Additional properties not allowed: foo'." },
    { 2, "{\"\":1}", "Additional properties not allowed: '." },
    { 2, "{\"nobody\":\"x\"}", "Additional properties not allowed: nobody'." },
    { 2, "{\"id\":\"x\"}", "Additional properties not allowed: id'." },
    { 2, "{\"Name\":\"x\"}", "Additional properties not allowed: Name'." },
    /* strings */
    { 2, "{\"name\":1}", "Expected type string but found type integer"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"name\":1.5}", "Expected type string but found type number"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"name\":null}", "Expected type string but found type null"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"name\":\"\"}", "String is too short (0 chars), minimum 1"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"name\":\"abcdef\"}", "String is too long (6 chars), maximum 5"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"name\":\"" E5 "\"}", NULL },
    { 2, "{\"name\":\"" E5 "e\"}", "String is too long (6 chars), maximum 5"
      PROPERTY "name (Its \"name\")." },
    { 2, "{\"uri\":\"a b\"}", "Blank in: a b" PROPERTY "uri." },
    { 2, "{\"uri\":\"ab\",\"plain\":\"\"}", NULL },
    /* other scalars */
    { 2, "{\"flag\":\"true\"}", "Expected type boolean but found type string"
      PROPERTY "flag." },
    { 2, "{\"count\":1,\"any\":-2147483648}", NULL },
    { 2, "{\"count\":10,\"any\":2147483647}", NULL },
    { 2, "{\"count\":0}", "Value 0 is less than minimum 1" PROPERTY "count." },
    { 2, "{\"count\":11}", "Value 11 is greater than maximum 10" PROPERTY
      "count." },
    { 2, "{\"count\":1.0}", "Expected type integer but found type number"
      PROPERTY "count." },
    { 2, "{\"any\":2147483648}", "Value 2147483648 is greater than maximum"
      " 2147483647" PROPERTY "any." },
    { 2, "{\"any\":-2147483649}", "Value -2147483649 is less than minimum"
      " -2147483648" PROPERTY "any." },
    { 2, "{\"mode\":\"a\"}", NULL },
    { 2, "{\"mode\":\"bb\"}", NULL },
    { 2, "{\"mode\":\"c\"}", NULL },
    { 2, "{\"mode\":\"b\"}", "No enum match for: b" PROPERTY "mode." },
    { 2, "{\"mode\":\"a|bb\"}", "No enum match for: a|bb" PROPERTY "mode." },
    { 2, "{\"mode\":\"\"}", "No enum match for: " PROPERTY "mode." },
    { 2, "{\"gone\":null}", NULL },
    /* lists */
    { 2, "{\"list\":[\"a\",\"b\",\"c\"]}", NULL },
    { 2, "{\"list\":[]}", "Array is too short (0), minimum 1" PROPERTY
      "list." },
    { 2, "{\"list\":[\"a\",\"b\",\"c\",\"d\"]}", "Array is too long (4),"
      " maximum 3" PROPERTY "list." },
    { 2, "{\"list\":[\"a\",1]}", "Expected type string but found type integer"
      PROPERTY "list[1]." },
    { 2, "{\"list\":[\"a\",null]}", "Expected type string but found type null"
      PROPERTY "list[1]." },
    { 2, "{\"list\":[\"a b\"]}", "Blank in: a b" PROPERTY "list[0]." },
    { 2, "{\"list\":{\"a\":1}}", "Expected type array but found type object"
      PROPERTY "list." },
    { 2, "{\"modes\":[]}", NULL },
    { 2, "{\"modes\":[\"c\",\"d\"]}", "No enum match for: d" PROPERTY
      "modes[1]." },
    /* objects */
    { 2, "{\"colors\":{\"primary\":\"#fff\",\"page\":\"\",\"alg\":\"x\"}}",
      NULL },
    { 2, "{\"colors\":{}}", "Missing required property: primary" PROPERTY
      "colors (Colors)." },
    { 2, "{\"colors\":{\"primary\":\"#fff\",\"x\":1}}", "Additional properties"
      " not allowed: x" PROPERTY "colors (Colors)." },
    { 2, "{\"colors\":{\"primary\":\"#fff\",\"old\":\"a\"}}", "Additional"
      " properties not allowed: old" PROPERTY "colors (Colors)." },
    { 2, "{\"colors\":{\"primary\":\"\"}}", "String is too short (0 chars),"
      " minimum 1" PROPERTY "colors.primary (A color)." },
    { 2, "{\"many\":[]}", NULL },
    { 2, "{\"many\":[{\"primary\":\"a\"},{}]}", "Missing required property:"
      " primary" PROPERTY "many[1]." },
    { 2, "{\"many\":[1]}", "Expected type object but found type integer"
      PROPERTY "many[0]." },
    { 2, "{\"many\":[{\"primary\":1}]}", "Expected type string but found type"
      " integer" PROPERTY "many[0].primary (A color)." },
    { 2, "{\"meta\":{\"a\":\"x\",\"b\":null}}", NULL },
    { 1, "{\"name\":\"x\",\"meta\":{\"b\":null}}", "Expected type string but"
      " found type null" PROPERTY "meta.b." },
    { 2, "{\"meta\":{\"a\":1}}", "Expected type string but found type integer"
      PROPERTY "meta.a." },
    { 2, "{\"meta\":{\"\":\"x\"}}", "String is too short (0 chars), minimum 1"
      PROPERTY "meta.." },
    { 2, "{\"meta\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}", "Too many properties"
      " defined (3), maximum 2" PROPERTY "meta." },
    { 2, "{\"free\":{\"a\":[1e-30,1e16,{\"b\":null}]}}", NULL },
    { 2, "{\"free\":{\"a\":[{\"b\":1e17}]}}", "Number is out of range: 1e17"
      PROPERTY "free." },
    { 2, "{\"free\":[]}", "Expected type object but found type array" PROPERTY
      "free." },
    /* times */
    { 1, "{\"name\":\"x\",\"kind\":\"k\",\"fixed\":true}", NULL },
    { 2, "{\"kind\":\"k\"}", "Additional properties not allowed: kind'." },
    { 2, "{\"later\":\"k\",\"fixed\":true}", NULL },
    { 1, "{\"name\":\"x\",\"later\":\"k\"}", "Additional properties not"
      " allowed: later'." },
};

START_TEST(check_body)
{
    tpa_err_t *e = tpa_props_check(table, json(cases[_i].body), cases[_i].when,
                                   0, p);

    if (!cases[_i].says) {
        ck_assert_msg(!e, "%s: %s", cases[_i].body, e ? e->text : "");
        return;
    }
    ck_assert_msg(e != NULL, "%s", cases[_i].body);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
    ck_assert_str_eq(e->text, apr_pstrcat(p, "Payload validation error: '",
                                          cases[_i].says, NULL));
}
END_TEST

/* Bounds hold where a table gives none; what is shown of a value is short. */
START_TEST(bounds_of_types)
{
    tpa_json_t *o = tpa_json_object(p), *list = tpa_json_array(p);
    char *text = apr_palloc(p, 4 * TPA_P_MOST_CHARS);
    tpa_err_t *e;
    int i;

    memset(text, 'x', 4 * TPA_P_MOST_CHARS);
    text[TPA_P_MOST_CHARS] = '\0';
    tpa_json_set_str(o, "plain", text);
    ck_assert_ptr_null(tpa_props_check(table, o, TPA_ON_UPDATE, 0, p));
    text[TPA_P_MOST_CHARS] = 'x';
    text[TPA_P_MOST_CHARS + 1] = '\0';
    tpa_json_set_str(o, "plain", text);
    ck_assert_ptr_nonnull(tpa_props_check(table, o, TPA_ON_UPDATE, 0, p));
    tpa_json_remove(o, "plain");
    tpa_json_set_str(o, "mode", text);
    e = tpa_props_check(table, o, TPA_ON_UPDATE, 0, p);
    ck_assert(strlen(e->text) < 200);
    tpa_json_remove(o, "mode");
    for (i = 0; i < TPA_P_MOST_ITEMS; i++)
        tpa_json_add_str(list, "a");
    tpa_json_set(o, "modes", list);
    ck_assert_ptr_null(tpa_props_check(table, o, TPA_ON_UPDATE, 0, p));
    tpa_json_add_str(list, "a");
    ck_assert_ptr_nonnull(tpa_props_check(table, o, TPA_ON_UPDATE, 0, p));
}
END_TEST

/* Names and values of a map. */
START_TEST(bounds_of_maps)
{
    char text[257];
    int name, value;

    memset(text, 'x', 256);
    text[256] = '\0';
    for (name = 254; name <= 256; name++) {
        for (value = 254; value <= 256; value++) {
            tpa_json_t *o = tpa_json_object(p), *map = tpa_json_object(p);

            tpa_json_set_str(map, text + 256 - name, text + 256 - value);
            tpa_json_set(o, "meta", map);
            ck_assert_int_eq(!tpa_props_check(table, o, TPA_ON_UPDATE, 0, p),
                             name <= 255 && value <= 255);
        }
    }
}
END_TEST

/* Cut between characters. */
START_TEST(shown_text)
{
    char text[301];
    const char *shown;
    int i;

    for (i = 0; i < 100; i++)
        memcpy(text + 3 * i, "\xe2\x82\xac", 3);
    text[300] = '\0';
    shown = tpa_props_shown(text, p);
    ck_assert_int_eq(strlen(shown), 99 + 3);
    ck_assert_str_eq(shown + 99, "...");
    ck_assert_str_eq(tpa_props_shown("abc", p), "abc");
}
END_TEST

/* ---- parties ------------------------------------------------------------ */

static const tpa_prop_t party_inner[] = {
    { "all", TPA_P_BOOL, 0 },
    { "first", TPA_P_BOOL, TPA_FIRST },
    { NULL }
};
static const tpa_prop_t party_table[] = {
    { "unsaid", TPA_P_BOOL, B },
    { "first", TPA_P_BOOL, B | TPA_FIRST },
    { "third", TPA_P_BOOL, B | TPA_STRICT | TPA_PERMISSIVE },
    { "inner", TPA_P_OBJECT, B | TPA_FIRST | TPA_STRICT,
      .inner = party_inner },
    { NULL }
};

static const struct {
    const char *body;
    unsigned parties;     /* for whom it is good */
} parties[] = {
    { "{\"unsaid\":true}", 0 },
    { "{\"first\":true}", TPA_FIRST },
    { "{\"third\":true}", TPA_STRICT | TPA_PERMISSIVE },
    { "{\"inner\":{\"all\":true}}", TPA_FIRST | TPA_STRICT },
    { "{\"inner\":{\"first\":true}}", TPA_FIRST },
};

START_TEST(check_party)
{
    static const unsigned all[] = { TPA_FIRST, TPA_STRICT, TPA_PERMISSIVE,
                                    TPA_REGISTERED };
    const tpa_json_t *body = json(parties[_i].body);
    int i;

    ck_assert_ptr_null(tpa_props_check(party_table, body, TPA_ON_UPDATE, 0,
                                       p));
    for (i = 0; i < COUNT(all); i++) {
        tpa_err_t *e = tpa_props_check(party_table, body, TPA_ON_UPDATE,
                                       all[i], p);

        ck_assert_msg(!e == !!(parties[_i].parties & all[i]), "%s for %u",
                      parties[_i].body, all[i]);
        if (e)
            ck_assert_ptr_nonnull(strstr(e->text, "Additional properties not"
                                         " allowed: "));
    }
}
END_TEST

/* ---- what is fixed ------------------------------------------------------ */

static const struct {
    const char *now, *body;
    const char *says;
} changes[] = {
    { "{\"fixed\":true}", "{\"fixed\":true}", NULL },
    { "{\"fixed\":true}", "{\"name\":\"x\"}", NULL },
    { "{\"fixed\":true}", "{\"fixed\":false}", "It cannot be changed" PROPERTY
      "fixed." },
    { "{}", "{\"fixed\":false}", NULL },
    { "{}", "{\"fixed\":null}", NULL },
    { "{\"fixed\":null}", "{\"fixed\":[]}", NULL },
    { "{\"fixed\":\"\"}", "{\"fixed\":{}}", NULL },
    { "{}", "{\"fixed\":true}", "It cannot be changed" PROPERTY "fixed." },
    { "{\"fixed\":{\"a\":1,\"b\":2}}", "{\"fixed\":{\"b\":2,\"a\":1}}", NULL },
    { "{\"fixed\":[1,2]}", "{\"fixed\":[2,1]}", "It cannot be changed"
      PROPERTY "fixed." },
    { "{\"colors\":{\"alg\":\"a\"}}", "{\"colors\":{\"alg\":\"a\"}}", NULL },
    { "{\"colors\":{\"alg\":\"a\"}}", "{\"colors\":{\"alg\":\"b\"}}", "It"
      " cannot be changed" PROPERTY "colors.alg." },
    { "{}", "{\"colors\":{\"alg\":\"b\"}}", "It cannot be changed" PROPERTY
      "colors.alg." },
    { "{\"name\":\"a\"}", "{\"name\":\"b\"}", NULL },
};

START_TEST(stays_as_it_is)
{
    tpa_err_t *e = tpa_props_unchanged(table, json(changes[_i].now),
                                       json(changes[_i].body), p);

    ck_assert_msg(!e == !changes[_i].says, "%s", changes[_i].body);
    if (e) {
        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
        ck_assert_str_eq(e->text, apr_pstrcat(p, "Payload validation error: '",
                                              changes[_i].says, NULL));
    }
}
END_TEST

START_TEST(find_row)
{
    ck_assert_ptr_eq(tpa_props_find(table, "name"), &table[0]);
    ck_assert_ptr_eq(tpa_props_find(table, "uri"), &table[2]);
    ck_assert_ptr_null(tpa_props_find(table, "nam"));
    ck_assert_ptr_null(tpa_props_find(NULL, "name"));
}
END_TEST

START_TEST(any_value)
{
    ck_assert_ptr_null(tpa_props_any(NULL, json("[1,{\"a\":[2.5]}]"), p));
    ck_assert_str_eq(tpa_props_any(NULL, json("[1,{\"a\":[-1e20]}]"), p)->text,
                     "Payload validation error: 'Number is out of range:"
                     " -1e20'.");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/props");
    TCase *tc = tap_case(s, "props");

    tcase_add_loop_test(tc, check_body, 0, COUNT(cases));
    tcase_add_test(tc, bounds_of_types);
    tcase_add_test(tc, bounds_of_maps);
    tcase_add_test(tc, shown_text);
    tcase_add_loop_test(tc, check_party, 0, COUNT(parties));
    tcase_add_loop_test(tc, stays_as_it_is, 0, COUNT(changes));
    tcase_add_test(tc, find_row);
    tcase_add_test(tc, any_value);
    return s;
}
