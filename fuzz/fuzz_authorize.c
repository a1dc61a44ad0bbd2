/*
 * Whatever is sent to /authorize: what a strict application may send, others
 * may too; what passes is read the same out of a ticket; and a redirect URI is
 * registered only if it is that text, but for the port of a loopback address.
 *
 * An input is a registered redirect URI and a query, a newline between them.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/form.h"
#include "core/params.h"
#include "core/redirect.h"
#include "fuzz.h"

static void check_refusal(const tpa_err_t *e)
{
    const char *c;

    FUZZ_HOLDS(e->kind == TPA_E_INVALID_REQUEST
               || e->kind == TPA_E_UNSUPPORTED_RESPONSE_TYPE
               || e->kind == TPA_E_INVALID_AUTHORIZATION_DETAILS);
    FUZZ_HOLDS(*e->text && strlen(e->text) < 200);
    for (c = e->text; *c; c++)
        FUZZ_HOLDS(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
}

static void check_passed(const tpa_authz_t *a, int is_strict, apr_pool_t *p)
{
    tpa_json_t *o = tpa_authz_json(a, p);
    tpa_authz_t back;

    FUZZ_HOLDS(!strcmp(a->response_type, "code"));
    FUZZ_HOLDS(!is_strict || a->code_challenge);
    FUZZ_HOLDS(!a->code_challenge == !a->code_challenge_method);
    FUZZ_HOLDS(!a->code_challenge || strlen(a->code_challenge) == 43);
    FUZZ_HOLDS(!(a->asks & TPA_ASK_NONE) || a->asks == TPA_ASK_NONE);
    FUZZ_HOLDS(a->max_age_s >= -1 && a->max_age_s <= 0x7fffffff);
    tpa_authz_from_json(o, &back);
    FUZZ_HOLDS(!strcmp(tpa_json_print(tpa_authz_json(&back, p), p),
                       tpa_json_print(o, p)));
    FUZZ_HOLDS(back.asks == a->asks && back.max_age_s == a->max_age_s);
}

static void try_query(const apr_table_t *query, apr_pool_t *p)
{
    tpa_authz_t strict, other;
    tpa_err_t *refused, *e;

    tpa_authz_read(query, &strict);
    tpa_authz_read(query, &other);
    refused = tpa_authz_check(query, 1, &strict, p);
    e = tpa_authz_check(query, 0, &other, p);
    if (refused)
        check_refusal(refused);
    else
        check_passed(&strict, 1, p);
    FUZZ_HOLDS(refused || !e);
    if (e)
        check_refusal(e);
    else
        check_passed(&other, 0, p);
}

/* The text without the port, when it starts like a loopback address. */
static const char *portless(const char *uri, apr_pool_t *p)
{
    static const char *const origins[] = { "http://127.0.0.1",
                                           "http://[::1]" };
    int i;

    for (i = 0; i < 2; i++) {
        apr_size_t len = strlen(origins[i]);
        const char *rest = uri + len;

        if (strncmp(uri, origins[i], len))
            continue;
        if (*rest == ':')
            rest += 1 + strspn(rest + 1, "0123456789");
        return apr_pstrcat(p, origins[i], rest, NULL);
    }
    return uri;
}

static void try_redirect(const char *sent, const char *registered,
                         apr_pool_t *p)
{
    static const char *const pairs[] = { "code", "a&b=c#d", NULL };
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));
    const char *with = tpa_redirect_with(sent, pairs, p);
    int same = !strcmp(sent, registered);

    APR_ARRAY_PUSH(list, const char *) = registered;
    FUZZ_HOLDS(tpa_redirect_registered(sent, list, 0) == same);
    if (tpa_redirect_registered(sent, list, 1) && !same)
        FUZZ_HOLDS(!strcmp(portless(sent, p), portless(registered, p)));
    else
        FUZZ_HOLDS(!same || tpa_redirect_registered(sent, list, 1));
    FUZZ_HOLDS(!strncmp(with, sent, strlen(sent)));
    FUZZ_HOLDS(strstr(with + strlen(sent), "code=a%26b%3Dc%23d"));
    FUZZ_HOLDS(!tpa_redirect_verifiable(sent)
               || !strncasecmp(sent, "https://", 8));
    FUZZ_HOLDS(tpa_redirect_origin(sent, p) && tpa_redirect_shown(sent, p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    const char *text = (const char *)data;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    apr_size_t uri_len = newline ? (apr_size_t)(newline - text) : 0;
    const char *query = newline ? newline + 1 : text;
    apr_table_t *into;
    tpa_authz_t a;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    into = apr_table_make(p, 8);
    if (!tpa_form_parse(query, size - (query - text), into, p)) {
        try_query(into, p);
        tpa_authz_read(into, &a);
        if (a.redirect_uri)
            try_redirect(a.redirect_uri, apr_pstrmemdup(p, text, uri_len), p);
    }
    apr_pool_clear(p);
    return 0;
}
