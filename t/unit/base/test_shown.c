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

static const struct {
    const char *text;
    int hides, blank;
} hidden_cases[] = {
    { "", 0, 1 },
    { " ", 0, 1 },
    { "\xc2\xa0\xe3\x80\x80\xe2\x80\x83", 0, 1 },
    { "a ", 0, 0 },
    { "Gr\xc3\xb6\xc3\x9f" "e", 0, 0 },
    { "\xe6\x97\xa5\xe6\x9c\xac", 0, 0 },
    { "\xf0\x9f\x91\x8d", 0, 0 },                 /* a thumb */
    { "a\xe2\x80\x8d" "b", 0, 0 },                /* U+200D */
    { "\xe2\x80\x8d", 0, 1 },
    { "a\n", 1, 0 },
    { "\t", 1, 0 },
    { "a\x7f", 1, 0 },
    { "a\xc2\x85", 1, 0 },                        /* U+0085 */
    { "a\xc2\xad" "b", 1, 0 },                     /* U+00AD */
    { "a\xd8\x9c", 1, 0 },                        /* U+061C */
    { "a\xe2\x80\x8b", 1, 0 },                    /* U+200B */
    { "a\xe2\x80\x8e", 1, 0 },                    /* U+200E */
    { "a\xe2\x80\xa8", 1, 0 },                    /* U+2028 */
    { "a\xe2\x80\xae", 1, 0 },                    /* U+202E */
    { "a\xe2\x81\xa6", 1, 0 },                    /* U+2066 */
    { "a\xe3\x85\xa4", 1, 0 },                    /* U+3164 */
    { "a\xef\xa3\xbf", 1, 0 },                    /* U+F8FF */
    { "a\xef\xbb\xbf", 1, 0 },                    /* U+FEFF */
    { "a\xf3\xa0\x81\x81", 1, 0 },                /* U+E0041 */
    { "cut \xe2\x80", 1, 0 },
};

START_TEST(hidden)
{
    ck_assert_msg(tpa_text_hides(hidden_cases[_i].text)
                  == hidden_cases[_i].hides, "hides %d", _i);
    ck_assert_msg(tpa_text_is_blank(hidden_cases[_i].text)
                  == hidden_cases[_i].blank, "blank %d", _i);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("shown");
    TCase *tc = tap_case(s, "shown");

    tcase_add_loop_test(tc, shown, 0, COUNT(shown_cases));
    tcase_add_loop_test(tc, hidden, 0, COUNT(hidden_cases));
    return s;
}
