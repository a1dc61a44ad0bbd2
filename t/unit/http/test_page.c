#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/reply.h"
#include "http/builtin.h"
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
    { "consent", "{'offline':true}", { "name=\"decision\" value=\"accept\"",
      "name=\"decision\" value=\"decline\"", "while you are away" } },
    { "confirm", "{'redirect_host':'localhost'}", { "localhost",
      "name=\"decision\" value=\"accept\"" } },
    { "error", "{'error':'invalid_request','description':'Parameter x',"
      "'reference':'ref_1','retry_after':5}", { "Parameter x", "ref_1",
      "wait 5 seconds", "that we cannot accept" } },
    { "error", "{'error':'access_denied'}", { "was not given access" } },
    { "error", "{'error':'server_error','is_ours':true}", { "our side" } },
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

/* ---- every page in every language ------------------------------------------ */

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

static Suite *suite(void)
{
    Suite *s = suite_create("page");
    TCase *tc = tap_case(s, "page");

    tcase_add_loop_test(tc, shows, 0, COUNT(shown));
    tcase_add_loop_test(tc, sample, 0, COUNT(samples));
    return s;
}
