/**
 * @file es256.h
 * @brief Tokens signed with ES256 by OpenSSL alone. Include after tap.h.
 */
#ifndef TPA_UNIT_ES256_H
#define TPA_UNIT_ES256_H

#include <string.h>

#include <apr_strings.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "base/text.h"

/* A key for these tests alone. */
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMxXF2H9PxnKORjnt\n"
    "iiT22OD6LJzf64cRPW4PYgr3JbShRANCAARMTVyP+vfTaGC71AM6btAtNnZjf2gF\n"
    "iPC0/Ivq+7kXVW0e0pDgvb35MxSudiUt5m2xU8QVymWMsJON+FSApsHP\n"
    "-----END PRIVATE KEY-----\n";

static const char public_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"TE1cj_r302hgu9QDOm7QLTZ2Y39oBYjwtPyL6vu5F1U\","
    "\"y\":\"bR7SkOC9vfkzFK52JS3mbbFTxBXKZYywk434VICmwc8\"}";

static inline const char *b64(const char *text)
{
    return tpa_text_b64url((const unsigned char *)text, strlen(text), p);
}

/* ES256 of a text, by OpenSSL alone. */
static inline const char *signature_of(const char *text)
{
    BIO *bio = BIO_new_mem_buf(private_pem, -1);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char der[80], raw[64];
    const unsigned char *at = der;
    size_t len = sizeof(der);
    ECDSA_SIG *sig;

    ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey),
                     1);
    ck_assert_int_eq(EVP_DigestSign(ctx, der, &len,
                                    (const unsigned char *)text,
                                    strlen(text)), 1);
    sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return tpa_text_b64url(raw, sizeof(raw), p);
}

static inline const char *token(const char *header, const char *claims)
{
    const char *head = apr_pstrcat(p, b64(header), ".", b64(claims), NULL);

    return apr_pstrcat(p, head, ".", signature_of(head), NULL);
}

#endif
