/**
 * @file props.h
 * @brief Tables of properties: what a JSON object may hold, said once, for
 *        checking it and for documenting it.
 */
#ifndef TPA_CORE_PROPS_H
#define TPA_CORE_PROPS_H

#include "base/json.h"

/** What a property may hold. Where hi is 0 the bound of the type holds, so
 *  that a forgotten one lets nothing grow without end. */
typedef enum tpa_ptype_t {
    TPA_P_STRING,     /* lo..hi characters; hi 0: TPA_P_MOST_CHARS */
    TPA_P_BOOL,
    TPA_P_INT,        /* lo..hi; both 0: what 32 bits hold */
    TPA_P_ENUM,       /* a string out of words */
    TPA_P_STRINGS,    /* array of lo..hi strings, each checked by each */
    TPA_P_ENUMS,      /* array of lo..hi strings out of words */
    TPA_P_OBJECT,     /* an object of the inner table */
    TPA_P_OBJECTS,    /* array of lo..hi objects of the inner table */
    TPA_P_MAP,        /* object of at most hi strings, names and values of at
                         most 255 characters; in an update null takes a name
                         out */
    TPA_P_ANY         /* an object whose members nobody looks at */
} tpa_ptype_t;

#define TPA_P_MOST_CHARS 2048
#define TPA_P_MOST_ITEMS 1000

/** When, and for whom, a property may be sent. A table says so for each;
 *  what is not said is refused. In the table of an inner object, a row that
 *  says nothing may be sent whenever the object may. */
enum {
    TPA_ON_CREATE = 1,
    TPA_ON_UPDATE = 2,
    TPA_ON_BOTH = 3,
    TPA_REQUIRED = 4,      /* on create; in an inner object always */
    TPA_NULLABLE = 8,      /* null takes it back */
    TPA_FIXED = 16,        /* on update: accepted when it repeats what is */
    TPA_ANSWERED = 32,     /* read-only: stands in answers */
    TPA_FIRST = 64,        /* first-party applications */
    TPA_STRICT = 128,      /* strict third-party applications */
    TPA_PERMISSIVE = 256,  /* permissive third-party applications */
    TPA_REGISTERED = 512   /* dynamic registration */
};

typedef struct tpa_prop_t {
    const char *name;
    tpa_ptype_t type;
    unsigned flags;
    apr_int64_t lo, hi;
    const char *words;                 /* "a|b|c" of an enumeration */
    const struct tpa_prop_t *inner;    /* of an object */
    /** A further check of a string (of each, in a list): NULL, or what is
     *  wrong with it, without the name of the property. */
    const char *(*each)(const char *value, apr_pool_t *p);
    const char *doc;                   /* one line, for people */
} tpa_prop_t;

/**
 * Check an object that somebody sent.
 *
 * @param table  its properties; ends with a NULL name
 * @param body   what was sent
 * @param when   TPA_ON_CREATE or TPA_ON_UPDATE
 * @param party  TPA_FIRST, TPA_STRICT, TPA_PERMISSIVE or TPA_REGISTERED: the
 *               property must carry that flag; 0: no such question
 * @param p      pool of the error
 * @return TPA_OK, or TPA_E_INVALID_BODY that names the property
 */
tpa_err_t *tpa_props_check(const tpa_prop_t *table, const tpa_json_t *body,
                           unsigned when, unsigned party, apr_pool_t *p);

/**
 * Check that what is fixed stays as it is. Absent, null, false and empty are
 * the same here.
 *
 * @param now   the object as it is
 * @param body  the change
 * @return TPA_OK, or TPA_E_INVALID_BODY that names the property
 */
tpa_err_t *tpa_props_unchanged(const tpa_prop_t *table, const tpa_json_t *now,
                               const tpa_json_t *body, apr_pool_t *p);

/**
 * Check a value that no table describes: numbers the database would give back
 * in a form that JSON readers refuse.
 *
 * @param name  of the property, or NULL: the whole body
 * @return TPA_OK, or TPA_E_INVALID_BODY
 */
tpa_err_t *tpa_props_any(const char *name, const tpa_json_t *value,
                         apr_pool_t *p);

/** What is wrong with a string by type, bounds, words and each of a row; NULL:
 *  nothing. Used for parameters of a query, too. */
const char *tpa_props_wrong_string(const tpa_prop_t *row, const char *value,
                                   apr_pool_t *p);

/** What is wrong with a number by the bounds of a row; NULL: nothing. */
const char *tpa_props_wrong_number(const tpa_prop_t *row, apr_int64_t value,
                                   apr_pool_t *p);

/**
 * May a property be sent?
 *
 * @param when      TPA_ON_CREATE or TPA_ON_UPDATE
 * @param party     as of tpa_props_check
 * @param is_inner  the row is one of an inner table
 */
int tpa_props_open(const tpa_prop_t *row, unsigned when, unsigned party,
                   int is_inner);

/** A text of somebody else, short enough for an error; quoted nowhere. */
const char *tpa_props_shown(const char *text, apr_pool_t *p);

/** The row of a name, or NULL. */
const tpa_prop_t *tpa_props_find(const tpa_prop_t *table, const char *name);

#endif
