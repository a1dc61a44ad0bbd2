/**
 * @file tpactl.h
 * @brief What the files of tpactl share: the command line, the database, and
 *        how things are said.
 *
 * A verb is a row of the table in tpactl.c and a function that returns an exit
 * code; texts for people go to stdout, what went wrong to stderr.
 */
#ifndef TPA_TOOLS_TPACTL_H
#define TPA_TOOLS_TPACTL_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/err.h"
#include "base/json.h"
#include "core/model.h"
#include "crypto/seal.h"
#include "store/store.h"

/** Exit codes; their texts for --help stand in tpactl.c. */
enum {
    TPA_CTL_DONE = 0,
    TPA_CTL_FAILED = 1,
    TPA_CTL_USAGE = 2,
    TPA_CTL_NO_DATABASE = 3,
    TPA_CTL_NOT_FOUND = 4
};

/** One run of the tool: what the command line says, and what was opened. */
typedef struct tpa_ctl_t {
    apr_pool_t *p;
    const struct tpa_ctl_verb_t *verb;
    apr_array_header_t *words;   /* words that are no options, verb included */
    const char *arg;             /* the word behind the verb, or NULL */
    /* one member for each row of the options */
    const char *db;
    const char *secret_file;
    const char *sql_dir;
    const char *issuer;
    const char *name;
    const char *api;
    const char *app;
    const char *client;
    int json;
    int latest;
    int help;
    int version;
    tpa_store_t *store;          /* set by tpa_ctl_open */
} tpa_ctl_t;

/** An option: a row. */
typedef struct tpa_ctl_opt_t {
    const char *name;        /* without its dashes */
    const char *value;       /* name of its value; NULL: it takes none */
    const char *env;         /* variable that stands in for it, or NULL */
    apr_size_t offset;       /* of a const char * or, without value, an int */
    const char *help;
} tpa_ctl_opt_t;

/** A verb: a row. */
typedef struct tpa_ctl_verb_t {
    const char *name;        /* one word or two */
    int (*run)(tpa_ctl_t *ctl);
    const char *arg;         /* name of its argument, or NULL */
    const char *options;     /* names of the options it takes, blanks between */
    const char *summary;
    const char *text;        /* the rest of its help */
} tpa_ctl_verb_t;

/** An exit code: a row. */
typedef struct tpa_ctl_code_t {
    int code;
    const char *text;
} tpa_ctl_code_t;

extern const tpa_ctl_code_t tpa_ctl_codes[];
extern const tpa_ctl_opt_t tpa_ctl_opts[];
extern const tpa_ctl_verb_t tpa_ctl_verbs[];

/* ---- options.c ---------------------------------------------------------- */

/**
 * Read the command line into ctl. An option may stand anywhere, as
 * "--name value" or "--name=value"; behind "--" everything is a word.
 *
 * @return TPA_CTL_DONE, or TPA_CTL_USAGE after saying what is wrong
 */
int tpa_ctl_parse(tpa_ctl_t *ctl, int argc, const char *const *argv);

/** Does the verb take that option? */
int tpa_ctl_takes(const tpa_ctl_verb_t *verb, const char *option,
                  apr_pool_t *p);

/* ---- session.c ---------------------------------------------------------- */

/**
 * Open ctl->store on a database whose schema fits this build.
 * @return TPA_CTL_DONE, or an exit code after saying what is wrong
 */
int tpa_ctl_open(tpa_ctl_t *ctl);

/** Load the secrets; an exit code as above. */
int tpa_ctl_sealer(tpa_ctl_t *ctl, tpa_sealer_t **out);

/** The outcome of a call that makes an effect. */
typedef struct tpa_ctl_outcome_t {
    const char *result;      /* "created", "conflict", ... */
    const char *id;          /* NULL when there is none */
} tpa_ctl_outcome_t;

/**
 * Call a function of schema tpa that takes one JSON text.
 *
 * @param fn   its name, without schema
 * @param arg  what it is given
 * @param out  receives the row it answers with
 */
tpa_err_t *tpa_ctl_call(tpa_ctl_t *ctl, const char *fn, const tpa_json_t *arg,
                        tpa_ctl_outcome_t *out);

/** Say what went wrong, to stderr; returns code. */
int tpa_ctl_say(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Say an error; returns the exit code of its kind. */
int tpa_ctl_fail(tpa_ctl_t *ctl, const tpa_err_t *e);

/** Random bytes as n lower-case hexadecimal digits (n even). */
tpa_err_t *tpa_ctl_random_hex(int n, const char **out, apr_pool_t *p);

/* ---- pg.c: the files of sql/ need a connection that takes whole files ---- */

typedef struct tpa_ctl_pg_t tpa_ctl_pg_t;

/** Connect; an exit code after saying what is wrong. */
int tpa_ctl_pg_open(tpa_ctl_t *ctl, tpa_ctl_pg_t **out);

/**
 * Run a text of SQL statements. They succeed or fail as one.
 * @return NULL, or the server's message
 */
const char *tpa_ctl_pg_run(tpa_ctl_pg_t *pg, const char *sql);

/**
 * Call a function that answers with one value.
 *
 * @param call   e.g. "to_regrole('tpa_httpd')"; no text from outside
 * @param value  receives the value as text, NULL for SQL NULL
 * @return NULL, or the server's message
 */
const char *tpa_ctl_pg_value(tpa_ctl_pg_t *pg, const char *call,
                             const char **value);

/**
 * The number of the newest migration that was applied; 0: there is no schema.
 * @return NULL, or the server's message
 */
const char *tpa_ctl_pg_version(tpa_ctl_pg_t *pg, int *version);

/* ---- print.c ------------------------------------------------------------ */

#define TPA_CTL_COLUMNS 100

/**
 * Print text to stdout, broken at blanks to TPA_CTL_COLUMNS.
 *
 * @param at      columns of the first line that are printed already
 * @param indent  blanks before all further lines
 * @param text    the text, free of control bytes
 */
void tpa_ctl_wrap(int at, int indent, const char *text, apr_pool_t *p);

/** Print JSON to stdout. */
void tpa_ctl_print_json(const tpa_json_t *v, apr_pool_t *p);

/** An ANSI sequence when stdout is a terminal that wants colours, else "". */
const char *tpa_ctl_colour(const char *sequence);

/** Print the help of the tool, or of ctl->verb. */
void tpa_ctl_help(const tpa_ctl_t *ctl);

/* ---- verb_key.c: a fresh signing key, sealed, for verb_init.c too ------- */

tpa_err_t *tpa_ctl_make_key(const char *name, const tpa_sealer_t *sealer,
                            tpa_signing_key_t *out, apr_pool_t *p);

/* ---- verbs -------------------------------------------------------------- */

int tpa_ctl_schema_apply(tpa_ctl_t *ctl);
int tpa_ctl_schema_status(tpa_ctl_t *ctl);
int tpa_ctl_init(tpa_ctl_t *ctl);
int tpa_ctl_key_list(tpa_ctl_t *ctl);
int tpa_ctl_key_rotate(tpa_ctl_t *ctl);
int tpa_ctl_key_revoke(tpa_ctl_t *ctl);
int tpa_ctl_demo_load(tpa_ctl_t *ctl);
int tpa_ctl_explain(tpa_ctl_t *ctl);

#endif
