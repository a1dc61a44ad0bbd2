/**
 * @file page.h
 * @brief Pages people see: rendered from Mustache templates and locales, with
 *        the headers every page has.
 *
 * Templates and texts are compiled in; an operator overrides them with files
 * of the same names below TPATemplates.
 */
#ifndef TPA_HTTP_PAGE_H
#define TPA_HTTP_PAGE_H

#include "base/json.h"
#include "base/txn.h"

typedef struct tpa_templates_t tpa_templates_t;

/**
 * Load all templates and locales.
 *
 * @param dir    folder of the operator's own, or NULL: only the built-in ones
 * @param logos  origins (array of const char *) logos may come from besides
 *               this server, or NULL: none
 * @param out    receives them
 * @param p      pool that owns them
 * @return TPA_OK, or TPA_E_INTERNAL whose detail names the file, the line and
 *         what is wrong with it
 */
tpa_err_t *tpa_templates_load(const char *dir, const apr_array_header_t *logos,
                              tpa_templates_t **out, apr_pool_t *p);

/** The tags of the languages that pages are shown in. */
apr_array_header_t *tpa_templates_langs(const tpa_templates_t *templates,
                                        apr_pool_t *p);

/** How a page looks, and what it may do. Texts are NULL when not known. */
typedef struct tpa_look_t {
    const char *ui_locales;       /* parameter; then Accept-Language decides */
    const char *brand;            /* name of the Organization, or the tenant */
    const char *logo_url;         /* of it; left out when its origin is none
                                     logos may come from */
    const char *primary_color;    /* #rrggbb or #rgb, else left out */
    const char *page_background;
    const char *form_origin;      /* where a form may end up besides here: the
                                     origin of the redirect URI */
} tpa_look_t;

/**
 * Answer with a page.
 *
 * The view is what the template of that name asks for (the comment at the head
 * of share/templates/NAME.mustache); all values are escaped. The texts of the
 * locale, brand, language, direction and the nonce are added here, as members
 * "t" and "page". A member "logo" of the view is left out unless logos may
 * come from its origin. The scripts of form_post and web_message, the only
 * pages that have one, stand in their templates.
 *
 * @param reply   receives body and headers: Content-Security-Policy with a
 *                nonce, frame-ancestors 'none', X-Frame-Options,
 *                Referrer-Policy, X-Content-Type-Options, no-store. Only
 *                web_message may be framed, by the origin in its view.
 * @param status  HTTP status
 * @param name    login, organization, picker, consent, confirm, error,
 *                form_post, web_message
 * @param view    what the page shows; members are added
 * @param look    how it looks
 * @return TPA_OK or TPA_E_INTERNAL
 */
tpa_err_t *tpa_page(const tpa_txn_t *t, tpa_reply_t *reply, int status,
                    const char *name, tpa_json_t *view,
                    const tpa_look_t *look);

#endif
