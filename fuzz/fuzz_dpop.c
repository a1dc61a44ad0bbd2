/*
 * Whatever bytes come in a DPoP header: reading them does no harm, and what is
 * taken proves a key. Bytes of two lines are also tried as the header and the
 * claims of a proof, which gets past base64url.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/uri.h"
#include "crypto/dpop.h"
#include "fuzz.h"

#define NOW apr_time_from_sec(1000000)
#define SIGNATURE 64

static void check(const char *proof, const char *token, apr_pool_t *p)
{
    const tpa_dpop_ask_t ask = { token ? "GET" : "POST",
                                 "https://auth.test/oauth/token", token };
    tpa_err_t *e;
    tpa_dpop_t out;

    e = tpa_dpop_check(proof, &ask, NOW, &out, p);
    FUZZ_HOLDS(!e || e->kind == TPA_E_INVALID_DPOP_PROOF);
    FUZZ_HOLDS(!e || (e->text && e->rule && !out.jkt));
    FUZZ_HOLDS(e || tpa_text_is_id(out.jkt, 43, 43));
    FUZZ_HOLDS(e || strlen(out.jti_hash) == 64);
    FUZZ_HOLDS(e || out.expires > NOW);
    FUZZ_HOLDS(e || !strchr(proof, ','));
}

/* The one form has itself as its one form. */
static void check_uri(const char *text, apr_pool_t *p)
{
    const char *plain = tpa_uri_plain(text, p);

    FUZZ_HOLDS(!plain || !strcmp(tpa_uri_plain(plain, p), plain));
    FUZZ_HOLDS(!plain || !strpbrk(plain, "?# \n"));
}

static const char *coded(const char *from, apr_size_t len, apr_pool_t *p)
{
    return tpa_text_b64url((const unsigned char *)from, len, p);
}

static const char *built(const char *text, apr_size_t len, apr_pool_t *p)
{
    apr_size_t head = strcspn(text, "\n");
    unsigned char signature[SIGNATURE];

    if (head >= len)
        return "";
    memset(signature, 7, sizeof(signature));
    return apr_pstrcat(p, coded(text, head, p), ".",
                       coded(text + head + 1, len - head - 1, p), ".",
                       tpa_text_b64url(signature, sizeof(signature), p), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    char *text;

    apr_initialize();
    /* An exact copy, so that a read behind its end is seen. */
    text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    apr_pool_create(&p, NULL);
    check(text, NULL, p);
    check(text, "a.b.c", p);
    check(built(text, strlen(text), p), NULL, p);
    check_uri(text, p);
    apr_pool_destroy(p);
    free(text);
    return 0;
}
