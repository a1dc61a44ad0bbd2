#include <string.h>

#include "tap.h"
#include "core/uri.h"

#define THIRD TPA_URI_THIRD
#define NATIVE (TPA_URI_THIRD | TPA_URI_NATIVE)

/* ---- syntax ------------------------------------------------------------- */

static const struct {
    const char *uri;
    int ok;
} forms[] = {
    { "https://app.example.com/callback", 1 },
    { "https://app.example.com", 1 },
    { "HTTPS://App.Example.com:8443/a/b?c=d&e=%20", 1 },
    { "http://127.0.0.1:3000/cb", 1 },
    { "http://[::1]/cb", 1 },
    { "https://a_b.example.com/~x/(1)!;,'", 1 },
    { "com.example.app:/callback", 1 },
    { "myapp://callback/x", 1 },
    { "", 0 },
    { "/relative", 0 },
    { "app.example.com/cb", 0 },
    { "//app.example.com/cb", 0 },
    { "https:", 0 },
    { "https:///cb", 0 },
    { "https:/cb", 0 },
    { "http:cb", 0 },
    { "https://", 0 },
    { "https://*.example.com/cb", 0 },
    { "https://app.example.com/*", 0 },
    { "https://app.example.com/cb#f", 0 },
    { "https://app.example.com/cb#", 0 },
    { "https://user@app.example.com/cb", 0 },
    { "https://user:pw@app.example.com/cb", 0 },
    { "https://app.example.com@evil.example/cb", 0 },
    { "https://app.example.com\\@evil.example/cb", 0 },
    { "https:\\\\app.example.com/cb", 0 },
    { "https://app.example.com/c\nb", 0 },
    { "https://app.example.com/c\tb", 0 },
    { "https://app.example.com/c\x7f", 0 },
    { " https://app.example.com/", 0 },
    { "https://app.example.com/ ", 0 },
    { "https://\xc3\xa4.example.com/", 0 },
    { "https://app.example.com/\"", 0 },
    { "https://app.example.com/<script>", 0 },
    { "https://app.example.com/{org}", 0 },
    { "https://app.example.com/%", 0 },
    { "https://app.example.com/%4", 0 },
    { "https://app.example.com/%4g", 0 },
    { "https://app.example.com:/cb", 0 },
    { "https://app.example.com:0/cb", 0 },
    { "https://app.example.com:080/cb", 0 },
    { "https://app.example.com:65536/cb", 0 },
    { "https://app.example.com:8a/cb", 0 },
    { "https://.example.com/", 0 },
    { "https://a..example.com/", 0 },
    { "https://-a.example.com/", 0 },
    { "https://a%2eexample.com/", 0 },
    { "https://[::1/cb", 0 },
    { "https://[app]/cb", 0 },
    { "https://[]/cb", 0 },
    { "1app://x", 0 },
    { "myapp:", 0 },
    { "javascript:alert(1)", 0 },
    { "JavaScript://example.com/%0aalert(1)", 0 },
    { "data:text/html,x", 0 },
    { "vbscript:x", 0 },
    { "file:///etc/passwd", 0 },
    { "view-source:https://a.example/", 0 },
    { "blob:https://a.example/x", 0 },
};

START_TEST(syntax)
{
    const char *what = tpa_uri_wrong(forms[_i].uri, p);

    ck_assert_msg((what == NULL) == forms[_i].ok, "%s: %s", forms[_i].uri,
                  what ? what : "accepted");
}
END_TEST

/* Mistakes people make are called by their name. */
START_TEST(texts)
{
    ck_assert_ptr_nonnull(strstr(tpa_uri_wrong("https://u@a.example/", p),
                                 "user name"));
    ck_assert_ptr_nonnull(strstr(tpa_uri_wrong("https://a.example/#x", p),
                                 "fragment"));
    ck_assert_ptr_nonnull(strstr(tpa_uri_wrong("https://*.example/", p),
                                 "wildcard"));
}
END_TEST

/* ---- who may use what --------------------------------------------------- */

static const struct {
    const char *uri;
    int first, third, native;    /* accepted as a callback? */
} callbacks[] = {
    { "https://app.example.com/cb", 1, 1, 1 },
    { "http://app.example.com/cb", 1, 0, 0 },
    { "http://localhost:3000/cb", 1, 1, 1 },
    { "http://LOCALHOST/cb", 1, 1, 1 },
    { "http://127.0.0.1/cb", 1, 1, 1 },
    { "http://[::1]:8080/cb", 1, 1, 1 },
    { "http://localhost.example.com/cb", 1, 0, 0 },
    { "http://127.0.0.1.example.com/cb", 1, 0, 0 },
    { "http://127.0.0.2/cb", 1, 0, 0 },
    { "com.example.app:/cb", 1, 0, 1 },
    { "myapp://cb", 1, 0, 1 },
    { "https://*.example.com/cb", 0, 0, 0 },
    { "javascript:x", 0, 0, 0 },
};

START_TEST(callback)
{
    const char *uri = callbacks[_i].uri;
    const char *first = tpa_uri_wrong_callback(uri, TPA_URI_FIRST, p);
    const char *third = tpa_uri_wrong_callback(uri, THIRD, p);
    const char *native = tpa_uri_wrong_callback(uri, NATIVE, p);

    ck_assert_msg((first == NULL) == callbacks[_i].first, "first: %s", uri);
    ck_assert_msg((third == NULL) == callbacks[_i].third, "third: %s", uri);
    ck_assert_msg((native == NULL) == callbacks[_i].native, "native: %s", uri);
}
END_TEST

static const struct {
    const char *uri;
    int third;
} origins[] = {
    { "https://app.example.com", 1 },
    { "https://app.example.com:8443", 1 },
    { "http://localhost:5173", 1 },
    { "http://app.example.com", 0 },
    { "https://app.example.com/", 0 },
    { "https://app.example.com?x", 0 },
    { "https://app.example.com/path", 0 },
    { "https://*.example.com", 0 },
    { "capacitor:x", 0 },
    { "null", 0 },
};

START_TEST(origin)
{
    const char *what = tpa_uri_wrong_origin(origins[_i].uri, THIRD, p);

    ck_assert_msg((what == NULL) == origins[_i].third, "%s: %s",
                  origins[_i].uri, what ? what : "accepted");
}
END_TEST

START_TEST(schemes_of_origins)
{
    ck_assert_ptr_null(tpa_uri_wrong_origin("http://a.example",
                                            TPA_URI_FIRST, p));
    ck_assert_ptr_null(tpa_uri_wrong_origin("capacitor://localhost", NATIVE,
                                            p));
    ck_assert_ptr_nonnull(tpa_uri_wrong_origin("capacitor://localhost", THIRD,
                                               p));
}
END_TEST

START_TEST(web_addresses)
{
    ck_assert_ptr_null(tpa_uri_wrong_web("", p));
    ck_assert_ptr_null(tpa_uri_wrong_web("https://a.example/logo.png", p));
    ck_assert_ptr_null(tpa_uri_wrong_web("http://a.example/logo.png", p));
    ck_assert_ptr_nonnull(tpa_uri_wrong_web("myapp://logo", p));
    ck_assert_ptr_nonnull(tpa_uri_wrong_web("javascript:alert(1)", p));
    ck_assert_ptr_nonnull(tpa_uri_wrong_web("logo.png", p));
}
END_TEST

static const struct {
    const char *uri, *origin;
} pages[] = {
    { "https://App.Example.com/cb", "https://app.example.com" },
    { "HTTPS://a.example:443?x", "https://a.example" },
    { "http://localhost:80/", "http://localhost" },
    { "http://localhost:443", "http://localhost:443" },
    { "https://a.example:80/", "https://a.example:80" },
    { "http://[::1]:3000/cb", "http://[::1]:3000" },
    { "http://[::1]/cb", "http://[::1]" },
    { "cursor://a.example/cb", NULL },
    { "com.example.app:/cb", NULL },
    { "https://u@a.example/", NULL },
    { "x", NULL },
};

START_TEST(origins_of_pages)
{
    const char *got = tpa_uri_origin(pages[_i].uri, p);

    if (pages[_i].origin)
        ck_assert_str_eq(got, pages[_i].origin);
    else
        ck_assert_ptr_null(got);
}
END_TEST

/* Programs that come with a system open these. */
START_TEST(system_schemes)
{
    static const char *const uris[] = {
        "ms-msdt:/id", "ms-word:x", "search-ms:query=x", "shell:x", "ssh://a",
        "smb://a/x", "ldap://a", "sms:1", "itms-apps://a", "android-app://a",
        "urn:x", "LocalHost:3000/cb", "localhost:3000/cb", NULL
    };
    int i;

    for (i = 0; uris[i]; i++) {
        ck_assert_msg(tpa_uri_wrong_callback(uris[i], NATIVE, p) != NULL, "%s",
                      uris[i]);
        ck_assert_msg(!tpa_uri_wrong_callback(uris[i], TPA_URI_FIRST, p), "%s",
                      uris[i]);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/uri");
    TCase *tc = tap_case(s, "uri");

    tcase_add_loop_test(tc, syntax, 0, sizeof(forms) / sizeof(forms[0]));
    tcase_add_test(tc, texts);
    tcase_add_loop_test(tc, callback, 0,
                        sizeof(callbacks) / sizeof(callbacks[0]));
    tcase_add_loop_test(tc, origin, 0, sizeof(origins) / sizeof(origins[0]));
    tcase_add_test(tc, schemes_of_origins);
    tcase_add_test(tc, web_addresses);
    tcase_add_loop_test(tc, origins_of_pages, 0,
                        sizeof(pages) / sizeof(pages[0]));
    tcase_add_test(tc, system_schemes);
    return s;
}
