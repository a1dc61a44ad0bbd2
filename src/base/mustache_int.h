/**
 * @file mustache_int.h
 * @brief A template as it was read: what mustache.c makes, mustache_set.c
 *        links and mustache_render.c walks.
 */
#ifndef TPA_BASE_MUSTACHE_INT_H
#define TPA_BASE_MUSTACHE_INT_H

#include "base/mustache.h"

typedef enum tpa_mkind_t {
    TPA_M_TEXT, TPA_M_VALUE, TPA_M_SECTION, TPA_M_INVERTED, TPA_M_PARTIAL
} tpa_mkind_t;

typedef struct tpa_mtemplate_t tpa_mtemplate_t;

/** A piece of a template; those of a section follow it. */
typedef struct tpa_mnode_t {
    tpa_mkind_t kind;
    int line;                    /* of its tag */
    const char *text;            /* a text; else the name */
    apr_size_t len;              /* of a text */
    int fresh;                   /* a text with which a line begins */
    const char *const *path;     /* parts of a dotted name, ended by NULL;
                                    none of "." */
    int past;                    /* a section: index of what comes behind it */
    int guarded;                 /* a partial within a section */
    const char *indent;          /* what stands before a partial alone on its
                                    line; NULL: it is not alone */
    const tpa_mtemplate_t *partial;   /* after linking */
} tpa_mnode_t;

struct tpa_mtemplate_t {
    const char *name;
    const char *file;
    apr_array_header_t *nodes;   /* of tpa_mnode_t */
    int mark;                    /* while linking: 1 on the way, 2 done */
};

struct tpa_mustache_t {
    apr_pool_t *p;
    apr_array_header_t *templates;   /* of tpa_mtemplate_t * */
};

/** The template of that name, or NULL. */
tpa_mtemplate_t *tpa_mustache_find(const tpa_mustache_t *set,
                                   const char *name);

#endif
