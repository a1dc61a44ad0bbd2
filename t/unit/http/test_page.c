#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/reply.h"
#include "http/page.h"
#include "tap.h"
#include "sample_pages.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* ---- a request ---------------------------------------------------------- */

typedef struct asked_t {
    tpa_req_t req;
    tpa_txn_t t;
    tpa_templates_t *templates;
    tpa_look_t look;
    tpa_reply_t *reply;
} asked_t;

static asked_t *asked(const apr_array_header_t *logos)
{
    asked_t *a = apr_pcalloc(p, sizeof(*a));
    tpa_err_t *e = tpa_templates_load(NULL, logos, &a->templates, p);

    ck_assert_msg(!e, "%s", e ? e->detail : "");
    a->req.headers = apr_table_make(p, 4);
    a->t.p = p;
    a->t.req = &a->req;
    a->t.issuer = "https://auth.example.com/";
    a->t.templates = a->templates;
    a->reply = tpa_reply_make(p);
    return a;
}

/* ' stands for ". */
static tpa_json_t *view_of(const char *text)
{
    char *json = apr_pstrdup(p, text), *c;
    tpa_json_t *v;

    for (c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    ck_assert_msg(!tpa_json_parse(json, strlen(json), &v, p), "%s", json);
    return v;
}

static const char *page(asked_t *a, const char *name, const char *view)
{
    tpa_err_t *e = tpa_page(&a->t, a->reply, 200, name, view_of(view),
                            &a->look);

    ck_assert_msg(!e, "%s: %s", name, e ? e->detail : "");
    return a->reply->body;
}

static void has(const char *body, const char *text)
{
    ck_assert_msg(strstr(body, text) != NULL, "no %s in %s", text, body);
}

static void has_not(const char *body, const char *text)
{
    ck_assert_msg(!strstr(body, text), "%s in %s", text, body);
}

/* ---- what the pages show ------------------------------------------------ */

#define LOGIN "{'action':'/login','ticket':'T','application':'Reports'," \
    "'has_database':true,'connection_id':'con_1'}"

static const struct {
    const char *name, *view, *shows[4];
} shown[] = {
    { "login", LOGIN, { "<form method=\"post\" action=\"/login\">",
      "name=\"ticket\" value=\"T\"", "name=\"connection\" value=\"con_1\"",
      "to continue to Reports" } },
    { "login", "{'error':'throttled','wait_s':1,'has_database':true}",
      { "Try again in 2 seconds", "aria-describedby=\"why\"" } },
    { "login", "{'error':'whatever'}", { "We could not sign you in" } },
    { "login", "{'others':[{'label':'Acme SSO','href':'/c/acme?t=1&u=2'}]}",
      { "<a class=\"button\" href=\"/c/acme?t=1&amp;u=2\"><bdi>Acme SSO" } },
    { "organization", "{'by_name':true,'by_email':true,'may_skip':true}",
      { "Organization name or your email", "name=\"skip\" value=\"1\"" } },
    { "organization", "{'by_name':true}", { ">Organization name<" } },
    { "organization", "{'by_email':true}", { ">Your email address" } },
    { "picker", "{'organizations':[{'id':'org_1','label':'Acme'}],"
      "'may_go_without':true}", { "name=\"organization\" value=\"org_1\"",
      "name=\"skip\" value=\"1\"" } },
    { "consent", "{'application':'Reports','account':'Acme','is_third_party':"
      "true,'self_registered':true,'since':'2026-03-09','redirect_host':"
      "'app.example','scopes':[{'label':'Posts','items':['read','edit']}]}",
      { "Allow Reports to access", "Known here since March 9, 2026.",
        "You will be sent to app.example.", "<bdi>edit</bdi>" } },
    { "consent", "{'details':[{'type':'payment','members':[{'name':'to.iban',"
      "'value':'<b>'}]}]}", { "In particular", "<bdi>payment</bdi>",
      "<bdi>to.iban</bdi>", "<bdi>&lt;b&gt;</bdi>" } },
    { "consent", "{'offline':true}", { "name=\"decision\" value=\"accept\"",
      "name=\"decision\" value=\"decline\"", "while you are away" } },
    { "confirm", "{'redirect_host':'localhost'}", { "localhost",
      "name=\"decision\" value=\"accept\"" } },
    { "error", "{'error':'invalid_request','description':'Parameter x',"
      "'reference':'ref_1','retry_after':5}", { "Parameter x", "ref_1",
      "wait 5 seconds", "that we cannot accept" } },
    { "error", "{'error':'access_denied'}", { "was not given access" } },
    { "error", "{'error':'server_error','is_ours':true}", { "our side" } },
    { "error", "{'error':'temporarily_unavailable','is_ours':true}",
      { "service is busy" } },
    { "form_post", "{'action':'https://app.example/cb','pairs':[{'name':"
      "'code','value':'a&b'}]}", { "action=\"https://app.example/cb\"",
      "name=\"code\" value=\"a&amp;b\"", "<button class=\"main\">" } },
    { "web_message", "{'origin':'https://app.example','message':'{}'}",
      { "data-origin=\"https://app.example\"", "data-message=\"{}\"" } },
};

START_TEST(shows)
{
    const char *body = page(asked(NULL), shown[_i].name, shown[_i].view);
    int i;

    for (i = 0; i < COUNT(shown[_i].shows) && shown[_i].shows[i]; i++)
        has(body, shown[_i].shows[i]);
    has(body, "<!DOCTYPE html>");
    has(body, " · auth.example.com</title>");
    has(body, "</html>");
    has_not(body, "{{");
}
END_TEST

/* ---- every page in every language --------------------------------------- */

#define MOST_BYTES (14 * 1024)

static const char *const languages[] = {
    "en", "de", "fr", "es", "pt", "ja", "ar"
};

/* For t/browser, and for whoever wants to look at them. */
static void keep(const char *file, const char *lang, const char *body)
{
    const char *dir = getenv("TPA_PAGES"), *path;
    FILE *out;

    if (!dir)
        return;
    path = apr_pstrcat(p, dir, "/", file, ".", lang, ".html", NULL);
    out = fopen(path, "w");
    ck_assert_msg(out != NULL, "%s", path);
    fputs(body, out);
    fclose(out);
}

START_TEST(sample)
{
    asked_t *a = asked(NULL);
    int i;

    a->look.brand = "Acme";
    for (i = 0; i < COUNT(languages); i++) {
        const char *body;

        a->look.ui_locales = languages[i];
        body = page(a, samples[_i].page, samples[_i].view);
        has(body, apr_psprintf(p, "<html lang=\"%s\"", languages[i]));
        has_not(body, "{{");
        ck_assert_msg(strlen(body) < MOST_BYTES, "%s.%s has %d bytes",
                      samples[_i].file, languages[i], (int)strlen(body));
        keep(samples[_i].file, languages[i], body);
    }
}
END_TEST

/* ---- nothing gets out of its place -------------------------------------- */

/* Every member of a view, as bad as can be. */
static tpa_json_t *evil_view(const char *text)
{
    static const char *const names[] = {
        "action", "ticket", "application", "organization", "identifier",
        "connection_id", "value", "initial", "redirect_host", "document_host",
        "since", "account", "switch_href", "description", "reference",
        "message", "error", "origin", "brand", "logo"
    };
    tpa_json_t *view = view_of("{'has_database':true,'is_third_party':true,"
                               "'self_registered':true,'may_skip':true}");
    tpa_json_t *one = tpa_json_object(p), *list = tpa_json_array(p);
    tpa_json_t *items = tpa_json_array(p);
    int i;

    for (i = 0; i < COUNT(names); i++)
        tpa_json_set_str(view, names[i], text);
    tpa_json_add_str(items, text);
    tpa_json_set_str(one, "id", text);
    tpa_json_set_str(one, "label", text);
    tpa_json_set_str(one, "href", text);
    tpa_json_set_str(one, "name", text);
    tpa_json_set_str(one, "email", text);
    tpa_json_set_str(one, "value", text);
    tpa_json_set(one, "items", items);
    tpa_json_add(list, one);
    tpa_json_set(view, "others", list);
    tpa_json_set(view, "organizations", list);
    tpa_json_set(view, "scopes", list);
    tpa_json_set(view, "pairs", list);
    tpa_json_set(view, "user", one);
    return view;
}

static const char *const page_names[] = {
    "login", "organization", "picker", "consent", "confirm", "error",
    "form_post", "web_message"
};

static int count(const char *body, const char *text)
{
    int n = 0;

    while ((body = strstr(body, text))) {
        body++;
        n++;
    }
    return n;
}

START_TEST(escaped)
{
    const char *name = page_names[_i];
    asked_t *a = asked(NULL), *tame = asked(NULL);
    const char *evil = "\"'><script>x</script>&'";

    a->look.brand = a->look.logo_url = a->look.primary_color
        = a->look.page_background = a->look.form_origin = a->look.ui_locales
        = evil;
    ck_assert_ptr_null(tpa_page(&a->t, a->reply, 200, name, evil_view(evil),
                                &a->look));
    ck_assert_ptr_null(tpa_page(&tame->t, tame->reply, 200, name,
                                evil_view("tame"), &tame->look));
    has_not(a->reply->body, "<script>");
    has_not(a->reply->body, "\"'>");
    has(a->reply->body, "&quot;&#39;&gt;&lt;script&gt;");
    ck_assert_int_eq(count(a->reply->body, "<"),
                     count(tame->reply->body, "<"));
    ck_assert_int_eq(count(a->reply->body, "\""),
                     count(tame->reply->body, "\""));
    has_not(apr_table_get(a->reply->headers, "Content-Security-Policy"),
            "script>");
}
END_TEST

/* ---- headers ------------------------------------------------------------ */

static const char *header(const asked_t *a, const char *name)
{
    const char *value = apr_table_get(a->reply->headers, name);

    return value ? value : "(none)";
}

/* The nonce of a page, from its stylesheet. */
static const char *nonce_of(const char *body)
{
    const char *at = strstr(body, "<style nonce=\"");

    ck_assert_ptr_nonnull(at);
    at += strlen("<style nonce=\"");
    return apr_pstrmemdup(p, at, strcspn(at, "\""));
}

START_TEST(headers)
{
    const char *name = page_names[_i], *nonce, *policy;
    int is_framed = !strcmp(name, "web_message");
    int has_script = is_framed || !strcmp(name, "form_post");
    asked_t *a = asked(NULL);

    nonce = nonce_of(page(a, name, "{'origin':'https://app.example'}"));
    ck_assert_uint_eq(strlen(nonce), 22);
    policy = apr_psprintf(p, "default-src 'none'; style-src 'nonce-%s'; %s%s%s"
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors %s", nonce, has_script ? "script-src 'nonce-" : "",
        has_script ? nonce : "", has_script ? "'; " : "",
        is_framed ? "https://app.example" : "'none'");
    ck_assert_str_eq(header(a, "Content-Security-Policy"), policy);
    ck_assert_str_eq(header(a, "X-Frame-Options"),
                     is_framed ? "(none)" : "DENY");
    ck_assert_str_eq(header(a, "Cross-Origin-Opener-Policy"),
                     strcmp(name, "error") ? "(none)" : "same-origin");
    ck_assert_str_eq(header(a, "Referrer-Policy"), "no-referrer");
    ck_assert_str_eq(header(a, "X-Content-Type-Options"), "nosniff");
    ck_assert_str_eq(header(a, "Cache-Control"), "no-store");
    ck_assert_str_eq(header(a, "Content-Language"), "en");
    ck_assert(strstr(header(a, "Permissions-Policy"), "camera=()") != NULL);
    ck_assert_str_eq(a->reply->content_type, "text/html; charset=utf-8");
    ck_assert_int_eq(a->reply->status, 200);
    ck_assert_int_eq(count(a->reply->body, "<script"), has_script);
    ck_assert_int_eq(count(a->reply->body, apr_psprintf(p, "nonce=\"%s\"",
                                                        nonce)),
                     1 + has_script);
    has_not(a->reply->body, "style=");
    has_not(a->reply->body, " onclick");
}
END_TEST

START_TEST(nonces_differ)
{
    asked_t *a = asked(NULL);
    const char *first = nonce_of(page(a, "error", "{}"));

    ck_assert_str_ne(first, nonce_of(page(a, "error", "{}")));
}
END_TEST

static const struct {
    const char *origin, *named;   /* named: NULL when left out */
} origins[] = {
    { "https://app.example", "https://app.example" },
    { "http://127.0.0.1:8080", "http://127.0.0.1:8080" },
    { "com.example.app:", "com.example.app:" },
    { "http://[::1]:8080", "http:" },
    { "" }, { NULL }, { "*" }, { "https://*.example" },
    { "https://app.example; script-src *" }, { "'unsafe-inline'" },
    { "https://app.example x" }, { "a\r\nb:" },
};

START_TEST(form_origins)
{
    const char *named = origins[_i].named;
    asked_t *a = asked(NULL);

    a->look.form_origin = origins[_i].origin;
    page(a, "consent", "{}");
    has(header(a, "Content-Security-Policy"),
        apr_pstrcat(p, "form-action 'self'", named ? " " : "",
                    named ? named : "", "; base-uri", NULL));
}
END_TEST

/* A frame that cannot be named is none. */
START_TEST(frame_origins)
{
    asked_t *a = asked(NULL);

    page(a, "web_message", "{'origin':'https://a.example *'}");
    has(header(a, "Content-Security-Policy"), "frame-ancestors 'none'");
    page(a, "web_message", "{}");
    has(header(a, "Content-Security-Policy"), "frame-ancestors 'none'");
    page(a, "error", "{'origin':'https://a.example'}");
    has(header(a, "Content-Security-Policy"), "frame-ancestors 'none'");
}
END_TEST

/* ---- logos -------------------------------------------------------------- */

static const struct {
    const char *url;
    int shown;
    const char *named;   /* in the policy */
} logos[] = {
    { "https://cdn.example/x.png", 1, "img-src 'self' data: https://cdn.example"
      " https://cdn.example;" },
    { "https://CDN.example/x.png", 1, NULL },
    { "https://cdn.example:8443/x?y", 1, NULL },
    { "https://cdn.example", 1, NULL },
    { "https://auth.example.com/x.png", 1, "img-src 'self' data:;" },
    { "data:image/png;base64,AAAA", 1, "img-src 'self' data:;" },
    { "https://other.example/x.png", 0, "img-src 'self' data:;" },
    { "http://cdn.example/x.png", 0 },
    { "https://cdn.example.evil/x.png", 0 },
    { "https://cdn.example@evil.example/x.png", 0 },
    { "https://cdn.example\\\\@evil.example/x.png", 0 },
    { "https://cdn.example:9/x.png", 0 },
    { "//cdn.example/x.png", 0 },
    { "/x.png", 0 },
    { "javascript:alert(1)", 0 },
    { "data:text/html,x", 0 },
    { "", 0 },
};

START_TEST(logo)
{
    apr_array_header_t *allowed = apr_array_make(p, 2, sizeof(const char *));
    asked_t *a;

    APR_ARRAY_PUSH(allowed, const char *) = "https://cdn.example";
    APR_ARRAY_PUSH(allowed, const char *) = "https://cdn.example:8443";
    a = asked(allowed);
    a->look.logo_url = tpa_json_get_str(
        view_of(apr_psprintf(p, "{'x':'%s'}", logos[_i].url)), "x");
    page(a, "consent", apr_psprintf(p, "{'logo':'%s','application':'A'}",
                                    logos[_i].url));
    ck_assert_int_eq(count(a->reply->body, "<img"), 2 * logos[_i].shown);
    if (logos[_i].named)
        has(header(a, "Content-Security-Policy"), logos[_i].named);
}
END_TEST

START_TEST(big_data)
{
    asked_t *a = asked(NULL);
    char *url = apr_pcalloc(p, 8194);

    memset(url, 'A', 8193);
    memcpy(url, "data:image/png;base64,", 22);
    a->look.logo_url = url;
    has_not(page(a, "error", "{}"), "<img");
    url[8192] = '\0';
    has(page(a, "error", "{}"), "<img");
}
END_TEST

/* ---- colors, language, brand -------------------------------------------- */

static const struct {
    const char *primary, *background, *shows[3];
} looks[] = {
    { NULL, NULL, { "--accent: #2457c5; --on-accent: #ffffff" } },
    { "#ffcc00", NULL, { "--on-accent: #000000" } },
    { "#FFF", NULL, { "--accent: #ffffff; --on-accent: #000000" } },
    { "red; } body { x: y", NULL, { "--accent: #2457c5" } },
    { NULL, "#102030", { "--ground: #102030; --on-ground: #ffffff",
      "--ground: #102030; --on-ground: #ffffff" } },
    { NULL, "#fafafa", { "--ground: #fafafa; --on-ground: #000000",
      "--ground: #0f1217; --on-ground: #ffffff" } },
    { NULL, "url(x)", { "--ground: #eef1f5", "--ground: #0f1217" } },
};

START_TEST(colors)
{
    asked_t *a = asked(NULL);
    const char *body;
    int i;

    a->look.primary_color = looks[_i].primary;
    a->look.page_background = looks[_i].background;
    body = page(a, "login", "{}");
    for (i = 0; i < COUNT(looks[_i].shows) && looks[_i].shows[i]; i++)
        has(body, looks[_i].shows[i]);
    has_not(body, "x: y");
}
END_TEST

START_TEST(language)
{
    asked_t *a = asked(NULL);

    apr_table_setn((apr_table_t *)a->req.headers, "Accept-Language",
                   "fr-CH, de;q=0.5");
    has(page(a, "login", "{}"), "<html lang=\"fr\" dir=\"ltr\">");
    a->look.ui_locales = "ar de";
    has(page(a, "login", "{}"), "<html lang=\"ar\" dir=\"rtl\">");
    ck_assert_str_eq(header(a, "Content-Language"), "ar");
}
END_TEST

START_TEST(no_such_page)
{
    asked_t *a = asked(NULL);

    ck_assert_ptr_nonnull(tpa_page(&a->t, a->reply, 200, "head", view_of("{}"),
                                   &a->look));
    a->t.templates = NULL;
    ck_assert_ptr_nonnull(tpa_page(&a->t, a->reply, 200, "login",
                                   view_of("{}"), &a->look));
    ck_assert_int_ne(a->reply->status, 200);
    ck_assert_ptr_null(a->reply->body);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("page");
    TCase *tc = tap_case(s, "page");

    tcase_add_loop_test(tc, shows, 0, COUNT(shown));
    tcase_add_loop_test(tc, sample, 0, COUNT(samples));
    tcase_add_loop_test(tc, escaped, 0, COUNT(page_names));
    tcase_add_loop_test(tc, headers, 0, COUNT(page_names));
    tcase_add_test(tc, nonces_differ);
    tcase_add_loop_test(tc, form_origins, 0, COUNT(origins));
    tcase_add_test(tc, frame_origins);
    tcase_add_loop_test(tc, logo, 0, COUNT(logos));
    tcase_add_test(tc, big_data);
    tcase_add_loop_test(tc, colors, 0, COUNT(looks));
    tcase_add_test(tc, language);
    tcase_add_test(tc, no_such_page);
    return s;
}
