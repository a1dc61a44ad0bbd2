/*
 * Whatever bytes come as the body of a write at the Management API: the JSON
 * reader and the table of properties of a route. The first line of an input
 * names the route, "PATCH tenants/settings"; one that names none takes any.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/json.h"
#include "base/text.h"
#include "mgmt/mgmt.h"
#include "fuzz.h"

typedef struct choice_t {
    const char *line;
    unsigned nth;                  /* which one when none has that name */
    unsigned seen;
    const tpa_mg_route_t *named, *any;
    apr_pool_t *p;
} choice_t;

static int consider(void *baton, const tpa_mg_route_t *route)
{
    choice_t *choice = baton;

    if (!route->body)
        return 0;
    if (!strcmp(choice->line, apr_pstrcat(choice->p, route->method, " ",
                                          route->path, NULL)))
        choice->named = route;
    if (choice->seen++ <= choice->nth)
        choice->any = route;
    return 0;
}

static const tpa_mg_route_t *route_of(const char *line, apr_pool_t *p)
{
    choice_t choice = { line, 0, 0, NULL, NULL, p };

    for (; *line; line++)
        choice.nth = (choice.nth + (unsigned char)*line) % 64;
    tpa_mg_each_route(consider, &choice);
    FUZZ_HOLDS(choice.seen > 0);
    return choice.named ? choice.named : choice.any;
}

static void check_refusal(const tpa_err_t *e)
{
    static const char begins[] = "Payload validation error: '";

    FUZZ_HOLDS(e->kind == TPA_E_INVALID_BODY);
    FUZZ_HOLDS(!strncmp(e->text, begins, strlen(begins)));
    FUZZ_HOLDS(strlen(e->text) < 2000);
    FUZZ_HOLDS(tpa_text_is_utf8(e->text));
}

static void check_body(const tpa_mg_route_t *route, const tpa_json_t *body,
                       apr_pool_t *p)
{
    static const unsigned parties[] = { TPA_FIRST, TPA_STRICT, TPA_PERMISSIVE,
                                        TPA_REGISTERED };
    tpa_err_t *e = tpa_props_check(route->body, body, route->when, 0, p);
    int i;

    if (e)
        check_refusal(e);
    /* What is good for one kind of application is good where nobody asks. */
    for (i = 0; i < 4; i++) {
        tpa_err_t *of = tpa_props_check(route->body, body, route->when,
                                        parties[i], p);

        FUZZ_HOLDS(of || !e);
        if (of)
            check_refusal(of);
    }
    FUZZ_HOLDS(e || !tpa_props_unchanged(route->body, body, body, p));
    e = tpa_props_any(NULL, body, p);
    if (e)
        check_refusal(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    const char *text = (const char *)data, *end;
    size_t line;
    tpa_json_t *body;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    end = size ? memchr(text, '\n', size) : NULL;
    line = end ? (size_t)(end - text) : 0;
    if (end && !tpa_json_parse(end + 1, size - line - 1, &body, p))
        check_body(route_of(apr_pstrmemdup(p, text, line), p), body, p);
    apr_pool_clear(p);
    return 0;
}
