/**
 * @file mustache.h
 * @brief Mustache templates over JSON, without a way to write unescaped.
 *
 * What the public specification (mustache/spec 1.4) calls interpolation,
 * sections, inverted sections, comments, partials and set delimiters, with its
 * rules for lines that hold nothing but a tag. What differs:
 *
 * - {{{x}}} and {{&x}} are refused: every value is escaped.
 * - A partial that is not there is refused when the set is linked, and so is
 *   one that includes itself without a section in between.
 * - Names are made of letters, digits, _ and -, joined by dots.
 * - False are: absent, null, false, 0, "" and the empty list.
 */
#ifndef TPA_BASE_MUSTACHE_H
#define TPA_BASE_MUSTACHE_H

#include "base/json.h"

#define TPA_MUSTACHE_MAX_OUTPUT (256 * 1024)   /* bytes of a rendered page */
#define TPA_MUSTACHE_MAX_STEPS 100000          /* parts written for it */
#define TPA_MUSTACHE_MAX_DEPTH 48              /* sections and partials */

/** A set of templates that know each other by name. */
typedef struct tpa_mustache_t tpa_mustache_t;

/** An empty set. */
tpa_mustache_t *tpa_mustache_make(apr_pool_t *p);

/**
 * Read a template into a set; one of the same name is replaced.
 *
 * @param set   the set; it keeps a copy of everything
 * @param name  by which it is rendered and included
 * @param file  for messages
 * @param text  first byte
 * @param len   number of bytes
 * @return TPA_OK, or TPA_E_INTERNAL whose detail is "FILE line N: ..." and
 *         says what to write instead
 */
tpa_err_t *tpa_mustache_add(tpa_mustache_t *set, const char *name,
                            const char *file, const char *text,
                            apr_size_t len);

/**
 * Find the partials of all templates; to be called once all are there.
 *
 * @return as tpa_mustache_add: a partial that is not there, or one that would
 *         include itself without end
 */
tpa_err_t *tpa_mustache_link(tpa_mustache_t *set);

/** Is a template included by another one? Asked of a linked set. */
int tpa_mustache_included(const tpa_mustache_t *set, const char *name);

/**
 * Render a template of a linked set. The set is only read, so that threads
 * share it.
 *
 * @param name  of the template
 * @param view  where its names are looked up
 * @param out   receives the text; & < > " and ' of values are escaped
 * @param p     pool of the text
 * @return TPA_OK; TPA_E_INTERNAL when there is no such template, or one of the
 *         bounds above is reached
 */
tpa_err_t *tpa_mustache_render(const tpa_mustache_t *set, const char *name,
                               const tpa_json_t *view, const char **out,
                               apr_pool_t *p);

#endif
