#include <apr_strings.h>

#include "base/text.h"
#include "store/house.h"

tpa_err_t *tpa_store_housekeep(tpa_store_t *st, const char *what,
                               apr_int64_t keep_s, int most, int *deleted,
                               apr_pool_t *p)
{
    /* What is gone is gone: asking twice is safe. */
    static const tpa_fn_t fn = { "housekeep", 3, 1 };
    const char *args[] = {
        what, apr_psprintf(p, "%" APR_INT64_T_FMT, keep_s), apr_itoa(p, most)
    };
    apr_int64_t n;
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(st, &fn, args, &rows, p));
    if (!tpa_text_number(tpa_rows_get(rows, 0, "deleted"), 0, 1000000, &n))
        return tpa_err_private(p, TPA_E_UNAVAILABLE,
                               "tpa.housekeep() told no number");
    *deleted = (int)n;
    return TPA_OK;
}
