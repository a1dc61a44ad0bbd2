#include <string.h>

#include <apr_strings.h>

#include "base/reply.h"
#include "base/text.h"
#include "core/color.h"
#include "crypto/secret.h"
#include "http/page_int.h"

#define NONCE_BYTES 16
#define MOST_DATA 8192       /* bytes of a logo that is a data: URL */

/* Name, has a script, is framed, is alone. A page that a popup goes through
 * may not cut the tie to the window that opened it. */
const tpa_page_row_t tpa_pages[] = {
    { "login" },
    { "organization" },
    { "picker" },
    { "consent" },
    { "confirm" },
    { "error", 0, 0, 1 },
    { "form_post", 1 },
    { "web_message", 1, 1 },
    { NULL }
};

/* A page being made. */
typedef struct making_t {
    const tpa_txn_t *t;
    const tpa_templates_t *all;
    const tpa_page_row_t *row;
    const tpa_look_t *look;
    const tpa_locale_t *locale;
    tpa_json_t *view;
    const char *nonce;
    const char *img_src;         /* origins besides our own, each with a blank
                                    before it */
} making_t;

/* ---- origins ------------------------------------------------------------ */

#define ORIGIN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
    "0123456789+.-:/"

/* An origin, or a scheme, that can stand in a policy; else NULL. An address of
 * IPv6 cannot, so that only its scheme is left to name. */
static const char *policy_source(const char *origin, apr_pool_t *p)
{
    if (!origin || !*origin)
        return NULL;
    if (!strncmp(origin, "http://[", 8))
        return "http:";
    if (strspn(origin, ORIGIN_CHARS) == strlen(origin))
        return origin;
    return NULL;
}

static apr_size_t origin_len(const char *url)
{
    const char *host = strstr(url, "://");

    if (!host)
        return 0;
    host += 3;
    return (apr_size_t)(host - url) + strcspn(host, "/?#");
}

/* Has the URL this origin? */
static int is_of(const char *url, const char *origin)
{
    apr_size_t len = origin_len(origin);

    return len && origin_len(url) == len && !strncasecmp(url, origin, len)
        && (!url[len] || strchr("/?#", url[len]));
}

static int is_data(const char *url)
{
    return !strncmp(url, "data:image/", 11) && strlen(url) <= MOST_DATA;
}

/* The logo, if the operator lets browsers fetch it. */
static const char *allowed_logo(making_t *m, const char *url)
{
    const apr_array_header_t *logos = m->all->logos;
    int i;

    if (!url || is_data(url) || is_of(url, m->t->issuer))
        return url;
    for (i = 0; logos && i < logos->nelts; i++) {
        const char *origin = APR_ARRAY_IDX(logos, i, const char *);

        if (is_of(url, origin)) {
            m->img_src = apr_pstrcat(m->t->p, m->img_src, " ", origin, NULL);
            return url;
        }
    }
    return NULL;
}

/* ---- colors ------------------------------------------------------------- */

static tpa_color_t color_or(const char *text, const char *dflt)
{
    tpa_color_t c = { 0, 0, 0 };

    if (!tpa_color_parse(text, &c))
        tpa_color_parse(dflt, &c);
    return c;
}

/* Accent and ground of a scheme, with the ink for each; the numbers are those
 * of the cards in style.mustache. */
static tpa_json_t *scheme(const tpa_look_t *look, const char *card,
                          const char *ground_text, apr_pool_t *p)
{
    tpa_color_t accent = tpa_color_away(
        color_or(look->primary_color, "#2457c5"), color_or(card, card), 3);
    tpa_color_t ground = color_or(ground_text, ground_text);
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "accent", tpa_color_text(accent, p));
    tpa_json_set_str(o, "on_accent", tpa_color_text(tpa_color_ink(accent), p));
    tpa_json_set_str(o, "ground", tpa_color_text(ground, p));
    tpa_json_set_str(o, "on_ground", tpa_color_text(tpa_color_ink(ground), p));
    return o;
}

static void add_colors(making_t *m, tpa_json_t *page)
{
    const char *background = m->look->page_background;
    const tpa_color_t white = { 255, 255, 255 };
    tpa_color_t c;
    int is_color = tpa_color_parse(background, &c);
    /* A bright page would dazzle whoever asked for a dark one. */
    int is_dark = is_color && tpa_color_contrast(c, white) >= 7;

    tpa_json_set(page, "light", scheme(m->look, "#ffffff",
                                       is_color ? background : "#eef1f5",
                                       m->t->p));
    tpa_json_set(page, "dark", scheme(m->look, "#1b1f27",
                                      is_dark ? background : "#0f1217",
                                      m->t->p));
}

/* ---- view --------------------------------------------------------------- */

/* Why the page is shown again: the text of the key in "error". */
static const char *error_text(const making_t *m, const tpa_json_t *texts)
{
    const char *error = tpa_json_get_str(m->view, "error"), *text;
    const char *other = tpa_json_get_true(m->view, "is_ours") ? "_ours"
                                                              : "_failed";

    if (!error)
        return NULL;
    text = tpa_json_get_str(texts, apr_pstrcat(m->t->p, m->row->name, "_",
                                               error, NULL));
    return text ? text : tpa_json_get_str(texts,
        apr_pstrcat(m->t->p, m->row->name, other, NULL));
}

/* Who the page is of; the host of the issuer where nobody said so. */
static const char *brand_of(const making_t *m)
{
    const char *host = m->t->issuer + strlen("https://");

    if (m->look->brand && *m->look->brand)
        return m->look->brand;
    return apr_pstrmemdup(m->t->p, host, strcspn(host, "/"));
}

static int has_some(const making_t *m, const char *list)
{
    return tpa_json_size(tpa_json_get(m->view, list)) > 0;
}

/* What a template cannot find out by itself. */
static void add_answers(making_t *m)
{
    tpa_json_t *view = m->view;

    tpa_json_set_bool(view, "has_others", has_some(m, "others"));
    tpa_json_set_bool(view, "has_scopes", has_some(m, "scopes"));
    tpa_json_set_bool(view, "has_details", has_some(m, "details"));
    tpa_json_set_bool(view, "by_either", tpa_json_get_true(view, "by_name")
                                         && tpa_json_get_true(view,
                                                              "by_email"));
    tpa_json_set_str(view, "brand", brand_of(m));
}

static void mend_view(making_t *m)
{
    const char *logo = tpa_json_get_str(m->view, "logo");
    const char *since = tpa_json_get_str(m->view, "since");
    apr_int64_t wait_s;

    if (logo && !allowed_logo(m, logo))
        tpa_json_remove(m->view, "logo");
    if (since)
        tpa_json_set_str(m->view, "since",
                         tpa_locale_day(m->locale, since, m->t->p));
    /* The texts say "seconds". */
    if (tpa_json_get_int(m->view, "wait_s", &wait_s) && wait_s < 2)
        tpa_json_set_int(m->view, "wait_s", 2);
}

static void add_page(making_t *m)
{
    tpa_json_t *page = tpa_json_object(m->t->p), *texts;

    mend_view(m);
    add_answers(m);
    texts = tpa_locale_texts(m->locale, m->view, m->t->p);
    tpa_json_set_str(page, "lang", tpa_locale_lang(m->locale));
    tpa_json_set_str(page, "nonce", m->nonce);
    tpa_json_set_str(page, "logo", allowed_logo(m, m->look->logo_url));
    tpa_json_set_str(page, "error", error_text(m, texts));
    tpa_json_set_str(page, "title",
                     tpa_json_get_str(texts, apr_pstrcat(m->t->p, m->row->name,
                                                         "_title", NULL)));
    add_colors(m, page);
    tpa_json_set(m->view, "page", page);
    tpa_json_set(m->view, "t", texts);
}

/* ---- headers ------------------------------------------------------------ */

static const char *policy(const making_t *m)
{
    const char *frame = m->row->is_framed
        ? policy_source(tpa_json_get_str(m->view, "origin"), m->t->p) : NULL;
    const char *form = policy_source(m->look->form_origin, m->t->p);

    return apr_pstrcat(m->t->p, "default-src 'none'; style-src 'nonce-",
        m->nonce, "'; ",
        m->row->has_script ? "script-src 'nonce-" : "",
        m->row->has_script ? m->nonce : "",
        m->row->has_script ? "'; " : "",
        "img-src 'self' data:", m->img_src, "; form-action 'self'",
        form ? " " : "", form ? form : "", "; base-uri 'none'; "
        "frame-ancestors ", frame ? frame : "'none'", NULL);
}

static void set_headers(const making_t *m, tpa_reply_t *reply)
{
    apr_table_t *h = reply->headers;

    tpa_reply_no_store(reply);
    apr_table_setn(h, "Content-Security-Policy", policy(m));
    apr_table_setn(h, "Content-Language", tpa_locale_lang(m->locale));
    apr_table_setn(h, "Referrer-Policy", "no-referrer");
    apr_table_setn(h, "X-Content-Type-Options", "nosniff");
    apr_table_setn(h, "Permissions-Policy", "camera=(), geolocation=(),"
                   " microphone=(), payment=(), usb=()");
    if (!m->row->is_framed)
        apr_table_setn(h, "X-Frame-Options", "DENY");
    if (m->row->is_alone)
        apr_table_setn(h, "Cross-Origin-Opener-Policy", "same-origin");
}

/* ---- the page ----------------------------------------------------------- */

static const tpa_page_row_t *row_of(const char *name)
{
    const tpa_page_row_t *row = tpa_pages;

    while (row->name && strcmp(row->name, name))
        row++;
    return row->name ? row : NULL;
}

static tpa_err_t *make_nonce(making_t *m)
{
    unsigned char bytes[NONCE_BYTES];

    TPA_TRY(tpa_random_bytes(bytes, sizeof(bytes), m->t->p));
    m->nonce = tpa_text_b64url(bytes, sizeof(bytes), m->t->p);
    return TPA_OK;
}

tpa_err_t *tpa_page(const tpa_txn_t *t, tpa_reply_t *reply, int status,
                    const char *name, tpa_json_t *view,
                    const tpa_look_t *look)
{
    making_t m = { t, t->templates, row_of(name), look };

    if (!m.row || !m.all)
        return tpa_err_private(t->p, TPA_E_INTERNAL, "there is no page \"%s\"",
                               name);
    m.view = view;
    m.img_src = "";
    m.locale = tpa_locale_choose(m.all->locales, look->ui_locales,
                                 apr_table_get(t->req->headers,
                                               "Accept-Language"), t->p);
    TPA_TRY(make_nonce(&m));
    add_page(&m);
    TPA_TRY(tpa_mustache_render(m.all->set, name, view, &reply->body, t->p));
    reply->status = status;
    reply->content_type = "text/html; charset=utf-8";
    set_headers(&m, reply);
    return TPA_OK;
}
