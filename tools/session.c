#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "store/schema.h"
#include "tpactl.h"

/* ---- saying what went wrong --------------------------------------------- */

int tpa_ctl_say(int code, const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    fputs("tpactl: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return code;
}

/* What the server adds below its first line may quote whole rows, sealed keys
 * among them. */
static const char *first_line(const char *text, apr_pool_t *p)
{
    return apr_pstrmemdup(p, text, strcspn(text, "\n"));
}

int tpa_ctl_fail(tpa_ctl_t *ctl, const tpa_err_t *e)
{
    const char *why = first_line(e->detail ? e->detail : e->text, ctl->p);
    tpa_ctl_pg_t *pg;

    if (e->kind == TPA_E_NOT_FOUND)
        return tpa_ctl_say(TPA_CTL_NOT_FOUND, "%s", why);
    if (e->kind == TPA_E_UNAVAILABLE) {
        /* Down, or there but unwilling? Only the first is worth a retry. */
        int rc = tpa_ctl_pg_open(ctl, &pg);

        if (rc != TPA_CTL_DONE)
            return rc;
    }
    return tpa_ctl_say(TPA_CTL_FAILED, "%s", why);
}

/* ---- what a verb works with --------------------------------------------- */

int tpa_ctl_open(tpa_ctl_t *ctl)
{
    tpa_err_t *e = tpa_store_open(ctl->db, &ctl->store, ctl->p);

    if (!e)
        e = tpa_store_schema_check(ctl->store, ctl->p);
    return e ? tpa_ctl_fail(ctl, e) : TPA_CTL_DONE;
}

int tpa_ctl_sealer(tpa_ctl_t *ctl, tpa_sealer_t **out)
{
    tpa_err_t *e;

    if (!ctl->secret_file)
        return tpa_ctl_say(TPA_CTL_USAGE, "say which secret seals the signing"
                           " keys: --secret-file FILE, the file that"
                           " TPASecretFile names, or set the variable"
                           " TPA_SECRET_FILE");
    e = tpa_sealer_load(ctl->secret_file, out, ctl->p);
    return e ? tpa_ctl_say(TPA_CTL_FAILED, "%s",
                           e->detail ? e->detail : e->text)
             : TPA_CTL_DONE;
}

tpa_err_t *tpa_ctl_call(tpa_ctl_t *ctl, const char *fn, const tpa_json_t *arg,
                        tpa_ctl_outcome_t *out)
{
    tpa_fn_t call = { fn, 1, 0 };
    const char *text = tpa_json_print(arg, ctl->p);
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(ctl->store, &call, &text, &rows, ctl->p));
    out->result = tpa_rows_get(rows, 0, "result");
    out->id = tpa_rows_get(rows, 0, "id");
    if (!out->result)
        return tpa_err_private(ctl->p, TPA_E_INTERNAL,
                               "tpa.%s gave no result", fn);
    return TPA_OK;
}

tpa_err_t *tpa_ctl_random_hex(int n, const char **out, apr_pool_t *p)
{
    unsigned char *bytes = apr_palloc(p, n / 2);

    TPA_TRY(tpa_random_bytes(bytes, n / 2, p));
    *out = tpa_text_hex(bytes, n / 2, p);
    return TPA_OK;
}
