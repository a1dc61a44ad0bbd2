#include "base/text.h"
#include "core/flow_int.h"

const apr_array_header_t *tpa_flow_details(const tpa_flow_case_t *c)
{
    return c->facts.asked_details || c->point == TPA_AT_AUTHORIZE
        ? c->facts.asked_details : c->facts.held.details;
}

static int is_allowed(const tpa_flow_case_t *c, const char *type)
{
    const tpa_client_grant_t *grant = tpa_flow_grant(c);

    if (!tpa_text_in(c->facts.flow_api.details_types, type))
        return 0;
    return grant ? tpa_text_in(grant->details_types, type)
                 : !tpa_flow_needs_grant(c);
}

/* The next one at or behind *at that may not be had, or NULL. */
static const tpa_detail_t *next_missing(const tpa_flow_case_t *c, int *at)
{
    const apr_array_header_t *list = tpa_flow_details(c);

    for (; list && *at < list->nelts; (*at)++) {
        const tpa_detail_t *one = &APR_ARRAY_IDX(list, *at, tpa_detail_t);

        if (!is_allowed(c, one->type))
            return one;
    }
    return NULL;
}

int tpa_flow_details_granted(const tpa_flow_case_t *c)
{
    int at = 0;

    return !next_missing(c, &at);
}

apr_array_header_t *tpa_flow_details_missing(const tpa_flow_case_t *c,
                                             apr_pool_t *p)
{
    apr_array_header_t *types = apr_array_make(p, 2, sizeof(const char *));
    const tpa_detail_t *one;
    int at;

    for (at = 0; (one = next_missing(c, &at)); at++) {
        if (!tpa_text_in(types, one->type))
            APR_ARRAY_PUSH(types, const char *) = one->type;
    }
    return types;
}
