#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

#define NAME "__Host-x"
#define V "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-0"
#define W "0000000000000000000000000000000000000000000"

static const struct {
    const char *header;
    const char *value;
} cases[] = {
    { NULL, NULL },
    { "", NULL },
    { NAME "=" V, V },
    { NAME "=" V ";", V },
    { " \t" NAME "=" V "\t ", V },
    { "a=b; " NAME "=" V "; c=d", V },
    { "a=b;" NAME "=" V ";c=d", V },
    { ";;; ;" NAME "=" V, V },
    { "a; " NAME "=" V "; =; ==", V },
    /* another name */
    { NAME "y=" V, NULL },
    { "y" NAME "=" V, NULL },
    { "__HOST-x=" V, NULL },
    { "a=" NAME "=" V, NULL },
    { NAME, NULL },
    { NAME "\t=" V, NULL },
    { "a=b, " NAME "=" V, NULL },
    /* another form */
    { NAME "=", NULL },
    { NAME "=" V "0", NULL },
    { NAME "=abc", NULL },
    { NAME "=\"" V "\"", NULL },
    { NAME "= " V, NULL },
    { NAME "=" V ", a=b", NULL },
    { NAME "=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-+", NULL },
    { NAME "=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-%", NULL },
    { NAME "=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-\xc3", NULL },
    /* twice, as nobody but a neighbour would send it */
    { NAME "=" V "; " NAME "=" W, NULL },
    { NAME "=" V "; " NAME "=" V, NULL },
    { NAME "=" V "; " NAME "=", NULL },
    { NAME "=x; " NAME "=" V, NULL },
};

START_TEST(reads)
{
    const char *value = tpa_cookie_get(cases[_i].header, NAME, p);

    if (!cases[_i].value)
        ck_assert_msg(!value, "%s gave %s", cases[_i].header, value);
    else {
        ck_assert_msg(value != NULL, "%s gave none", cases[_i].header);
        ck_assert_str_eq(value, cases[_i].value);
    }
}
END_TEST

/* Counts and lengths that come from outside end somewhere. */
START_TEST(bounds)
{
    const char *many = "", *one_more;
    char *wide = apr_pcalloc(p, TPA_COOKIE_MAX_HEADER + 2);
    apr_size_t tail = strlen("; " NAME "=" V);
    int i;

    for (i = 1; i < TPA_COOKIE_MAX_PAIRS; i++)
        many = apr_pstrcat(p, many, "a=b; ", NULL);
    one_more = apr_pstrcat(p, many, "a=b; " NAME "=" V, NULL);
    many = apr_pstrcat(p, many, NAME "=" V, NULL);
    ck_assert_ptr_nonnull(tpa_cookie_get(many, NAME, p));
    ck_assert_ptr_null(tpa_cookie_get(one_more, NAME, p));

    memset(wide, 'a', TPA_COOKIE_MAX_HEADER - tail);
    memcpy(wide + TPA_COOKIE_MAX_HEADER - tail, "; " NAME "=" V, tail + 1);
    ck_assert_ptr_nonnull(tpa_cookie_get(wide, NAME, p));
    memset(wide, 'a', TPA_COOKIE_MAX_HEADER - tail + 1);
    memcpy(wide + TPA_COOKIE_MAX_HEADER - tail + 1, "; " NAME "=" V, tail + 1);
    ck_assert_ptr_null(tpa_cookie_get(wide, NAME, p));
}
END_TEST

START_TEST(sets)
{
    ck_assert_str_eq(tpa_cookie_set(NAME, V, 0, p), NAME "=" V
                     "; Path=/; Secure; HttpOnly; SameSite=Lax");
    ck_assert_str_eq(tpa_cookie_set(NAME, V, 604800, p), NAME "=" V
                     "; Path=/; Secure; HttpOnly; SameSite=Lax"
                     "; Max-Age=604800");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cookie");
    TCase *tc = tap_case(s, "cookie");

    tcase_add_loop_test(tc, reads, 0, COUNT(cases));
    tcase_add_test(tc, bounds);
    tcase_add_test(tc, sets);
    return s;
}
