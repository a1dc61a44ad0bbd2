/**
 * @file page_int.h
 * @brief What templates.c loads and page.c renders.
 */
#ifndef TPA_HTTP_PAGE_INT_H
#define TPA_HTTP_PAGE_INT_H

#include "base/mustache.h"
#include "http/locale.h"
#include "http/page.h"

struct tpa_templates_t {
    tpa_mustache_t *set;
    tpa_locales_t *locales;
    const apr_array_header_t *logos;   /* of const char *, or NULL */
};

/** A page, and what it may do besides showing text. */
typedef struct tpa_page_row_t {
    const char *name;
    int has_script;
    int is_framed;       /* by the origin in its view */
    int is_alone;        /* no window that opened it has to reach it */
} tpa_page_row_t;

/** All pages; ended by a row without a name. */
extern const tpa_page_row_t tpa_pages[];

#endif
