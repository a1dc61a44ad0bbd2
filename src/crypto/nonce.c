#include <apr_strings.h>

#include "crypto/nonce.h"
#include "crypto/secret.h"

#define PURPOSE "dpop nonce"

static const char *of_step(const tpa_sealer_t *s, int secret, apr_int64_t step,
                           apr_pool_t *p)
{
    return tpa_seal_value(s, secret, PURPOSE,
                          apr_psprintf(p, "%" APR_INT64_T_FMT, step), p);
}

static apr_int64_t step_of(apr_time_t now)
{
    return apr_time_sec(now) / TPA_NONCE_STEP_S;
}

tpa_err_t *tpa_nonce_make(const tpa_sealer_t *s, apr_time_t now,
                          const char **out, apr_pool_t *p)
{
    *out = of_step(s, 0, step_of(now), p);
    return *out ? TPA_OK : tpa_err_private(p, TPA_E_INTERNAL,
                                           "OpenSSL has no HKDF");
}

/* While secrets change, another node may still use the one before. */
int tpa_nonce_good(const tpa_sealer_t *s, const char *nonce, apr_time_t now,
                   apr_pool_t *p)
{
    static const int steps[] = { 0, -1, 1 };
    const char *ours;
    int n = 0, i;

    do {
        for (i = 0; i < 3; i++) {
            ours = of_step(s, n, step_of(now) + steps[i], p);
            if (tpa_secret_equal(nonce, ours))
                return 1;
        }
        n++;
    } while (ours);
    return 0;
}
