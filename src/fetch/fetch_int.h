/**
 * @file fetch_int.h
 * @brief Between the files of the fetcher.
 */
#ifndef TPA_FETCH_FETCH_INT_H
#define TPA_FETCH_FETCH_INT_H

#include <apr_thread_mutex.h>
#include "fetch/fetch.h"

#define TPA_FETCH_FAILURES 256
#define TPA_FETCH_MOST_TEXT 256

/** An address that was of no use. */
typedef struct tpa_fetch_failure_t {
    apr_time_t until;          /* 0: this place is free */
    char url[TPA_FETCH_MOST_TEXT];
    char why[TPA_FETCH_MOST_TEXT];
} tpa_fetch_failure_t;

struct tpa_fetcher_t {
    const tpa_fetch_rules_t *rules;
    apr_thread_mutex_t *lock;  /* of everything below */
    int running;
    double budget;             /* fetches that may start now */
    apr_time_t counted;        /* when the budget was last filled up */
    int next;                  /* place of the next failure */
    tpa_fetch_failure_t failures[TPA_FETCH_FAILURES];
};

#endif
