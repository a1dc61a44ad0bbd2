#include <string.h>

#include <apr_strings.h>

#include "core/quota.h"

static const int steps[] = { 60, 80, 100 };

#define STEPS (int)(sizeof(steps) / sizeof(steps[0]))

typedef struct bucket_t {
    const char *of, *name;
    apr_int64_t quota, used, left_s;
} bucket_t;

static int read_bucket(const tpa_json_t *o, bucket_t *out)
{
    out->of = tpa_json_get_str(o, "of");
    out->name = tpa_json_get_str(o, "bucket");
    return out->of && out->name && tpa_json_get_int(o, "quota", &out->quota)
        && tpa_json_get_int(o, "used", &out->used)
        && tpa_json_get_int(o, "left_s", &out->left_s) && out->quota > 0;
}

static int read_buckets(const tpa_json_t *buckets)
{
    bucket_t b;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(buckets); i++) {
        if (!read_bucket(tpa_json_at(buckets, i), &b))
            return 0;
    }
    return tpa_json_type(buckets) == TPA_JSON_ARRAY;
}

int tpa_quota_read(const char *text, tpa_quota_t *out, apr_pool_t *p)
{
    apr_int64_t at;
    tpa_json_t *o;

    memset(out, 0, sizeof(*out));
    if (!text)
        return 1;
    if (tpa_json_parse(text, strlen(text), &o, p))
        return 0;
    out->org_id = tpa_json_get_str(o, "organization_id");
    out->is_owed = tpa_json_get_true(o, "is_owed");
    if (out->is_owed)
        return 1;
    out->used_up = tpa_json_get_str(o, "used_up");
    out->buckets = tpa_json_get(o, "buckets");
    out->is_taken = !out->used_up && tpa_json_size(out->buckets);
    if (!tpa_json_get_int(o, "at", &at) || !read_buckets(out->buckets))
        return 0;
    out->at = apr_psprintf(p, "%" APR_INT64_T_FMT, at);
    return 1;
}

static apr_int64_t left(const bucket_t *b)
{
    return b->used < b->quota ? b->quota - b->used : 0;
}

const char *tpa_quota_header(const tpa_quota_t *q, const char *of,
                             apr_pool_t *p)
{
    const char *value = NULL;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(q->buckets); i++) {
        bucket_t b;

        if (!read_bucket(tpa_json_at(q->buckets, i), &b) || strcmp(b.of, of))
            continue;
        value = apr_psprintf(p, "%s%sb=%s;q=%" APR_INT64_T_FMT ";r=%"
                             APR_INT64_T_FMT ";t=%" APR_INT64_T_FMT,
                             value ? value : "", value ? "," : "", b.name,
                             b.quota, left(&b), b.left_s);
    }
    return value;
}

/* Not before every bucket of the one that refused admits a token again. */
static int wait_of(const tpa_quota_t *q)
{
    apr_int64_t wait = 1;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(q->buckets); i++) {
        bucket_t b;

        if (read_bucket(tpa_json_at(q->buckets, i), &b)
            && !strcmp(b.of, q->used_up) && !left(&b) && b.left_s > wait)
            wait = b.left_s;
    }
    return (int)wait;
}

tpa_err_t *tpa_quota_check(const tpa_quota_t *q, apr_pool_t *p)
{
    int is_client;
    tpa_err_t *e;

    if (!q->used_up)
        return TPA_OK;
    is_client = !strcmp(q->used_up, TPA_QUOTA_CLIENT);
    e = tpa_err(p, TPA_E_TOO_MANY, is_client ? "Client quota exceeded"
                                             : "Organization quota exceeded");
    e->retry_after_s = wait_of(q);
    return tpa_err_by(e, is_client ? "client_quota" : "organization_quota");
}

const tpa_json_t *tpa_quota_details(const tpa_quota_t *q, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "quota", q->used_up);
    tpa_json_set(o, "buckets", q->buckets);
    return o;
}

static void add_steps(const bucket_t *b, tpa_json_t *list, apr_pool_t *p)
{
    int i;

    for (i = 0; i < STEPS; i++) {
        tpa_json_t *o;

        if (b->used * 100 < b->quota * steps[i]
            || (b->used - 1) * 100 >= b->quota * steps[i])
            continue;
        o = tpa_json_object(p);
        tpa_json_set_str(o, "quota", b->of);
        tpa_json_set_str(o, "bucket", b->name);
        tpa_json_set_int(o, "percent", steps[i]);
        tpa_json_set_int(o, "of", b->quota);
        tpa_json_add(list, o);
    }
}

const tpa_json_t *tpa_quota_steps(const tpa_quota_t *q, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);
    apr_size_t i;

    for (i = 0; q->is_taken && i < tpa_json_size(q->buckets); i++) {
        bucket_t b;

        if (read_bucket(tpa_json_at(q->buckets, i), &b))
            add_steps(&b, list, p);
    }
    return list;
}
