#include <string.h>

#include "tap.h"
#include "core/uri.h"

static const struct {
    const char *uri, *plain;     /* NULL: none */
} plains[] = {
    { "https://a.example/oauth/token", "https://a.example/oauth/token" },
    { "HTTPS://A.Example/oauth/token", "https://a.example/oauth/token" },
    { "https://a.example:443/x", "https://a.example/x" },
    { "https://a.example:/x", "https://a.example/x" },
    { "https://a.example:80/x", "https://a.example:80/x" },
    { "http://a.example:80/x", "http://a.example/x" },
    { "http://a.example:443/x", "http://a.example:443/x" },
    { "https://[::1]:443/x", "https://[::1]/x" },
    { "https://[2001:DB8::1]/x", "https://[2001:db8::1]/x" },
    { "https://a.example", "https://a.example/" },
    { "https://a.example?q=/x#f", "https://a.example/" },
    { "https://a.example/x?q#f", "https://a.example/x" },
    { "https://a.example/x#f?q", "https://a.example/x" },
    { "https://a.example/X", "https://a.example/X" },
    { "https://a.example/x/", "https://a.example/x/" },
    { "https://a.example//x", "https://a.example//x" },
    { "https://a.example/%7e%41%2d", "https://a.example/~A-" },
    { "https://a.example/%2f%3f", "https://a.example/%2F%3F" },
    { "https://a.example/%00%0a", "https://a.example/%00%0A" },
    { "https://a.example/a/./b", "https://a.example/a/b" },
    { "https://a.example/a/../b", "https://a.example/b" },
    { "https://a.example/a/b/..", "https://a.example/a/" },
    { "https://a.example/a/b/.", "https://a.example/a/b/" },
    { "https://a.example/..", "https://a.example/" },
    { "https://a.example/../../b", "https://a.example/b" },
    { "https://a.example/a/%2e%2E/b", "https://a.example/b" },
    { "https://a.example/a..b/...", "https://a.example/a..b/..." },
    { "", NULL },
    { "https://", NULL },
    { "https:///x", NULL },
    { "https://:443/x", NULL },
    { "https:/a.example/x", NULL },
    { "ftp://a.example/x", NULL },
    { "a.example/x", NULL },
    { "/x", NULL },
    { "https://u@a.example/x", NULL },
    { "https://a%2eexample/x", NULL },
    { "https://a::/x", NULL },
    { "https://a:4x/x", NULL },
    { "https://a:443:443/x", NULL },
    { "https://[::1/x", NULL },
    { "https://[::1]x/x", NULL },
    { "https://[]/x", NULL },
    { "https://[a]b]/x", NULL },
    { "https://a example/x", NULL },
    { "https://a\\example/x", NULL },
    { "https://\xc3\xa4.example/x", NULL },
    { "https://a.example/%", NULL },
    { "https://a.example/%4", NULL },
    { "https://a.example/%4g", NULL },
    { "https://a.example/x y", NULL },
    { "https://a.example/x\n", NULL },
    { "https://a.example/\xc3\xa4", NULL },
};

START_TEST(plain_form)
{
    const char *uri = plains[_i].uri, *is = tpa_uri_plain(uri, p);

    if (!plains[_i].plain)
        ck_assert_msg(!is, "%s: %s", uri, is);
    else
        ck_assert_str_eq(is, plains[_i].plain);
    if (is)
        ck_assert_str_eq(tpa_uri_plain(is, p), is);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/uri_plain");
    TCase *tc = tap_case(s, "uri_plain");

    tcase_add_loop_test(tc, plain_form, 0,
                        sizeof(plains) / sizeof(plains[0]));
    return s;
}
