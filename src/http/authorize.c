#include "http/authorize.h"
#include "http/flow.h"
#include "http/visit.h"

tpa_err_t *tpa_gate_authorize(tpa_txn_t *t)
{
    return tpa_visit_begin(t);
}

/* Without what the gate found nothing is answered, whoever called. */
tpa_err_t *tpa_ep_authorize(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_visit_t *v = t->gated;

    if (!v || !v->may_return)
        return tpa_err_private(t->p, TPA_E_INTERNAL, "the gate of the"
                               " authorization endpoint was not asked");
    return tpa_flow_advance(t, reply, v);
}
