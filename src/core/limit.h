/**
 * @file limit.h
 * @brief Who may ask how often: the policies an operator sets, and which of
 *        them a request falls under (spec.md 8.6).
 */
#ifndef TPA_CORE_LIMIT_H
#define TPA_CORE_LIMIT_H

#include <apr_hash.h>

#include "core/bucket.h"

/** Whom a policy is about. */
typedef enum tpa_limit_class_t {
    TPA_LIMIT_DEFAULT,       /* every application by itself */
    TPA_LIMIT_THIRD_PARTY,   /* third-party applications, together */
    TPA_LIMIT_CIMD,          /* those known by a document, together */
    TPA_LIMIT_REGISTER,      /* registrations, by address */
    TPA_LIMIT_AUTH_FAILURES, /* failed client authentication, by address */
    TPA_LIMIT_CLIENT,        /* one application */
    TPA_LIMIT_CLASSES
} tpa_limit_class_t;

/** A policy. */
typedef struct tpa_limit_t {
    const char *who;             /* as written: default, client:ID, ... */
    tpa_limit_class_t about;
    int is_off;                  /* nothing is counted */
    int log_only;                /* counted and logged, never refused */
    tpa_bucket_spec_t spec;
} tpa_limit_t;

/**
 * Read a policy: WHO off, WHO 0 [log], or WHO BURST RATE/UNIT [log], where
 * UNIT is s, m, h or d.
 *
 * @param words  what was written; kept, not copied
 * @param n      how many
 * @param out    receives it
 * @return NULL, or what is wrong with it and what to write instead
 */
const char *tpa_limit_read(const char *const *words, int n, tpa_limit_t *out,
                           apr_pool_t *p);

/** The word of a class, as it is written in a directive. */
const char *tpa_limit_word(tpa_limit_class_t about);

/**
 * The policy of an application: its own, that of its group, or the default
 * one; the first there is counts. The id tells the group: tpc_ third-party
 * ones, an https URL those known by a document.
 *
 * @param limits  of policies by who; NULL: none
 * @param groups  0: groups do not count here
 * @return NULL: there is none
 */
const tpa_limit_t *tpa_limit_of_client(const apr_hash_t *limits,
                                       const char *client_id, int groups,
                                       apr_pool_t *p);

/** The policy of a class that goes by address; NULL: there is none. */
const tpa_limit_t *tpa_limit_of_address(const apr_hash_t *limits,
                                        tpa_limit_class_t about);

#endif
