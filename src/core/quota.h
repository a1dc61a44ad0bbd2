/**
 * @file quota.h
 * @brief How many tokens an application, and an Organization, may still get:
 *        what the database counted, as headers, refusals and warnings
 *        (spec.md 8.6).
 */
#ifndef TPA_CORE_QUOTA_H
#define TPA_CORE_QUOTA_H

#include "base/err.h"
#include "base/json.h"

/** Whose quota it is. */
#define TPA_QUOTA_CLIENT "client"
#define TPA_QUOTA_ORG "organization"

/** What the database says of a request. */
typedef struct tpa_quota_t {
    int is_owed;                /* it is still to be counted: who the
                                   application is was not proved by a secret */
    int is_taken;               /* it was counted */
    const char *used_up;        /* whose quota admits no more; NULL: nobody's */
    const char *org_id;         /* the Organization counted; NULL: none */
    const char *at;             /* when it was counted, by the database */
    const tpa_json_t *buckets;  /* of hours and days, of whom there are any */
} tpa_quota_t;

/**
 * Read what the database answered.
 *
 * @param text  JSON; NULL: nothing is counted for this request
 * @return 1; 0 when it is malformed
 */
int tpa_quota_read(const char *text, tpa_quota_t *out, apr_pool_t *p);

/**
 * The value of the quota header of one of them: b=per_hour;q=10;r=9;t=1200,
 * that is bucket, quota, how many are left, and seconds until all are there
 * again; one after the other with commas.
 *
 * @param of  TPA_QUOTA_CLIENT or TPA_QUOTA_ORG
 * @return NULL: it has no quota
 */
const char *tpa_quota_header(const tpa_quota_t *q, const char *of,
                             apr_pool_t *p);

/** The refusal when a quota is used up; TPA_OK when none is. */
tpa_err_t *tpa_quota_check(const tpa_quota_t *q, apr_pool_t *p);

/** Why it was refused, or what was counted, for the record. */
const tpa_json_t *tpa_quota_details(const tpa_quota_t *q, apr_pool_t *p);

/**
 * What the request used up of quotas to 60, 80 or 100 percent: array of
 * objects for the record, one for each step that was reached by it. Of all
 * requests that are counted one reaches a step.
 */
const tpa_json_t *tpa_quota_steps(const tpa_quota_t *q, apr_pool_t *p);

#endif
