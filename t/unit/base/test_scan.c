#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "base/scan.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* A copy with nothing behind it: the sanitizer sees a read past it. */
static char *begun(tpa_scan_t *s, const char *text)
{
    char *copy = strdup(text);

    tpa_scan_begin(s, copy);
    return copy;
}

START_TEST(values_in_turn)
{
    static const char text[] = " { \"a\" : [ \"x\" ,\"y\"],\"b\":null, \"c\":7,"
        "\"d\":true,\"e\":[],\n\"f\":{},\"g\":[{\"h]\":\"\\\"]\"},1.5] ,"
        "\"i\":false}\t";
    tpa_scan_t s;
    char *copy = begun(&s, text);
    apr_int64_t n;
    int on;

    ck_assert(tpa_scan_enter(&s, '{') && tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_name(&s), "a");
    ck_assert(!tpa_scan_null(&s) && tpa_scan_at_array(&s));
    ck_assert(tpa_scan_enter(&s, '[') && tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_text(&s), "x");
    ck_assert(tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_text(&s), "y");
    ck_assert(!tpa_scan_more(&s) && tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_name(&s), "b");
    ck_assert(tpa_scan_null(&s) && tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_name(&s), "c");
    ck_assert(!tpa_scan_at_array(&s) && tpa_scan_number(&s, 0, 7, &n));
    ck_assert_int_eq(n, 7);
    ck_assert(tpa_scan_more(&s) && tpa_scan_name(&s));
    ck_assert(tpa_scan_flag(&s, &on) && on && tpa_scan_more(&s));
    ck_assert_str_eq(tpa_scan_name(&s), "e");
    ck_assert(tpa_scan_enter(&s, '[') && !tpa_scan_more(&s));
    ck_assert(tpa_scan_more(&s) && tpa_scan_name(&s));
    ck_assert(tpa_scan_enter(&s, '{') && !tpa_scan_more(&s));
    ck_assert(tpa_scan_more(&s) && tpa_scan_name(&s));
    ck_assert_str_eq(tpa_scan_raw(&s, p), "[{\"h]\":\"\\\"]\"},1.5]");
    ck_assert(tpa_scan_more(&s) && tpa_scan_name(&s));
    ck_assert(tpa_scan_flag(&s, &on) && !on && !tpa_scan_done(&s));
    ck_assert(!tpa_scan_more(&s) && tpa_scan_done(&s));
    free(copy);
}
END_TEST

/* What jansson reads is read the same; what it refuses is refused. */
static const char *const strings[] = {
    "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\\u001f\"",
    "\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\"\\ud83d\\ude00x\"",
    "\"\\uD83D\\uDE00\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"", "\"]},\"",
    "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud800x\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u12\"",
    "\"\\u12g4\"", "\"\\x41\"", "\"\\", "\"\\u", "\"\\ud800\\u", "\"\\ud800\\",
    "\"a", "\"", "\"\n\"", "\"\x1f\"", "a\"", "'a'", "1", "null", "[\"a\"]", ""
};

START_TEST(strings_as_jansson)
{
    const char *array = apr_pstrcat(p, "[", strings[_i], "]", NULL);
    const char *expected = NULL;
    tpa_json_t *v;
    tpa_scan_t s;
    char *copy = begun(&s, strings[_i]);
    const char *text = tpa_scan_text(&s);

    if (!tpa_json_parse(array, strlen(array), &v, p))
        expected = tpa_json_str(tpa_json_at(v, 0));
    if (expected) {
        ck_assert_str_eq(text, expected);
        ck_assert(tpa_scan_done(&s));
    }
    else
        ck_assert_msg(!text && !tpa_scan_done(&s), "%s passed", strings[_i]);
    free(copy);
}
END_TEST

static const struct {
    const char *text;
    int fine;
    apr_int64_t n;
} numbers[] = {
    { "0", 1, 0 }, { " 12 ", 1, 12 }, { "-3", 1, -3 }, { "99", 1, 99 },
    { "100", 0 }, { "-10", 0 }, { "01", 0 }, { "-01", 0 }, { "-", 0 },
    { "1.5", 0 }, { "1e1", 0 }, { "+1", 0 }, { "1-2", 0 }, { "1x", 0 },
    { "99999999999999999999", 0 }, { "000000000000000000000000001", 0 },
    { "\"1\"", 0 }, { "null", 0 }, { "", 0 }
};

START_TEST(number_case)
{
    apr_int64_t n = 0;
    tpa_scan_t s;
    char *copy = begun(&s, numbers[_i].text);

    ck_assert_int_eq(tpa_scan_number(&s, -9, 99, &n), numbers[_i].fine);
    ck_assert_int_eq(tpa_scan_done(&s), numbers[_i].fine);
    ck_assert(!numbers[_i].fine || n == numbers[_i].n);
    free(copy);
}
END_TEST

/* Read as arrays of texts; none of these is one. */
static const char *const no_arrays[] = {
    "", "[", "[\"a\"", "[\"a\",", "[\"a\",]", "[,\"a\"]", "[\"a\" \"b\"]",
    "[\"a\";\"b\"]",
    "[\"a\"}", "[\"a\"]]", "[\"a\"],", "[\"a\"]x", "[null]", "[nul]", "{}",
    "[true]", "[[\"a\"]]", "\"a\""
};

START_TEST(no_array)
{
    tpa_scan_t s;
    char *copy = begun(&s, no_arrays[_i]);
    int n;

    if (tpa_scan_enter(&s, '[')) {
        for (n = 0; tpa_scan_more(&s); n++)
            ck_assert_int_lt(n, 9 + (tpa_scan_text(&s) == NULL));
    }
    ck_assert_msg(!tpa_scan_done(&s), "%s passed", no_arrays[_i]);
    ck_assert(!tpa_scan_more(&s) && !tpa_scan_enter(&s, '['));
    ck_assert(!tpa_scan_text(&s) && !tpa_scan_raw(&s, p));
    free(copy);
}
END_TEST

static const char *const wrong_words[] = {
    "nul", "nullx", "null1", "truex", "TRUE", "falsey", "fals", "\"true\"", "1",
    "", "[]"
};

START_TEST(wrong_word)
{
    tpa_scan_t s;
    char *copy = begun(&s, wrong_words[_i]);
    int on;

    ck_assert(!tpa_scan_null(&s) && !tpa_scan_flag(&s, &on));
    ck_assert(!tpa_scan_done(&s));
    free(copy);
}
END_TEST

static const struct {
    const char *text;
    const char *raw;    /* NULL: none */
} raws[] = {
    { "[]", "[]" }, { " [1,{\"a\":[\"]\"]}] ", "[1,{\"a\":[\"]\"]}]" },
    { "\"\\\\\"", "\"\\\\\"" }, { "\"\\\"\"", "\"\\\"\"" }, { "1.5", "1.5" },
    { "[", NULL }, { "[\"]", NULL }, { "\"\\\"", NULL }, { "\"\\", NULL },
    { "]", NULL }, { ",", NULL }, { ":", NULL }, { "}", NULL }, { "", NULL }
};

START_TEST(raw_case)
{
    tpa_scan_t s;
    char *copy = begun(&s, raws[_i].text);
    const char *raw = tpa_scan_raw(&s, p);

    if (raws[_i].raw)
        ck_assert_str_eq(raw, raws[_i].raw);
    else
        ck_assert_ptr_null(raw);
    ck_assert_int_eq(tpa_scan_done(&s), raws[_i].raw != NULL);
    free(copy);
}
END_TEST

START_TEST(not_left)
{
    tpa_scan_t s;
    char *copy = begun(&s, "[");

    ck_assert(tpa_scan_enter(&s, '[') && !tpa_scan_done(&s));
    free(copy);
}
END_TEST

START_TEST(depth_limit)
{
    tpa_scan_t s;
    char *copy = begun(&s, "[[[[[[[[[[]]]]]]]]]]");
    int depth = 0;

    while (tpa_scan_enter(&s, '[') && tpa_scan_more(&s))
        depth++;
    ck_assert_int_eq(depth, TPA_SCAN_MAX_DEPTH);
    ck_assert(!tpa_scan_done(&s));
    free(copy);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/scan");
    TCase *tc = tap_case(s, "scan");

    tcase_add_test(tc, values_in_turn);
    tcase_add_loop_test(tc, strings_as_jansson, 0, COUNT(strings));
    tcase_add_loop_test(tc, number_case, 0, COUNT(numbers));
    tcase_add_loop_test(tc, no_array, 0, COUNT(no_arrays));
    tcase_add_loop_test(tc, wrong_word, 0, COUNT(wrong_words));
    tcase_add_loop_test(tc, raw_case, 0, COUNT(raws));
    tcase_add_test(tc, not_left);
    tcase_add_test(tc, depth_limit);
    return s;
}
