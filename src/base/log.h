/**
 * @file log.h
 * @brief Log lines without httpd: a callback the top floor points at its log.
 *
 * Every message starts with a tag of its own, TPAnnnn, never reused; the next
 * free number stands in docs/dev/log-tags. Codes, tokens, secrets, assertions
 * and cookies are never logged.
 */
#ifndef TPA_BASE_LOG_H
#define TPA_BASE_LOG_H

#include <apr_pools.h>

typedef enum tpa_level_t {
    TPA_LOG_ERR,      /* the operator must act */
    TPA_LOG_WARNING,  /* a rule was bent, or an attack is likely */
    TPA_LOG_INFO,     /* a request was refused */
    TPA_LOG_DEBUG     /* a step */
} tpa_level_t;

typedef struct tpa_log_t {
    void (*write)(void *baton, tpa_level_t level, const char *line);
    void *baton;
} tpa_log_t;

/**
 * Write one line.
 *
 * @param log    where to; NULL writes nothing
 * @param level  its weight
 * @param p      pool for the text
 * @param fmt    printf format, starting with the tag: "TPA0001: ..."; control
 *               bytes of the result are escaped
 */
void tpa_log(const tpa_log_t *log, tpa_level_t level, apr_pool_t *p,
             const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
