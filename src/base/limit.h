/**
 * @file limit.h
 * @brief Count a request against the limits the operator set.
 *
 * An application is counted in up to three buckets of the same size: what
 * anybody can ask in its name does not use up what it asks for itself.
 */
#ifndef TPA_BASE_LIMIT_H
#define TPA_BASE_LIMIT_H

#include "base/txn.h"

/** What is counted. */
typedef enum tpa_counted_t {
    TPA_COUNT_NAMED,        /* an application that was only named: /authorize,
                               and public clients */
    TPA_COUNT_PROVEN,       /* one that proved who it is */
    TPA_COUNT_MANAGEMENT,   /* the same, at the Management API */
    TPA_COUNT_REGISTER,     /* a registration of the caller's address */
    TPA_COUNT_FAILURE       /* a failed client authentication of it */
} tpa_counted_t;

typedef enum tpa_count_t {
    TPA_COUNT_TAKE, TPA_COUNT_PEEK, TPA_COUNT_GIVE
} tpa_count_t;

static inline tpa_err_t *tpa_limit_do(tpa_txn_t *t, tpa_count_t act,
                                      tpa_counted_t what,
                                      const char *client_id)
{
    return t->count ? t->count(t->count_baton, t, act, what, client_id)
                    : TPA_OK;
}

/**
 * Count one.
 *
 * @param client_id  the application; NULL where the address counts
 * @return TPA_OK, or TPA_E_TOO_MANY: then nothing was counted
 */
static inline tpa_err_t *tpa_limit_take(tpa_txn_t *t, tpa_counted_t what,
                                        const char *client_id)
{
    return tpa_limit_do(t, TPA_COUNT_TAKE, what, client_id);
}

/** Would one more be refused? Counts nothing. */
static inline tpa_err_t *tpa_limit_peek(tpa_txn_t *t, tpa_counted_t what,
                                        const char *client_id)
{
    return tpa_limit_do(t, TPA_COUNT_PEEK, what, client_id);
}

/** Take back what was counted. */
static inline void tpa_limit_give(tpa_txn_t *t, tpa_counted_t what,
                                  const char *client_id)
{
    (void)tpa_limit_do(t, TPA_COUNT_GIVE, what, client_id);
}

/**
 * Count a failed authentication of the caller's address. This request is
 * answered with why it failed; after too many the next one is not heard.
 */
static inline void tpa_limit_miss(tpa_txn_t *t)
{
    (void)tpa_limit_do(t, TPA_COUNT_TAKE, TPA_COUNT_FAILURE, NULL);
}

#endif
