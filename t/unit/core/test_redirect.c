#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/redirect.h"

static apr_array_header_t *list_of(const char *uri)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(list, const char *) = uri;
    return list;
}

/* ---- mutations: none may pass for the registered address ---------------- */

static const char *const registered[] = {
    "https://app.example.com/callback",
    "https://app.example.com:8443/a/b?c=d",
    "https://a.b.example.com/x*y.z",
    "https://app.example.com",
    "http://127.0.0.1:3000/cb",
    "http://127.0.0.1/cb",
    "http://[::1]:3000/cb",
    "http://localhost:3000/cb",
    "com.example.app:/callback",
};

/* What is put at each place of the address: characters that some parser skips,
 * ends the host at, or reads as another. */
static const char *const bytes[] = {
    "@", "\\", "/", "//", "#", "?", "%", "%00", "%2f", "%2e", "%40", "%5c",
    "*", ".", ":", ";", "&", " ", "\t", "\r\n", "\x7f", "a", "\xc3\xa4",
    "\xe3\x80\x82", "\xef\xbc\x8f", "[", "]", "evil.test", "@evil.test",
    ".evil.test", "evil.test@", "\\@evil.test", "a@b@evil.test/",
    "..", "/../", "0", ":0", ":80"
};

static int tried;

static void must_not_pass(const char *sent, const char *uri, int is_native)
{
    tried++;
    ck_assert_msg(!tpa_redirect_registered(sent, list_of(uri), is_native),
                  "%s passed for %s", sent, uri);
}

/* The port is the slack of native applications; what changes nothing else. */
static int is_slack(const char *sent, const char *uri)
{
    const char *after = strchr(uri + 7, ']');
    apr_size_t host = after ? (apr_size_t)(after + 1 - uri)
                            : strcspn(uri + 7, ":/") + 7;
    const char *rest = uri + host + strcspn(uri + host, "/");
    apr_size_t n;

    if (strncmp(uri, "http://127.0.0.1", 16)
        && strncmp(uri, "http://[::1]", 12))
        return 0;
    if (strncmp(sent, uri, host) || strlen(sent) < host + strlen(rest))
        return 0;
    n = strlen(sent) - host - strlen(rest);
    if (strcmp(sent + host + n, rest))
        return 0;
    return n == 0 || (sent[host] == ':' && n > 1 && n < 7
                      && sent[host + 1] != '0'
                      && strspn(sent + host + 1, "0123456789") >= n - 1);
}

START_TEST(inserted_and_replaced)
{
    const char *uri = registered[_i];
    apr_size_t at, b;
    int native;

    tried = 0;
    for (native = 0; native < 2; native++) {
        for (at = 0; at <= strlen(uri); at++) {
            for (b = 0; b < sizeof(bytes) / sizeof(bytes[0]); b++) {
                const char *head = apr_pstrmemdup(p, uri, at);
                const char *in = apr_pstrcat(p, head, bytes[b], uri + at,
                                             NULL);
                const char *out = uri[at]
                    ? apr_pstrcat(p, head, bytes[b], uri + at + 1, NULL) : uri;

                if (!native || !is_slack(in, uri))
                    must_not_pass(in, uri, native);
                if (strcmp(out, uri) && (!native || !is_slack(out, uri)))
                    must_not_pass(out, uri, native);
            }
        }
    }
    ck_assert_int_gt(tried, 300);
}
END_TEST

START_TEST(cut_doubled_and_case)
{
    const char *uri = registered[_i];
    apr_size_t at;

    for (at = 0; at < strlen(uri); at++) {
        char *flipped = apr_pstrdup(p, uri);
        const char *head = apr_pstrmemdup(p, uri, at);

        flipped[at] ^= 0x20;
        must_not_pass(flipped, uri, 0);
        if (!is_slack(flipped, uri))
            must_not_pass(flipped, uri, 1);
        must_not_pass(head, uri, 0);
        if (!is_slack(head, uri))
            must_not_pass(head, uri, 1);
        must_not_pass(apr_psprintf(p, "%s%%%02X%s", head, uri[at],
                                   uri + at + 1), uri, 0);
        must_not_pass(apr_psprintf(p, "%s%%%02X%s", head, uri[at],
                                   uri + at + 1), uri, 1);
    }
    must_not_pass(apr_pstrcat(p, uri, uri, NULL), uri, 1);
    must_not_pass(apr_pstrcat(p, " ", uri, NULL), uri, 1);
    must_not_pass("", uri, 1);
}
END_TEST

START_TEST(itself)
{
    const char *uri = registered[_i];

    ck_assert_int_eq(tpa_redirect_registered(uri, list_of(uri), 0), 1);
    ck_assert_int_eq(tpa_redirect_registered(uri, list_of(uri), 1), 1);
    ck_assert_int_eq(tpa_redirect_registered(uri, NULL, 1), 0);
    ck_assert_int_eq(tpa_redirect_registered(uri, list_of("https://o.test/"),
                                             1), 0);
}
END_TEST

/* ---- tables ------------------------------------------------------------- */

static const struct {
    const char *registered;
    const char *sent;
    int native;   /* passes for native applications */
    int other;    /* passes for others */
} pairs[] = {
    /* a registered value is never a pattern */
    { "https://app.example.com/*", "https://app.example.com/x", 0, 0 },
    { "https://*.example.com/", "https://evil.example.com/", 0, 0 },
    { "https://app.example.com/.", "https://app.example.com/x", 0, 0 },
    { "https://app.example.com/a.b", "https://app.example.com/axb", 0, 0 },
    { "https://app.example.com/", "https://app.example.com", 0, 0 },
    { "https://app.example.com/cb", "https://app.example.com/cb?x=1", 0, 0 },
    { "https://app.example.com/cb", "https://app.example.com/cb/", 0, 0 },
    { "https://app.example.com/cb", "https://app.example.com:443/cb", 0, 0 },
    { "https://app.example.com/cb", "https://app.example.com/x/../cb", 0, 0 },
    { "https://app.example.com/cb", "https://app.example.com@evil.test/cb",
      0, 0 },
    { "https://app.example.com/cb", "https://a@b@app.example.com/cb", 0, 0 },
    { "https://app.example.com/cb", "https://evil.test\\@app.example.com/cb",
      0, 0 },
    /* the port of a loopback address */
    { "http://127.0.0.1/cb", "http://127.0.0.1:1/cb", 1, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:65535/cb", 1, 0 },
    { "http://127.0.0.1:3000/cb", "http://127.0.0.1:4000/cb", 1, 0 },
    { "http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", 1, 0 },
    { "http://[::1]/cb?a=b", "http://[::1]:9/cb?a=b", 1, 0 },
    { "http://[::1]", "http://[::1]:9", 1, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:0/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:080/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:8a/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:80:81/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:80#/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:80\\/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.1:80/cb2", 0, 0 },
    { "http://127.0.0.1/cb", "http://[::1]:80/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.0.0.2:80/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://127.1:80/cb", 0, 0 },
    { "http://127.0.0.1/cb", "http://u@127.0.0.1:80/cb", 0, 0 },
    { "http://127.0.0.1/cb", "https://127.0.0.1:80/cb", 0, 0 },
    { "http://127.0.0.1/cb", "HTTP://127.0.0.1:80/cb", 0, 0 },
    { "https://127.0.0.1/cb", "https://127.0.0.1:80/cb", 0, 0 },
    { "http://localhost/cb", "http://localhost:80/cb", 0, 0 },
    { "http://127.0.0.1.evil.test/cb", "http://127.0.0.1.evil.test:80/cb",
      0, 0 },
    { "com.example.app:/cb", "com.example.app:80/cb", 0, 0 },
};

START_TEST(table)
{
    apr_array_header_t *list = list_of(pairs[_i].registered);

    ck_assert_msg(tpa_redirect_registered(pairs[_i].sent, list, 1)
                  == pairs[_i].native, "%s native", pairs[_i].sent);
    ck_assert_msg(tpa_redirect_registered(pairs[_i].sent, list, 0)
                  == pairs[_i].other, "%s", pairs[_i].sent);
}
END_TEST

static const struct {
    const char *uri;
    int verifiable;
    const char *origin;
    const char *shown;
} looks[] = {
    { "https://app.example.com/cb", 1, "https://app.example.com",
      "app.example.com" },
    { "HTTPS://App.Example.com:8443?x=1", 1, "https://app.example.com:8443",
      "app.example.com:8443" },
    { "https://app.example.com", 1, "https://app.example.com",
      "app.example.com" },
    { "https://notlocalhost/cb", 1, "https://notlocalhost", "notlocalhost" },
    { "https://127.example.com/", 1, "https://127.example.com",
      "127.example.com" },
    { "http://app.example.com/cb", 0, "http://app.example.com",
      "app.example.com" },
    { "http://localhost:3000/cb", 0, "http://localhost:3000",
      "localhost:3000" },
    { "https://localhost/cb", 0, "https://localhost", "localhost" },
    { "https://LocalHost.:1/cb", 0, "https://localhost.:1", "localhost.:1" },
    { "https://app.localhost:8443/", 0, "https://app.localhost:8443",
      "app.localhost:8443" },
    { "https://127.0.0.1:3000/cb", 0, "https://127.0.0.1:3000",
      "127.0.0.1:3000" },
    { "https://2130706433/cb", 0, "https://2130706433", "2130706433" },
    { "http://[::1]:80/cb", 0, "http://[::1]:80", "[::1]:80" },
    { "https://[::1]/cb", 0, "https://[::1]", "[::1]" },
    { "com.example.App:/cb", 0, "com.example.app:", "com.example.app" },
    { "myapp://callback/x", 0, "myapp:", "myapp" },
};

START_TEST(look)
{
    ck_assert_msg(tpa_redirect_verifiable(looks[_i].uri)
                  == looks[_i].verifiable, "%s", looks[_i].uri);
    ck_assert_str_eq(tpa_redirect_origin(looks[_i].uri, p), looks[_i].origin);
    ck_assert_str_eq(tpa_redirect_shown(looks[_i].uri, p), looks[_i].shown);
}
END_TEST

START_TEST(carries)
{
    static const tpa_ekind_t ours[] = {
        TPA_E_NOWHERE_TO_GO, TPA_E_UNAVAILABLE, TPA_E_INTERNAL,
        TPA_E_INVALID_CLIENT, TPA_E_TOO_MANY, TPA_E_METHOD_NOT_ALLOWED,
        TPA_E_INVALID_GRANT, TPA_E_COUNT
    };
    int i;

    for (i = 0; ours[i] != TPA_E_COUNT; i++)
        ck_assert_int_eq(tpa_redirect_carries(ours[i]), 0);
    ck_assert_int_eq(tpa_redirect_carries(TPA_E_COUNT), 0);
    ck_assert_int_eq(tpa_redirect_carries(TPA_E_INVALID_REQUEST), 1);
    ck_assert_int_eq(tpa_redirect_carries(TPA_E_ACCESS_DENIED), 1);
    ck_assert_int_eq(tpa_redirect_carries(TPA_E_LOGIN_REQUIRED), 1);
    ck_assert_int_eq(tpa_redirect_carries(TPA_E_UNAUTHORIZED_CLIENT), 1);
}
END_TEST

START_TEST(with_parameters)
{
    static const char *const code[] = { "code", "a b", "state", NULL, "iss",
        "https://x.test/?&=#%\xc3\xa4", NULL };
    static const char *const none[] = { NULL };
    static const char tail[]
        = "code=a%20b&iss=https%3A%2F%2Fx.test%2F%3F%26%3D%23%25%C3%A4";

    ck_assert_str_eq(tpa_redirect_with("https://a.test/cb", code, p),
                     apr_pstrcat(p, "https://a.test/cb?", tail, NULL));
    ck_assert_str_eq(tpa_redirect_with("https://a.test/cb?x=1", code, p),
                     apr_pstrcat(p, "https://a.test/cb?x=1&", tail, NULL));
    ck_assert_str_eq(tpa_redirect_with("https://a.test/cb?", code, p),
                     apr_pstrcat(p, "https://a.test/cb?", tail, NULL));
    ck_assert_str_eq(tpa_redirect_with("https://a.test/cb?x&", code, p),
                     apr_pstrcat(p, "https://a.test/cb?x&", tail, NULL));
    ck_assert_str_eq(tpa_redirect_with("com.example.app:/cb", none, p),
                     "com.example.app:/cb");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/redirect");
    TCase *tc = tap_case(s, "redirect URIs");
    int uris = sizeof(registered) / sizeof(registered[0]);

    tcase_add_loop_test(tc, inserted_and_replaced, 0, uris);
    tcase_add_loop_test(tc, cut_doubled_and_case, 0, uris);
    tcase_add_loop_test(tc, itself, 0, uris);
    tcase_add_loop_test(tc, table, 0, sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_loop_test(tc, look, 0, sizeof(looks) / sizeof(looks[0]));
    tcase_add_test(tc, carries);
    tcase_add_test(tc, with_parameters);
    return s;
}
