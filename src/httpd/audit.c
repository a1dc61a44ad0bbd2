#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>

#include "httpd/audit.h"
#include "store/events.h"

#define BATCH 128            /* events of one round trip */

/* An event that waits; malloc'd, for it outlives the request it came of. */
typedef struct item_t {
    struct item_t *next;
    char text[];
} item_t;

struct tpa_audit_t {
    const tpa_conn_source_t *source;
    apr_thread_mutex_t *lock;
    item_t *first, *last;
    int capacity, count;
    int strangers_per_s;     /* recorded refusals of unknown callers */
    apr_time_t second;       /* the second in which strangers are counted */
    int strangers;           /* of this second */
    apr_int64_t suppressed;  /* since the last one that was let through */
};

tpa_audit_t *tpa_audit_make(const tpa_conn_source_t *source, int capacity,
                            int strangers_per_s, apr_pool_t *p)
{
    tpa_audit_t *a = apr_pcalloc(p, sizeof(*a));

    a->source = source;
    a->capacity = capacity;
    a->strangers_per_s = strangers_per_s;
    apr_thread_mutex_create(&a->lock, APR_THREAD_MUTEX_DEFAULT, p);
    return a;
}

/* 1: record this refusal, and say that *missed were not recorded before. */
static int stranger_may_pass(tpa_audit_t *a, apr_time_t now,
                             apr_int64_t *missed)
{
    int pass;

    apr_thread_mutex_lock(a->lock);
    if (apr_time_sec(now) != a->second) {
        a->second = apr_time_sec(now);
        a->strangers = 0;
    }
    pass = a->strangers < a->strangers_per_s;
    *missed = a->suppressed;
    a->strangers++;
    a->suppressed = pass ? 0 : a->suppressed + 1;
    apr_thread_mutex_unlock(a->lock);
    return pass;
}

static int enqueue(tpa_audit_t *a, const char *text)
{
    item_t *item = malloc(sizeof(*item) + strlen(text) + 1);
    int room;

    if (!item)
        return 0;
    item->next = NULL;
    memcpy(item->text, text, strlen(text) + 1);
    apr_thread_mutex_lock(a->lock);
    room = a->count < a->capacity;
    if (room) {
        if (a->last)
            a->last->next = item;
        else
            a->first = item;
        a->last = item;
        a->count++;
    }
    apr_thread_mutex_unlock(a->lock);
    if (!room)
        free(item);
    return room;
}

static tpa_err_t *write_batch(tpa_audit_t *a, const char *batch,
                              apr_pool_t *p)
{
    return tpa_store_events_add(tpa_store_make(a->source, p), batch, p);
}

tpa_err_t *tpa_audit_take(tpa_audit_t *a, const tpa_event_t *event,
                          apr_pool_t *p)
{
    tpa_json_t *o = tpa_event_json(event, p);
    apr_int64_t missed = 0;
    const char *text;

    if (!event->authenticated && !stranger_may_pass(a, event->date, &missed))
        return TPA_OK;
    if (missed) {
        tpa_json_t *details = tpa_json_object(p);

        tpa_json_set_int(details, "not_recorded_before", missed);
        tpa_json_set(o, "details", details);
    }
    text = tpa_json_print(o, p);
    if (enqueue(a, text))
        return TPA_OK;
    return write_batch(a, apr_pstrcat(p, "[", text, "]", NULL), p);
}

/* The oldest events, left in the queue until they are written. Only the
 * site's thread takes any out. */
static int oldest(tpa_audit_t *a, const item_t **items)
{
    const item_t *item;
    int n = 0;

    apr_thread_mutex_lock(a->lock);
    for (item = a->first; item && n < BATCH; item = item->next)
        items[n++] = item;
    apr_thread_mutex_unlock(a->lock);
    return n;
}

static void forget(tpa_audit_t *a, int n)
{
    apr_thread_mutex_lock(a->lock);
    while (n-- > 0 && a->first) {
        item_t *item = a->first;

        a->first = item->next;
        if (!a->first)
            a->last = NULL;
        a->count--;
        free(item);
    }
    apr_thread_mutex_unlock(a->lock);
}

static const char *batch_of(const item_t **items, int n, apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, n, sizeof(const char *));
    int i;

    for (i = 0; i < n; i++)
        APR_ARRAY_PUSH(parts, const char *) = items[i]->text;
    return apr_pstrcat(p, "[", apr_array_pstrcat(p, parts, ','), "]", NULL);
}

tpa_err_t *tpa_audit_flush(tpa_audit_t *a, apr_pool_t *p)
{
    const item_t *items[BATCH];
    apr_pool_t *scratch;   /* a backlog must not pile up in p */
    tpa_err_t *e = TPA_OK;
    int n;

    apr_pool_create(&scratch, p);
    while (!e && (n = oldest(a, items)) > 0) {
        e = write_batch(a, batch_of(items, n, scratch), scratch);
        if (!e)
            forget(a, n);
        else
            e = tpa_err_private(p, e->kind, "%s", e->detail);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return e;
}

void tpa_audit_spill(tpa_audit_t *a, const tpa_log_t *log, apr_pool_t *p)
{
    const item_t *items[BATCH];
    int n, i;

    while ((n = oldest(a, items)) > 0) {
        for (i = 0; i < n; i++)
            tpa_log(log, TPA_LOG_ERR, p, "TPA0002: this audit event could not"
                    " be stored, the database cannot be reached: %s",
                    items[i]->text);
        forget(a, n);
    }
}
