/**
 * @file fields.h
 * @brief Structs of facts as tables of fields: to and from JSON, and out of
 *        what the database answers.
 *
 * A table names each member of a struct once; its last row has no name. Names
 * are those of the database's answer, and of the members of a stored refusal.
 */
#ifndef TPA_CORE_FIELDS_H
#define TPA_CORE_FIELDS_H

#include <stddef.h>

#include "base/json.h"

typedef enum tpa_field_type_t {
    TPA_FIELD_TEXT,      /* const char * */
    TPA_FIELD_LIST,      /* apr_array_header_t *, of const char *; NULL when
                            empty */
    TPA_FIELD_FLAG,      /* int, 0 or 1 */
    TPA_FIELD_NUMBER,    /* int, not negative */
    TPA_FIELD_TIME,      /* apr_time_t; 0 when absent */
    TPA_FIELD_ENUM,      /* int; a word of names, the first when absent */
    TPA_FIELD_STRUCTS    /* apr_array_header_t * of structs; NULL when absent */
} tpa_field_type_t;

/** Where a field is found. */
enum {
    TPA_FIELD_ANSWERED = 1,   /* the database answers it */
    TPA_FIELD_STORED = 2      /* a stored refusal shows it: never a secret */
};

typedef struct tpa_field_t {
    const char *name;
    tpa_field_type_t type;
    int where;
    apr_size_t offset;
    const char *const *names;         /* of an enum, NULL behind the last */
    const struct tpa_field_t *parts;  /* of structs */
    apr_size_t size;                  /* of one struct */
} tpa_field_t;

/** Rows: a field that is found in both places, one that only the database
 *  answers, one that only the request knows, an enum, an array of structs. */
#define TPA_FIELD(name, type, of, member) \
    { name, TPA_FIELD_##type, TPA_FIELD_ANSWERED | TPA_FIELD_STORED, \
      offsetof(of, member), NULL, NULL, 0 }
#define TPA_FIELD_HIDDEN(name, type, of, member) \
    { name, TPA_FIELD_##type, TPA_FIELD_ANSWERED, offsetof(of, member), NULL, \
      NULL, 0 }
#define TPA_FIELD_ASKED(name, type, of, member) \
    { name, TPA_FIELD_##type, TPA_FIELD_STORED, offsetof(of, member), NULL, \
      NULL, 0 }
#define TPA_FIELD_WORD(name, of, member, names) \
    { name, TPA_FIELD_ENUM, TPA_FIELD_ANSWERED | TPA_FIELD_STORED, \
      offsetof(of, member), names, NULL, 0 }
#define TPA_FIELD_ARRAY(name, where, of, member, parts, type) \
    { name, TPA_FIELD_STRUCTS, where, offsetof(of, member), NULL, parts, \
      sizeof(type) }

/** The struct as JSON: what is stored of it. */
tpa_json_t *tpa_fields_json(const tpa_field_t *fields, const void *from,
                            apr_pool_t *p);

/** And back. What is absent, unknown or of the wrong type is left out. */
void tpa_fields_from_json(const tpa_field_t *fields, void *into,
                          const tpa_json_t *o, apr_pool_t *p);

/**
 * Fill a struct from the text of a JSON object the database answered. A member
 * that is absent, or null, leaves its field empty. No tree is made of it: it is
 * long, and on the way of every token.
 *
 * @param into  receives what is answered; other fields are left alone
 * @return 1; 0 when the text is malformed, or a member is unknown, of the wrong
 *         type, or there twice
 */
int tpa_fields_fill(const tpa_field_t *fields, void *into, const char *text,
                    apr_pool_t *p);

/**
 * Fill a struct from a row the database answered; without arrays of structs.
 *
 * @param names  names of the columns
 * @param texts  their values as text, NULL being SQL NULL; kept, not copied
 * @param count  how many there are
 * @return 1; 0 when a column is unknown, malformed or missing
 */
int tpa_fields_fill_row(const tpa_field_t *fields, void *into,
                        const char *const *names, const char *const *texts,
                        int count, apr_pool_t *p);

#endif
