#include <stddef.h>
#include <string.h>

#include "crypto/secret.h"
#include "http/ticket.h"

static const struct {
    const char *name;
    int of_session;       /* what it shows is for whoever is logged in */
} pages[TPA_FOR_COUNT] = {
    [TPA_FOR_ORGANIZATION] = { "organization", 0 },
    [TPA_FOR_LOGIN]        = { "login",        0 },
    [TPA_FOR_PICK]         = { "pick",         0 },
    [TPA_FOR_CONSENT]      = { "consent",      1 },
    [TPA_FOR_CONFIRM]      = { "confirm",      1 },
    [TPA_FOR_CONTINUE]     = { "continue",     1 },
};

/* Members of the box that are texts. */
static const struct {
    const char *name;
    apr_size_t offset;
    int needed;
} texts[] = {
    /* clang-format off */
    { "id",      offsetof(tpa_ticket_t, id),           1 },
    { "iss",     offsetof(tpa_ticket_t, issuer),       1 },
    { "browser", offsetof(tpa_ticket_t, browser_hash), 1 },
    { "chosen",  offsetof(tpa_ticket_t, progress.org), 0 },
    { "hint",    offsetof(tpa_ticket_t, login_hint),   0 },
    { "session", offsetof(tpa_ticket_t, session_hash), 0 },
    { "api",     offsetof(tpa_ticket_t, api_id),       0 },
    { "org",     offsetof(tpa_ticket_t, org_id),       0 },
    { NULL }
    /* clang-format on */
};

/* Steps that were taken; those that are true stand in a list. */
static const struct {
    const char *name;
    apr_size_t offset;
} steps[] = {
    { "org_settled", offsetof(tpa_ticket_t, progress.org_settled) },
    { "consented",   offsetof(tpa_ticket_t, progress.consented) },
    { "confirmed",   offsetof(tpa_ticket_t, progress.confirmed) },
    { "page_shown",  offsetof(tpa_ticket_t, progress.page_shown) },
    { NULL }
};

#define TEXT_AT(k, i) ((const char **)((char *)(k) + texts[i].offset))
#define STEP_AT(k, i) ((int *)((char *)(k) + steps[i].offset))

int tpa_ticket_of_session(tpa_ticket_for_t page)
{
    return pages[page].of_session;
}

/* ---- into the box ------------------------------------------------------- */

static const char *print(const tpa_ticket_t *k, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p), *taken = tpa_json_array(p);
    tpa_ticket_t copy = *k;
    int i;

    tpa_json_set_str(o, "for", pages[k->page].name);
    tpa_json_set_int(o, "exp", k->expires_at);
    tpa_json_set_int(o, "started", k->progress.started_at);
    for (i = 0; texts[i].name; i++)
        tpa_json_set_str(o, texts[i].name, *TEXT_AT(&copy, i));
    for (i = 0; steps[i].name; i++) {
        if (*STEP_AT(&copy, i))
            tpa_json_add_str(taken, steps[i].name);
    }
    tpa_json_set(o, "steps", taken);
    if (k->scopes)
        tpa_json_set_list(o, "scopes", k->scopes);
    tpa_json_set(o, "asked", k->asked);
    return tpa_json_print(o, p);
}

tpa_err_t *tpa_ticket_too_long(apr_pool_t *p)
{
    return tpa_err_by(tpa_err(p, TPA_E_INVALID_REQUEST, "The request of the"
                              " application is too long"), "ticket_length");
}

tpa_err_t *tpa_ticket_seal(const tpa_sealer_t *s, const tpa_ticket_t *k,
                           const char **out, apr_pool_t *p)
{
    const char *text = print(k, p);

    TPA_TRY(tpa_seal(s, TPA_SEAL_TICKET, text, strlen(text), out, p));
    return strlen(*out) > TPA_TICKET_MAX ? tpa_ticket_too_long(p) : TPA_OK;
}

/* ---- out of the box ----------------------------------------------------- */

static int read_page(const tpa_json_t *o, tpa_ticket_t *out)
{
    const char *name = tpa_json_get_str(o, "for");
    int i;

    for (i = 0; name && i < TPA_FOR_COUNT; i++) {
        if (!strcmp(name, pages[i].name)) {
            out->page = i;
            return 1;
        }
    }
    return 0;
}

static int read_texts(const tpa_json_t *o, tpa_ticket_t *out)
{
    int i;

    for (i = 0; texts[i].name; i++) {
        const tpa_json_t *v = tpa_json_get(o, texts[i].name);

        *TEXT_AT(out, i) = tpa_json_str(v);
        if (v ? !tpa_json_str(v) : texts[i].needed)
            return 0;
    }
    return 1;
}

static int read_step(const char *name, tpa_ticket_t *out)
{
    int i;

    for (i = 0; steps[i].name; i++) {
        if (!strcmp(name, steps[i].name)) {
            *STEP_AT(out, i) = 1;
            return 1;
        }
    }
    return 0;
}

static int read_steps(const tpa_json_t *o, tpa_ticket_t *out, apr_pool_t *p)
{
    apr_array_header_t *taken = tpa_json_list(tpa_json_get(o, "steps"), p);
    int i;

    for (i = 0; taken && i < taken->nelts; i++) {
        if (!read_step(APR_ARRAY_IDX(taken, i, const char *), out))
            return 0;
    }
    return taken != NULL;
}

static int is_no_text(void *baton, const char *name, const tpa_json_t *value)
{
    return !tpa_json_str(value);
}

int tpa_ticket_read(const char *bytes, apr_size_t len, tpa_ticket_t *out,
                    apr_pool_t *p)
{
    apr_int64_t expires, started;
    const tpa_json_t *scopes;
    tpa_json_t *o;

    memset(out, 0, sizeof(*out));
    if (tpa_json_parse(bytes, len, &o, p)
        || !tpa_json_get_int(o, "exp", &expires)
        || !tpa_json_get_int(o, "started", &started)
        || !read_page(o, out) || !read_texts(o, out)
        || !read_steps(o, out, p))
        return 0;
    out->expires_at = expires;
    out->progress.started_at = started;
    scopes = tpa_json_get(o, "scopes");
    out->scopes = tpa_json_list(scopes, p);
    out->asked = tpa_json_get(o, "asked");
    return (!scopes || out->scopes)
        && tpa_json_type(out->asked) == TPA_JSON_OBJECT
        && !tpa_json_each(out->asked, is_no_text, NULL);
}

/* The public text is the same whatever is wrong: it is for somebody who came
 * back too late. The log is told more. */
static tpa_err_t *start_again(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_NOWHERE_TO_GO, "This login cannot be"
        " continued. Please go back to the application and start again");

    e->detail = why;
    return tpa_err_by(e, "ticket");
}

tpa_err_t *tpa_ticket_open(const tpa_sealer_t *s, const char *box,
                           const tpa_ticket_check_t *check,
                           tpa_ticket_t *out, apr_pool_t *p)
{
    const char *bytes, *hash;
    apr_size_t len;

    if (!box || !*box)
        return start_again(p, "no ticket");
    if (strlen(box) > TPA_TICKET_MAX
        || tpa_unseal(s, TPA_SEAL_TICKET, box, &bytes, &len, p))
        return start_again(p, "the ticket is not one of ours");
    if (!tpa_ticket_read(bytes, len, out, p))
        return start_again(p, "the ticket cannot be read");
    if (strcmp(out->issuer, check->issuer))
        return start_again(p, "the ticket is one of another tenant");
    if (out->page != check->page)
        return start_again(p, "the ticket is one of another page");
    if (out->expires_at <= check->now)
        return start_again(p, "the ticket is too old");
    if (!check->browser)
        return start_again(p, "the browser sent no cookie");
    hash = tpa_sha256_hex(check->browser, strlen(check->browser), p);
    if (!tpa_secret_equal(hash, out->browser_hash))
        return start_again(p, "the ticket is one of another browser");
    return TPA_OK;
}
