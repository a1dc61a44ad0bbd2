#include "base/shown.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
    const char *text;
    const char *shown;
} shown_cases[] = {
    { "", "" },
    { "Partner App", "Partner App" },
    { "\xd8\xa7\xd9\x84", "\xd8\xa7\xd9\x84" },
    { "a\xe2\x80\xae" "b", "ab" },
    { "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad", "" },
    { "\xe2\x81\xa6x\xe2\x81\xa9", "x" },
    { "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "" },
    { "\xe2\x80\xa9\xe2\x80\xaf", "\xe2\x80\xa9\xe2\x80\xaf" },
    { "\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa" },
    { "\xd8\x9b\xe2\x82\xac", "\xd8\x9b\xe2\x82\xac" },
    { "cut \xe2\x80", "cut \xe2\x80" },
    { "cut \xe2", "cut \xe2" },
    { "cut \xd8", "cut \xd8" },
};

START_TEST(shown)
{
    ck_assert_str_eq(tpa_text_shown(shown_cases[_i].text, p),
                     shown_cases[_i].shown);
    ck_assert_ptr_null(tpa_text_shown(NULL, p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("shown");
    TCase *tc = tap_case(s, "shown");

    tcase_add_loop_test(tc, shown, 0, COUNT(shown_cases));
    return s;
}
