#include <string.h>

#include <apr_strings.h>

#include "fetch/fetch_int.h"

#define FORGET (60 * APR_USEC_PER_SEC)

static tpa_fetch_failure_t *find(tpa_fetcher_t *f, const char *url,
                                 apr_time_t now)
{
    int i;

    for (i = 0; i < TPA_FETCH_FAILURES; i++) {
        if (f->failures[i].until > now && !strcmp(f->failures[i].url, url))
            return &f->failures[i];
    }
    return NULL;
}

void tpa_fetch_fail(tpa_fetcher_t *f, const char *url, const char *why,
                    apr_time_t now)
{
    tpa_fetch_failure_t *at;

    if (strlen(url) >= TPA_FETCH_MOST_TEXT)
        return;
    apr_thread_mutex_lock(f->lock);
    at = find(f, url, now);
    if (!at) {
        at = &f->failures[f->next];
        f->next = (f->next + 1) % TPA_FETCH_FAILURES;
    }
    at->until = now + FORGET;
    apr_cpystrn(at->url, url, sizeof(at->url));
    apr_cpystrn(at->why, why, sizeof(at->why));
    apr_thread_mutex_unlock(f->lock);
}

const char *tpa_fetch_failed(tpa_fetcher_t *f, const char *url,
                             apr_time_t now, apr_pool_t *p)
{
    const tpa_fetch_failure_t *at;
    const char *why;

    apr_thread_mutex_lock(f->lock);
    at = find(f, url, now);
    why = at ? apr_pstrdup(p, at->why) : NULL;
    apr_thread_mutex_unlock(f->lock);
    return why;
}
