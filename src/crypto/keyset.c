#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/keyset.h"

#define MOST_TOKEN 8192      /* bytes */
#define MOST_KEYS 64

typedef struct entry_t {
    const char *kid;
    const tpa_key_t *key;
    const char *alg;
} entry_t;

struct tpa_keyset_t {
    apr_array_header_t *entries;   /* of entry_t */
};

/* What a key without "alg" is used for, by its type, is the first row. */
static const struct {
    const char *kty;
    const char *alg;
} algs[] = {
    { "RSA", "RS256" },
    { "RSA", "RS384" },
    { "RSA", "PS256" },
    { "EC", "ES256" },
    { NULL, NULL }
};

tpa_keyset_t *tpa_keyset_make(apr_pool_t *p)
{
    tpa_keyset_t *set = apr_pcalloc(p, sizeof(*set));

    set->entries = apr_array_make(p, 4, sizeof(entry_t));
    return set;
}

void tpa_keyset_add(tpa_keyset_t *set, const char *kid, const tpa_key_t *key,
                    const char *alg)
{
    entry_t *entry = apr_array_push(set->entries);

    entry->kid = apr_pstrdup(set->entries->pool, kid);
    entry->key = key;
    entry->alg = alg;
}

const tpa_key_t *tpa_keyset_find(const tpa_keyset_t *set, const char *kid,
                                 const char **alg)
{
    int i;

    for (i = 0; kid && i < set->entries->nelts; i++) {
        const entry_t *entry = &APR_ARRAY_IDX(set->entries, i, entry_t);

        if (strcmp(entry->kid, kid))
            continue;
        if (alg)
            *alg = entry->alg;
        return entry->key;
    }
    return NULL;
}

/* ---- documents ---------------------------------------------------------- */

/* NULL: none that we verify with. */
static const char *alg_of(const tpa_json_t *jwk, const tpa_key_t *key)
{
    const char *named = tpa_json_get_str(jwk, "alg");
    int i;

    for (i = 0; algs[i].kty; i++) {
        if (!strcmp(algs[i].kty, tpa_key_type(key))
            && (!tpa_json_get(jwk, "alg")
                || (named && !strcmp(named, algs[i].alg))))
            return tpa_jws_alg_fits(algs[i].alg, key) ? algs[i].alg : NULL;
    }
    return NULL;
}

static tpa_err_t *add_jwk(tpa_keyset_t *set, const tpa_json_t *jwk,
                          apr_pool_t *p)
{
    const char *kid = tpa_json_get_str(jwk, "kid"), *alg;
    tpa_key_t *key;

    if (!kid || !*kid || tpa_key_from_jwk(tpa_json_print(jwk, p), &key, p))
        return TPA_OK;
    alg = alg_of(jwk, key);
    if (!alg)
        return TPA_OK;
    if (tpa_keyset_find(set, kid, NULL))
        return tpa_err(p, TPA_E_INVALID_REQUEST, "two keys have the same kid");
    tpa_keyset_add(set, kid, key, alg);
    return TPA_OK;
}

tpa_err_t *tpa_keyset_parse(const char *text, apr_size_t len,
                            tpa_keyset_t **out, apr_pool_t *p)
{
    const tpa_json_t *keys;
    tpa_json_t *doc;
    apr_size_t i;

    TPA_TRY(tpa_json_parse(text, len, &doc, p));
    keys = tpa_json_get(doc, "keys");
    if (tpa_json_type(keys) != TPA_JSON_ARRAY
        || tpa_json_size(keys) > MOST_KEYS)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "it is no key set of at most %d keys", MOST_KEYS);
    *out = tpa_keyset_make(p);
    for (i = 0; i < tpa_json_size(keys); i++)
        TPA_TRY(add_jwk(*out, tpa_json_at(keys, i), p));
    if (!(*out)->entries->nelts)
        return tpa_err(p, TPA_E_INVALID_REQUEST, "it has no public key with a"
                       " kid, for RS256, RS384, PS256 or ES256");
    return TPA_OK;
}

/* ---- tokens ------------------------------------------------------------- */

static tpa_err_t *invalid(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_TOKEN, "Invalid token.");

    e->detail = why;
    return e;
}

tpa_err_t *tpa_keyset_verify(const char *token, const tpa_keyset_t *set,
                             tpa_access_t *out, apr_pool_t *p)
{
    const tpa_key_t *key;
    const char *alg, *wrong;
    tpa_jws_peek_t peek;

    if (tpa_jws_peek(token, MOST_TOKEN, &peek, p))
        return invalid(p, "it is no JWT");
    key = tpa_keyset_find(set, peek.kid, &alg);
    if (!key)
        return invalid(p, "kid is not one of the issuer's keys");
    if (tpa_jws_verify(token, key, alg, p))
        return invalid(p, "the signature is wrong");
    wrong = tpa_access_read(peek.typ, peek.claims, out, p);
    out->kid = peek.kid;
    out->key = tpa_key_thumbprint(key);
    return wrong ? invalid(p, wrong) : TPA_OK;
}

int tpa_keyset_lacks(const char *token, const tpa_keyset_t *set,
                     const char *issuer, apr_pool_t *p)
{
    tpa_jws_peek_t peek;
    const char *iss;

    if (tpa_jws_peek(token, MOST_TOKEN, &peek, p) || !peek.kid
        || tpa_keyset_find(set, peek.kid, NULL))
        return 0;
    iss = tpa_json_get_str(peek.claims, "iss");
    return iss && !strcmp(iss, issuer);
}
