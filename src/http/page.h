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
 * @param dir  folder of the operator's own, or NULL: only the built-in ones
 * @param out  receives them
 * @param p    pool that owns them
 * @return TPA_OK, or TPA_E_INTERNAL whose detail names the file, the line and
 *         what is wrong with it
 */
tpa_err_t *tpa_templates_load(const char *dir, tpa_templates_t **out,
                              apr_pool_t *p);

/** How a page looks, and what it may do. Texts are NULL when not known. */
typedef struct tpa_look_t {
    const char *ui_locales;       /* parameter; then Accept-Language decides */
    const char *brand;            /* name of the Organization, or the tenant */
    const char *logo_url;         /* of it */
    const char *primary_color;    /* #rrggbb */
    const char *page_background;
    const char *form_origin;      /* where a form may end up besides here: the
                                     origin of the redirect URI */
    const char *script;           /* the page's own script, which gets the
                                     nonce; NULL: no script at all */
} tpa_look_t;

/**
 * Answer with a page.
 *
 * The view is what the template of that name asks for (share/templates/), all
 * values are escaped. The texts of the locale, brand, language, direction,
 * ticket-free links and the nonce are added here.
 *
 * @param reply   receives body and headers: Content-Security-Policy with a
 *                nonce, frame-ancestors 'none', X-Frame-Options,
 *                Referrer-Policy, X-Content-Type-Options, no-store
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
