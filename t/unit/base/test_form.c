#include <string.h>

#include <apr_strings.h>

#include "base/form.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
#define N(text) text, sizeof(text) - 1

typedef tpa_err_t *parser_fn(const char *bytes, apr_size_t len,
                             apr_table_t *into, apr_pool_t *pool);

/* Parse a copy without a byte behind it: the sanitizer sees a read past it. */
static tpa_err_t *parse(parser_fn *parser, const char *text, apr_size_t len,
                        apr_table_t *into)
{
    char *copy = malloc(len ? len : 1);
    tpa_err_t *e;

    memcpy(copy, text, len);
    e = parser(copy, len, into, p);
    memset(copy, 'X', len);
    free(copy);
    return e;
}

/* The table as "name=value|name=value". */
static const char *shown(const apr_table_t *t)
{
    const apr_array_header_t *a = apr_table_elts(t);
    const char *text = "";
    int i;

    for (i = 0; i < a->nelts; i++) {
        const apr_table_entry_t *pair = &APR_ARRAY_IDX(a, i, apr_table_entry_t);

        text = apr_pstrcat(p, text, i ? "|" : "", pair->key, "=", pair->val,
                           NULL);
    }
    return text;
}

static const struct {
    const char *text;
    apr_size_t len;
    const char *shown;  /* NULL: refused */
    const char *why;    /* part of the public text */
} cases[] = {
    /* clang-format off */
    { N(""),                         "" },
    { N("a=b"),                      "a=b" },
    { N("a=b&c=d"),                  "a=b|c=d" },
    { N("a"),                        "a=" },
    { N("a="),                       "a=" },
    { N("a&b=&c"),                   "a=|b=|c=" },
    { N("&"),                        "" },
    { N("&&a=b&&&c=d&&"),            "a=b|c=d" },
    { N("a=b=c"),                    "a=b=c" },
    { N("a==") ,                     "a==" },
    { N("a+b=c+d"),                  "a b=c d" },
    { N("a%20b=%26%3D%2B"),          "a b=&=+" },
    { N("%61=%62"),                  "a=b" },
    { N("a%3D=1"),                   "a==1" },
    { N("client_id%3D=1"),           "client_id==1" },
    { N("n=Z%C3%BCrich"),            "n=Z\xc3\xbcrich" },
    { N("n=Z\xc3\xbcrich"),          "n=Z\xc3\xbcrich" },
    { N("a=1;b=2"),                  "a=1;b=2" },
    { N("a=\r\n"),                   "a=\r\n" },
    { N("aud[]=1"),                  "aud[]=1" },
    { N("client_assertion=eyJ.eyJ9.c-_&grant_type=x"),
      "client_assertion=eyJ.eyJ9.c-_|grant_type=x" },

    { N("scope=%zz"),   NULL, "Parameter scope has a broken percent escape" },
    { N("scope=%"),     NULL, "Parameter scope has a broken percent escape" },
    { N("scope=%4"),    NULL, "Parameter scope has a broken percent escape" },
    { N("scope=a%&b=1"), NULL, "Parameter scope has a broken percent escape" },
    { N("scope=a%00b"), NULL, "Parameter scope has a broken percent escape" },
    { N("scope=a\0b"),  NULL, "Parameter scope has a broken percent escape" },
    { N("sc%zzope=1"),  NULL, "name of a parameter has a broken percent" },
    { N("sc\0ope=1"),   NULL, "name of a parameter has a broken percent" },
    { N("%"),           NULL, "name of a parameter has a broken percent" },
    { N("=x"),          NULL, "name of a parameter is empty" },
    { N("="),           NULL, "name of a parameter is empty" },
    { N("a=1&=2"),      NULL, "name of a parameter is empty" },
    { N("a=%FF"),       NULL, "Parameter a is not UTF-8" },
    { N("a=\xc0\xaf"),  NULL, "Parameter a is not UTF-8" },
    { N("a=%ED%A0%80"), NULL, "Parameter a is not UTF-8" },
    { N("a=%C3"),       NULL, "Parameter a is not UTF-8" },
    { N("%FF=a"),       NULL, "name of a parameter is not UTF-8" },
    { N("a=1&a=1"),     NULL, "Parameter a is sent more than once" },
    { N("a=1&b=2&a="),  NULL, "Parameter a is sent more than once" },
    { N("a&a"),         NULL, "Parameter a is sent more than once" },
    { N("a=1&%61=2"),   NULL, "Parameter a is sent more than once" },
    { N("a=1&A=2"),     NULL, "Parameter A is sent more than once" },
    { N("a%20b&a+b"),   NULL, "A parameter is sent more than once" },
    { N("\xc3\xa9=1&\xc3\xa9=2"), NULL, "A parameter is sent more than once" },
    { N("a%0a=1&a%0A=2"), NULL, "A parameter is sent more than once" },
    { N("a%22b&a%22b"), NULL, "A parameter is sent more than once" },
    { N("a%5Cb&a%5Cb"), NULL, "A parameter is sent more than once" },
    { N("resource=https://a.test/&resource=https://b.test/"), NULL,
      "Parameter resource is sent more than once: a token is for one API" },
    { N("resource=a&resource="), NULL,
      "Parameter resource is sent more than once: a token is for one API" },
    /* clang-format on */
};

START_TEST(form_case)
{
    apr_table_t *into = apr_table_make(p, 4);
    tpa_err_t *e = parse(tpa_form_parse, cases[_i].text, cases[_i].len, into);

    if (cases[_i].shown) {
        ck_assert_msg(e == TPA_OK, "case %d: %s", _i, e ? e->text : "");
        ck_assert_str_eq(shown(into), cases[_i].shown);
    }
    else {
        ck_assert_msg(e != TPA_OK, "case %d passed", _i);
        ck_assert_int_eq(e->kind, strstr(e->text, "one API")
                         ? TPA_E_INVALID_TARGET : TPA_E_INVALID_REQUEST);
        ck_assert_msg(strstr(e->text, cases[_i].why) != NULL, "case %d: %s",
                      _i, e->text);
    }
}
END_TEST

static const struct {
    const char *text;
    apr_size_t len;
    const char *shown;
    const char *why;
} json_cases[] = {
    /* clang-format off */
    { N("{}"),                            "" },
    { N(" {\"a\":\"b\",\"c\":\"d\"}\n"),  "a=b|c=d" },
    { N("{\"a\":\"\"}"),                  "a=" },
    { N("{\"a\":null,\"b\":\"1\"}"),      "b=1" },
    { N("{\"\":null}"),                   "" },
    { N("{\"a\":\"\\u00e9\\n\"}"),        "a=\xc3\xa9\n" },
    { N("{\"a\":\"b+c%20d\"}"),           "a=b+c%20d" },

    { N(""),                    NULL, "malformed at line 1, column 0" },
    { N("{"),                   NULL, "malformed" },
    { N("nonsense"),            NULL, "malformed" },
    { N("\"text\""),            NULL, "malformed" },
    { N("a=b"),                 NULL, "malformed" },
    { N("[]"),                  NULL, "not a JSON object" },
    { N("[\"a\",\"b\"]"),       NULL, "not a JSON object" },
    { N("{\"a\":1}"),           NULL, "Parameter a is not a JSON string" },
    { N("{\"a\":true}"),        NULL, "Parameter a is not a JSON string" },
    { N("{\"a\":[\"b\"]}"),     NULL, "Parameter a is not a JSON string" },
    { N("{\"a\":{}}"),          NULL, "Parameter a is not a JSON string" },
    { N("{\"a\":\"1\"}x"),      NULL, "malformed" },
    { N("{\"a\":\"1\",\"a\":\"2\"}"),   NULL, "member that comes twice" },
    { N("{\"a\":null,\"a\":\"2\"}"),    NULL, "member that comes twice" },
    { N("{\"a\":\"1\",\"\\u0061\":\"2\"}"), NULL, "member that comes twice" },
    { N("{\"a\":\"1\",\"A\":\"2\"}"),   NULL, "Parameter A is sent more than" },
    { N("{\"\":\"1\"}"),        NULL, "name of a parameter is empty" },
    { N("{\"a\":\"\\u0000\"}"), NULL, "NUL" },
    { N("{\"a\":\"\0\"}"),      NULL, "malformed" },
    { N("{\"a\":\"\xff\"}"),    NULL, "not UTF-8" },
    { N("{\"a b\":1}"),         NULL, "A parameter is not a JSON string" },
    /* clang-format on */
};

START_TEST(json_case)
{
    apr_table_t *into = apr_table_make(p, 4);
    tpa_err_t *e = parse(tpa_form_parse_json, json_cases[_i].text,
                         json_cases[_i].len, into);

    if (json_cases[_i].shown) {
        ck_assert_msg(e == TPA_OK, "case %d: %s", _i, e ? e->text : "");
        ck_assert_str_eq(shown(into), json_cases[_i].shown);
    }
    else {
        ck_assert_msg(e != TPA_OK, "case %d passed", _i);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
        ck_assert_msg(strstr(e->text, json_cases[_i].why) != NULL,
                      "case %d: %s", _i, e->text);
    }
}
END_TEST

/* ---- query and body ----------------------------------------------------- */

static const struct {
    const char *query;
    parser_fn *parser;
    const char *body;
    const char *shown;
} pairs[] = {
    /* clang-format off */
    { "a=1", tpa_form_parse,      "b=2",              "a=1|b=2" },
    { "a=1", tpa_form_parse_json, "{\"b\":\"2\"}",    "a=1|b=2" },
    { "a=1", tpa_form_parse_json, "{\"a\":null}",     "a=1" },
    { "a=1", tpa_form_parse,      "b=2&a=1",          NULL },
    { "a",   tpa_form_parse,      "a",                NULL },
    { "a=1", tpa_form_parse_json, "{\"a\":\"1\"}",    NULL },
    { "a=1", tpa_form_parse_json, "{\"A\":\"1\"}",    NULL },
    /* clang-format on */
};

START_TEST(query_then_body)
{
    apr_table_t *into = apr_table_make(p, 4);
    tpa_err_t *e;

    ck_assert_ptr_null(parse(tpa_form_parse, pairs[_i].query,
                             strlen(pairs[_i].query), into));
    e = parse(pairs[_i].parser, pairs[_i].body, strlen(pairs[_i].body), into);
    ck_assert_int_eq(e == TPA_OK, pairs[_i].shown != NULL);
    if (e)
        ck_assert_ptr_nonnull(strstr(e->text, "is sent more than once"));
    else
        ck_assert_str_eq(shown(into), pairs[_i].shown);
}
END_TEST

/* ---- limits ------------------------------------------------------------- */

/* n parameters n0=v&n1=v..., or as a JSON object. */
static const char *many(int from, int n, int json)
{
    const char *text = "";
    int i;

    for (i = from; i < from + n; i++)
        text = apr_psprintf(p, json ? "%s%s\"n%d\":\"v\"" : "%s%sn%d=v", text,
                            i == from ? "" : json ? "," : "&", i);
    return json ? apr_pstrcat(p, "{", text, "}", NULL) : text;
}

START_TEST(count_limit)
{
    parser_fn *parser = _i ? tpa_form_parse_json : tpa_form_parse;
    apr_table_t *into = apr_table_make(p, 4);
    const char *most = many(0, TPA_FORM_MAX_PARAMS, _i);
    const char *over = many(0, TPA_FORM_MAX_PARAMS + 1, _i);
    tpa_err_t *e;

    ck_assert_ptr_null(parse(parser, most, strlen(most), into));
    ck_assert_int_eq(apr_table_elts(into)->nelts, TPA_FORM_MAX_PARAMS);
    e = parse(parser, over, strlen(over), apr_table_make(p, 4));
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->text, "more than 64 parameters"));
    /* What the query brought counts. */
    most = many(TPA_FORM_MAX_PARAMS, 1, _i);
    e = parse(parser, most, strlen(most), into);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->text, "more than 64 parameters"));
}
END_TEST

static char *run_of(const char *unit, int n)
{
    apr_size_t len = strlen(unit);
    char *text = apr_palloc(p, len * n + 1);
    int i;

    for (i = 0; i < n; i++)
        memcpy(text + i * len, unit, len);
    text[n * len] = '\0';
    return text;
}

static const struct {
    parser_fn *parser;
    const char *before, *unit;
    int units;
    const char *after;
    const char *why;   /* NULL: passes */
} limits[] = {
    /* clang-format off */
    { tpa_form_parse, "",   "n",      64,    "=v",  NULL },
    { tpa_form_parse, "",   "%6e",    64,    "=v",  NULL },
    { tpa_form_parse, "",   "n",      65,    "=v",  "longer than 64 bytes" },
    { tpa_form_parse, "",   "n",      65,    "",    "longer than 64 bytes" },
    { tpa_form_parse, "",   "%6e",    65,    "=v",  "longer than 64 bytes" },
    { tpa_form_parse, "",   "%C3%A9", 32,    "=v",  NULL },
    { tpa_form_parse, "",   "%C3%A9", 33,    "=v",  "longer than 64 bytes" },
    { tpa_form_parse, "v=", "x",      16384, "",    NULL },
    { tpa_form_parse, "v=", "%78",    16384, "",    NULL },
    { tpa_form_parse, "v=", "x",      16385, "",
      "Parameter v is longer than 16384 bytes" },
    { tpa_form_parse, "v=", "%78",    16385, "&a=b",
      "Parameter v is longer than 16384 bytes" },
    { tpa_form_parse, "",   "&",      60000, "a=b", NULL },
    { tpa_form_parse_json, "{\"",      "n",      64,    "\":\"v\"}", NULL },
    { tpa_form_parse_json, "{\"",      "n",      65,    "\":\"v\"}",
      "longer than 64 bytes" },
    { tpa_form_parse_json, "{\"v\":\"", "x",     16384, "\"}", NULL },
    { tpa_form_parse_json, "{\"v\":\"", "\\u0078", 16384, "\"}", NULL },
    { tpa_form_parse_json, "{\"v\":\"", "x",     16385, "\"}",
      "Parameter v is longer than 16384 bytes" },
    /* clang-format on */
};

START_TEST(length_limit)
{
    const char *text = apr_pstrcat(p, limits[_i].before,
                                   run_of(limits[_i].unit, limits[_i].units),
                                   limits[_i].after, NULL);
    tpa_err_t *e = parse(limits[_i].parser, text, strlen(text),
                         apr_table_make(p, 4));

    ck_assert_int_eq(e == TPA_OK, limits[_i].why == NULL);
    if (e)
        ck_assert_msg(strstr(e->text, limits[_i].why) != NULL, "%s", e->text);
}
END_TEST

/* ---- texts -------------------------------------------------------------- */

/* Whatever is refused, the text quotes no value. */
static const char *const secrets[] = {
    "client_secret=s3cret&client_secret=s3cret",
    "client_secret=s3cret%zz",
    "client_secret=s3cret%FF",
    "=s3cret",
    "{\"client_secret\":[\"s3cret\"]}",
    "{\"client_secret\":\"s3cret\",\"client_secret\":\"s3cret\"}",
    "{\"client_secret\":\"s3cret\\q\"}",
    "{\"client_secret\":\"s3cret\"s3cret}",
    "{\"client_secret\":\"s3cret",
    "{\"client_secret\":s3cret}",
};

START_TEST(no_value_in_texts)
{
    const char *text = secrets[_i];
    tpa_err_t *e = parse(*text == '{' ? tpa_form_parse_json : tpa_form_parse,
                         text, strlen(text), apr_table_make(p, 4));

    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_null(strstr(e->text, "s3"));
    ck_assert_ptr_null(e->detail);
}
END_TEST

START_TEST(every_byte)
{
    int c;

    for (c = 0; c < 256; c++) {
        char raw[] = { 'a', '=', (char)c, '\0' };
        char want[] = { (char)(c == '+' ? ' ' : c), '\0' };
        apr_table_t *into = apr_table_make(p, 4);
        tpa_err_t *e = parse(tpa_form_parse, raw, 3, into);

        ck_assert_int_eq(e == TPA_OK, c && c != '%' && c < 0x80);
        if (!e)
            ck_assert_str_eq(apr_table_get(into, "a"), c == '&' ? "" : want);
        into = apr_table_make(p, 4);
        e = parse(tpa_form_parse, apr_psprintf(p, "a=%%%02X", c), 5, into);
        want[0] = (char)c;
        ck_assert_int_eq(e == TPA_OK, c && c < 0x80);
        if (!e)
            ck_assert_str_eq(apr_table_get(into, "a"), want);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/form");
    TCase *tc = tap_case(s, "form");

    tcase_add_loop_test(tc, form_case, 0, COUNT(cases));
    tcase_add_loop_test(tc, json_case, 0, COUNT(json_cases));
    tcase_add_loop_test(tc, query_then_body, 0, COUNT(pairs));
    tcase_add_loop_test(tc, count_limit, 0, 2);
    tcase_add_loop_test(tc, length_limit, 0, COUNT(limits));
    tcase_add_loop_test(tc, no_value_in_texts, 0, COUNT(secrets));
    tcase_add_test(tc, every_byte);
    return s;
}
