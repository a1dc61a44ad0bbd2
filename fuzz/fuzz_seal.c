/*
 * Whatever comes as a sealed box: it opens only if this secret sealed it, for
 * this purpose, and then holds what was sealed. The inputs start from boxes
 * that were sealed with the secret below; nobody who changes them makes
 * another.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "crypto/seal.h"
#include "fuzz.h"

#define SECRET "a secret of the fuzzer, which everybody may know\n"
#define PURPOSE "fuzz"

/* What was sealed. */
static const char *const sealed[] = {
    "",
    "{}",
    "{\"for\":\"login\",\"exp\":1795582998000000}",
    NULL
};

static int was_sealed(const char *bytes, apr_size_t len)
{
    int i;

    for (i = 0; sealed[i]; i++) {
        if (strlen(sealed[i]) == len && !memcmp(sealed[i], bytes, len))
            return 1;
    }
    return 0;
}

static void try_box(const tpa_sealer_t *s, const char *box, apr_pool_t *p)
{
    const char *bytes;
    apr_size_t len;
    tpa_err_t *e = tpa_unseal(s, PURPOSE, box, &bytes, &len, p);

    if (e) {
        FUZZ_HOLDS(e->text && *e->text);
        return;
    }
    FUZZ_HOLDS(was_sealed(bytes, len));
    FUZZ_HOLDS(bytes[len] == '\0');
    FUZZ_HOLDS(tpa_unseal(s, "else", box, &bytes, &len, p) != TPA_OK);
}

/* Or nothing would be tried. */
static void check_sealer(const tpa_sealer_t *s, apr_pool_t *p)
{
    const char *box, *bytes;
    apr_size_t len;

    FUZZ_HOLDS(!tpa_seal(s, PURPOSE, sealed[1], strlen(sealed[1]), &box, p));
    FUZZ_HOLDS(!tpa_unseal(s, PURPOSE, box, &bytes, &len, p));
    FUZZ_HOLDS(!strcmp(bytes, sealed[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *all, *p;
    static tpa_sealer_t *s;

    if (!all) {
        apr_initialize();
        apr_pool_create(&all, NULL);
        apr_pool_create(&p, all);
        FUZZ_HOLDS(!tpa_sealer_make(SECRET, &s, all));
        check_sealer(s, p);
    }
    try_box(s, apr_pstrmemdup(p, (const char *)data, size), p);
    apr_pool_clear(p);
    return 0;
}
