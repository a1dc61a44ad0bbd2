#include <string.h>
#include <time.h>

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "crypto/key_int.h"

#define MAX_TEXT 16384        /* bytes of a JWK or PEM */
#define MIN_BITS 2048
#define MAX_BITS 4096
#define MAX_EXPONENT 8        /* bytes: a longer one only costs time */
#define P256_BYTES 32

typedef tpa_err_t *check_fn(const tpa_json_t *jwk, apr_pool_t *p);

static tpa_err_t *check_rsa(const tpa_json_t *jwk, apr_pool_t *p);
static tpa_err_t *check_ec(const tpa_json_t *jwk, apr_pool_t *p);

static const struct {
    const char *kty;
    const char *const *members;
    check_fn *check;
} kinds[] = {
    { "RSA", tpa_key_rsa_members, check_rsa },
    { "EC", tpa_key_ec_members, check_ec },
    { NULL }
};

static const char *const private_members[] = {
    "d", "p", "q", "dp", "dq", "qi", "oth", "k", NULL
};

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    return tpa_err(p, TPA_E_INVALID_REQUEST, "%s", why);
}

/* A member that is a number: base64url of bytes, none to spare in front
 * (RFC 7518 2), or of exactly `width` bytes. */
static tpa_err_t *number(const tpa_json_t *jwk, const char *name,
                         apr_size_t width, unsigned char **bytes,
                         apr_size_t *len, apr_pool_t *p)
{
    const char *text = tpa_json_get_str(jwk, name);

    if (!text || !tpa_text_unb64url(text, bytes, len, p) || *len == 0)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "%s of the key must be base64url text", name);
    if (width && *len != width)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "%s of the key must have %d bytes", name, (int)width);
    if (!width && (*bytes)[0] == 0)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "%s of the key starts with a zero byte", name);
    return TPA_OK;
}

static int bits_of(const unsigned char *bytes, apr_size_t len)
{
    int bits = (int)len * 8;
    unsigned char top;

    for (top = bytes[0]; !(top & 0x80); top = (unsigned char)(top << 1))
        bits--;
    return bits;
}

static tpa_err_t *check_rsa(const tpa_json_t *jwk, apr_pool_t *p)
{
    unsigned char *n, *e;
    apr_size_t nlen, elen;
    int bits;

    TPA_TRY(number(jwk, "n", 0, &n, &nlen, p));
    TPA_TRY(number(jwk, "e", 0, &e, &elen, p));
    bits = bits_of(n, nlen);
    if (bits < MIN_BITS || bits > MAX_BITS)
        return tpa_err(p, TPA_E_INVALID_REQUEST,
                       "an RSA key must have %d to %d bits, this has %d",
                       MIN_BITS, MAX_BITS, bits);
    if (!(n[nlen - 1] & 1))
        return refused(p, "n of the key must be odd");
    if (elen > MAX_EXPONENT || !(e[elen - 1] & 1) || (elen == 1 && e[0] < 3))
        return refused(p, "e of the key must be odd, at least 3 and at most "
                       "64 bits");
    return TPA_OK;
}

static tpa_err_t *check_ec(const tpa_json_t *jwk, apr_pool_t *p)
{
    const char *crv = tpa_json_get_str(jwk, "crv");
    unsigned char *bytes;
    apr_size_t len;

    if (!crv || strcmp(crv, "P-256"))
        return refused(p, "the curve of an EC key must be P-256");
    TPA_TRY(number(jwk, "x", P256_BYTES, &bytes, &len, p));
    return number(jwk, "y", P256_BYTES, &bytes, &len, p);
}

static tpa_err_t *check_members(const tpa_json_t *jwk, apr_pool_t *p)
{
    const char *use = tpa_json_get_str(jwk, "use");
    int i;

    if (tpa_json_type(jwk) != TPA_JSON_OBJECT)
        return refused(p, "a key must be a JSON object");
    for (i = 0; private_members[i]; i++) {
        if (tpa_json_get(jwk, private_members[i]))
            return refused(p, "the key holds private members: send the "
                           "public key only, and stop using this one");
    }
    if (tpa_json_get(jwk, "use") && (!use || strcmp(use, "sig")))
        return refused(p, "use of the key must be sig");
    return TPA_OK;
}

/* Only members that were checked go on; cjose never sees the others. */
static tpa_err_t *admit(const tpa_json_t *jwk, tpa_key_t **out, apr_pool_t *p)
{
    const char *kty = tpa_json_get_str(jwk, "kty");
    tpa_json_t *clean = tpa_json_object(p);
    int k, i;

    TPA_TRY(check_members(jwk, p));
    for (k = 0; kinds[k].kty; k++) {
        if (kty && !strcmp(kty, kinds[k].kty))
            break;
    }
    if (!kinds[k].kty)
        return refused(p, "kty of the key must be RSA or EC");
    TPA_TRY(kinds[k].check(jwk, p));
    for (i = 0; kinds[k].members[i]; i++)
        tpa_json_set_str(clean, kinds[k].members[i],
                         tpa_json_get_str(jwk, kinds[k].members[i]));
    if (!tpa_key_adopt(clean, kinds[k].members, out, p))
        return refused(p, "the numbers of the key are no public key");
    return TPA_OK;
}

tpa_err_t *tpa_key_from_jwk(const char *jwk, tpa_key_t **out, apr_pool_t *p)
{
    tpa_json_t *parsed;

    if (strlen(jwk) > MAX_TEXT)
        return refused(p, "the key is too long");
    TPA_TRY(tpa_json_parse(jwk, strlen(jwk), &parsed, p));
    return admit(parsed, out, p);
}

/* ---- PEM ---------------------------------------------------------------- */

typedef struct block_t {
    char *name;
    char *header;
    unsigned char *data;
    long len;
} block_t;

typedef EVP_PKEY *decode_fn(const unsigned char **at, long len,
                            apr_time_t *not_after);

static EVP_PKEY *decode_spki(const unsigned char **at, long len,
                             apr_time_t *not_after)
{
    return d2i_PUBKEY(NULL, at, len);
}

static EVP_PKEY *decode_pkcs1(const unsigned char **at, long len,
                              apr_time_t *not_after)
{
    return d2i_PublicKey(EVP_PKEY_RSA, NULL, at, len);
}

static EVP_PKEY *decode_certificate(const unsigned char **at, long len,
                                    apr_time_t *not_after)
{
    X509 *cert = d2i_X509(NULL, at, len);
    EVP_PKEY *pkey = cert ? X509_get_pubkey(cert) : NULL;
    struct tm end;

    /* 0 would say that there is no end. */
    *not_after = -1;
    if (cert && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end)
        && timegm(&end) > 0)
        *not_after = apr_time_from_sec(timegm(&end));
    X509_free(cert);
    return pkey;
}

static const struct {
    const char *name;
    decode_fn *decode;
} blocks[] = {
    { PEM_STRING_PUBLIC, decode_spki },
    { PEM_STRING_RSA_PUBLIC, decode_pkcs1 },
    { PEM_STRING_X509, decode_certificate },
    { NULL }
};

static apr_status_t free_block(void *data)
{
    block_t *b = data;

    OPENSSL_free(b->name);
    OPENSSL_free(b->header);
    OPENSSL_free(b->data);
    return APR_SUCCESS;
}

/* The first block of the text, decoded; NULL when it is nothing we know. */
static EVP_PKEY *first_key(const char *pem, apr_time_t *not_after,
                           apr_pool_t *p)
{
    block_t *b = apr_pcalloc(p, sizeof(*b));
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *pkey = NULL;
    const unsigned char *at;
    int i;

    if (!bio)
        return NULL;
    apr_pool_cleanup_register(p, bio, tpa_free_bio, apr_pool_cleanup_null);
    if (!PEM_read_bio(bio, &b->name, &b->header, &b->data, &b->len))
        return NULL;
    apr_pool_cleanup_register(p, b, free_block, apr_pool_cleanup_null);
    at = b->data;
    for (i = 0; blocks[i].name; i++) {
        if (!strcmp(b->name, blocks[i].name))
            pkey = blocks[i].decode(&at, b->len, not_after);
    }
    if (!pkey)
        return NULL;
    apr_pool_cleanup_register(p, pkey, tpa_free_pkey, apr_pool_cleanup_null);
    return at == b->data + b->len ? pkey : NULL;
}

static tpa_json_t *jwk_of_rsa(const EVP_PKEY *pkey, apr_pool_t *p)
{
    tpa_json_t *jwk = tpa_json_object(p);

    tpa_json_set_str(jwk, "kty", "RSA");
    tpa_json_set_str(jwk, "n", tpa_key_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0,
                                              p));
    tpa_json_set_str(jwk, "e", tpa_key_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0,
                                              p));
    return jwk;
}

static tpa_json_t *jwk_of_ec(const EVP_PKEY *pkey, apr_pool_t *p)
{
    tpa_json_t *jwk = tpa_json_object(p);
    char group[32] = "";

    tpa_json_set_str(jwk, "kty", "EC");
    EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group,
                                   sizeof(group), NULL);
    if (!strcmp(group, SN_X9_62_prime256v1))
        tpa_json_set_str(jwk, "crv", "P-256");
    tpa_json_set_str(jwk, "x", tpa_key_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                                              P256_BYTES, p));
    tpa_json_set_str(jwk, "y", tpa_key_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                                              P256_BYTES, p));
    return jwk;
}

tpa_err_t *tpa_key_from_pem(const char *pem, tpa_key_t **out,
                            apr_time_t *not_after, apr_pool_t *p)
{
    apr_time_t end = 0;
    EVP_PKEY *pkey;
    tpa_err_t *e;

    if (strlen(pem) > MAX_TEXT)
        return refused(p, "the key is too long");
    if (strstr(pem, "PRIVATE KEY-----"))
        return refused(p, "this is a private key: send the public key only, "
                       "and stop using this one");
    ERR_clear_error();
    pkey = first_key(pem, &end, p);
    ERR_clear_error();
    if (!pkey)
        return refused(p, "the text is no public key or certificate in PEM");
    if (EVP_PKEY_is_a(pkey, "RSA"))
        e = admit(jwk_of_rsa(pkey, p), out, p);
    else if (EVP_PKEY_is_a(pkey, "EC"))
        e = admit(jwk_of_ec(pkey, p), out, p);
    else
        e = refused(p, "the key must be RSA or EC");
    if (!e && not_after)
        *not_after = end;
    return e;
}
