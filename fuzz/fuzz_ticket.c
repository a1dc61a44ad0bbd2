/*
 * Whatever stands behind the seal of a ticket, and whatever a browser sends as
 * cookies: what is accepted is whole, and what is not is refused without a
 * trace.
 *
 * An input is a header and the inside of a ticket, with a newline between
 * them; without one it is both.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/cookie.h"
#include "base/text.h"
#include "core/params.h"
#include "fuzz.h"
#include "http/ticket.h"

#define COOKIE "__Host-tpa_session"

/* Does a pair of the header begin with that? It may also stand within another
 * pair. */
static int has_pair(const char *header, const char *text)
{
    const char *at = strstr(header, text);

    while (at && at != header && !strchr("; \t", at[-1]))
        at = strstr(at + 1, text);
    return at != NULL;
}

static void try_cookie(const char *header, apr_pool_t *p)
{
    const char *value = tpa_cookie_get(header, COOKIE, p);

    if (!value)
        return;
    FUZZ_HOLDS(tpa_text_is_id(value, TPA_COOKIE_CHARS, TPA_COOKIE_CHARS));
    /* It was there, under its name, and once. */
    FUZZ_HOLDS(has_pair(header, apr_pstrcat(p, COOKIE "=", value, NULL)));
    FUZZ_HOLDS(!tpa_cookie_get(apr_pstrcat(p, header, ";" COOKIE "=x", NULL),
                               COOKIE, p));
}

static void check_texts(const tpa_ticket_t *k)
{
    FUZZ_HOLDS(k->id && k->issuer && k->browser_hash);
    FUZZ_HOLDS((unsigned)k->page < TPA_FOR_COUNT);
    FUZZ_HOLDS(k->asked != NULL);
    FUZZ_HOLDS((k->progress.consented | k->progress.confirmed
                | k->progress.org_settled | k->progress.page_shown | 1) == 1);
}

static int read_param(void *baton, const char *name, const tpa_json_t *value)
{
    FUZZ_HOLDS(tpa_json_str(value) != NULL);
    apr_table_add(baton, name, tpa_json_str(value));
    return 0;
}

static void try_ticket(const char *bytes, apr_size_t len, apr_pool_t *p)
{
    apr_table_t *sent = apr_table_make(p, 8);
    tpa_authz_t asked;
    tpa_ticket_t k;
    tpa_err_t *e;

    if (!tpa_ticket_read(bytes, len, &k, p))
        return;
    check_texts(&k);
    /* What the application asked for is judged like a fresh request. */
    tpa_json_each(k.asked, read_param, sent);
    tpa_authz_read(sent, &asked);
    e = tpa_authz_check(sent, 1, &asked, p);
    FUZZ_HOLDS(!e || (e->text && *e->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    const char *text = (const char *)data;
    const char *newline = size ? memchr(text, '\n', size) : NULL;
    const char *inside = newline ? newline + 1 : text;
    apr_size_t header_len = newline ? (apr_size_t)(newline - text) : size;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    try_cookie(apr_pstrmemdup(p, text, header_len), p);
    try_ticket(inside, size - (inside - text), p);
    apr_pool_clear(p);
    return 0;
}
