/**
 * @file locale.h
 * @brief The texts of the pages in several languages, and which one is spoken.
 *
 * A locale is a flat JSON object: key, text. A text may hold {placeholders},
 * which are members of the view. English is complete; what another language
 * lacks is said in English.
 */
#ifndef TPA_HTTP_LOCALE_H
#define TPA_HTTP_LOCALE_H

#include "base/json.h"

typedef struct tpa_locales_t tpa_locales_t;

/** A language: "en", and its texts. */
typedef struct tpa_locale_t tpa_locale_t;

/** No languages yet. */
tpa_locales_t *tpa_locales_make(apr_pool_t *p);

/**
 * Read a file of texts. The first one must be English; it says which keys there
 * are and which placeholders each text may hold. A file for a language that is
 * already there overrides single texts of it.
 *
 * @param lang  two or three lower-case letters
 * @param file  for messages
 * @param text  first byte
 * @param len   number of bytes
 * @return TPA_OK, or TPA_E_INTERNAL whose detail is "FILE line N: ..." and
 *         says what to write instead
 */
tpa_err_t *tpa_locales_read(tpa_locales_t *all, const char *lang,
                            const char *file, const char *text,
                            apr_size_t len);

/**
 * Choose a language.
 *
 * @param ui_locales  language tags by preference, with blanks in between
 *                    (OpenID Connect Core 3.1.2.1), or NULL
 * @param accept      the header Accept-Language (RFC 9110 12.5.4), or NULL
 * @param p           pool for the search
 * @return a language, English when none is known
 */
const tpa_locale_t *tpa_locale_choose(const tpa_locales_t *all,
                                      const char *ui_locales,
                                      const char *accept, apr_pool_t *p);

/** The tags of all languages, English first: array of const char *. */
apr_array_header_t *tpa_locales_langs(const tpa_locales_t *all, apr_pool_t *p);

/** Its name, as of the attribute lang. */
const char *tpa_locale_lang(const tpa_locale_t *locale);

/** A text, its placeholders left as they are; NULL: no such key. */
const char *tpa_locale_text(const tpa_locale_t *locale, const char *key);

/**
 * All texts, by key, with their placeholders filled.
 *
 * What is filled in is plain text of somebody: characters that turn the
 * direction of writing are left out, and what is not ASCII, or stands in a
 * text from right to left, is isolated, so that no name reorders the sentence
 * around it.
 *
 * @param view  where placeholders are looked up, by dotted name
 * @param p     pool of the result
 */
tpa_json_t *tpa_locale_texts(const tpa_locale_t *locale,
                             const tpa_json_t *view, apr_pool_t *p);

/**
 * A day in words, by the texts "date" and "month_1" to "month_12".
 *
 * @param day  YYYY-MM-DD; anything else comes back as it is
 */
const char *tpa_locale_day(const tpa_locale_t *locale, const char *day,
                           apr_pool_t *p);

#endif
