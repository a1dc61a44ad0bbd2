#include "tap.h"
#include "base/text.h"
#include "core/scope.h"

static const struct {
    const char *text, *want;   /* want NULL: refused */
} cases[] = {
    { NULL, "" },
    { "", "" },
    { "read:posts", "read:posts" },
    { "a b", "a b" },
    { "  a   b ", "a b" },
    { "b a b a", "b a" },
    { "a!#[]~b", "a!#[]~b" },
    { "a\tb", NULL },
    { "a\nb", NULL },
    { "a\"b", NULL },
    { "a\\b", NULL },
    { "a\x7f", NULL },
    { "caf\xc3\xa9", NULL },
};

START_TEST(parse_table)
{
    apr_array_header_t *list;
    tpa_err_t *e = tpa_scope_parse(cases[_i].text, &list, p);

    if (!cases[_i].want) {
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_SCOPE);
        return;
    }
    ck_assert_ptr_null(e);
    ck_assert_str_eq(tpa_text_join(list, " ", p), cases[_i].want);
    ck_assert_msg((list == NULL) == !*cases[_i].want, "no scopes is NULL");
}
END_TEST

START_TEST(length_is_bounded)
{
    char word[TPA_SCOPE_MAX + 2];
    apr_array_header_t *list;

    memset(word, 'a', sizeof(word));
    word[TPA_SCOPE_MAX] = '\0';
    ck_assert_ptr_null(tpa_scope_parse(word, &list, p));
    word[TPA_SCOPE_MAX] = 'a';
    word[TPA_SCOPE_MAX + 1] = '\0';
    ck_assert_ptr_nonnull(tpa_scope_parse(word, &list, p));
}
END_TEST

START_TEST(sets)
{
    apr_array_header_t *a = tpa_text_split("a b c", ' ', p);
    apr_array_header_t *b = tpa_text_split("c x b", ' ', p);

    ck_assert_str_eq(tpa_text_join(tpa_scope_intersect(a, b, p), " ", p),
                     "b c");
    ck_assert_str_eq(tpa_text_join(tpa_scope_minus(a, b, p), " ", p), "a");
    ck_assert_int_eq(tpa_scope_minus(NULL, b, p)->nelts, 0);
    ck_assert_int_eq(tpa_scope_intersect(a, NULL, p)->nelts, 0);
    ck_assert_int_eq(tpa_scope_minus(a, NULL, p)->nelts, 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/scope");
    TCase *tc = tap_case(s, "scope");

    tcase_add_loop_test(tc, parse_table, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, length_is_bounded);
    tcase_add_test(tc, sets);
    return s;
}
