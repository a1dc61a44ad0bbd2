#include <apr_strings.h>

#include "base/reply.h"

tpa_reply_t *tpa_reply_make(apr_pool_t *p)
{
    tpa_reply_t *reply = apr_pcalloc(p, sizeof(*reply));

    /* Nobody's success by mistake: whoever answers says how. */
    reply->status = tpa_ekind_info(TPA_E_INTERNAL)->http;
    reply->headers = apr_table_make(p, 8);
    return reply;
}

void tpa_reply_no_store(tpa_reply_t *reply)
{
    apr_table_setn(reply->headers, "Cache-Control", "no-store");
    apr_table_setn(reply->headers, "Pragma", "no-cache");
}

void tpa_reply_json(tpa_reply_t *reply, int status, const tpa_json_t *body,
                    apr_pool_t *p)
{
    reply->status = status;
    reply->content_type = "application/json";
    reply->body = tpa_json_print(body, p);
    tpa_reply_no_store(reply);
}

void tpa_reply_retry_after(tpa_reply_t *reply, const tpa_err_t *e,
                           int retry_after, apr_pool_t *p)
{
    int status = tpa_ekind_info(e->kind)->http;

    if (status == 503 || status == 429)
        apr_table_setn(reply->headers, "Retry-After",
                       apr_itoa(p, retry_after));
}

void tpa_reply_error(const tpa_txn_t *t, tpa_reply_t *reply,
                     const tpa_err_t *e, int retry_after)
{
    const tpa_ekind_info_t *info = tpa_ekind_info(e->kind);
    tpa_json_t *body = tpa_json_object(t->p);

    tpa_json_set_str(body, "error", info->oauth);
    if (e->text && *e->text)
        tpa_json_set_str(body, "error_description", e->text);
    tpa_reply_json(reply, info->http, body, t->p);
    tpa_reply_retry_after(reply, e, retry_after, t->p);
}
