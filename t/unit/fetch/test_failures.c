#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "fetch/fetch.h"

#define URL "https://app.example.com/client"

static tpa_fetcher_t *fetcher(void)
{
    static tpa_fetch_rules_t rules;

    return tpa_fetcher_make(&rules, p);
}

START_TEST(remembered)
{
    tpa_fetcher_t *f = fetcher();
    apr_time_t now = apr_time_from_sec(1000);

    ck_assert_ptr_null(tpa_fetch_failed(f, URL, now, p));
    tpa_fetch_fail(f, URL, "why", now);
    ck_assert_str_eq(tpa_fetch_failed(f, URL, now, p), "why");
    ck_assert_ptr_null(tpa_fetch_failed(f, URL "/", now, p));
    tpa_fetch_fail(f, URL, "another", now + 1);
    ck_assert_str_eq(tpa_fetch_failed(f, URL, now + 1, p), "another");
    ck_assert_ptr_nonnull(tpa_fetch_failed(f, URL,
                                           now + apr_time_from_sec(60), p));
    ck_assert_ptr_null(tpa_fetch_failed(f, URL, now + 1
                                        + apr_time_from_sec(60), p));
}
END_TEST

START_TEST(bounded)
{
    tpa_fetcher_t *f = fetcher();
    char *text = apr_palloc(p, 2001);
    int i;

    for (i = 0; i <= 256; i++)
        tpa_fetch_fail(f, apr_psprintf(p, URL "%d", i), "why", 1);
    ck_assert_ptr_null(tpa_fetch_failed(f, URL "0", 1, p));
    ck_assert_ptr_nonnull(tpa_fetch_failed(f, URL "1", 1, p));
    ck_assert_ptr_nonnull(tpa_fetch_failed(f, URL "256", 1, p));
    memset(text, 'x', 2000);
    text[2000] = '\0';
    tpa_fetch_fail(f, text, "why", 1);
    ck_assert_ptr_null(tpa_fetch_failed(f, text, 1, p));
    tpa_fetch_fail(f, URL, text, 1);
    ck_assert_int_eq((int)strlen(tpa_fetch_failed(f, URL, 1, p)), 255);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("failures");
    TCase *tc = tap_case(s, "failures");

    tcase_add_test(tc, remembered);
    tcase_add_test(tc, bounded);
    return s;
}
