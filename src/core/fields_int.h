/**
 * @file fields_int.h
 * @brief Members of structs by their place, for the fields*.c files only.
 */
#ifndef TPA_CORE_FIELDS_INT_H
#define TPA_CORE_FIELDS_INT_H

#include "core/fields.h"

#define TPA_FIELD_MOST_NUMBER 0x7fffffff
#define TPA_FIELD_MOST_TIME APR_INT64_C(0x7fffffffffffffff)

static inline const char **text_at(void *at)
{
    return at;
}

static inline apr_array_header_t **list_at(void *at)
{
    return at;
}

static inline int *number_at(void *at)
{
    return at;
}

static inline apr_time_t *time_at(void *at)
{
    return at;
}

/** The place of a word; -1 when there is no such word. */
int tpa_field_word(const char *const *names, const char *word);

/** Leave the members of all fields of a place empty. */
void tpa_fields_clear(const tpa_field_t *fields, int where, void *into);

#endif
