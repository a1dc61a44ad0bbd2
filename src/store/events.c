#include <string.h>

#include <apr_strings.h>

#include "store/events.h"

tpa_err_t *tpa_store_events_add(tpa_store_t *st, const char *batch,
                                apr_pool_t *p)
{
    /* An event that is there already is left alone, so asking twice is safe. */
    static const tpa_fn_t fn = { "events_add", 1, 1 };

    return tpa_store_call(st, &fn, &batch, NULL, p);
}

static tpa_err_t *one_event(tpa_store_t *st, const tpa_fn_t *fn,
                            const char *arg, const char *absent,
                            tpa_json_t **out, apr_pool_t *p)
{
    const char *event;
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, fn, &arg, &rows, p));
    event = tpa_rows_get(rows, 0, "event");
    if (!event)
        return tpa_err(p, TPA_E_NOT_FOUND, "%s", absent);
    return tpa_json_parse(event, strlen(event), out, p);
}

tpa_err_t *tpa_store_event_by_ref(tpa_store_t *st, const char *ref,
                                  tpa_json_t **out, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "event_by_ref", 1, 1 };

    return one_event(st, &fn, ref, "There is no refusal of that reference",
                     out, p);
}

tpa_err_t *tpa_store_jti_use(tpa_store_t *st, const char *client_id,
                             const char *jti_hash, apr_time_t expires,
                             int *fresh, apr_pool_t *p)
{
    static const tpa_fn_t fn = { "jti_use", 3, 0 };
    const char *args[] = { client_id, jti_hash,
                           apr_psprintf(p, "%" APR_TIME_T_FMT,
                                        apr_time_sec(expires)) };
    const char *answer;
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, &fn, args, &rows, p));
    answer = tpa_rows_get(rows, 0, "fresh");
    *fresh = answer && !strcmp(answer, "t");
    return TPA_OK;
}
