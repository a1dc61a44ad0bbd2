#include <apr_strings.h>

#include "cimd/cimd.h"
#include "core/event.h"
#include "fetch/fetch.h"
#include "store/objects.h"

/* ---- why not ------------------------------------------------------------ */

static const char *wrong_with(const tpa_cimd_found_t *found)
{
    return found->failure ? found->failure
        : tpa_json_str(tpa_json_at(found->says.violations, 0));
}

static tpa_err_t *retrieve(tpa_txn_t *t, const char *url,
                           tpa_cimd_found_t *found, const char **why)
{
    *why = tpa_cimd_wrong_url(url, t->p);
    if (!*why)
        *why = tpa_fetch_failed(t->fetcher, url, t->now, t->p);
    if (*why)
        return TPA_OK;
    TPA_TRY(tpa_cimd_retrieve(t, url, found));
    if (!tpa_cimd_is_valid(found)) {
        *why = wrong_with(found);
        tpa_fetch_fail(t->fetcher, url, *why, t->now);
    }
    return TPA_OK;
}

/* ---- keeping it --------------------------------------------------------- */

/* Of a registration, not of the login that led to it. */
static const tpa_json_t *event_of(const tpa_txn_t *t, const char *url)
{
    tpa_event_t event = *t->event;
    tpa_json_t *details = tpa_json_object(t->p);

    event.log_id = apr_pstrcat(t->p, t->event->log_id, "d", NULL);
    event.type = "sapi";
    event.description = "Client ID Metadata Document";
    event.details = details;
    tpa_json_set_str(details, "external_client_id", url);
    return tpa_event_json(&event, t->p);
}

tpa_err_t *tpa_cimd_come(tpa_txn_t *t, const char *url, const char **why)
{
    tpa_cimd_found_t found;
    tpa_outcome_t done;
    tpa_json_t *row;

    TPA_TRY(retrieve(t, url, &found, why));
    if (*why)
        return TPA_OK;
    TPA_TRY(tpa_cimd_row(&found, t->newcomers, &row, t->p));
    tpa_json_set_int(row, "lifetime_s", found.lifetime_s);
    return tpa_store_write(t->store, "cimd_put", row, event_of(t, url), &done,
                           t->p);
}
