#include <apr_strings.h>

#include "core/event.h"
#include "grant/quota_int.h"
#include "store/quota.h"

static tpa_err_t *read_quota(tpa_txn_t *t, const tpa_m2m_facts_t *f,
                             tpa_quota_t *out)
{
    return tpa_quota_read(f->quota, out, t->p) ? TPA_OK
        : tpa_err_private(t->p, TPA_E_INTERNAL, "tpa.m2m_facts does not tell"
                          " quotas as this build reads them: run tpactl schema"
                          " apply");
}

static void tell_header(tpa_txn_t *t, const tpa_quota_t *q, const char *name,
                        const char *of)
{
    const char *value = tpa_quota_header(q, of, t->p);

    if (value)
        tpa_txn_header(t, name, value);
}

/* An event beside that of the token; its loss is no reason against it. */
static void tell_step(tpa_txn_t *t, const tpa_json_t *step, int n)
{
    tpa_event_t event = *t->event;

    event.log_id = apr_psprintf(t->p, "%sq%d", event.log_id, n);
    event.type = "api_limit_warning";
    event.description = "A quota of tokens is being used up";
    event.details = step;
    (void)t->record(t->record_baton, &event, t->p);
}

static void tell_steps(tpa_txn_t *t, const tpa_quota_t *q)
{
    const tpa_json_t *steps = tpa_quota_steps(q, t->p);
    int i;

    for (i = 0; i < (int)tpa_json_size(steps); i++)
        tell_step(t, tpa_json_at(steps, i), i);
}

tpa_err_t *tpa_grant_quota_pass(tpa_txn_t *t, tpa_m2m_facts_t *f)
{
    tpa_err_t *refusal;
    tpa_quota_t q;

    if (!f->quota)
        return TPA_OK;
    TPA_TRY(read_quota(t, f, &q));
    if (q.is_owed)
        TPA_TRY(tpa_store_quota_take(t->store, f->client.id, q.org_id,
                                     &f->quota, &q, t->p));
    tell_header(t, &q, "Auth0-Client-Quota-Limit", TPA_QUOTA_CLIENT);
    tell_header(t, &q, "Auth0-Organization-Quota-Limit", TPA_QUOTA_ORG);
    refusal = tpa_quota_check(&q, t->p);
    if (refusal)
        t->event->details = tpa_quota_details(&q, t->p);
    else
        tell_steps(t, &q);
    return refusal;
}

static tpa_err_t *undo(tpa_txn_t *t)
{
    const tpa_m2m_facts_t *f = t->undo_baton;
    tpa_quota_t q;

    TPA_TRY(read_quota(t, f, &q));
    return q.is_taken ? tpa_store_quota_give(t->store, f->client.id, &q, t->p)
                      : TPA_OK;
}

void tpa_grant_quota_arm(tpa_txn_t *t, tpa_m2m_facts_t *f)
{
    if (!f->quota)
        return;
    t->undo = undo;
    t->undo_baton = f;
}
