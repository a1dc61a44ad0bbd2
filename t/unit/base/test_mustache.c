#include <string.h>

#include <apr_strings.h>

#include "base/mustache.h"
#include "tap.h"
#include "mustache_cases.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* A copy without a byte behind it: the sanitizer sees a read past it. */
static tpa_err_t *add(tpa_mustache_t *set, const char *name, const char *text)
{
    apr_size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    tpa_err_t *e;

    memcpy(copy, text, len);
    e = tpa_mustache_add(set, name, apr_pstrcat(p, name, ".mustache", NULL),
                         copy, len);
    memset(copy, 'X', len);
    free(copy);
    return e;
}

/* A value of any type; ' stands for ". */
static const tpa_json_t *view_of(const char *text)
{
    char *json = apr_psprintf(p, "[%s]", text), *c;
    tpa_json_t *v;

    for (c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    ck_assert_msg(!tpa_json_parse(json, strlen(json), &v, p), "%s", json);
    return tpa_json_at(v, 0);
}

static tpa_err_t *render(const tpa_mustache_t *set, const char *view,
                         const char **out)
{
    *out = NULL;
    return tpa_mustache_render(set, "main", view_of(view), out, p);
}

static tpa_err_t *run(const char *template, const char *const *partials,
                      const char *view, const char **out)
{
    tpa_mustache_t *set = tpa_mustache_make(p);

    TPA_TRY(add(set, "main", template));
    for (; partials && *partials; partials += 2)
        TPA_TRY(add(set, partials[0], partials[1]));
    TPA_TRY(tpa_mustache_link(set));
    return render(set, view, out);
}

START_TEST(specification)
{
    const char *partials[5] = { NULL }, *out;
    tpa_err_t *e;

    memcpy(partials, cases[_i].partials, sizeof(cases[_i].partials));
    e = run(cases[_i].template, partials, cases[_i].view, &out);
    if (cases[_i].out) {
        ck_assert_msg(!e, "%s: %s", cases[_i].what, e ? e->detail : "");
        ck_assert_msg(!strcmp(out, cases[_i].out), "%s: %s, not %s",
                      cases[_i].what, out, cases[_i].out);
    }
    else
        ck_assert_msg(e && strstr(e->detail, cases[_i].refused), "%s",
                      cases[_i].what);
}
END_TEST

/* ---- what the specification leaves open --------------------------------- */

static const struct {
    const char *view, *template, *out;
    const char *partials[4];
} ours[] = {
    { "{'x':0}", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "no" },
    { "{'x':''}", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "no" },
    { "{'x':{}}", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "yes" },
    { "{'x':-1}", "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "yes" },
    { "{'x':true,'y':false}", "{{x}} {{y}}", "true false" },
    { "{'x':{'y':1},'z':[2]}", "({{x}}{{z}})", "()" },
    { "{'x':9007199254740993}", "{{x}}", "9007199254740993" },
    { "{'a-b':{'c_d':'x'}}", "{{a-b.c_d}}", "x" },
    { "{}", "", "" },
    { "{'x':''}", "{{x}}", "" },
    /* indents add up, and empty lines have them */
    { "{'x':1}", " {{>a}}\n", " 1\n  2\n  \n  3\n",
      { "a", "{{x}}\n {{>b}}\n", "b", "2\n\n3\n" } },
    /* a partial within a line has none, whoever includes it */
    { "{}", " {{>a}}\n", " ->2\n3\n",
      { "a", "->{{>b}}\n", "b", "2\n3" } },
    { "{'l':[1,2]}", "  {{>a}}\n", "  - 1\n  - 2\n",
      { "a", "{{#l}}\n- {{.}}\n{{/l}}\n" } },
};

START_TEST(our_own)
{
    const char *partials[5] = { NULL }, *out;
    tpa_err_t *e;

    memcpy(partials, ours[_i].partials, sizeof(ours[_i].partials));
    e = run(ours[_i].template, partials, ours[_i].view, &out);
    ck_assert_msg(!e, "%s: %s", ours[_i].template, e ? e->detail : "");
    ck_assert_str_eq(out, ours[_i].out);
}
END_TEST

/* ---- what is refused ---------------------------------------------------- */

static const struct {
    const char *template;
    const char *detail;   /* begins with it */
    const char *advice;   /* and has it */
} wrong[] = {
    { "a\n{{{x}}}", "main.mustache line 2: values are always escaped",
      "write {{name}}" },
    { "a\n\n {{&x}}", "main.mustache line 3: values are always escaped",
      "write {{name}}" },
    { "{{=<% %>=}}<%{x}%>", "main.mustache line 1: values are", "escaped" },
    { "{{#a}}\n{{#b}}x{{/b}}\n", "main.mustache line 3: the section \"a\" of"
      " line 1 has no end", "write {{/a}}" },
    { "{{^a}}", "main.mustache line 1: the section \"a\"", "write {{/a}}" },
    { "x\n{{/a}}", "main.mustache line 2: the end of a section \"a\" that was"
      " not begun", "write {{#a}}" },
    { "{{#a}}\n{{#b}}\n{{/a}}\n{{/b}}", "main.mustache line 3: the end of a"
      " section \"a\", but the one that was begun last, at line 2, is \"b\"",
      "write {{/b}}" },
    { "\n{{x", "main.mustache line 2: a tag without its end", "write }}" },
    { "{{", "main.mustache line 1: a tag without its end", "write }}" },
    { "{{! x }", "main.mustache line 1: a tag without its end", "write }}" },
    { "{{=<% %>}}", "main.mustache line 1: a tag without its end",
      "write =}}" },
    { "{{=<%=}}", "main.mustache line 1: delimiters", "{{=<% %>=}}" },
    { "{{= =}}", "main.mustache line 1: delimiters", "{{=<% %>=}}" },
    { "{{=a b c=}}", "main.mustache line 1: delimiters", "{{=<% %>=}}" },
    { "{{=a=b c=}}", "main.mustache line 1: delimiters", "{{=<% %>=}}" },
    { "{{=123456789 x=}}", "main.mustache line 1: delimiters", "8" },
    { "{{}}", "main.mustache line 1: \"\" is no name", "letters" },
    { "{{a b}}", "main.mustache line 1: \"a b\" is no name", "letters" },
    { "{{a..b}}", "main.mustache line 1: \"a..b\" is no name", "letters" },
    { "{{.a}}", "main.mustache line 1: \".a\" is no name", "letters" },
    { "{{a.}}", "main.mustache line 1: \"a.\" is no name", "letters" },
    { "{{#a'}}", "main.mustache line 1: \"a'\" is no name", "letters" },
    { "{{>../x}}", "main.mustache line 1: \"../x\" is no name", "letters" },
    { "{{\xc3\xa4}}", "main.mustache line 1: \"\xc3\xa4\" is no name",
      "letters" },
    { "{{a23456789b123456789c123456789d123456789e123456789f123456789g1234}}",
      NULL },
    { "{{a23456789b123456789c123456789d123456789e123456789f123456789g12345}}",
      "main.mustache line 1: ", "is no name" },
    { "{{<x}}", "main.mustache line 1: a tag that begins with < is unknown",
      "{{>name}}" },
    { "{{*x}}", "main.mustache line 1: a tag that begins with * is unknown",
      "{{>name}}" },
    { "\n{{>nowhere}}", "main.mustache line 2: there is no template"
      " \"nowhere\"", "nowhere.mustache" },
    { "a\n{{>main}}", "main.mustache line 2: \"main\" would include itself",
      "section" },
};

START_TEST(refused)
{
    const char *out;
    tpa_err_t *e = run(wrong[_i].template, NULL, "{}", &out);

    if (!wrong[_i].detail) {
        ck_assert_msg(!e, "%s: %s", wrong[_i].template, e ? e->detail : "");
        return;
    }
    ck_assert_msg(e != NULL, "%s", wrong[_i].template);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_str_eq(e->text, "internal error");
    ck_assert_msg(!strncmp(e->detail, wrong[_i].detail,
                           strlen(wrong[_i].detail)), "%s", e->detail);
    ck_assert_msg(strstr(e->detail, wrong[_i].advice) != NULL, "%s",
                  e->detail);
}
END_TEST

START_TEST(endless_over_others)
{
    const char *partials[] = { "a", "{{>b}}", "b", "x\n{{>a}}", NULL }, *out;
    tpa_err_t *e = run("{{>a}}", partials, "{}", &out);

    ck_assert_ptr_nonnull(e);
    ck_assert_msg(strstr(e->detail, "b.mustache line 2: \"a\" would include")
                  != NULL, "%s", e->detail);
}
END_TEST

/* ---- bounds ------------------------------------------------------------- */

static char *repeated(const char *text, int times)
{
    apr_size_t len = strlen(text);
    char *s = apr_palloc(p, len * times + 1), *at = s;

    while (times--) {
        memcpy(at, text, len);
        at += len;
    }
    *at = '\0';
    return s;
}

START_TEST(depth_is_bounded)
{
    const char *out;
    tpa_err_t *e = run(apr_pstrcat(p, repeated("{{#a}}", 24),
                                   repeated("{{/a}}", 24), NULL), NULL,
                       "{'a':1}", &out);

    ck_assert_msg(!e, "%s", e ? e->detail : "");
    e = run(repeated("{{#a}}", 25), NULL, "{}", &out);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "more than 24 sections"));
    e = run("{{#x}}{{>main}}{{/x}}", NULL, "{'x':true}", &out);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "more than 48 sections and"));
}
END_TEST

START_TEST(output_is_bounded)
{
    char *half = repeated("x", TPA_MUSTACHE_MAX_OUTPUT / 2);
    const char *view = apr_psprintf(p, "{'h':'%s'}", half), *out;
    tpa_err_t *e = run("{{h}}{{h}}", NULL, view, &out);

    ck_assert_msg(!e, "%s", e ? e->detail : "");
    ck_assert_uint_eq(strlen(out), TPA_MUSTACHE_MAX_OUTPUT);
    e = run("{{h}}{{h}}.", NULL, view, &out);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "bytes"));
    ck_assert_ptr_null(out);
    e = run("{{h}}{{h}}{{y}}",
            NULL, apr_psprintf(p, "{'h':'%s','y':'<'}", half), &out);
    ck_assert_ptr_nonnull(e);
}
END_TEST

START_TEST(work_is_bounded)
{
    const char *ten = "[1,2,3,4,5,6,7,8,9,0]", *out;
    tpa_err_t *e = run("{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{no}}{{/l}}{{/l}}"
                       "{{/l}}{{/l}}{{/l}}{{/l}}", NULL,
                       apr_psprintf(p, "{'l':%s}", ten), &out);

    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "parts"));
}
END_TEST

/* ---- sets --------------------------------------------------------------- */

START_TEST(sets)
{
    tpa_mustache_t *set = tpa_mustache_make(p);
    const char *out;
    tpa_err_t *e;

    ck_assert_ptr_null(add(set, "main", "one"));
    ck_assert_ptr_null(add(set, "part", "old"));
    ck_assert_ptr_null(add(set, "main", "{{>part}}"));
    ck_assert_ptr_null(add(set, "part", "new"));
    ck_assert_ptr_null(tpa_mustache_link(set));
    ck_assert_ptr_null(render(set, "{}", &out));
    ck_assert_str_eq(out, "new");
    ck_assert(tpa_mustache_included(set, "part"));
    ck_assert(!tpa_mustache_included(set, "main"));
    e = tpa_mustache_render(set, "nowhere", NULL, &out, p);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_nonnull(strstr(e->detail, "nowhere"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mustache");
    TCase *tc = tap_case(s, "mustache");

    tcase_add_loop_test(tc, specification, 0, COUNT(cases));
    tcase_add_loop_test(tc, our_own, 0, COUNT(ours));
    tcase_add_loop_test(tc, refused, 0, COUNT(wrong));
    tcase_add_test(tc, endless_over_others);
    tcase_add_test(tc, depth_is_bounded);
    tcase_add_test(tc, output_is_bounded);
    tcase_add_test(tc, work_is_bounded);
    tcase_add_test(tc, sets);
    return s;
}
