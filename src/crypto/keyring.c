#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"

struct tpa_keyring_t {
    const tpa_key_t *current;
    const char *kid;
    tpa_keyset_t *keys;        /* public parts, in the order of states */
    const char *jwks;
    const char *etag;
};

/* What is published, and in which order; any other state is not. */
static const char *const states[] = { "current", "next", "previous", NULL };

static tpa_err_t *unusable(apr_pool_t *p, const tpa_signing_key_t *row,
                           const char *why)
{
    return tpa_err_private(p, TPA_E_UNAVAILABLE, "signing key %s: %s",
                           row->kid, why);
}

/* One member of the JWKS document: spec.md 8.2. */
static tpa_err_t *publish(tpa_json_t *keys, const tpa_signing_key_t *row,
                          const tpa_key_t *key, apr_pool_t *p)
{
    const char *text = tpa_key_public_jwk(key, p);
    tpa_json_t *numbers, *jwk = tpa_json_object(p);
    tpa_json_t *chain = tpa_json_array(p);
    const char *x5c, *x5t;

    TPA_TRY(tpa_json_parse(text, strlen(text), &numbers, p));
    tpa_json_set_str(jwk, "kty", tpa_key_type(key));
    tpa_json_set_str(jwk, "use", "sig");
    tpa_json_set_str(jwk, "n", tpa_json_get_str(numbers, "n"));
    tpa_json_set_str(jwk, "e", tpa_json_get_str(numbers, "e"));
    tpa_json_set_str(jwk, "kid", row->kid);
    tpa_json_set_str(jwk, "alg", "RS256");
    if (row->cert_pem) {
        if (tpa_cert_parts(row->cert_pem, &x5c, &x5t, NULL, p))
            return unusable(p, row, "its certificate cannot be read");
        tpa_json_add_str(chain, x5c);
        tpa_json_set_str(jwk, "x5t", x5t);
        tpa_json_set(jwk, "x5c", chain);
    }
    tpa_json_add(keys, jwk);
    return TPA_OK;
}

/* The private part stays in a pool of its own, given back at once. */
static tpa_err_t *open_box(tpa_keyring_t *ring, const tpa_signing_key_t *row,
                           const tpa_key_t *public_key,
                           const tpa_sealer_t *sealer, apr_pool_t *p)
{
    apr_pool_t *work;
    const char *jwk;
    tpa_key_t *key;
    int opened, parsed;

    if (ring->current)
        return unusable(p, row, "there is a second current key");
    apr_pool_create(&work, p);
    opened = row->sealed && !tpa_unseal(sealer, TPA_SEAL_SIGNING_KEY,
                                        row->sealed, &jwk, NULL, work);
    parsed = opened && !tpa_key_from_private(jwk, &key, p);
    apr_pool_destroy(work);
    if (!opened)
        return unusable(p, row, "its private part cannot be opened; was "
                        "TPASecretFile changed? Add the old secret as a "
                        "second line");
    if (!parsed || strcmp(tpa_key_thumbprint(key),
                          tpa_key_thumbprint(public_key)))
        return unusable(p, row, "its private part is not the other half of "
                        "its public part");
    ring->current = key;
    ring->kid = apr_pstrdup(p, row->kid);
    return TPA_OK;
}

static tpa_err_t *add(tpa_keyring_t *ring, tpa_json_t *keys,
                      const tpa_signing_key_t *row, apr_pool_t *p)
{
    tpa_key_t *key;

    if (!row->public_jwk || tpa_key_from_jwk(row->public_jwk, &key, p)
        || strcmp(tpa_key_type(key), "RSA"))
        return unusable(p, row, "its public part is no RSA key");
    TPA_TRY(publish(keys, row, key, p));
    tpa_keyset_add(ring->keys, row->kid, key, "RS256");
    return TPA_OK;
}

static tpa_err_t *add_state(tpa_keyring_t *ring, tpa_json_t *keys,
                            const char *state, const apr_array_header_t *rows,
                            const tpa_sealer_t *sealer, apr_pool_t *p)
{
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const tpa_signing_key_t *row = &APR_ARRAY_IDX(rows, i,
                                                      tpa_signing_key_t);

        if (strcmp(row->state, state))
            continue;
        TPA_TRY(add(ring, keys, row, p));
        if (!strcmp(state, states[0]))
            TPA_TRY(open_box(ring, row,
                             tpa_keyring_find(ring, row->kid), sealer, p));
    }
    return TPA_OK;
}

tpa_err_t *tpa_keyring_make(const apr_array_header_t *rows,
                            const tpa_sealer_t *sealer, tpa_keyring_t **out,
                            apr_pool_t *p)
{
    tpa_keyring_t *ring = apr_pcalloc(p, sizeof(*ring));
    tpa_json_t *doc = tpa_json_object(p);
    tpa_json_t *keys = tpa_json_array(p);
    int i;

    ring->keys = tpa_keyset_make(p);
    for (i = 0; states[i]; i++)
        TPA_TRY(add_state(ring, keys, states[i], rows, sealer, p));
    if (!ring->current)
        return tpa_err_private(p, TPA_E_UNAVAILABLE,
                               "there is no current signing key; make one "
                               "with: tpactl init");
    tpa_json_set(doc, "keys", keys);
    ring->jwks = tpa_json_print(doc, p);
    ring->etag = apr_pstrcat(p, "\"", tpa_sha256_b64url(ring->jwks, p), "\"",
                             NULL);
    *out = ring;
    return TPA_OK;
}

const tpa_key_t *tpa_keyring_current(const tpa_keyring_t *ring)
{
    return ring->current;
}

const char *tpa_keyring_kid(const tpa_keyring_t *ring)
{
    return ring->kid;
}

const tpa_key_t *tpa_keyring_find(const tpa_keyring_t *ring, const char *kid)
{
    return tpa_keyset_find(ring->keys, kid, NULL);
}

const tpa_keyset_t *tpa_keyring_keys(const tpa_keyring_t *ring)
{
    return ring->keys;
}

const char *tpa_keyring_jwks(const tpa_keyring_t *ring)
{
    return ring->jwks;
}

const char *tpa_keyring_etag(const tpa_keyring_t *ring)
{
    return ring->etag;
}
