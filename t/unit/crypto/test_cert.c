#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/key.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define NOW apr_time_from_sec(1790000000)

static const tpa_key_t *key_named(const char *name)
{
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_key_generate(name, NOW, &key, p));
    return key;
}

static X509 *cert_of(const tpa_key_t *key)
{
    BIO *bio = BIO_new_mem_buf(tpa_key_cert_pem(key), -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    ck_assert_ptr_nonnull(cert);
    return cert;
}

START_TEST(certificate_is_self_signed_v3)
{
    X509 *cert;
    X509_NAME *name;
    char cn[65];
    time_t t;

    cert = cert_of(key_named("auth.example.com"));
    name = X509_get_subject_name(cert);
    ck_assert_int_eq(X509_get_version(cert), X509_VERSION_3);
    ck_assert_int_eq(X509_verify(cert, X509_get0_pubkey(cert)), 1);
    ck_assert_int_eq(X509_get_signature_nid(cert),
                     NID_sha256WithRSAEncryption);
    ck_assert_int_eq(X509_NAME_cmp(name, X509_get_issuer_name(cert)), 0);
    ck_assert_int_eq(X509_NAME_entry_count(name), 1);
    X509_NAME_get_text_by_NID(name, NID_commonName, cn, sizeof(cn));
    ck_assert_str_eq(cn, "auth.example.com");
    ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(cert)), 2048);
    t = (time_t)apr_time_sec(NOW);
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), t), 0);
    t += 3650 * 86400;
    ck_assert_int_eq(ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), t), 0);
    ck_assert_int_eq(X509_get_extension_flags(cert) & EXFLAG_CA, 0);
    ck_assert_int_ne(X509_get_extension_flags(cert) & EXFLAG_BCONS, 0);
    ck_assert_uint_eq(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    ck_assert_ptr_nonnull(X509_get0_subject_key_id(cert));
    X509_free(cert);
}
END_TEST

START_TEST(serial_numbers_are_long_positive_and_differ)
{
    ASN1_INTEGER *seen[5];
    int i, j;

    for (i = 0; i < 5; i++) {
        X509 *cert;
        BIGNUM *bn;

        cert = cert_of(key_named("auth.example.com"));
        bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
        ck_assert_int_eq(BN_is_negative(bn), 0);
        ck_assert_int_eq(BN_num_bits(bn), 159);
        BN_free(bn);
        seen[i] = ASN1_INTEGER_dup(X509_get0_serialNumber(cert));
        X509_free(cert);
        for (j = 0; j < i; j++)
            ck_assert_int_ne(ASN1_INTEGER_cmp(seen[i], seen[j]), 0);
    }
    for (i = 0; i < 5; i++)
        ASN1_INTEGER_free(seen[i]);
}
END_TEST

#define TEN "0123456789"

static const struct {
    const char *name;
    const char *cn;
} names[] = {
    { "a", "a" },
    { TEN TEN TEN TEN TEN TEN "0123", TEN TEN TEN TEN TEN TEN "0123" },
    { TEN TEN TEN TEN TEN TEN "01234", TEN TEN TEN TEN TEN TEN "0123" },
    { TEN TEN TEN TEN TEN TEN "012\xc3\xa4z", TEN TEN TEN TEN TEN TEN "012" },
    { "J\xc3\xbcrgen", "J\xc3\xbcrgen" },
};

START_TEST(common_name_table)
{
    X509 *cert = cert_of(key_named(names[_i].name));
    unsigned char *cn;
    int len;

    len = ASN1_STRING_to_UTF8(&cn, X509_NAME_ENTRY_get_data(
              X509_NAME_get_entry(X509_get_subject_name(cert), 0)));
    ck_assert_int_gt(len, 0);
    ck_assert_str_eq(apr_pstrmemdup(p, (char *)cn, (apr_size_t)len),
                     names[_i].cn);
    OPENSSL_free(cn);
    X509_free(cert);
}
END_TEST

static const char fixed_cert[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdzCCAR2gAwIBAgIUKQGL7yoZixG/LIxmS1mE1cZoKxEwCgYIKoZIzj0EAwIw\n"
    "EDEOMAwGA1UEAwwFZml4ZWQwIBcNMjYxMTIxMDMzOTUwWhgPMjEyNjEwMjgwMzM5\n"
    "NTBaMBAxDjAMBgNVBAMMBWZpeGVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
    "O8MAOhGVehJGTq0Pz8nm3kkDVUXU4mOV1q1J9o4vquS9Vp/5co/ZrB+ne8UBV2Pw\n"
    "Rs3sbc8cOa52cOqPPMye26NTMFEwHQYDVR0OBBYEFMEF/uLhtblT5vo1EUYQr04n\n"
    "M2MYMB8GA1UdIwQYMBaAFMEF/uLhtblT5vo1EUYQr04nM2MYMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgU6ZOlXUg3P7qTQrV8PVwp3QkuJdVKU8S\n"
    "EyHxGv2E2kYCIQDg3ENTAC+doCuvsebkI3nnaiZ3E0+jKWxqrZmlZUIx1g==\n"
    "-----END CERTIFICATE-----\n";

START_TEST(parts_of_a_certificate)
{
    const char *x5c, *x5t, *fingerprint, *again;

    ck_assert_ptr_null(tpa_cert_parts(fixed_cert, &x5c, &x5t, &fingerprint,
                                      p));
    ck_assert_str_eq(x5t, "OoqE7sPORc72-LJjR8AgEgs8RC8");
    ck_assert_str_eq(fingerprint,
                     "3A:8A:84:EE:C3:CE:45:CE:F6:F8:"
                     "B2:63:47:C0:20:12:0B:3C:44:2F");
    ck_assert_str_eq(x5c,
        "MIIBdzCCAR2gAwIBAgIUKQGL7yoZixG/LIxmS1mE1cZoKxEwCgYIKoZIzj0EAwIw"
        "EDEOMAwGA1UEAwwFZml4ZWQwIBcNMjYxMTIxMDMzOTUwWhgPMjEyNjEwMjgwMzM5"
        "NTBaMBAxDjAMBgNVBAMMBWZpeGVkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
        "O8MAOhGVehJGTq0Pz8nm3kkDVUXU4mOV1q1J9o4vquS9Vp/5co/ZrB+ne8UBV2Pw"
        "Rs3sbc8cOa52cOqPPMye26NTMFEwHQYDVR0OBBYEFMEF/uLhtblT5vo1EUYQr04n"
        "M2MYMB8GA1UdIwQYMBaAFMEF/uLhtblT5vo1EUYQr04nM2MYMA8GA1UdEwEB/wQF"
        "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgU6ZOlXUg3P7qTQrV8PVwp3QkuJdVKU8S"
        "EyHxGv2E2kYCIQDg3ENTAC+doCuvsebkI3nnaiZ3E0+jKWxqrZmlZUIx1g==");
    ck_assert_ptr_null(tpa_cert_parts(fixed_cert, NULL, NULL, NULL, p));
    ck_assert_ptr_null(tpa_cert_parts(fixed_cert, NULL, &again, NULL, p));
    ck_assert_str_eq(again, x5t);
}
END_TEST

static const char *const no_certs[] = {
    "", "hello",
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,000102030405060708090a0b0c0d0e0f\n\n"
    "AAAAAAAAAAAAAAAAAAAAAA==\n-----END CERTIFICATE-----\n",
};

START_TEST(parts_of_no_certificate)
{
    const char *x5c;
    tpa_err_t *e = tpa_cert_parts(no_certs[_i], &x5c, NULL, NULL, p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/cert");
    TCase *tc = tap_case(s, "all");

    tcase_add_test(tc, certificate_is_self_signed_v3);
    tcase_add_test(tc, serial_numbers_are_long_positive_and_differ);
    tcase_add_loop_test(tc, common_name_table, 0, ROWS(names));
    tcase_add_test(tc, parts_of_a_certificate);
    tcase_add_loop_test(tc, parts_of_no_certificate, 0, ROWS(no_certs));
    return s;
}
