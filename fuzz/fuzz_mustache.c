/*
 * Whatever bytes come as a template: what is refused says where; what is
 * accepted renders within its bounds, and no value of the view gets out of its
 * place: there are no more of the five signs than the template itself can have
 * written.
 */
#include <string.h>

#include <apr_general.h>

#include "base/mustache.h"
#include "base/text.h"
#include "fuzz.h"

/* A part that the template may include, and a view with all kinds of values. */
static const char part[] = "- {{a}}\n{{#l}}{{.}};{{/l}}\n";
static const char view_text[]
    = "{\"a\":\"<&>\\\"'\",\"b\":{\"c\":{\"d\":\"'\\\"<x>\"}},\"t\":true,"
      "\"f\":false,\"n\":null,\"i\":7,\"r\":1.5,\"e\":\"\","
      "\"l\":[\"<\",\">\",\"&\"],\"o\":[{\"a\":\"1\"},{\"a\":\"\\u00e4\"}]}";

static void check_refusal(const tpa_err_t *e)
{
    FUZZ_HOLDS(e->kind == TPA_E_INTERNAL);
    FUZZ_HOLDS(e->detail && strlen(e->detail) < 1000);
    FUZZ_HOLDS(strstr(e->detail, "main.mustache") != NULL);
}

static void check_signs(const char *data, size_t size, const char *out)
{
    static const char signs[] = "<>\"'";
    const char *sign;

    for (sign = signs; *sign; sign++)
        FUZZ_HOLDS(memchr(data, *sign, size) || !strchr(out, *sign));
}

static void check_page(const tpa_mustache_t *set, const char *data,
                       size_t size, apr_pool_t *p)
{
    tpa_json_t *view;
    const char *out;
    tpa_err_t *e;

    FUZZ_HOLDS(!tpa_json_parse(view_text, sizeof(view_text) - 1, &view, p));
    e = tpa_mustache_render(set, "main", view, &out, p);
    if (e) {
        check_refusal(e);
        return;
    }
    FUZZ_HOLDS(strlen(out) <= TPA_MUSTACHE_MAX_OUTPUT);
    check_signs(data, size, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    tpa_mustache_t *set;
    tpa_err_t *e;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    set = tpa_mustache_make(p);
    FUZZ_HOLDS(!tpa_mustache_add(set, "part", "part.mustache", part,
                                 sizeof(part) - 1));
    e = tpa_mustache_add(set, "main", "main.mustache", (const char *)data,
                         size);
    if (!e)
        e = tpa_mustache_link(set);
    if (e)
        check_refusal(e);
    else
        check_page(set, (const char *)data, size, p);
    apr_pool_clear(p);
    return 0;
}
