#include <string.h>

#include "store/flow.h"

static void set_list(tpa_json_t *o, const char *name,
                     const apr_array_header_t *values)
{
    if (values && values->nelts)
        tpa_json_set_list(o, name, values);
}

/* What the request asked for is no business of the database. */
static tpa_err_t *take(tpa_flow_facts_t *f, const tpa_outcome_t *found,
                       const char *name, apr_pool_t *p)
{
    tpa_flow_facts_t fresh;

    memset(&fresh, 0, sizeof(fresh));
    fresh.asked = f->asked;
    fresh.asked_scopes = f->asked_scopes;
    fresh.asked_details = f->asked_details;
    *f = fresh;
    if (!found->text || !tpa_flow_facts_fill(f, found->text, p))
        return tpa_err_private(p, TPA_E_INTERNAL, "tpa.%s does not answer what"
                               " this build asks: run tpactl schema apply",
                               name);
    return TPA_OK;
}

tpa_err_t *tpa_store_authorize_facts(tpa_store_t *st,
                                     const tpa_flow_query_t *q,
                                     tpa_flow_facts_t *out, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    tpa_outcome_t found;

    tpa_json_set_str(o, "client_id", q->client_id);
    tpa_json_set_str(o, "audience", q->audience);
    tpa_json_set_str(o, "resource", q->resource);
    tpa_json_set_str(o, "organization", q->organization);
    tpa_json_set_str(o, "org_id", q->org_id);
    tpa_json_set_str(o, "session_hash", q->session_hash);
    set_list(o, "scopes", q->scopes);
    if (q->details)
        tpa_json_set_bool(o, "details", 1);
    TPA_TRY(tpa_store_read_text(st, "authorize_facts", o, &found, p));
    return take(out, &found, "authorize_facts", p);
}

tpa_err_t *tpa_store_code_facts(tpa_store_t *st, const char *client_id,
                                const char *code_hash, tpa_flow_facts_t *out,
                                apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    tpa_outcome_t found;

    tpa_json_set_str(o, "client_id", client_id);
    tpa_json_set_str(o, "code_hash", code_hash);
    TPA_TRY(tpa_store_read_text(st, "code_facts", o, &found, p));
    return take(out, &found, "code_facts", p);
}

tpa_err_t *tpa_store_refresh_facts(tpa_store_t *st, const char *client_id,
                                   const char *token_hash,
                                   tpa_flow_facts_t *out, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    tpa_outcome_t found;

    tpa_json_set_str(o, "client_id", client_id);
    tpa_json_set_str(o, "token_hash", token_hash);
    TPA_TRY(tpa_store_read_text(st, "refresh_facts", o, &found, p));
    return take(out, &found, "refresh_facts", p);
}
