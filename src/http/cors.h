/**
 * @file cors.h
 * @brief Which pages may read an answer that was made for an application
 *        (Fetch, CORS protocol; clients.md 1.18).
 */
#ifndef TPA_HTTP_CORS_H
#define TPA_HTTP_CORS_H

#include "base/txn.h"
#include "core/flow.h"

/**
 * Let the page that asks read what comes, errors too, if its origin is one of
 * the application's allowed_origins or web_origins, byte by byte.
 *
 * @param t    the request; t->allow_origin is set
 * @param app  the application, or NULL: one that serves no pages
 */
void tpa_cors_admit(tpa_txn_t *t, const tpa_app_t *app);

#endif
