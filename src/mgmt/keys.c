#include <string.h>

#include <apr_strings.h>

#include "crypto/key.h"
#include "crypto/seal.h"
#include "mgmt/mgmt.h"
#include "store/keys.h"

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "",
      "There is no signing key of that kid." },
    { "not_previous", TPA_E_NOT_SUPPORTED, NULL,
      "Only a previous signing key can be revoked: rotate first." },
    { "conflict", TPA_E_CONFLICT, NULL,
      "There is a signing key of that kid already." },
    { "rotated" }, { "prepared" }, { "revoked" },
    { NULL }
};

/* ---- read --------------------------------------------------------------- */

/* A key, and what is computed from its certificate: the SHA-1 of it, as the
 * API has always printed it. */
static tpa_err_t *with_prints(tpa_mg_call_t *c, const tpa_json_t *key,
                              tpa_json_t **out)
{
    tpa_json_t *o = tpa_json_object(c->p);
    const char *fingerprint;
    char *thumbprint, *to;

    tpa_mg_add_members(o, key);
    TPA_TRY(tpa_cert_parts(tpa_json_get_str(key, "cert"), NULL, NULL,
                           &fingerprint, c->p));
    thumbprint = to = apr_pstrdup(c->p, fingerprint);
    tpa_json_set_str(o, "fingerprint", fingerprint);
    for (; *fingerprint; fingerprint++) {
        if (*fingerprint != ':')
            *to++ = *fingerprint;
    }
    *to = '\0';
    tpa_json_set_str(o, "thumbprint", thumbprint);
    *out = o;
    return TPA_OK;
}

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *keys = tpa_json_array(c->p), *key;
    const tpa_json_t *items;
    tpa_outcome_t out;
    apr_size_t i;

    TPA_TRY(tpa_store_read(c->t->store, "signing_key_list", tpa_mg_argument(c),
                           &out, c->p));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    items = tpa_json_get(out.body, "items");
    for (i = 0; i < tpa_json_size(items); i++) {
        TPA_TRY(with_prints(c, tpa_json_at(items, i), &key));
        tpa_json_add(keys, key);
    }
    tpa_mg_reply(c, keys, reply);
    return TPA_OK;
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_outcome_t out;
    tpa_json_t *key;

    TPA_TRY(tpa_store_read(c->t->store, "signing_key_get", tpa_mg_argument(c),
                           &out, c->p));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    TPA_TRY(with_prints(c, out.body, &key));
    tpa_mg_reply(c, key, reply);
    return TPA_OK;
}

/* ---- rotate and revoke -------------------------------------------------- */

/* The next key is about to sign: if this file of secrets does not open it, all
 * nodes would stop. */
static tpa_err_t *check_next_opens(tpa_mg_call_t *c)
{
    apr_array_header_t *keys;
    const char *bytes;
    int i;

    TPA_TRY(tpa_store_keys(c->t->store, &keys, c->p));
    for (i = 0; i < keys->nelts; i++) {
        const tpa_signing_key_t *key
            = &APR_ARRAY_IDX(keys, i, tpa_signing_key_t);

        if (!strcmp(key->state, "next")
            && tpa_unseal(c->t->sealer, TPA_SEAL_SIGNING_KEY, key->sealed,
                          &bytes, NULL, c->p))
            return tpa_err_private(c->p, TPA_E_INTERNAL, "the next signing key"
                                   " %s was sealed with another TPASecretFile:"
                                   " not rotated", key->kid);
    }
    return TPA_OK;
}

static tpa_err_t *make_key(tpa_mg_call_t *c, tpa_signing_key_t *out)
{
    const char *host = c->t->issuer + strlen("https://");
    const char *private_jwk;
    tpa_key_t *key;

    TPA_TRY(tpa_key_generate(apr_pstrmemdup(c->p, host, strcspn(host, "/")),
                             c->t->now, &key, c->p));
    private_jwk = tpa_key_private_jwk(key, c->p);
    out->kid = tpa_key_thumbprint(key);
    out->public_jwk = tpa_key_public_jwk(key, c->p);
    out->cert_pem = tpa_key_cert_pem(key);
    return tpa_seal(c->t->sealer, TPA_SEAL_SIGNING_KEY, private_jwk,
                    strlen(private_jwk), &out->sealed, c->p);
}

static tpa_err_t *rotate(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_signing_key_t fresh = { NULL };

    TPA_TRY(check_next_opens(c));
    TPA_TRY(make_key(c, &fresh));
    return tpa_mg_write(c, "signing_key_rotate",
                        tpa_store_key_json(&fresh, c->p), NULL, results,
                        reply);
}

static tpa_err_t *revoke_key(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "signing_key_revoke", tpa_mg_argument(c), NULL,
                        results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_keys[] = {
    { "GET", "keys/signing", "read:signing_keys", 200, list,
      "Get all signing keys", .pages = TPA_MG_ARRAY },
    { "GET", "keys/signing/{kid}", "read:signing_keys", 200, get,
      "Get a signing key" },
    { "POST", "keys/signing/rotate",
      "create:signing_keys+update:signing_keys", 201, rotate,
      "Rotate the signing keys" },
    { "PUT", "keys/signing/{kid}/revoke", "update:signing_keys", 200,
      revoke_key, "Revoke a signing key" },
    { NULL }
};
/* clang-format on */
