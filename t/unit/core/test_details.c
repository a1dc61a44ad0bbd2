#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "base/text.h"
#include "core/details.h"

static const struct {
    const char *text;
    const char *want;   /* the objects; NULL: refused */
    const char *why;
} cases[] = {
    /* clang-format off */
    { NULL, "" },
    { "[{\"type\":\"a\"}]", "{\"type\":\"a\"}" },
    { "[{\"type\":\"a\",\"b\":1}, {\"type\":\"c\"}]",
      "{\"b\":1,\"type\":\"a\"} {\"type\":\"c\"}" },
    { " [ { \"z\" : [ 2, 1 ], \"type\" : \"a\", "
      "\"y\" : { \"d\":1, \"c\":2 } } ] ",
      "{\"type\":\"a\",\"y\":{\"c\":2,\"d\":1},\"z\":[2,1]}" },
    { "[{\"b\":1,\"type\":\"a\"},{\"type\":\"a\",\"b\":1}]",
      "{\"b\":1,\"type\":\"a\"}" },
    { "[{\"type\":\"a\",\"b\":1},{\"type\":\"a\",\"b\":1.0}]",
      "{\"b\":1,\"type\":\"a\"} {\"b\":1.0,\"type\":\"a\"}" },
    { "[{\"type\":\"a\",\"b\":[1,2]},{\"type\":\"a\",\"b\":[2,1]}]",
      "{\"b\":[1,2],\"type\":\"a\"} {\"b\":[2,1],\"type\":\"a\"}" },
    { "[{\"type\":\"a\\u0020\\\"\"}]", "{\"type\":\"a \\\"\"}" },
    { "[{\"type\":\"a\",\"b\":null,\"c\":true}]",
      "{\"b\":null,\"c\":true,\"type\":\"a\"}" },
    { "[{\"type\":\"a\",\"b\":[[[[1]]]]}]",
      "{\"b\":[[[[1]]]],\"type\":\"a\"}" },

    { "", NULL, "is not JSON" },
    { "x", NULL, "is not JSON" },
    { "null", NULL, "is not JSON" },
    { "[]", NULL, "one object or more" },
    { "{\"type\":\"a\"}", NULL, "must be a JSON array" },
    { "[\"a\"]", NULL, "objects only" },
    { "[[]]", NULL, "objects only" },
    { "[null]", NULL, "objects only" },
    { "[{}]", NULL, "that have a type" },
    { "[{\"type\":1}]", NULL, "that have a type" },
    { "[{\"type\":\"\"}]", NULL, "that have a type" },
    { "[{\"type\":[\"a\"]}]", NULL, "that have a type" },
    { "[{\"Type\":\"a\"}]", NULL, "that have a type" },
    { "[{\"type\":\"a\"},{\"b\":1}]", NULL, "that have a type" },
    { "[{\"type\":\"a\",\"type\":\"b\"}]", NULL, "is not JSON" },
    { "[{\"type\":\"a\",\"b\":{\"c\":1,\"c\":2}}]", NULL, "is not JSON" },
    { "[{\"type\":\"a\"}]x", NULL, "is not JSON" },
    { "[{\"type\":\"a\"}", NULL, "is not JSON" },
    { "[{\"type\":\"a\\u0000b\"}]", NULL, "is not JSON" },
    { "[{\"type\":\"\xff\"}]", NULL, "is not JSON" },
    { "[{\"type\":\"a\",\"b\":1e999}]", NULL, "is not JSON" },
    { "[{\"type\":\"a\",\"b\":99999999999999999999}]", NULL, "is not JSON" },
    { "[{\"type\":\"a\",\"b\":[[[[[[1]]]]]]}]", NULL, "too deep" },
    { "[{\"type\":\"a\",\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{}}}}}}}]",
      NULL,
      "too deep" },
    /* clang-format on */
};

static const char *texts(const apr_array_header_t *list)
{
    const char *all = "";
    int i;

    for (i = 0; list && i < list->nelts; i++)
        all = apr_pstrcat(p, all, i ? " " : "",
                          APR_ARRAY_IDX(list, i, tpa_detail_t).text, NULL);
    return all;
}

START_TEST(parse_table)
{
    apr_array_header_t *list = (void *)p;
    tpa_err_t *e = tpa_details_parse(cases[_i].text, &list, p);

    if (!cases[_i].want) {
        ck_assert_msg(e != NULL, "case %d passed", _i);
        ck_assert_ptr_null(list);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_AUTHORIZATION_DETAILS);
        ck_assert_str_eq(e->rule, "parameters");
        ck_assert_msg(strstr(e->text, cases[_i].why) != NULL, "case %d: %s",
                      _i, e->text);
        return;
    }
    ck_assert_msg(!e, "case %d: %s", _i, e ? e->text : "");
    ck_assert_str_eq(texts(list), cases[_i].want);
    ck_assert_msg((list == NULL) == !*cases[_i].want, "none is NULL");
}
END_TEST

/* ---- bounds ------------------------------------------------------------- */

/* n objects that differ, with a text of that length in each. */
static const char *objects(int n, int len)
{
    char *text = memset(apr_pcalloc(p, len + 1), 'x', len);
    const char *all = "[";
    int i;

    for (i = 0; i < n; i++)
        all = apr_psprintf(p, "%s%s{\"type\":\"a\",\"n\":%d,\"t\":\"%s\"}",
                           all, i ? "," : "", i, text);
    return apr_pstrcat(p, all, "]", NULL);
}

static int passes(const char *text)
{
    apr_array_header_t *list;

    return !tpa_details_parse(text, &list, p);
}

START_TEST(bounds)
{
    char type[TPA_DETAILS_TYPE + 2];

    ck_assert(passes(objects(TPA_DETAILS_MOST, 10)));
    ck_assert(!passes(objects(TPA_DETAILS_MOST + 1, 10)));
    ck_assert(passes(objects(1, 4000)));
    ck_assert(!passes(objects(1, 4096)));
    memset(type, 't', sizeof(type));
    type[TPA_DETAILS_TYPE] = '\0';
    ck_assert(passes(apr_pstrcat(p, "[{\"type\":\"", type, "\"}]", NULL)));
    type[TPA_DETAILS_TYPE] = 't';
    type[TPA_DETAILS_TYPE + 1] = '\0';
    ck_assert(!passes(apr_pstrcat(p, "[{\"type\":\"", type, "\"}]", NULL)));
}
END_TEST

/* A few bytes may stand for a long number. */
START_TEST(what_comes_out_is_bounded)
{
    const char *numbers = "1e15";
    int i;

    for (i = 0; i < 400; i++)
        numbers = apr_pstrcat(p, numbers, ",1e15", NULL);
    ck_assert(!passes(apr_psprintf(p, "[{\"type\":\"a\",\"n\":[%s]}]",
                                   numbers)));
}
END_TEST

/* ---- lists -------------------------------------------------------------- */

static apr_array_header_t *list_of(const char *text)
{
    apr_array_header_t *list;

    ck_assert_ptr_null(tpa_details_parse(text, &list, p));
    return list;
}

static const struct {
    const char *one;
    int held;
} held[] = {
    { "[{\"type\":\"pay\",\"to\":{\"b\":2,\"a\":1}}]", 1 },
    { "[{\"to\":{\"a\":1,\"b\":2},\"type\":\"pay\"}]", 1 },
    { "[{\"type\":\"read\"}]", 1 },
    { "[{\"type\":\"pay\"}]", 0 },
    { "[{\"type\":\"pay\",\"to\":{\"b\":2}}]", 0 },
    { "[{\"type\":\"pay\",\"to\":{\"b\":2,\"a\":1},\"x\":1}]", 0 },
    { "[{\"type\":\"pay\",\"to\":{\"b\":2,\"a\":\"1\"}}]", 0 },
    { "[{\"type\":\"READ\"}]", 0 },
};

START_TEST(equal_objects)
{
    apr_array_header_t *list
        = list_of("[{\"type\":\"pay\",\"to\":{\"a\":1,\"b\":2}},"
                  "{\"type\":\"read\"}]");
    apr_array_header_t *one = list_of(held[_i].one);

    ck_assert_int_eq(tpa_details_have(list,
                         &APR_ARRAY_IDX(one, 0, tpa_detail_t)),
                     held[_i].held);
    ck_assert_int_eq(tpa_details_have(NULL,
                         &APR_ARRAY_IDX(one, 0, tpa_detail_t)), 0);
}
END_TEST

START_TEST(shapes)
{
    apr_array_header_t *list
        = list_of("[{\"type\":\"a\",\"n\":1},{\"type\":\"b\"},{\"type\":"
                  "\"a\"}]");

    ck_assert_str_eq(tpa_text_join(tpa_details_types(list, p), " ", p),
                     "a b");
    ck_assert_str_eq(tpa_json_print(tpa_details_objects(list, p), p),
        "[{\"n\":1,\"type\":\"a\"},{\"type\":\"b\"},{\"type\":\"a\"}]");
    ck_assert_str_eq(tpa_json_print(tpa_details_stored(list_of("[{\"type\":"
            "\"b\"}]"), p), p),
        "[{\"type\":\"b\",\"text\":\"{\\\"type\\\":\\\"b\\\"}\"}]");
    ck_assert_ptr_null(tpa_details_objects(NULL, p));
    ck_assert_ptr_null(tpa_details_stored(NULL, p));
    ck_assert_int_eq(tpa_details_types(NULL, p)->nelts, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/details");
    TCase *tc = tap_case(s, "details");

    tcase_add_loop_test(tc, parse_table, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, bounds);
    tcase_add_test(tc, what_comes_out_is_bounded);
    tcase_add_loop_test(tc, equal_objects, 0, sizeof(held) / sizeof(held[0]));
    tcase_add_test(tc, shapes);
    return s;
}
