#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
#define N(text) text, sizeof(text) - 1

/* Parse a copy without a byte behind it: the sanitizer sees a read past it. */
static tpa_err_t *parse(const char *text, apr_size_t len, tpa_json_t **out)
{
    char *copy = malloc(len ? len : 1);
    tpa_err_t *e;

    memcpy(copy, text, len);
    e = tpa_json_parse(copy, len, out, p);
    memset(copy, 'X', len);
    free(copy);
    return e;
}

static tpa_json_t *parsed(const char *text)
{
    tpa_json_t *v;
    tpa_err_t *e = parse(text, strlen(text), &v);

    ck_assert_msg(e == TPA_OK, "%s: %s", text, e ? e->text : "");
    return v;
}

/* ---- read --------------------------------------------------------------- */

static const struct {
    const char *text;
    apr_size_t len;
    const char *printed;  /* NULL: refused */
    const char *why;
} cases[] = {
    /* clang-format off */
    { N("{}"),                         "{}" },
    { N("[]"),                         "[]" },
    { N(" \t\r\n{ } \n"),              "{}" },
    { N("{\"b\":1,\"a\":[true,false,null,-1.5,\"x\"]}"),
      "{\"b\":1,\"a\":[true,false,null,-1.5,\"x\"]}" },
    { N("[\"\\u00e9\\ud83d\\ude00\\/\"]"), "[\"\xc3\xa9\xf0\x9f\x98\x80/\"]" },
    { N("[9223372036854775807,-9223372036854775808]"),
      "[9223372036854775807,-9223372036854775808]" },
    { N("[\"\\u0001\\\"\\\\\"]"),      "[\"\\u0001\\\"\\\\\"]" },
    { N("[\"[[[{{{\"]"),               "[\"[[[{{{\"]" },
    { N("[\"\\\\\",\"\\\"[\"]"),       "[\"\\\\\",\"\\\"[\"]" },
    { N("{\"\":1}"),                   "{\"\":1}" },

    { N(""),                  NULL, "line 1, column 0: the end comes too" },
    { N(" "),                 NULL, "the end comes too early" },
    { N("{"),                 NULL, "line 1, column 1: the end comes too" },
    { N("{\"a\":1"),          NULL, "the end comes too early" },
    { N("{\"a"),              NULL, "the end comes too early" },
    { N("1"),                 NULL, "a syntax error" },
    { N("\"x\""),             NULL, "a syntax error" },
    { N("null"),              NULL, "a syntax error" },
    { N("{}{}"),              NULL, "line 1, column 3: text behind the end" },
    { N("[]x"),               NULL, "text behind the end" },
    { N("{}\0"),              NULL, "line 1, column 3: a NUL character" },
    { N("[\0]"),              NULL, "a NUL character" },
    { N("[null\0]"),          NULL, "a NUL character" },
    { N("[\n1\0,2]"),         NULL, "line 2, column 2: a NUL character" },
    { N("{\"a\":1\0}"),       NULL, "a NUL character" },
    { N("[1,]"),              NULL, "a syntax error" },
    { N("{\"a\":1,}"),        NULL, "a syntax error" },
    { N("{a:1}"),             NULL, "a syntax error" },
    { N("{'a':1}"),           NULL, "a syntax error" },
    { N("{1:1}"),             NULL, "a syntax error" },
    { N("[01]"),              NULL, "a syntax error" },
    { N("[+1]"),              NULL, "a syntax error" },
    { N("[.5]"),              NULL, "a syntax error" },
    { N("[NaN]"),             NULL, "a syntax error" },
    { N("[Infinity]"),        NULL, "a syntax error" },
    { N("[TRUE]"),            NULL, "a syntax error" },
    { N("[1]//c"),            NULL, "text behind the end" },
    { N("[/**/1]"),           NULL, "a syntax error" },
    { N("\xef\xbb\xbf{}"),    NULL, "a syntax error" },
    { N("[\"\n\"]"),          NULL, "a syntax error" },
    { N("[\"\\x41\"]"),       NULL, "a syntax error" },
    { N("[\"\\ud800\"]"),     NULL, "a syntax error" },
    { N("[\"\\udc00\\ud800\"]"), NULL, "a syntax error" },
    { N("[\"\\u0000\"]"),     NULL, "a NUL character" },
    { N("[\"a\\u0000b\"]"),   NULL, "a NUL character" },
    { N("{\"a\\u0000\":1}"),  NULL, "a NUL character in a name" },
    { N("[\"\0\"]"),          NULL, "line 1, column 3: a NUL character" },
    { N("[\"\\\0\"]"),        NULL, "a syntax error" },
    { N("\0"),                NULL, "line 1, column 1: a NUL character" },
    { N("[\"\xff\"]"),        NULL, "not UTF-8" },
    { N("[\"\xc0\x80\"]"),    NULL, "not UTF-8" },
    { N("[\"\xed\xa0\x80\"]"), NULL, "not UTF-8" },
    { N("{\"\xc3\":1}"),      NULL, "not UTF-8" },
    { N("{\"a\":1,\"a\":1}"), NULL, "line 1, column" },
    { N("{\"a\":1,\n\"b\":{\"c\":1,\n  \"c\":2}}"), NULL, "line 3, column" },
    { N("{\"a\":1,\"\\u0061\":2}"), NULL, "a member that comes twice" },
    { N("[9223372036854775808]"),   NULL, "a number that is too big" },
    { N("[-9223372036854775809]"),  NULL, "a number that is too big" },
    { N("[1e999]"),           NULL, "a number that is too big" },
    /* clang-format on */
};

START_TEST(parse_case)
{
    tpa_json_t *v;
    tpa_err_t *e = parse(cases[_i].text, cases[_i].len, &v);

    if (cases[_i].printed) {
        ck_assert_msg(e == TPA_OK, "case %d: %s", _i, e ? e->text : "");
        ck_assert_str_eq(tpa_json_print(v, p), cases[_i].printed);
    }
    else {
        ck_assert_msg(e != TPA_OK, "case %d passed", _i);
        ck_assert_ptr_null(v);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
        ck_assert_msg(strstr(e->text, cases[_i].why) != NULL, "case %d: %s",
                      _i, e->text);
    }
}
END_TEST

static const char *nested(int depth, char open, char close)
{
    const char *text = "";
    int i;

    for (i = 0; i < depth; i++)
        text = open == '[' ? apr_psprintf(p, "[%s]", text)
            : apr_psprintf(p, "{\"\\\"]\":%s}", *text ? text : "1");
    ck_assert_int_eq(text[depth ? strlen(text) - 1 : 0], close);
    return text;
}

START_TEST(depth_limit)
{
    const char *most = nested(TPA_JSON_MAX_DEPTH, "[{"[_i], "]}"[_i]);
    const char *over = nested(TPA_JSON_MAX_DEPTH + 1, "[{"[_i], "]}"[_i]);
    tpa_json_t *v;
    tpa_err_t *e;

    ck_assert_str_eq(tpa_json_print(parsed(most), p), most);
    e = parse(over, strlen(over), &v);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_null(v);
    ck_assert_ptr_nonnull(strstr(e->text, "nested too deep"));
}
END_TEST

START_TEST(depth_is_not_length)
{
    const char *text = apr_psprintf(p, "[%s1]", "[],{},[],{},[],{},[],{},[],{},"
        "[],{},[],{},[],{},[],{},[],{},[],{},[],{},[],{},[],{},[],{},[],{},"
        "[],{},[],{},[],{},[],{},");
    char deep[100002];
    tpa_json_t *v;
    tpa_err_t *e;

    ck_assert_str_eq(tpa_json_print(parsed(text), p), text);
    memset(deep, '[', sizeof(deep));
    memcpy(deep, "\n\n", 2);
    e = parse(deep, sizeof(deep), &v);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->text, "line 3, column 33: it is nested"));
}
END_TEST

/* ---- make --------------------------------------------------------------- */

START_TEST(make_and_print)
{
    apr_array_header_t *list = apr_array_make(p, 2, sizeof(const char *));
    tpa_json_t *o = tpa_json_object(p), *a = tpa_json_array(p);

    APR_ARRAY_PUSH(list, const char *) = "x";
    APR_ARRAY_PUSH(list, const char *) = "y";
    tpa_json_set_str(o, "z", "s\"\\/\n\xc3\xa9");
    tpa_json_set_int(o, "i", APR_INT64_MIN);
    tpa_json_set_bool(o, "t", 5);
    tpa_json_set_bool(o, "f", 0);
    tpa_json_set_null(o, "n");
    tpa_json_set_list(o, "l", list);
    tpa_json_add_str(a, "one");
    tpa_json_add(a, tpa_json_object(p));
    tpa_json_set(o, "a", a);
    ck_assert_str_eq(tpa_json_print(o, p),
        "{\"z\":\"s\\\"\\\\/\\n\xc3\xa9\",\"i\":-9223372036854775808,"
        "\"t\":true,\"f\":false,\"n\":null,\"l\":[\"x\",\"y\"],"
        "\"a\":[\"one\",{}]}");
    ck_assert_str_eq(tpa_json_canonical(o, p),
        "{\"a\":[\"one\",{}],\"f\":false,\"i\":-9223372036854775808,"
        "\"l\":[\"x\",\"y\"],\"n\":null,\"t\":true,"
        "\"z\":\"s\\\"\\\\/\\n\xc3\xa9\"}");
    tpa_json_remove(o, "z");
    tpa_json_remove(o, "unknown");
    tpa_json_set_int(o, "i", 1);
    ck_assert_str_eq(tpa_json_print(o, p),
        "{\"i\":1,\"t\":true,\"f\":false,\"n\":null,\"l\":[\"x\",\"y\"],"
        "\"a\":[\"one\",{}]}");
}
END_TEST

START_TEST(left_out)
{
    tpa_json_t *o = tpa_json_object(p), *a = tpa_json_array(p);

    tpa_json_set_str(o, "a", NULL);
    tpa_json_set(o, "b", NULL);
    tpa_json_set_list(o, "c", NULL);
    tpa_json_add_str(a, NULL);
    tpa_json_add(a, NULL);
    tpa_json_set_list(o, "empty", apr_array_make(p, 1, sizeof(const char *)));
    ck_assert_str_eq(tpa_json_print(o, p), "{\"empty\":[]}");
    ck_assert_str_eq(tpa_json_print(a, p), "[]");
    /* The wrong type takes nothing, and nothing breaks. */
    tpa_json_set_str(a, "a", "x");
    tpa_json_add_str(o, "x");
    tpa_json_set_str(NULL, "a", "x");
    tpa_json_add_str(NULL, "x");
    tpa_json_remove(a, "x");
    ck_assert_str_eq(tpa_json_print(a, p), "[]");
    ck_assert_str_eq(tpa_json_print(o, p), "{\"empty\":[]}");
}
END_TEST

static const struct {
    const char *value, *stored;
} strings[] = {
    { "", "" },
    { "Z\xc3\xbcrich", "Z\xc3\xbcrich" },
    { "\xff", "?" },
    { "a\xc3", "a?" },
    { "\xe2\x82" "x\xe2\x82\xac", "??x\xe2\x82\xac" },
    { "\xed\xa0\x80", "???" },
    { "\xc0\x80", "??" },
};

START_TEST(bad_bytes_are_replaced)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));
    tpa_json_t *o = tpa_json_object(p), *a = tpa_json_array(p);
    const char *stored = strings[_i].stored;

    APR_ARRAY_PUSH(list, const char *) = strings[_i].value;
    tpa_json_set_str(o, "s", strings[_i].value);
    tpa_json_set_list(o, "l", list);
    tpa_json_add_str(a, strings[_i].value);
    ck_assert_str_eq(tpa_json_get_str(o, "s"), stored);
    ck_assert_str_eq(tpa_json_str(tpa_json_at(tpa_json_get(o, "l"), 0)),
                     stored);
    ck_assert_str_eq(tpa_json_str(tpa_json_at(a, 0)), stored);
}
END_TEST

/* ---- look --------------------------------------------------------------- */

static const char *const zoo =
    "{\"null\":null,\"true\":true,\"false\":false,\"int\":-7,\"real\":1.0,"
    "\"str\":\"s\",\"arr\":[1,\"two\"],\"obj\":{\"k\":1},\"list\":[\"a\","
    "\"b\"],\"none\":[]}";

static const struct {
    const char *name;
    tpa_json_type_t type;
    const char *str;
    int is_int, is_true;
    apr_size_t size;
    const char *list;   /* joined, NULL when it is none */
} animals[] = {
    /* clang-format off */
    { "null",   TPA_JSON_NULL,   NULL, 0, 0, 0, NULL },
    { "true",   TPA_JSON_BOOL,   NULL, 0, 1, 0, NULL },
    { "false",  TPA_JSON_BOOL,   NULL, 0, 0, 0, NULL },
    { "int",    TPA_JSON_INT,    NULL, 1, 0, 0, NULL },
    { "real",   TPA_JSON_REAL,   NULL, 0, 0, 0, NULL },
    { "str",    TPA_JSON_STRING, "s",  0, 0, 0, NULL },
    { "arr",    TPA_JSON_ARRAY,  NULL, 0, 0, 2, NULL },
    { "obj",    TPA_JSON_OBJECT, NULL, 0, 0, 1, NULL },
    { "list",   TPA_JSON_ARRAY,  NULL, 0, 0, 2, "a b" },
    { "none",   TPA_JSON_ARRAY,  NULL, 0, 0, 0, "" },
    { "absent", TPA_JSON_NULL,   NULL, 0, 0, 0, NULL },
    /* clang-format on */
};

START_TEST(look)
{
    const tpa_json_t *o = parsed(zoo);
    const char *name = animals[_i].name;
    const tpa_json_t *v = tpa_json_get(o, name);
    apr_array_header_t *list = tpa_json_list(v, p);
    apr_int64_t n = 42, m = 42;

    ck_assert_int_eq(v == NULL, !strcmp(name, "absent"));
    ck_assert_int_eq(tpa_json_type(v), animals[_i].type);
    ck_assert_int_eq(!tpa_json_str(v), !animals[_i].str);
    ck_assert_ptr_eq(tpa_json_get_str(o, name), tpa_json_str(v));
    if (animals[_i].str)
        ck_assert_str_eq(tpa_json_str(v), animals[_i].str);
    ck_assert_int_eq(tpa_json_int(v, &n), animals[_i].is_int);
    ck_assert_int_eq(tpa_json_get_int(o, name, &m), animals[_i].is_int);
    ck_assert_int_eq(n, animals[_i].is_int ? -7 : 42);
    ck_assert_int_eq(m, n);
    ck_assert_int_eq(tpa_json_get_true(o, name), animals[_i].is_true);
    ck_assert_uint_eq(tpa_json_size(v), animals[_i].size);
    ck_assert_int_eq(!list, !animals[_i].list);
    if (list)
        ck_assert_str_eq(list->nelts ? apr_array_pstrcat(p, list, ' ') : "",
                         animals[_i].list);
}
END_TEST

START_TEST(look_at_nothing)
{
    const tpa_json_t *a = parsed("[\"x\"]");

    ck_assert_ptr_null(tpa_json_get(NULL, "x"));
    ck_assert_ptr_null(tpa_json_get(a, "x"));
    ck_assert_ptr_null(tpa_json_get_str(NULL, "x"));
    ck_assert_int_eq(tpa_json_get_true(NULL, "x"), 0);
    ck_assert_ptr_null(tpa_json_at(a, 1));
    ck_assert_ptr_null(tpa_json_at(a, (apr_size_t)-1));
    ck_assert_ptr_null(tpa_json_at(NULL, 0));
    ck_assert_ptr_null(tpa_json_at(parsed("{\"x\":1}"), 0));
    ck_assert_uint_eq(tpa_json_size(NULL), 0);
    ck_assert_str_eq(tpa_json_print(NULL, p), "null");
    ck_assert_str_eq(tpa_json_print(tpa_json_at(a, 0), p), "\"x\"");
}
END_TEST

typedef struct walk_t {
    const char *names;
    const char *stop_at;
} walk_t;

static int visit(void *baton, const char *name, const tpa_json_t *value)
{
    walk_t *walk = baton;

    walk->names = apr_pstrcat(p, walk->names, name, "=",
                              tpa_json_print(value, p), ";", NULL);
    return walk->stop_at && !strcmp(name, walk->stop_at) ? 9 : 0;
}

START_TEST(each_member)
{
    const tpa_json_t *o = parsed("{\"z\":1,\"a\":\"x\",\"m\":[]}");
    walk_t all = { "", NULL }, some = { "", "a" }, none = { "", NULL };

    ck_assert_int_eq(tpa_json_each(o, visit, &all), 0);
    ck_assert_str_eq(all.names, "z=1;a=\"x\";m=[];");
    ck_assert_int_eq(tpa_json_each(o, visit, &some), 9);
    ck_assert_str_eq(some.names, "z=1;a=\"x\";");
    ck_assert_int_eq(tpa_json_each(parsed("{}"), visit, &none), 0);
    ck_assert_int_eq(tpa_json_each(parsed("[1]"), visit, &none), 0);
    ck_assert_int_eq(tpa_json_each(NULL, visit, &none), 0);
    ck_assert_str_eq(none.names, "");
}
END_TEST

/* ---- print -------------------------------------------------------------- */

START_TEST(pretty)
{
    ck_assert_str_eq(tpa_json_pretty(parsed("{\"b\":[1,{}],\"a\":{\"c\":2}}"),
                                     p),
        "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": {\n    \"c\": 2\n"
        "  }\n}");
}
END_TEST

START_TEST(canonical)
{
    /* RFC 7638 3.1 sorts by code point, which UTF-8 keeps. */
    ck_assert_str_eq(tpa_json_canonical(parsed(
        "{\"n\":1,\"kty\":2,\"\\ue000\":3,\"\\ud83d\\ude00\":4,\"e\":"
        "{\"b\":1,\"B\":2,\"a\":3}}"), p),
        "{\"e\":{\"B\":2,\"a\":3,\"b\":1},\"kty\":2,\"n\":1,\"\xee\x80\x80\":3,"
        "\"\xf0\x9f\x98\x80\":4}");
}
END_TEST

/* Around the size of the buffer that is tried first, and far past it. */
START_TEST(print_of_every_length)
{
    int len = _i < 20 ? 4080 + _i : 100000;
    tpa_json_t *a;
    const char *printed;
    char *text;

    /* What the pool hands out next is not full of NULs. */
    memset(apr_palloc(p, 400000), 'y', 400000);
    apr_pool_clear(p);
    a = tpa_json_array(p);
    text = apr_palloc(p, len + 1);
    memset(text, 'x', len);
    text[len] = '\0';
    tpa_json_add_str(a, text);
    printed = tpa_json_print(a, p);
    ck_assert_uint_eq(strlen(printed), len + 4);
    ck_assert_str_eq(printed, apr_pstrcat(p, "[\"", text, "\"]", NULL));
}
END_TEST

/* ---- ownership: run with a sanitizer, these are the leaks and stale reads  */

START_TEST(shared_values_outlive_their_pool)
{
    apr_pool_t *shorter;
    apr_array_header_t *list;
    tpa_json_t *o = tpa_json_object(p), *v;

    apr_pool_create(&shorter, p);
    ck_assert_ptr_null(tpa_json_parse(N("{\"k\":[\"text\"]}"), &v, shorter));
    tpa_json_set(o, "shared", v);
    tpa_json_set(o, "twice", v);
    list = tpa_json_list(tpa_json_get(v, "k"), p);
    apr_pool_destroy(shorter);
    ck_assert_str_eq(tpa_json_print(o, p),
        "{\"shared\":{\"k\":[\"text\"]},\"twice\":{\"k\":[\"text\"]}}");
    tpa_json_remove(o, "shared");
    tpa_json_remove(o, "twice");
    ck_assert_str_eq(APR_ARRAY_IDX(list, 0, const char *), "text");
}
END_TEST

START_TEST(shared_values_outlive_their_holder)
{
    apr_pool_t *shorter;
    tpa_json_t *v = tpa_json_object(p), *a;

    tpa_json_set_str(v, "k", "text");
    apr_pool_create(&shorter, p);
    a = tpa_json_array(shorter);
    tpa_json_add(a, v);
    tpa_json_add(a, v);
    ck_assert_uint_eq(tpa_json_size(a), 2);
    apr_pool_destroy(shorter);
    ck_assert_str_eq(tpa_json_get_str(v, "k"), "text");
}
END_TEST

START_TEST(no_text_quotes_the_input)
{
    static const char *const bad[] = {
        "{\"s3cret\":1,\"s3cret\":2}", "[s3cret]", "[\"s3cret\\q\"]",
        "[\"s3cret", "{}s3cret", "{\"a\" \"s3cret\"}", "[\"s3cret\\u0000\"]",
        "[\"s3cret\xff\"]", "[s3cret\xff]",
    };
    tpa_json_t *v;
    tpa_err_t *e;
    int i;

    for (i = 0; i < COUNT(bad); i++) {
        e = parse(bad[i], strlen(bad[i]), &v);
        ck_assert_ptr_nonnull(e);
        ck_assert_msg(!strstr(e->text, "s3"), "%s", e->text);
        ck_assert_ptr_null(e->detail);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/json");
    TCase *tc = tap_case(s, "read");

    tcase_add_loop_test(tc, parse_case, 0, COUNT(cases));
    tcase_add_loop_test(tc, depth_limit, 0, 2);
    tcase_add_test(tc, depth_is_not_length);
    tcase_add_test(tc, no_text_quotes_the_input);
    tc = tap_case(s, "make");
    tcase_add_test(tc, make_and_print);
    tcase_add_test(tc, left_out);
    tcase_add_loop_test(tc, bad_bytes_are_replaced, 0, COUNT(strings));
    tc = tap_case(s, "look");
    tcase_add_loop_test(tc, look, 0, COUNT(animals));
    tcase_add_test(tc, look_at_nothing);
    tcase_add_test(tc, each_member);
    tc = tap_case(s, "print");
    tcase_add_test(tc, pretty);
    tcase_add_test(tc, canonical);
    tcase_add_loop_test(tc, print_of_every_length, 0, 21);
    tc = tap_case(s, "ownership");
    tcase_add_test(tc, shared_values_outlive_their_pool);
    tcase_add_test(tc, shared_values_outlive_their_holder);
    return s;
}
