#include <string.h>

#include "tap.h"
#include "base/text.h"
#include "core/fields.h"

typedef struct leaf_t {
    const char *name;
    int on;
    const char *secret;
} leaf_t;

typedef struct tree_t {
    const char *text;
    const char *asked;
    const char *secret;
    apr_array_header_t *list;
    int flag;
    int number;
    int word;
    apr_time_t time;
    apr_array_header_t *leaves;
} tree_t;

static const char *const words[] = { "small", "middle", "great", NULL };

static const tpa_field_t leaf_fields[] = {
    TPA_FIELD("name", TEXT, leaf_t, name),
    TPA_FIELD("on", FLAG, leaf_t, on),
    TPA_FIELD_HIDDEN("secret", TEXT, leaf_t, secret),
    { NULL }
};

static const tpa_field_t fields[] = {
    TPA_FIELD("text", TEXT, tree_t, text),
    TPA_FIELD_ASKED("asked", TEXT, tree_t, asked),
    TPA_FIELD_HIDDEN("secret", TEXT, tree_t, secret),
    TPA_FIELD("list", LIST, tree_t, list),
    TPA_FIELD("flag", FLAG, tree_t, flag),
    TPA_FIELD("number", NUMBER, tree_t, number),
    TPA_FIELD_WORD("word", tree_t, word, words),
    TPA_FIELD("time", TIME, tree_t, time),
    TPA_FIELD_ARRAY("leaves", TPA_FIELD_ANSWERED | TPA_FIELD_STORED, tree_t,
                    leaves, leaf_fields, leaf_t),
    { NULL }
};

static tpa_json_t *json(const char *text)
{
    tpa_json_t *o;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &o, p));
    return o;
}

static const char full[] = "{\"text\":\"a\",\"secret\":\"s\",\"list\":[\"b\","
    "\"c\"],\"flag\":true,\"number\":7,\"word\":\"great\","
    "\"time\":1700000000000000,\"leaves\":[{\"name\":\"d\",\"on\":true,"
    "\"secret\":\"t\"},{\"name\":\"e\",\"on\":false}]}";

START_TEST(answer_fills)
{
    tree_t t;
    leaf_t *leaf;

    memset(&t, 0, sizeof(t));
    t.asked = "kept";
    ck_assert_int_eq(tpa_fields_fill(fields, &t, full, p), 1);
    ck_assert_str_eq(t.text, "a");
    ck_assert_str_eq(t.asked, "kept");
    ck_assert_str_eq(t.secret, "s");
    ck_assert_str_eq(tpa_text_join(t.list, ",", p), "b,c");
    ck_assert_int_eq(t.flag, 1);
    ck_assert_int_eq(t.number, 7);
    ck_assert_int_eq(t.word, 2);
    ck_assert(t.time == APR_INT64_C(1700000000000000));
    ck_assert_int_eq(t.leaves->nelts, 2);
    leaf = &APR_ARRAY_IDX(t.leaves, 1, leaf_t);
    ck_assert_str_eq(leaf->name, "e");
    ck_assert_int_eq(leaf->on, 0);
    ck_assert_str_eq(APR_ARRAY_IDX(t.leaves, 0, leaf_t).secret, "t");
}
END_TEST

START_TEST(absent_is_empty)
{
    static const char *const same[] = {
        "{}", "{\"list\":[]}",
        ("{\"text\":null,\"list\":null,\"flag\":null,\"number\":null,"
         "\"word\":null,\"time\":null,\"leaves\":null}")
    };
    tree_t t;

    memset(&t, 0xff, sizeof(t));
    ck_assert_int_eq(tpa_fields_fill(fields, &t, same[_i], p), 1);
    ck_assert_ptr_null(t.text);
    ck_assert_ptr_null(t.list);
    ck_assert_int_eq(t.flag, 0);
    ck_assert_int_eq(t.number, 0);
    ck_assert_int_eq(t.word, 0);
    ck_assert(t.time == 0);
    ck_assert_ptr_null(t.leaves);
}
END_TEST

static const char *const wrong[] = {
    "{\"text\":1}", "{\"text\":[\"a\"]}", "{\"list\":\"a\"}",
    "{\"list\":[1]}", "{\"flag\":1}", "{\"flag\":\"t\"}",
    "{\"number\":\"7\"}", "{\"number\":-1}", "{\"number\":2147483648}",
    "{\"number\":1.5}", "{\"time\":-1}", "{\"time\":\"now\"}",
    "{\"word\":\"huge\"}", "{\"word\":1}", "{\"leaves\":{}}",
    "{\"leaves\":[1]}", "{\"leaves\":[{\"name\":1}]}",
    "{\"leaves\":[{\"made_up\":1}]}", "{\"made_up\":1}", "{\"asked\":\"a\"}",
    "{\"Text\":\"a\"}", "[]", "{\"flag\":true,\"flag\":true}",
    "{\"text\":null,\"text\":\"a\"}", "{\"text\":\"a\"", "{\"text\":\"a\"}}",
    "{\"leaves\":[{\"on\":true,\"on\":true}]}", ""
};

START_TEST(wrong_answers_are_refused)
{
    tree_t t;

    memset(&t, 0, sizeof(t));
    ck_assert_msg(!tpa_fields_fill(fields, &t, wrong[_i], p), "%s",
                  wrong[_i]);
}
END_TEST

START_TEST(a_hidden_text_may_be_json)
{
    tree_t t;

    memset(&t, 0, sizeof(t));
    ck_assert_int_eq(tpa_fields_fill(fields, &t,
                                     "{\"secret\":[{\"a\":1}]}", p), 1);
    ck_assert_str_eq(t.secret, "[{\"a\":1}]");
}
END_TEST

START_TEST(stored_and_back)
{
    tree_t t, back;
    const char *text;

    memset(&t, 0, sizeof(t));
    memset(&back, 0, sizeof(back));
    ck_assert_int_eq(tpa_fields_fill(fields, &t, full, p), 1);
    t.asked = "for";
    text = tpa_json_print(tpa_fields_json(fields, &t, p), p);
    ck_assert_ptr_null(strstr(text, "secret"));
    ck_assert_ptr_nonnull(strstr(text, "\"asked\":\"for\""));
    tpa_fields_from_json(fields, &back, json(text), p);
    ck_assert_str_eq(tpa_json_print(tpa_fields_json(fields, &back, p), p),
                     text);
    tpa_fields_from_json(fields, &back,
                         json("{\"word\":\"huge\",\"secret\":\"s\"}"), p);
    ck_assert_int_eq(back.word, 0);
    ck_assert_ptr_null(back.secret);
}
END_TEST

/* ---- rows --------------------------------------------------------------- */

typedef struct row_t {
    const char *text;
    const char *asked;
    apr_array_header_t *list;
    int flag;
    int number;
    int word;
    apr_time_t time;
} row_t;

static const tpa_field_t row_fields[] = {
    TPA_FIELD("text", TEXT, row_t, text),
    TPA_FIELD_ASKED("asked", TEXT, row_t, asked),
    TPA_FIELD("list", LIST, row_t, list),
    TPA_FIELD("flag", FLAG, row_t, flag),
    TPA_FIELD("number", NUMBER, row_t, number),
    TPA_FIELD_WORD("word", row_t, word, words),
    TPA_FIELD("time", TIME, row_t, time),
    { NULL }
};

static const char *const columns[] = { "number", "text", "list", "flag",
                                       "word", "time" };

START_TEST(row_fills)
{
    static const char *const cells[] = { "7", "a", "b c", "t", "middle",
                                         "1700000000000000" };
    static const char *const nulls[6];
    row_t r;

    memset(&r, 0, sizeof(r));
    ck_assert_int_eq(tpa_fields_fill_row(row_fields, &r, columns, cells, 6, p),
                     1);
    ck_assert_str_eq(r.text, "a");
    ck_assert_str_eq(tpa_text_join(r.list, ",", p), "b,c");
    ck_assert_int_eq(r.flag, 1);
    ck_assert_int_eq(r.number, 7);
    ck_assert_int_eq(r.word, 1);
    ck_assert(r.time == APR_INT64_C(1700000000000000));
    ck_assert_int_eq(tpa_fields_fill_row(row_fields, &r, columns, nulls, 6, p),
                     1);
    ck_assert_ptr_null(r.text);
    ck_assert_ptr_null(r.list);
    ck_assert_int_eq(r.flag + r.number + r.word, 0);
    /* a column too few */
    ck_assert_int_eq(tpa_fields_fill_row(row_fields, &r, columns, cells, 5, p),
                     0);
}
END_TEST

static const struct {
    const char *name;
    const char *cell;
} bad_cells[] = {
    { "made_up", "a" }, { "asked", "a" }, { "number", "a" },
    { "number", "-1" }, { "word", "huge" }, { "time", "now" },
};

START_TEST(wrong_rows_are_refused)
{
    const char *names[6], *cells[6] = { "7", "a", "b", "t", "great", "0" };
    row_t r;
    int i, at = 1;

    for (i = 0; i < 6; i++) {
        names[i] = columns[i];
        if (!strcmp(columns[i], bad_cells[_i].name))
            at = i;
    }
    names[at] = bad_cells[_i].name;
    cells[at] = bad_cells[_i].cell;
    ck_assert_msg(!tpa_fields_fill_row(row_fields, &r, names, cells, 6, p),
                  "%s %s", names[at], cells[at]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/fields");
    TCase *tc = tap_case(s, "fields");

    tcase_add_test(tc, answer_fills);
    tcase_add_loop_test(tc, absent_is_empty, 0, 3);
    tcase_add_loop_test(tc, wrong_answers_are_refused, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(tc, a_hidden_text_may_be_json);
    tcase_add_test(tc, stored_and_back);
    tcase_add_test(tc, row_fills);
    tcase_add_loop_test(tc, wrong_rows_are_refused, 0,
                        sizeof(bad_cells) / sizeof(bad_cells[0]));
    return s;
}
