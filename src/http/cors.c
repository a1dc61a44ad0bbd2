#include "base/text.h"
#include "http/cors.h"

void tpa_cors_admit(tpa_txn_t *t, const tpa_app_t *app)
{
    const char *origin = apr_table_get(t->req->headers, "Origin");

    if (origin && app && (tpa_text_in(app->allowed_origins, origin)
                          || tpa_text_in(app->web_origins, origin)))
        t->allow_origin = origin;
}
