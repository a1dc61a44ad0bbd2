#include "core/bucket.h"

apr_time_t tpa_bucket_take(const tpa_bucket_spec_t *spec, apr_time_t full_at,
                           apr_time_t now, tpa_bucket_view_t *view)
{
    apr_time_t depth = spec->burst * spec->interval;
    apr_time_t owed = full_at > now ? full_at - now : 0;

    if (owed > depth)
        owed = depth;
    view->allowed = owed + spec->interval <= depth;
    if (view->allowed)
        owed += spec->interval;
    view->remaining = (int)((depth - owed) / spec->interval);
    view->full_at = now + owed;
    view->free_at = view->remaining ? now
                                    : now + owed + spec->interval - depth;
    return view->full_at;
}

apr_time_t tpa_bucket_give(const tpa_bucket_spec_t *spec, apr_time_t full_at)
{
    return full_at - spec->interval;
}
