/*
 * Whatever comes as an Authorization header, and whatever claims a token has:
 * what is read of them is fit for headers and logs, says who and for whom, and
 * survives being kept. The input is the header, a newline, typ, a newline, and
 * the claims as JSON.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/access.h"
#include "fuzz.h"

static int is_clean(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return 0;
    }
    return 1;
}

static void try_header(const char *value)
{
    const char *token;
    tpa_scheme_t scheme = tpa_access_scheme(value, &token);

    FUZZ_HOLDS((scheme == TPA_SCHEME_BEARER || scheme == TPA_SCHEME_DPOP)
               == (token != NULL));
    FUZZ_HOLDS(!token || (*token && !token[strcspn(token, " \t\r\n,\"%")]));
    FUZZ_HOLDS(!token || !strcmp(token, value + strlen(value)
                                 - strlen(token)));
    FUZZ_HOLDS(scheme != TPA_SCHEME_SEVERAL || strchr(value, ','));
}

/* Either both say nothing, or both the same. */
static void holds_same(const char *a, const char *b)
{
    FUZZ_HOLDS((a == NULL) == (b == NULL));
    FUZZ_HOLDS(!a || !strcmp(a, b));
}

static void try_bytes(const tpa_access_t *a, apr_pool_t *p)
{
    tpa_access_t back;
    apr_size_t len;
    char *packed = tpa_access_pack(a, &len, p);
    char *kept = malloc(len);

    /* An exact copy, so that a read behind its end is seen. */
    if (!kept)
        return;
    memcpy(kept, packed, len);
    memset(packed, 0xff, len);
    tpa_access_unpack(kept, &back);
    holds_same(a->issuer, back.issuer);
    holds_same(a->subject, back.subject);
    holds_same(a->client_id, back.client_id);
    holds_same(a->org_id, back.org_id);
    holds_same(a->org_name, back.org_name);
    holds_same(a->scope, back.scope);
    holds_same(a->audiences, back.audiences);
    holds_same(a->jkt, back.jkt);
    FUZZ_HOLDS(a->exp_s == back.exp_s && a->nbf_s == back.nbf_s);
    free(kept);
}

static void try_good(const tpa_access_t *a, apr_pool_t *p)
{
    const char *texts[] = { a->issuer, a->subject, a->client_id, a->org_id,
                            a->org_name, a->scope, a->jkt };
    apr_array_header_t *none = apr_array_make(p, 1, sizeof(const char *));
    int i;

    FUZZ_HOLDS(*a->issuer && *a->subject);
    for (i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
        FUZZ_HOLDS(!texts[i] || is_clean(texts[i]));
    FUZZ_HOLDS(!a->client_id || *a->client_id);
    FUZZ_HOLDS(!a->org_id || *a->org_id);
    FUZZ_HOLDS(!a->jkt || strlen(a->jkt) == 43);
    FUZZ_HOLDS(!tpa_access_has_scope(a, "") && !tpa_access_has_scope(a, " "));
    FUZZ_HOLDS(!tpa_access_has_audience(a, ""));
    FUZZ_HOLDS(tpa_access_wrong(a, a->issuer, none, 0));
    try_bytes(a, p);
}

static void try_claims(const char *typ, const char *text, apr_pool_t *p)
{
    tpa_access_t access = { NULL };
    tpa_json_t *claims;

    if (tpa_json_parse(text, strlen(text), &claims, p))
        return;
    if (!tpa_access_read(*typ ? typ : NULL, claims, &access, p))
        try_good(&access, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text, *typ, *claims;
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    text = apr_pstrmemdup(p, (const char *)data, size);
    typ = text + strcspn(text, "\n");
    if (*typ)
        *typ++ = '\0';
    claims = typ + strcspn(typ, "\n");
    if (*claims)
        *claims++ = '\0';
    try_header(text);
    try_claims(typ, claims, p);
    apr_pool_destroy(p);
    return 0;
}
