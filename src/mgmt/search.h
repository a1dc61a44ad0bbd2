/**
 * @file search.h
 * @brief Searches in their simple forms: name:value, name:"value", joined by
 *        AND.
 */
#ifndef TPA_MGMT_SEARCH_H
#define TPA_MGMT_SEARCH_H

#include "mgmt/mgmt.h"

/** What may be searched for. */
typedef struct tpa_mg_term_t {
    const char *name;      /* in the search */
    const char *argument;  /* member of the argument it becomes */
} tpa_mg_term_t;

/**
 * Read a parameter that holds a search, and put its terms in the place of it
 * among the parameters.
 *
 * @param param  name of the parameter; nothing is done when it was not sent
 * @param terms  ends with a NULL name
 * @return TPA_OK or TPA_E_INVALID_QUERY
 *
 * A value is text up to a blank, or any text in quotes; a backslash takes the
 * meaning from the character behind it. Patterns, ranges, OR and NOT are
 * refused: what looks for less than everything must not find everything.
 */
tpa_err_t *tpa_mg_search(tpa_mg_call_t *c, const char *param,
                         const tpa_mg_term_t *terms);

/** A parameter that must be sent: TPA_OK, or TPA_E_INVALID_QUERY. */
tpa_err_t *tpa_mg_needs(tpa_mg_call_t *c, const char *param);

#endif
