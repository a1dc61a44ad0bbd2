#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/cimd.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define URL "https://app.example.com/client.json"

/* ---- addresses ---------------------------------------------------------- */

#define TEN "aaaaaaaaaa"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN   /* 90 */

static const struct {
    const char *url, *part;      /* NULL: it is fine; else part of the text */
} urls[] = {
    { URL, NULL },
    { "https://app.example.com:8443/a/b.c/client", NULL },
    { "https://app.example.com/.well-known/client", NULL },
    { "https://app.example.com/..a/...", NULL },
    { "https://app.example.com/a%20b", NULL },
    { "https://a.example.com/" LONG "12345678", NULL },
    { "https://a.example.com/" LONG "123456789", "120" },
    { "", "https" },
    { "http://app.example.com/client.json", "https" },
    { "HTTPS://app.example.com/client.json", "https" },
    { "ftp://app.example.com/client.json", "https" },
    { "app.example.com/client.json", "https" },
    { "https:/app.example.com/client.json", "https" },
    { "https://app.example.com", "path" },
    { "https://app.example.com/", "path" },
    { "https:///client.json", "host" },
    { "https://app.example.com/client.json?a=b", "query" },
    { "https://app.example.com/client.json?", "query" },
    { "https://app.example.com?a=b", "query" },
    { "https://app.example.com/client.json#a", "fragment" },
    { "https://app.example.com/client.json#", "fragment" },
    { "https://user@app.example.com/client.json", "user" },
    { "https://user:pw@app.example.com/client.json", "user" },
    { "https://app.example.com:0/client.json", "port" },
    { "https://app.example.com:/client.json", "port" },
    { "https://app.example.com:65536/client.json", "port" },
    { "https://app.example.com:0443/client.json", "port" },
    { "https://app.example.com/./client.json", ". or .." },
    { "https://app.example.com/a/../client.json", ". or .." },
    { "https://app.example.com/a/..", ". or .." },
    { "https://app.example.com/a/.", ". or .." },
    { "https://app.example.com/a/%2e%2E/client.json", ". or .." },
    { "https://app.example.com/a/.%2e/client.json", ". or .." },
    { "https://app.example.com/a/%2e", ". or .." },
    { "https://localhost/client.json", "localhost" },
    { "https://LOCALHOST:8443/client.json", "localhost" },
    { "https://app.localhost/client.json", "localhost" },
    { "https://db.internal/client.json", "public" },
    { "https://printer.local/client.json", "public" },
    { "https://1.0.0.127.in-addr.arpa/client.json", "public" },
    { "https://intranet/client.json", "dot" },
    { "https://app.example.com./client.json", "dot" },
    { "https://127.0.0.1/client.json", "address" },
    { "https://8.8.8.8/client.json", "address" },
    { "https://127.1/client.json", "address" },
    { "https://2130706433/client.json", "address" },
    { "https://0x7f000001/client.json", "address" },
    { "https://127.0.0.0x1/client.json", "address" },
    { "https://0177.0.0.01/client.json", "address" },
    { "https://[::1]/client.json", "address" },
    { "https://[::ffff:127.0.0.1]/client.json", "address" },
    { "https://[2606:4700::1111]/client.json", "address" },
    { "https://app.example.com\\@127.0.0.1/client.json", "character" },
    { "https://app.example.com/a b", "character" },
    { "https://app.example.com/\xc3\xa4", "character" },
    { "https://app%2eexample.com/client.json", "host" },
    { "https://app.example.com/%", "percent" },
    { "https://*.example.com/client.json", "wildcard" },
    { "https://app..example.com/client.json", "host" },
};

START_TEST(url)
{
    const char *what = tpa_cimd_wrong_url(urls[_i].url, p);

    if (!urls[_i].part)
        ck_assert_msg(!what, "%s: %s", urls[_i].url, what);
    else
        ck_assert_msg(what && strstr(what, urls[_i].part), "%s: %s",
                      urls[_i].url, what ? what : "fine");
}
END_TEST

START_TEST(is_url)
{
    ck_assert(tpa_cimd_is_url(URL));
    ck_assert(tpa_cimd_is_url("https://"));
    ck_assert(!tpa_cimd_is_url(NULL));
    ck_assert(!tpa_cimd_is_url(""));
    ck_assert(!tpa_cimd_is_url("tpc_0123456789012345678901"));
    ck_assert(!tpa_cimd_is_url("http://app.example.com/client.json"));
}
END_TEST

/* ---- documents ---------------------------------------------------------- */

#define NAMED "\"client_id\":\"" URL "\",\"client_name\":\"App\""
#define BACK "\"redirect_uris\":[\"https://app.example.com/cb\"]"
#define FINE NAMED "," BACK
#define KEYED FINE ",\"token_endpoint_auth_method\":\"private_key_jwt\""
#define NATIVE NAMED ",\"application_type\":\"native\""

static const struct {
    const char *doc, *part;      /* NULL: it is fine; else part of the only
                                    violation */
} docs[] = {
    { "{" FINE "}", NULL },
    { "{" FINE ",\"x\":{\"y\":[null]},\"contacts\":[],\"scope\":\"a\"}", NULL },
    { "", "document: " },
    { "[]", "document: " },
    { "{" FINE "} x", "document: " },
    { "{" FINE "," FINE "}", "document: " },
    { "null", "document: " },

    { "{\"client_name\":\"App\"," BACK "}", "client_id: " },
    { "{\"client_id\":\"" URL "/\",\"client_name\":\"App\"," BACK "}",
      "client_id: " },
    { "{\"client_id\":\"https://APP.example.com/client.json\","
      "\"client_name\":\"App\"," BACK "}", "client_id: " },
    { "{\"client_id\":1,\"client_name\":\"App\"," BACK "}", "client_id: " },

    { "{\"client_id\":\"" URL "\"," BACK "}", "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":\"\"," BACK "}",
      "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":[\"a\"]," BACK "}",
      "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":\"<b>\"," BACK "}",
      "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":\"a\\nb\"," BACK "}",
      "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":\"a\\u202eb\"," BACK "}",
      "client_name: " },
    { "{\"client_id\":\"" URL "\",\"client_name\":\"" LONG LONG LONG "\"," BACK
      "}", "client_name: " },

    { "{" NAMED "}", "redirect_uris: " },
    { "{" NAMED ",\"redirect_uris\":[]}", "redirect_uris: " },
    { "{" NAMED ",\"redirect_uris\":\"https://app.example.com/cb\"}",
      "redirect_uris: " },
    { "{" NAMED ",\"redirect_uris\":[1]}", "redirect_uris: " },
    { "{" NAMED ",\"redirect_uris\":[\"https://app.example.com/cb\","
      "\"https://app.example.com/cb\"]}", "once" },
    { "{" NAMED ",\"redirect_uris\":[\"http://app.example.com/cb\"]}",
      "https" },
    { "{" NAMED ",\"redirect_uris\":[\"http://127.0.0.1/cb\"]}", "native" },
    { "{" NAMED ",\"redirect_uris\":[\"http://localhost/cb\"]}", "native" },
    { "{" NAMED ",\"redirect_uris\":[\"com.example.app:/cb\"]}", "https" },
    { "{" NAMED ",\"redirect_uris\":[\"javascript:alert(1)\"]}", "scheme" },
    { "{" NAMED ",\"redirect_uris\":[\"https://app.example.com/*\"]}",
      "wildcard" },
    { "{" NAMED ",\"redirect_uris\":[\"https://app.example.com/cb#a\"]}",
      "fragment" },
    { "{" NATIVE ",\"redirect_uris\":[\"http://127.0.0.1/cb\","
      "\"http://[::1]:33418/\",\"http://localhost/cb\","
      "\"https://app.example.com/cb\"]}", NULL },
    { "{" NATIVE ",\"redirect_uris\":[\"http://app.example.com/cb\"]}",
      "https" },
    { "{" NATIVE ",\"redirect_uris\":[\"com.example.app:/cb\"]}", "https" },

    { "{" FINE ",\"grant_types\":[\"authorization_code\",\"refresh_token\"]}",
      NULL },
    { "{" FINE ",\"grant_types\":[\"refresh_token\"]}", "grant_types: " },
    { "{" FINE ",\"grant_types\":[]}", "grant_types: " },
    { "{" FINE ",\"grant_types\":\"authorization_code\"}", "grant_types: " },
    { "{" FINE ",\"grant_types\":[\"authorization_code\","
      "\"client_credentials\"]}", "grant_types: " },
    { "{" FINE ",\"grant_types\":[\"implicit\"]}", "grant_types: " },
    { "{" FINE ",\"grant_types\":[null]}", "grant_types: " },

    { "{" FINE ",\"response_types\":[\"code\"]}", NULL },
    { "{" FINE ",\"response_types\":[\"token\"]}", "response_types: " },
    { "{" FINE ",\"response_types\":\"code\"}", "response_types: " },

    { "{" FINE ",\"application_type\":\"web\"}", NULL },
    { "{" FINE ",\"application_type\":\"spa\"}", "application_type: " },
    { "{" FINE ",\"application_type\":null}", "application_type: " },

    { "{" FINE ",\"token_endpoint_auth_method\":\"none\"}", NULL },
    { "{" FINE ",\"token_endpoint_auth_method\":\"client_secret_basic\"}",
      "token_endpoint_auth_method: " },
    { "{" FINE ",\"token_endpoint_auth_method\":\"client_secret_post\"}",
      "token_endpoint_auth_method: " },
    { "{" FINE ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}",
      "token_endpoint_auth_method: " },
    { "{" FINE ",\"token_endpoint_auth_method\":\"tls_client_auth\"}",
      "token_endpoint_auth_method: " },
    { "{" FINE ",\"client_secret\":\"s\"}", "client_secret: " },
    { "{" FINE ",\"client_secret_expires_at\":0}",
      "client_secret_expires_at: " },
    { "{" FINE ",\"jwks\":{\"keys\":[]}}", "jwks: " },

    { "{" KEYED "}", "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com/keys\"}", NULL },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com\"}", "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com:8443/keys\"}",
      "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com.evil.example/k\"}",
      "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com@evil.example/k\"}",
      "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"http://app.example.com/keys\"}",
      "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"https://127.0.0.1/keys\"}", "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":\"file:///etc/passwd\"}", "jwks_uri: " },
    { "{" KEYED ",\"jwks_uri\":7}", "jwks_uri: " },
};

START_TEST(doc)
{
    const char *part = docs[_i].part, *what;
    tpa_cimd_t says;

    tpa_cimd_read(URL, docs[_i].doc, strlen(docs[_i].doc), &says, p);
    what = tpa_json_str(tpa_json_at(says.violations, 0));
    ck_assert_msg(tpa_json_size(says.violations) == (part != NULL), "%s: %s",
                  docs[_i].doc, tpa_json_print(says.violations, p));
    if (part)
        ck_assert_msg(strstr(what, part) != NULL, "%s: %s", docs[_i].doc,
                      what);
}
END_TEST

START_TEST(length)
{
    const char *begin = "{" FINE ",\"x\":\"", *end = "\"}", *text;
    int fill = (int)(TPA_CIMD_MAX_DOCUMENT - strlen(begin) - strlen(end));
    tpa_cimd_t says;

    text = apr_psprintf(p, "%s%0*d%s", begin, fill, 0, end);
    ck_assert_uint_eq(strlen(text), TPA_CIMD_MAX_DOCUMENT);
    tpa_cimd_read(URL, text, strlen(text), &says, p);
    ck_assert_int_eq((int)tpa_json_size(says.violations), 0);

    text = apr_psprintf(p, "%s%0*d%s", begin, fill + 1, 0, end);
    tpa_cimd_read(URL, text, strlen(text), &says, p);
    ck_assert_int_eq((int)tpa_json_size(says.violations), 1);
}
END_TEST

/* All mistakes are told, each once. */
START_TEST(many)
{
    static const char text[] = "{\"client_id\":1,\"grant_types\":[\"x\"],"
        "\"token_endpoint_auth_method\":\"x\",\"jwks\":{}}";
    tpa_cimd_t says;

    tpa_cimd_read(URL, text, strlen(text), &says, p);
    ck_assert_int_eq((int)tpa_json_size(says.violations), 6);
}
END_TEST

/* ---- what is made of it ------------------------------------------------- */

static const struct {
    const char *doc, *mapped, *warnings;
} maps[] = {
    { "{" FINE "}",
      "{\"external_client_id\":\"" URL "\",\"name\":\"App\","
      "\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"authorization_code\"],"
      "\"token_endpoint_auth_method\":\"none\"}", "[]" },
    { "{" KEYED ",\"jwks_uri\":\"https://app.example.com/keys\","
      "\"logo_uri\":\"https://cdn.example.com/l.png\",\"description\":\"D\","
      "\"grant_types\":[\"refresh_token\",\"authorization_code\"]}",
      "{\"external_client_id\":\"" URL "\",\"name\":\"App\","
      "\"description\":\"D\",\"logo_uri\":\"https://cdn.example.com/l.png\","
      "\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"refresh_token\",\"authorization_code\"],"
      "\"token_endpoint_auth_method\":\"private_key_jwt\","
      "\"jwks_uri\":\"https://app.example.com/keys\"}", "[]" },
    { "{" NATIVE ",\"redirect_uris\":[\"http://127.0.0.1/cb\"],"
      "\"logo_uri\":\"http://a.example/l.png\",\"description\":5,"
      "\"jwks_uri\":\"https://app.example.com/keys\"}",
      "{\"external_client_id\":\"" URL "\",\"name\":\"App\","
      "\"app_type\":\"native\",\"callbacks\":[\"http://127.0.0.1/cb\"],"
      "\"grant_types\":[\"authorization_code\"],"
      "\"token_endpoint_auth_method\":\"none\"}",
      "[\"description: It is left out: it must be a text of at most 140"
      " characters\",\"logo_uri: It is left out: it must start with"
      " https://\",\"jwks_uri: It is left out: only private_key_jwt needs"
      " it\"]" },
};

START_TEST(map)
{
    tpa_cimd_t says;

    tpa_cimd_read(URL, maps[_i].doc, strlen(maps[_i].doc), &says, p);
    ck_assert_str_eq(tpa_json_print(says.mapped, p), maps[_i].mapped);
    ck_assert_str_eq(tpa_json_print(says.warnings, p), maps[_i].warnings);
    ck_assert((says.jwks_uri == NULL)
              == (strstr(maps[_i].mapped, "jwks_uri") == NULL));
}
END_TEST

/* ---- how long ----------------------------------------------------------- */

static const struct {
    const char *header;
    int seconds;
} ages[] = {
    { NULL, 3600 },
    { "", 3600 },
    { "public", 3600 },
    { "max-age=7200", 7200 },
    { "public, max-age=7200", 7200 },
    { "Max-Age=7200 , public", 7200 },
    { "max-age=1", 300 },
    { "max-age=0", 300 },
    { "max-age=86401", 86400 },
    { "max-age=99999999999999999999", 86400 },
    { "max-age=x", 86400 },
    { "max-age", 3600 },
    { "x-max-age=7200", 3600 },
    { "no-cache", 300 },
    { "max-age=7200, no-store", 300 },
    { "no-storage, max-age=7200", 7200 },
    { ",,,", 3600 },
};

START_TEST(age)
{
    ck_assert_msg(tpa_cimd_lifetime(ages[_i].header) == ages[_i].seconds,
                  "%s", ages[_i].header);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cimd");
    TCase *tc = tap_case(s, "cimd");

    tcase_add_loop_test(tc, url, 0, COUNT(urls));
    tcase_add_test(tc, is_url);
    tcase_add_loop_test(tc, doc, 0, COUNT(docs));
    tcase_add_test(tc, length);
    tcase_add_test(tc, many);
    tcase_add_loop_test(tc, map, 0, COUNT(maps));
    tcase_add_loop_test(tc, age, 0, COUNT(ages));
    return s;
}
