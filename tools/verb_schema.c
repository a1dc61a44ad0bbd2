#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "tpactl.h"

#define FILE_MAX (4 * 1024 * 1024)   /* bytes of one SQL file */

typedef struct sql_file_t {
    const char *name;
    const char *path;
    int number;              /* of a migration */
} sql_file_t;

/* ---- the files of sql/ -------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const sql_file_t *)a)->name,
                  ((const sql_file_t *)b)->name);
}

/* The *.sql files of a folder, in the order of their names. */
static int list_files(tpa_ctl_t *ctl, const char *folder,
                      apr_array_header_t **out)
{
    const char *path = apr_pstrcat(ctl->p, ctl->sql_dir, "/", folder, NULL);
    apr_array_header_t *files = apr_array_make(ctl->p, 16, sizeof(sql_file_t));
    apr_finfo_t info;
    apr_dir_t *dir;

    if (apr_dir_open(&dir, path, ctl->p) != APR_SUCCESS)
        return tpa_ctl_say(TPA_CTL_FAILED, "cannot read the folder %s: say"
                           " --sql-dir DIR, the folder with migrations/ and"
                           " functions/", path);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *dot = strrchr(info.name, '.');
        sql_file_t *file;

        if (!dot || strcmp(dot, ".sql") || info.name[0] == '.')
            continue;
        file = apr_array_push(files);
        file->name = apr_pstrdup(ctl->p, info.name);
        file->path = apr_pstrcat(ctl->p, path, "/", info.name, NULL);
        file->number = 0;
    }
    apr_dir_close(dir);
    if (!files->nelts)
        return tpa_ctl_say(TPA_CTL_FAILED, "there is no *.sql file in %s",
                           path);
    qsort(files->elts, files->nelts, sizeof(sql_file_t), by_name);
    *out = files;
    return TPA_CTL_DONE;
}

static int read_text(tpa_ctl_t *ctl, const char *path, const char **out)
{
    apr_file_t *file;
    apr_finfo_t info;
    apr_size_t len;
    char *text;

    if (apr_file_open(&file, path, APR_FOPEN_READ, 0, ctl->p) != APR_SUCCESS
        || apr_file_info_get(&info, APR_FINFO_SIZE, file) != APR_SUCCESS)
        return tpa_ctl_say(TPA_CTL_FAILED, "cannot read %s", path);
    if (info.size > FILE_MAX)
        return tpa_ctl_say(TPA_CTL_FAILED, "%s is too large", path);
    len = (apr_size_t)info.size;
    text = apr_pcalloc(ctl->p, len + 1);
    if (apr_file_read_full(file, text, len, NULL) != APR_SUCCESS)
        return tpa_ctl_say(TPA_CTL_FAILED, "cannot read %s", path);
    apr_file_close(file);
    if (strlen(text) != len)
        return tpa_ctl_say(TPA_CTL_FAILED, "%s holds a NUL byte", path);
    *out = text;
    return TPA_CTL_DONE;
}

/* Migrations are NNNN_name.sql, numbered from 1 without a gap. */
static int list_migrations(tpa_ctl_t *ctl, apr_array_header_t **out)
{
    int i, rc = list_files(ctl, "migrations", out);

    for (i = 0; rc == TPA_CTL_DONE && i < (*out)->nelts; i++) {
        sql_file_t *file = &APR_ARRAY_IDX(*out, i, sql_file_t);
        apr_int64_t number = 0;

        if (strspn(file->name, "0123456789") != 4 || file->name[4] != '_'
            || !tpa_text_number(apr_pstrmemdup(ctl->p, file->name, 4), 1, 9999,
                                &number)
            || number != i + 1)
            rc = tpa_ctl_say(TPA_CTL_FAILED, "%s should be migration %04d:"
                             " migrations are NNNN_name.sql, numbered from"
                             " 0001 without a gap", file->path, i + 1);
        file->number = (int)number;
    }
    return rc;
}

/* All functions as one text: they are replaced together or not at all. */
static int join_functions(tpa_ctl_t *ctl, const char **out)
{
    apr_array_header_t *files, *texts;
    int i, rc = list_files(ctl, "functions", &files);

    texts = apr_array_make(ctl->p, 32, sizeof(const char *));
    for (i = 0; rc == TPA_CTL_DONE && i < files->nelts; i++)
        rc = read_text(ctl, APR_ARRAY_IDX(files, i, sql_file_t).path,
                       apr_array_push(texts));
    if (rc == TPA_CTL_DONE)
        *out = apr_array_pstrcat(ctl->p, texts, '\n');
    return rc;
}

/* ---- what the database has ---------------------------------------------- */

typedef struct state_t {
    tpa_ctl_pg_t *pg;
    int version;                 /* newest migration applied, 0: none */
    const char *functions;       /* mark of the functions applied, or NULL */
} state_t;

static int read_state(tpa_ctl_t *ctl, state_t *state)
{
    const char *why = tpa_ctl_pg_version(state->pg, &state->version);

    if (!why)
        why = tpa_ctl_pg_value(state->pg, "obj_description("
                               "to_regnamespace('tpa'), 'pg_namespace')",
                               &state->functions);
    return why ? tpa_ctl_say(TPA_CTL_FAILED, "cannot read the version of the"
                             " schema: %s", why)
               : TPA_CTL_DONE;
}

/* Until the connection ends, other runs of apply wait here. */
static int lock_out_others(tpa_ctl_t *ctl, state_t *state)
{
    const char *nothing;
    const char *why = tpa_ctl_pg_value(
        state->pg, "pg_advisory_lock(hashtext('tpactl schema apply'))",
        &nothing);

    return why ? tpa_ctl_say(TPA_CTL_FAILED, "cannot lock the schema: %s", why)
               : TPA_CTL_DONE;
}

static int check_role(tpa_ctl_t *ctl, state_t *state)
{
    const char *role;
    const char *why = tpa_ctl_pg_value(state->pg, "to_regrole('tpa_httpd')",
                                       &role);

    if (why)
        return tpa_ctl_say(TPA_CTL_FAILED, "cannot look for the role"
                           " tpa_httpd: %s", why);
    if (!role)
        return tpa_ctl_say(TPA_CTL_FAILED, "the role tpa_httpd, as which httpd"
                           " connects, does not exist: run createuser"
                           " tpa_httpd as an administrator of PostgreSQL, then"
                           " this again");
    return TPA_CTL_DONE;
}

/* ---- apply -------------------------------------------------------------- */

static int apply_migration(tpa_ctl_t *ctl, state_t *state,
                           const sql_file_t *file)
{
    const char *text, *why;
    int rc = read_text(ctl, file->path, &text);

    if (rc != TPA_CTL_DONE)
        return rc;
    why = tpa_ctl_pg_run(state->pg, text);
    if (why)
        return tpa_ctl_say(TPA_CTL_FAILED, "migration %s failed, the schema"
                           " stays at version %d: %s", file->name,
                           state->version, why);
    rc = read_state(ctl, state);
    if (rc == TPA_CTL_DONE && state->version != file->number)
        return tpa_ctl_say(TPA_CTL_FAILED, "migration %s left the schema at"
                           " version %d", file->path, state->version);
    if (rc == TPA_CTL_DONE)
        printf("applied migration %s\n", file->name);
    return rc;
}

/* The functions are current when the schema bears the mark of their text. */
static int apply_functions(tpa_ctl_t *ctl, state_t *state, int migrated,
                           int *changed)
{
    const char *text, *mark, *why;
    int rc = join_functions(ctl, &text);

    if (rc != TPA_CTL_DONE)
        return rc;
    mark = apr_pstrcat(ctl->p, "functions ",
                       tpa_sha256_hex(text, strlen(text), ctl->p), NULL);
    *changed = migrated || !state->functions
        || strcmp(state->functions, mark);
    if (!*changed)
        return TPA_CTL_DONE;
    why = tpa_ctl_pg_run(state->pg,
                         apr_pstrcat(ctl->p, text, "\n;\nCOMMENT ON SCHEMA tpa"
                                     " IS '", mark, "'", NULL));
    if (why)
        return tpa_ctl_say(TPA_CTL_FAILED, "the functions could not be"
                           " replaced, those before are in place: %s", why);
    return TPA_CTL_DONE;
}

static int bring_up_to_date(tpa_ctl_t *ctl, state_t *state,
                            const apr_array_header_t *migrations)
{
    int i, replaced = 0, migrated = state->version < migrations->nelts;
    int rc = TPA_CTL_DONE;

    if (state->version > migrations->nelts)
        return tpa_ctl_say(TPA_CTL_FAILED, "the schema is at version %d, %s"
                           " only knows version %d: use the tpactl of the newer"
                           " release; nothing was changed", state->version,
                           ctl->sql_dir, migrations->nelts);
    for (i = state->version; rc == TPA_CTL_DONE && i < migrations->nelts; i++)
        rc = apply_migration(ctl, state,
                             &APR_ARRAY_IDX(migrations, i, sql_file_t));
    if (rc == TPA_CTL_DONE)
        rc = apply_functions(ctl, state, migrated, &replaced);
    if (rc == TPA_CTL_DONE)
        printf("schema is at version %d, functions %s%s\n", state->version,
               replaced ? "replaced" : "are current",
               replaced || migrated ? "" : "; nothing to do");
    return rc;
}

int tpa_ctl_schema_apply(tpa_ctl_t *ctl)
{
    apr_array_header_t *migrations;
    state_t state;
    int rc = list_migrations(ctl, &migrations);

    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_pg_open(ctl, &state.pg);
    if (rc == TPA_CTL_DONE)
        rc = check_role(ctl, &state);
    if (rc == TPA_CTL_DONE)
        rc = lock_out_others(ctl, &state);
    if (rc == TPA_CTL_DONE)
        rc = read_state(ctl, &state);
    return rc == TPA_CTL_DONE ? bring_up_to_date(ctl, &state, migrations) : rc;
}

/* ---- status ------------------------------------------------------------- */

int tpa_ctl_schema_status(tpa_ctl_t *ctl)
{
    tpa_json_t *o = tpa_json_object(ctl->p);
    state_t state;
    int rc = tpa_ctl_pg_open(ctl, &state.pg);

    if (rc == TPA_CTL_DONE)
        rc = read_state(ctl, &state);
    if (rc != TPA_CTL_DONE)
        return rc;
    tpa_json_set_int(o, "database", state.version);
    tpa_json_set_int(o, "build", TPA_SCHEMA);
    if (ctl->json)
        tpa_ctl_print_json(o, ctl->p);
    else
        printf("schema of the database: version %d\n"
               "this build works with:  version %d\n", state.version,
               TPA_SCHEMA);
    if (state.version < TPA_SCHEMA)
        return tpa_ctl_say(TPA_CTL_FAILED, "run tpactl schema apply");
    if (state.version > TPA_SCHEMA)
        return tpa_ctl_say(TPA_CTL_FAILED, "the schema belongs to a newer"
                           " release");
    return TPA_CTL_DONE;
}
