#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "cimd/keys.h"
#include "crypto/jws.h"
#include "crypto/key.h"
#include "crypto/secret.h"

#define MOST_KEYS 10
#define MOST_KID 128

/* A key of the set as it is stored, NULL when it is of no use here: another
 * kind of key, another purpose, or one that the gate refuses. */
static tpa_json_t *usable(const tpa_json_t *jwk, apr_pool_t *p)
{
    const char *alg = tpa_json_get_str(jwk, "alg");
    const char *kid = tpa_json_get_str(jwk, "kid");
    tpa_json_t *out;
    tpa_key_t *key;

    if (tpa_json_type(jwk) != TPA_JSON_OBJECT
        || tpa_key_from_jwk(tpa_json_print(jwk, p), &key, p))
        return NULL;
    alg = alg ? alg : "RS256";
    if (strcmp(tpa_key_type(key), "RSA") || !tpa_jws_alg_fits(alg, key)
        || (kid && (!*kid || strlen(kid) > MOST_KID)))
        return NULL;
    out = tpa_json_object(p);
    tpa_json_set_str(out, "kid", kid ? kid : tpa_key_thumbprint(key));
    tpa_json_set_str(out, "alg", alg);
    tpa_json_set_str(out, "jwk", tpa_key_public_jwk(key, p));
    tpa_json_set_str(out, "thumbprint", tpa_key_thumbprint(key));
    return out;
}

const tpa_json_t *tpa_cimd_keys(const char *text, apr_size_t len,
                                int *left_out, apr_pool_t *p)
{
    tpa_json_t *set = NULL, *keys = tpa_json_array(p);
    apr_array_header_t *seen = apr_array_make(p, 4, sizeof(char *));
    const tpa_json_t *list;
    apr_size_t i;

    *left_out = 0;
    if (tpa_json_parse(text, len, &set, p))
        return keys;
    list = tpa_json_get(set, "keys");
    if (tpa_json_type(list) != TPA_JSON_ARRAY)
        return keys;
    for (i = 0; i < tpa_json_size(list); i++) {
        tpa_json_t *key = tpa_json_size(keys) < MOST_KEYS
            ? usable(tpa_json_at(list, i), p) : NULL;
        const char *kid = tpa_json_get_str(key, "kid");

        if (!key || tpa_text_in(seen, kid)) {
            (*left_out)++;
            continue;
        }
        APR_ARRAY_PUSH(seen, const char *) = kid;
        tpa_json_add(keys, key);
    }
    return keys;
}

/* ---- what consent rests on ---------------------------------------------- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void set_sorted(tpa_json_t *o, const char *name,
                       apr_array_header_t *list)
{
    if (list->nelts)
        qsort(list->elts, list->nelts, list->elt_size, by_bytes);
    tpa_json_set_list(o, name, list);
}

const char *tpa_cimd_hash(const apr_array_header_t *callbacks,
                          const char *method, const tpa_json_t *keys,
                          apr_pool_t *p)
{
    apr_array_header_t *uris = apr_array_copy(p, callbacks);
    apr_array_header_t *prints = apr_array_make(p, 4, sizeof(char *));
    tpa_json_t *o = tpa_json_object(p);
    const char *text;
    apr_size_t i;

    for (i = 0; i < tpa_json_size(keys); i++)
        APR_ARRAY_PUSH(prints, const char *)
            = tpa_json_get_str(tpa_json_at(keys, i), "thumbprint");
    set_sorted(o, "callbacks", uris);
    tpa_json_set_str(o, "method", method);
    set_sorted(o, "keys", prints);
    text = tpa_json_canonical(o, p);
    return tpa_sha256_hex(text, strlen(text), p);
}
