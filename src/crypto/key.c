#include <string.h>

#include <apr_strings.h>
#include <cjose/util.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "crypto/key_int.h"
#include "crypto/secret.h"

#define OWN_BITS 2048

const char *const tpa_key_rsa_members[] = { "e", "kty", "n", NULL };
const char *const tpa_key_ec_members[] = { "crv", "kty", "x", "y", NULL };

/* With p to qi a signature costs a quarter of what it costs with d alone. */
static const struct {
    const char *member;
    const char *param;
} private_rsa[] = {
    { "n", OSSL_PKEY_PARAM_RSA_N },
    { "e", OSSL_PKEY_PARAM_RSA_E },
    { "d", OSSL_PKEY_PARAM_RSA_D },
    { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
    { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },
    { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
    { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
    { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
    { NULL }
};

apr_status_t tpa_free_cjose(void *text)
{
    cjose_get_dealloc()(text);
    return APR_SUCCESS;
}

apr_status_t tpa_free_jwk(void *jwk)
{
    cjose_jwk_release(jwk);
    return APR_SUCCESS;
}

apr_status_t tpa_free_pkey(void *pkey)
{
    EVP_PKEY_free(pkey);
    return APR_SUCCESS;
}

apr_status_t tpa_free_bio(void *bio)
{
    BIO_free_all(bio);
    return APR_SUCCESS;
}

apr_status_t tpa_free_x509(void *x509)
{
    X509_free(x509);
    return APR_SUCCESS;
}

static apr_status_t free_number(void *bn)
{
    BN_clear_free(bn);
    return APR_SUCCESS;
}

const char *tpa_key_number(const EVP_PKEY *pkey, const char *param, int width,
                           apr_pool_t *p)
{
    BIGNUM *bn = NULL;
    unsigned char *bytes;
    const char *text;
    int len;

    if (!EVP_PKEY_get_bn_param(pkey, param, &bn))
        return NULL;
    apr_pool_cleanup_register(p, bn, free_number, apr_pool_cleanup_null);
    len = width ? width : BN_num_bytes(bn);
    bytes = apr_palloc(p, (apr_size_t)len + 1);
    if (BN_bn2binpad(bn, bytes, len) != len)
        return NULL;
    text = tpa_text_b64url(bytes, (apr_size_t)len, p);
    OPENSSL_cleanse(bytes, (apr_size_t)len);
    return text;
}

/* An RSA signature is as long as the modulus, one on P-256 is r and s. */
static apr_size_t signature_len(const tpa_json_t *public_part, apr_pool_t *p)
{
    const char *n = tpa_json_get_str(public_part, "n");
    unsigned char *bytes;
    apr_size_t len;

    if (!n)
        return 64;
    return tpa_text_unb64url(n, &bytes, &len, p) ? len : 0;
}

/* The text may hold private members, so it does not outlive the call. */
static cjose_jwk_t *import(const tpa_json_t *jwk, apr_pool_t *p)
{
    cjose_jwk_t *imported;
    const char *text;
    apr_pool_t *work;
    cjose_err err;

    apr_pool_create(&work, p);
    text = tpa_json_print(jwk, work);
    ERR_clear_error();
    imported = cjose_jwk_import(text, strlen(text), &err);
    ERR_clear_error();
    apr_pool_destroy(work);
    return imported;
}

int tpa_key_adopt(const tpa_json_t *jwk, const char *const members[],
                  tpa_key_t **out, apr_pool_t *p)
{
    tpa_key_t *key = apr_pcalloc(p, sizeof(*key));
    tpa_json_t *public_part = tpa_json_object(p);
    int i;

    key->jwk = import(jwk, p);
    if (!key->jwk)
        return 0;
    apr_pool_cleanup_register(p, key->jwk, tpa_free_jwk,
                              apr_pool_cleanup_null);
    for (i = 0; members[i]; i++)
        tpa_json_set_str(public_part, members[i],
                         tpa_json_get_str(jwk, members[i]));
    key->kty = apr_pstrdup(p, tpa_json_get_str(jwk, "kty"));
    key->crv = apr_pstrdup(p, tpa_json_get_str(jwk, "crv"));
    key->is_private = tpa_json_get(jwk, "d") != NULL;
    key->signature_len = signature_len(public_part, p);
    key->public_jwk = tpa_json_canonical(public_part, p);
    key->thumbprint = tpa_sha256_b64url(key->public_jwk, p);
    *out = key;
    return key->thumbprint != NULL;
}

tpa_err_t *tpa_key_generate(const char *name, apr_time_t now, tpa_key_t **out,
                            apr_pool_t *p)
{
    tpa_json_t *jwk = tpa_json_object(p);
    EVP_PKEY *pkey;
    int i;

    ERR_clear_error();
    pkey = EVP_RSA_gen(OWN_BITS);
    if (!pkey)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "OpenSSL made no RSA key");
    apr_pool_cleanup_register(p, pkey, tpa_free_pkey, apr_pool_cleanup_null);
    tpa_json_set_str(jwk, "kty", "RSA");
    for (i = 0; private_rsa[i].member; i++)
        tpa_json_set_str(jwk, private_rsa[i].member,
                         tpa_key_number(pkey, private_rsa[i].param, 0, p));
    if (!tpa_key_adopt(jwk, tpa_key_rsa_members, out, p))
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "cjose does not take the new key");
    (*out)->cert_pem = tpa_cert_make(pkey, name, now, p);
    if (!(*out)->cert_pem)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "OpenSSL made no certificate");
    return TPA_OK;
}

/* Copy what a private RSA key is made of; NULL, or the name of what lacks. */
static const char *copy_private(const char *jwk, tpa_json_t *own,
                                apr_pool_t *p)
{
    tpa_json_t *all;
    int i;

    if (tpa_json_parse(jwk, strlen(jwk), &all, p))
        return "its form as JSON";
    tpa_json_set_str(own, "kty", "RSA");
    for (i = 0; private_rsa[i].member; i++) {
        const char *value = tpa_json_get_str(all, private_rsa[i].member);

        if (!value)
            return private_rsa[i].member;
        tpa_json_set_str(own, private_rsa[i].member, value);
    }
    return NULL;
}

tpa_err_t *tpa_key_from_private(const char *jwk, tpa_key_t **out,
                                apr_pool_t *p)
{
    const char *lacks;
    apr_pool_t *work;
    tpa_json_t *own;
    int taken;

    apr_pool_create(&work, p);
    own = tpa_json_object(work);
    lacks = copy_private(jwk, own, work);
    taken = !lacks && tpa_key_adopt(own, tpa_key_rsa_members, out, p);
    apr_pool_destroy(work);
    if (lacks)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "the signing key lacks %s", lacks);
    if (!taken)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "cjose does not take the signing key");
    return TPA_OK;
}

const char *tpa_key_thumbprint(const tpa_key_t *key)
{
    return key->thumbprint;
}

const char *tpa_key_type(const tpa_key_t *key)
{
    return key->kty;
}

const char *tpa_key_public_jwk(const tpa_key_t *key, apr_pool_t *p)
{
    return apr_pstrdup(p, key->public_jwk);
}

const char *tpa_key_private_jwk(const tpa_key_t *key, apr_pool_t *p)
{
    cjose_err err;
    char *text;

    if (!key->is_private)
        return NULL;
    ERR_clear_error();
    text = cjose_jwk_to_json(key->jwk, true, &err);
    if (text)
        apr_pool_cleanup_register(p, text, tpa_free_cjose,
                                  apr_pool_cleanup_null);
    return text;
}

const char *tpa_key_cert_pem(const tpa_key_t *key)
{
    return key->cert_pem;
}
