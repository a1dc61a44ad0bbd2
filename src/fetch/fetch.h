/**
 * @file fetch.h
 * @brief Fetching what strangers point at, guarded (security.md row 26), and
 *        what the operator points at.
 *
 * https only, with a certificate that is good for the name. The address that
 * is connected to is judged itself, so whatever a name resolves to, and when,
 * nothing but the public Internet is reached, or the networks the operator
 * names; or any, where the operator wrote the address. No redirects, no proxy,
 * no cookies, no compression; a bound on bytes, on the header, on seconds, on
 * fetches at once and a second in this process.
 */
#ifndef TPA_FETCH_FETCH_H
#define TPA_FETCH_FETCH_H

#include <apr_tables.h>
#include <apr_time.h>
#include "base/err.h"

/** What the operator configured. */
typedef struct tpa_fetch_rules_t {
    const apr_array_header_t *networks;   /* of tpa_net_t: good, too; NULL */
    const apr_table_t *hosts;   /* name to addresses with commas, in place of
                                   what DNS says; NULL */
    const char *ca_file;        /* PEM of authorities; NULL: the system's */
    int a_second;               /* fetches; 0: none at all */
    int at_once;
    int anywhere;               /* any address is good */
} tpa_fetch_rules_t;

typedef struct tpa_fetcher_t tpa_fetcher_t;

/** What came, or why nothing did. */
typedef struct tpa_fetched_t {
    const char *wrong;          /* NULL: it was fetched; else a public text */
    const char *detail;         /* for the log, beside wrong; or NULL */
    const char *body;           /* NUL-terminated */
    apr_size_t len;
    const char *cache_control;  /* the header, or NULL */
} tpa_fetched_t;

/**
 * Make a fetcher; one a process will do.
 *
 * @param rules  stays with the caller, and must live as long
 */
tpa_fetcher_t *tpa_fetcher_make(const tpa_fetch_rules_t *rules,
                                apr_pool_t *p);

/**
 * Fetch a JSON document.
 *
 * @param f     the fetcher
 * @param url   https, without user-info, of which tpa_uri_wrong approved
 * @param most  bytes it may have
 * @param out   receives the document or what is wrong
 * @return TPA_OK; TPA_E_TOO_MANY: no fetch was made, by the bounds of this
 *         process
 */
tpa_err_t *tpa_fetch(tpa_fetcher_t *f, const char *url, apr_size_t most,
                     tpa_fetched_t *out, apr_pool_t *p);

/** Get ready for tpa_fetch_now: in a process that has no fetcher, and no
 *  threads yet. */
void tpa_fetch_begin(void);

/** Fetch a JSON document as tpa_fetch does, whatever else is being fetched: the
 *  caller bounds that, and the numbers of the rules do not count. */
void tpa_fetch_now(const tpa_fetch_rules_t *rules, const char *url,
                   apr_size_t most, tpa_fetched_t *out, apr_pool_t *p);

/** Remember for a minute that an address is of no use, and why; the oldest of
 *  256 is forgotten first. */
void tpa_fetch_fail(tpa_fetcher_t *f, const char *url, const char *why,
                    apr_time_t now);

/** Why an address was of no use within the last minute; NULL: nobody says. */
const char *tpa_fetch_failed(tpa_fetcher_t *f, const char *url,
                             apr_time_t now, apr_pool_t *p);

#endif
