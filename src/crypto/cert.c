#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "crypto/key_int.h"

#define DAYS 3650
#define SERIAL_BITS 159       /* 20 bytes, positive: RFC 5280 4.1.2.2 */
#define MAX_NAME 64           /* characters of a common name: RFC 5280 A.1 */

static const struct {
    int nid;
    const char *value;
} extensions[] = {
    { NID_basic_constraints, "critical,CA:FALSE" },
    { NID_key_usage, "critical,digitalSignature" },
    { NID_subject_key_identifier, "hash" },
    { 0 }
};

static int set_serial(X509 *cert)
{
    BIGNUM *bn = BN_new();
    int ok = bn
             && BN_rand(bn, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY)
             && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));

    BN_free(bn);
    return ok;
}

static int set_name(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    apr_size_t len = strlen(name);

    if (len > MAX_NAME) {
        for (len = MAX_NAME; len && (name[len] & 0xc0) == 0x80; len--)
            ;
    }
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, (int)len,
                                      -1, 0)
           && X509_set_issuer_name(cert, subject);
}

static int set_extensions(X509 *cert)
{
    X509V3_CTX ctx;
    int i, ok = 1;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    for (i = 0; ok && extensions[i].nid; i++) {
        X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, &ctx,
                                                   extensions[i].nid,
                                                   extensions[i].value);

        ok = ext && X509_add_ext(cert, ext, -1);
        X509_EXTENSION_free(ext);
    }
    return ok;
}

const char *tpa_cert_make(EVP_PKEY *pkey, const char *name, apr_time_t now,
                          apr_pool_t *p)
{
    X509 *cert = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    time_t start = (time_t)apr_time_sec(now);
    char *text;
    long len;

    apr_pool_cleanup_register(p, cert, tpa_free_x509, apr_pool_cleanup_null);
    apr_pool_cleanup_register(p, bio, tpa_free_bio, apr_pool_cleanup_null);
    if (!cert || !bio
        || !X509_set_version(cert, X509_VERSION_3)
        || !set_serial(cert)
        || !X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &start)
        || !X509_time_adj_ex(X509_getm_notAfter(cert), DAYS, 0, &start)
        || !set_name(cert, name)
        || !X509_set_pubkey(cert, pkey)
        || !set_extensions(cert)
        || !X509_sign(cert, pkey, EVP_sha256())
        || !PEM_write_bio_X509(bio, cert)) {
        ERR_clear_error();
        return NULL;
    }
    len = BIO_get_mem_data(bio, &text);
    return apr_pstrmemdup(p, text, (apr_size_t)len);
}

static X509 *read_cert(const char *pem, apr_pool_t *p)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert;

    apr_pool_cleanup_register(p, bio, tpa_free_bio, apr_pool_cleanup_null);
    /* The last argument is a passphrase: without one OpenSSL would ask. */
    cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, (void *)"") : NULL;
    apr_pool_cleanup_register(p, cert, tpa_free_x509, apr_pool_cleanup_null);
    return cert;
}

/* base64 of RFC 4648 4, as x5c wants it. */
static const char *base64(const unsigned char *der, int len, apr_pool_t *p)
{
    unsigned char *text = apr_palloc(p, (apr_size_t)(len + 2) / 3 * 4 + 1);

    EVP_EncodeBlock(text, der, len);
    return (const char *)text;
}

static const char *with_colons(const unsigned char *md, apr_pool_t *p)
{
    char *text = apr_palloc(p, SHA_DIGEST_LENGTH * 3);
    int i;

    for (i = 0; i < SHA_DIGEST_LENGTH; i++)
        apr_snprintf(text + 3 * i, 4, "%02X:", md[i]);
    text[SHA_DIGEST_LENGTH * 3 - 1] = '\0';
    return text;
}

tpa_err_t *tpa_cert_parts(const char *pem, const char **x5c, const char **x5t,
                          const char **fingerprint, apr_pool_t *p)
{
    unsigned char md[SHA_DIGEST_LENGTH];
    unsigned char *der = NULL, *end;
    X509 *cert;
    int len;

    ERR_clear_error();
    cert = read_cert(pem, p);
    len = cert ? i2d_X509(cert, NULL) : 0;
    if (len > 0) {
        der = end = apr_palloc(p, (apr_size_t)len);
        len = i2d_X509(cert, &end);
    }
    ERR_clear_error();
    if (len <= 0 || !SHA1(der, (size_t)len, md))
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "the text is no certificate in PEM");
    if (x5c)
        *x5c = base64(der, len, p);
    if (x5t)
        *x5t = tpa_text_b64url(md, sizeof(md), p);
    if (fingerprint)
        *fingerprint = with_colons(md, p);
    return TPA_OK;
}
