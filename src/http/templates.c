#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"
#include "http/builtin.h"
#include "http/page_int.h"

#define MOST_BYTES 65536     /* of a file */
#define MOST_FILES 100       /* of an operator */

/* Template "login" of the file login.mustache, language "de" of de.json; NULL
 * when the name does not end so. */
static const char *stem(const char *file, const char *ending, apr_pool_t *p)
{
    apr_size_t len = strlen(file), n = strlen(ending);

    if (len <= n || strcmp(file + len - n, ending))
        return NULL;
    return apr_pstrmemdup(p, file, len - n);
}

static tpa_err_t *take(tpa_templates_t *all, const char *name,
                       const char *file, const char *text, apr_size_t len,
                       apr_pool_t *p)
{
    const char *template = stem(name, ".mustache", p);

    if (template)
        return tpa_mustache_add(all->set, template, file, text, len);
    return tpa_locales_read(all->locales, stem(name, ".json", p), file, text,
                            len);
}

/* English first, which the others are measured by. */
static tpa_err_t *take_builtins(tpa_templates_t *all, int english,
                                apr_pool_t *p)
{
    const tpa_builtin_t *b;

    for (b = tpa_builtins; b->name; b++) {
        int is_english = !strcmp(b->name, "en.json");

        if (is_english == english)
            TPA_TRY(take(all, b->name,
                         apr_pstrcat(p, "built-in ", b->name, NULL), b->text,
                         strlen(b->text), p));
    }
    return TPA_OK;
}

/* ---- files of the operator ---------------------------------------------- */

static tpa_err_t *unreadable(const char *path, apr_status_t rv, apr_pool_t *p)
{
    char why[120];

    return tpa_err_private(p, TPA_E_INTERNAL, "%s cannot be read: %s; write"
                           " the path of a folder with files NAME.mustache and"
                           " LANGUAGE.json", path,
                           apr_strerror(rv, why, sizeof(why)));
}

static tpa_err_t *slurp(const char *path, const char **text, apr_size_t *len,
                        apr_pool_t *p)
{
    char *bytes = apr_palloc(p, MOST_BYTES + 1);
    apr_status_t rv;
    apr_file_t *f;

    rv = apr_file_open(&f, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT, p);
    if (rv != APR_SUCCESS)
        return unreadable(path, rv, p);
    rv = apr_file_read_full(f, bytes, MOST_BYTES + 1, len);
    apr_file_close(f);
    if (rv != APR_SUCCESS && rv != APR_EOF)
        return unreadable(path, rv, p);
    bytes[*len <= MOST_BYTES ? *len : MOST_BYTES] = '\0';
    if (*len > MOST_BYTES || strlen(bytes) != *len
        || !tpa_text_is_utf8(bytes))
        return tpa_err_private(p, TPA_E_INTERNAL, "%s line 1: this is no text"
                               " in UTF-8 of up to %d bytes; write one", path,
                               MOST_BYTES);
    *text = bytes;
    return TPA_OK;
}

/* Names of the files that count, whatever else lies in the folder. */
static tpa_err_t *list_files(const char *dir, apr_array_header_t **names,
                             apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t rv;
    apr_dir_t *d;

    *names = apr_array_make(p, 16, sizeof(const char *));
    rv = apr_dir_open(&d, dir, p);
    if (rv != APR_SUCCESS)
        return unreadable(dir, rv, p);
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        if (*info.name != '.' && (stem(info.name, ".mustache", p)
                                  || stem(info.name, ".json", p)))
            APR_ARRAY_PUSH(*names, const char *) = apr_pstrdup(p, info.name);
    }
    apr_dir_close(d);
    if ((*names)->nelts > MOST_FILES)
        return tpa_err_private(p, TPA_E_INTERNAL, "%s has more than %d files;"
                               " keep those that are pages of ours", dir,
                               MOST_FILES);
    return TPA_OK;
}

static int is_page(const char *name)
{
    const tpa_page_row_t *row = tpa_pages;

    while (row->name && strcmp(row->name, name))
        row++;
    return row->name != NULL;
}

/* A file whose name is mistyped would be ignored in silence. */
static tpa_err_t *check_used(const tpa_templates_t *all, const char *dir,
                             const apr_array_header_t *names, apr_pool_t *p)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *file = APR_ARRAY_IDX(names, i, const char *);
        const char *name = stem(file, ".mustache", p);

        if (name && !is_page(name) && !tpa_mustache_included(all->set, name))
            return tpa_err_private(p, TPA_E_INTERNAL, "%s/%s line 1: no page"
                " has this name, and none includes it; write login.mustache or"
                " the name of another page, or include it with {{>%s}}", dir,
                file, name);
    }
    return TPA_OK;
}

static tpa_err_t *take_files(tpa_templates_t *all, const char *dir,
                             const apr_array_header_t *names, apr_pool_t *p)
{
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *), *text = NULL;
        const char *path = apr_pstrcat(p, dir, "/", name, NULL);
        apr_size_t len = 0;

        TPA_TRY(slurp(path, &text, &len, p));
        TPA_TRY(take(all, name, path, text, len, p));
    }
    return TPA_OK;
}

tpa_err_t *tpa_templates_load(const char *dir, const apr_array_header_t *logos,
                              tpa_templates_t **out, apr_pool_t *p)
{
    tpa_templates_t *all = apr_pcalloc(p, sizeof(*all));
    apr_array_header_t *names = NULL;

    all->set = tpa_mustache_make(p);
    all->locales = tpa_locales_make(p);
    all->logos = logos;
    TPA_TRY(take_builtins(all, 1, p));
    TPA_TRY(take_builtins(all, 0, p));
    if (dir) {
        TPA_TRY(list_files(dir, &names, p));
        TPA_TRY(take_files(all, dir, names, p));
    }
    TPA_TRY(tpa_mustache_link(all->set));
    if (dir)
        TPA_TRY(check_used(all, dir, names, p));
    *out = all;
    return TPA_OK;
}

apr_array_header_t *tpa_templates_langs(const tpa_templates_t *templates,
                                        apr_pool_t *p)
{
    return tpa_locales_langs(templates->locales, p);
}
