#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/key.h"
#include "tap.h"

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* RFC 7638, 3.1. */
#define N \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7" \
    "aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA" \
    "rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7" \
    "d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF" \
    "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
#define N_THUMBPRINT "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define RSA_JWK(rest) "{\"kty\":\"RSA\",\"n\":\"" N "\"" rest "}"

/* RFC 7515, A.3. */
#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_JWK(crv, x, y, rest) \
    "{\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\"" rest \
    "}"

#define NOW apr_time_from_sec(1790000000)

static tpa_key_t *generated;

static void make_key(void)
{
    ck_assert_ptr_null(tpa_key_generate("auth.example.com", NOW, &generated,
                                        p));
}

static void refused(tpa_err_t *e, const char *says, int row)
{
    ck_assert_msg(e != NULL, "row %d was taken", row);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    ck_assert_msg(strstr(e->text, says) != NULL, "row %d says: %s", row,
                  e->text);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* ---- JWK from outside --------------------------------------------------- */

static const struct {
    const char *jwk;
    const char *says;     /* NULL: it is taken */
} jwks[] = {
    { RSA_JWK(",\"e\":\"AQAB\""), NULL },
    { RSA_JWK(",\"e\":\"Aw\""), NULL },
    { RSA_JWK(",\"e\":\"__________8\""), NULL },
    { RSA_JWK(",\"e\":\"AQAB\",\"use\":\"sig\",\"alg\":\"RS256\","
              "\"kid\":\"a\",\"x5c\":[\"MII\"],\"x\":null"), NULL },
    { EC_JWK("P-256", X, Y, ""), NULL },
    { EC_JWK("P-256", X, Y, ",\"use\":\"sig\",\"n\":1"), NULL },

    { "", "" },
    { "hello", "" },
    { "[]", "JSON object" },
    { "{}", "kty" },
    { "{\"kty\":7}", "kty" },
    { "{\"kty\":\"rsa\"}", "kty" },
    { "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoL\"}", "private" },
    { "{\"kty\":\"oct\"}", "kty" },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}", "kty" },
    { "{\"kty\":\"RSA\",\"kty\":\"RSA\"}", "" },

    { RSA_JWK(""), "e of the key" },
    { RSA_JWK(",\"e\":\"\""), "e of the key" },
    { RSA_JWK(",\"e\":65537"), "e of the key" },
    { RSA_JWK(",\"e\":\"AAEAAQ\""), "zero byte" },
    { RSA_JWK(",\"e\":\"AQ\""), "odd, at least 3" },
    { RSA_JWK(",\"e\":\"Ag\""), "odd, at least 3" },
    { RSA_JWK(",\"e\":\"AQAA\""), "odd, at least 3" },
    { RSA_JWK(",\"e\":\"AQAAAAAAAAAB\""), "64 bits" },
    { RSA_JWK(",\"e\":\"AQAB=\""), "e of the key" },
    { RSA_JWK(",\"e\":\"AQ+B\""), "e of the key" },
    { "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ\"}", "2048 to 4096" },
    { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "n of the key" },
    { "{\"kty\":\"RSA\",\"n\":[],\"e\":\"AQAB\"}", "n of the key" },
    { RSA_JWK(",\"e\":\"AQAB\",\"d\":\"AQAB\""), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"p\":\"AQAB\""), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"q\":1"), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"dp\":\"\""), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"dq\":null"), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"qi\":\"AQAB\""), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"oth\":[]"), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"k\":\"AQAB\""), "private" },
    { RSA_JWK(",\"e\":\"AQAB\",\"use\":\"enc\""), "use" },
    { RSA_JWK(",\"e\":\"AQAB\",\"use\":1"), "use" },

    { EC_JWK("P-256", X, Y, ",\"d\":\"AQAB\""), "private" },
    { EC_JWK("P-384", X, Y, ""), "P-256" },
    { EC_JWK("P-521", X, Y, ""), "P-256" },
    { EC_JWK("secp256k1", X, Y, ""), "P-256" },
    { EC_JWK("p-256", X, Y, ""), "P-256" },
    { "{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}", "P-256" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}", "y of the key" },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" Y "\"}", "x of the key" },
    { EC_JWK("P-256", X, X, ""), "no public key" },
    { EC_JWK("P-256", "AQAB", Y, ""), "32 bytes" },
    { EC_JWK("P-256", X, "", ""), "y of the key" },
    { EC_JWK("P-256", "AA" X, Y, ""), "of the key" },
};

START_TEST(jwk_table)
{
    tpa_key_t *key = NULL;
    tpa_err_t *e = tpa_key_from_jwk(jwks[_i].jwk, &key, p);

    if (jwks[_i].says) {
        refused(e, jwks[_i].says, _i);
        return;
    }
    ck_assert_msg(!e, "row %d: %s", _i, e ? e->text : "");
    ck_assert_ptr_null(tpa_key_private_jwk(key, p));
    ck_assert_ptr_null(tpa_key_cert_pem(key));
}
END_TEST

static const struct {
    int bits;
    unsigned char last;
    const char *says;
} moduli[] = {
    { 2048, 1, NULL },   { 2049, 1, NULL },   { 3072, 3, NULL },
    { 4096, 0xff, NULL },
    { 1024, 1, "has 1024" },   { 2047, 1, "has 2047" },
    { 4097, 1, "has 4097" },   { 8192, 1, "has 8192" },
    { 2048, 0, "n of the key must be odd" },
    { 4096, 2, "n of the key must be odd" },
};

START_TEST(modulus_table)
{
    unsigned char n[1024] = { 0 };
    int len = (moduli[_i].bits + 7) / 8;
    const char *jwk;
    tpa_key_t *key;
    tpa_err_t *e;

    n[0] = (unsigned char)(1 << (moduli[_i].bits + 7) % 8);
    n[len - 1] |= moduli[_i].last;
    jwk = apr_psprintf(p, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}",
                       tpa_text_b64url(n, (apr_size_t)len, p));
    e = tpa_key_from_jwk(jwk, &key, p);
    if (moduli[_i].says)
        refused(e, moduli[_i].says, _i);
    else
        ck_assert_msg(!e, "row %d: %s", _i, e ? e->text : "");
}
END_TEST

START_TEST(huge_text_is_refused_unread)
{
    char *text = apr_palloc(p, 20001);
    tpa_key_t *key;

    memset(text, ' ', 20000);
    text[20000] = '\0';
    memcpy(text, "{}", 2);
    refused(tpa_key_from_jwk(text, &key, p), "too long", 0);
    refused(tpa_key_from_pem(text, &key, NULL, p), "too long", 1);
}
END_TEST

START_TEST(thumbprint_of_rfc_7638)
{
    tpa_key_t *key;

    ck_assert_ptr_null(tpa_key_from_jwk(
        RSA_JWK(",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\""),
        &key, p));
    ck_assert_str_eq(tpa_key_thumbprint(key), N_THUMBPRINT);
    ck_assert_str_eq(tpa_key_type(key), "RSA");
    ck_assert_str_eq(tpa_key_public_jwk(key, p),
                     "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" N "\"}");
}
END_TEST

/* ---- PEM from outside --------------------------------------------------- */

/* One RSA and one EC key as another library wrote them. */
#define RSA_SPKI \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4n/jscZgmd6VNfQVxTO4\n" \
    "IrwITggLNwSIEcY054OcQr3YJ8CMYKOVfIHr6kTUw9etTlkf76zjc5FugDlpihZ2\n" \
    "3ykil34yLXcWsxlvwREM2dWFDbpwCybvw2+EnkPBGT8IefTRz5XVa8lh59xmjec9\n" \
    "v3+QpoYKYxkLXqNUXwve7KiUHb3qUjVn+EhZLVE757hcIZtcK0eD1uSi7BPmzIrK\n" \
    "qKlQr7YxB+StTltrA223/ohlJybvXZH8AdE0gaY+13gtDbF+yBbAqKhl49DucLZL\n" \
    "1wRXUQf4C4DJ5Rmd1/SVMjvj0l156LV6N7GHuuHrZ3W5Gc8yGHqmcBcuIzUBLiZP\n" \
    "VwIDAQAB\n" \
    "-----END PUBLIC KEY-----\n"
#define RSA_PKCS1 \
    "-----BEGIN RSA PUBLIC KEY-----\n" \
    "MIIBCgKCAQEA4n/jscZgmd6VNfQVxTO4IrwITggLNwSIEcY054OcQr3YJ8CMYKOV\n" \
    "fIHr6kTUw9etTlkf76zjc5FugDlpihZ23ykil34yLXcWsxlvwREM2dWFDbpwCybv\n" \
    "w2+EnkPBGT8IefTRz5XVa8lh59xmjec9v3+QpoYKYxkLXqNUXwve7KiUHb3qUjVn\n" \
    "+EhZLVE757hcIZtcK0eD1uSi7BPmzIrKqKlQr7YxB+StTltrA223/ohlJybvXZH8\n" \
    "AdE0gaY+13gtDbF+yBbAqKhl49DucLZL1wRXUQf4C4DJ5Rmd1/SVMjvj0l156LV6\n" \
    "N7GHuuHrZ3W5Gc8yGHqmcBcuIzUBLiZPVwIDAQAB\n" \
    "-----END RSA PUBLIC KEY-----\n"
#define EC_SPKI \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETE1cj/r302hgu9QDOm7QLTZ2Y39o\n" \
    "BYjwtPyL6vu5F1VtHtKQ4L29+TMUrnYlLeZtsVPEFcpljLCTjfhUgKbBzw==\n" \
    "-----END PUBLIC KEY-----\n"
#define RSA_THUMBPRINT "FgpvRsK0cmWm6qxdVdogv8s9NrlA30jk6TayeOCTJq8"
#define EC_THUMBPRINT "d4DC8w2exqy8bnTnuHUppv4RCaIuwqvSLAWfS-0gPnw"

static const struct {
    const char *pem;
    const char *thumbprint;   /* NULL: it is refused */
    const char *says;
} pems[] = {
    { RSA_SPKI, RSA_THUMBPRINT },
    { RSA_PKCS1, RSA_THUMBPRINT },
    { EC_SPKI, EC_THUMBPRINT },
    { "subject=CN = a\n\n" EC_SPKI, EC_THUMBPRINT },
    { EC_SPKI RSA_SPKI, EC_THUMBPRINT },
    { "", NULL, "PEM" },
    { "MFkwEwYHKoZIzj0C", NULL, "PEM" },
    { "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", NULL, "PEM" },
    { "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETE1cj/r302hgu9QDOm7QLTZ2Y39o\n"
      "BYjwtPyL6vu5F1VtHtKQ4L29+TMUrnYlLeZtsVPEFcpljLCTjfhUgKbBzwAA\n"
      "-----END PUBLIC KEY-----\n", NULL, "PEM" },
    { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", NULL,
      "PEM" },
    { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NULL,
      "PEM" },
    { "-----BEGIN CERTIFICATE REQUEST-----\nMFkwEwYH\n"
      "-----END CERTIFICATE REQUEST-----\n", NULL, "PEM" },
    { "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END PUBLIC KEY-----\n", NULL,
      "PEM" },
    { EC_SPKI "-----BEGIN PRIVATE KEY-----\n", NULL, "private" },
    { "-----BEGIN RSA PRIVATE KEY-----\n", NULL, "private" },
    { "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", NULL, "private" },
};

START_TEST(pem_table)
{
    apr_time_t not_after = 77;
    tpa_key_t *key;
    tpa_err_t *e = tpa_key_from_pem(pems[_i].pem, &key, &not_after, p);

    if (pems[_i].says) {
        refused(e, pems[_i].says, _i);
        return;
    }
    ck_assert_msg(!e, "row %d: %s", _i, e ? e->text : "");
    ck_assert_str_eq(tpa_key_thumbprint(key), pems[_i].thumbprint);
    ck_assert_int_eq(not_after, 0);
    ck_assert_ptr_null(tpa_key_private_jwk(key, p));
    ck_assert_ptr_null(tpa_key_from_pem(pems[_i].pem, &key, NULL, p));
}
END_TEST

/* PEM of the public half; frees the key. */
static const char *public_pem(EVP_PKEY *pkey)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text;
    char *data;
    long len;

    ck_assert_ptr_nonnull(pkey);
    ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, pkey), 1);
    len = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(p, data, (apr_size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return text;
}

START_TEST(pem_of_other_keys)
{
    tpa_key_t *key;

    refused(tpa_key_from_pem(public_pem(EVP_RSA_gen(1024)), &key, NULL, p),
            "has 1024", 0);
    refused(tpa_key_from_pem(public_pem(EVP_EC_gen("P-384")), &key, NULL, p),
            "P-256", 1);
    refused(tpa_key_from_pem(public_pem(EVP_EC_gen("secp256k1")), &key, NULL,
                             p),
            "P-256", 2);
    refused(tpa_key_from_pem(public_pem(EVP_PKEY_Q_keygen(NULL, NULL,
                                                          "ED25519")),
                             &key, NULL, p),
            "RSA or EC", 3);
    refused(tpa_key_from_pem(public_pem(EVP_PKEY_Q_keygen(NULL, NULL,
                                                          "X25519")),
                             &key, NULL, p),
            "RSA or EC", 4);
}
END_TEST

/* Does the number start with a zero byte? That is 'A', then 'A' to 'D'. */
static int starts_with_zero(const char *jwk, const char *member)
{
    const char *at = strstr(jwk, member) + strlen(member);

    return at[0] == 'A' && strchr("ABCD", at[1]) != NULL;
}

/* One coordinate in 256 does, and a JWK has to keep that byte: try keys until
 * both had one. */
START_TEST(pem_keeps_leading_zeros_of_a_point)
{
    int i, x = 0, y = 0;

    for (i = 0; i < 20000 && !(x && y); i++) {
        const char *pem = public_pem(EVP_EC_gen("P-256")), *jwk;
        tpa_key_t *key, *again;

        ck_assert_ptr_null(tpa_key_from_pem(pem, &key, NULL, p));
        jwk = tpa_key_public_jwk(key, p);
        ck_assert_ptr_null(tpa_key_from_jwk(jwk, &again, p));
        ck_assert_str_eq(tpa_key_thumbprint(key), tpa_key_thumbprint(again));
        x += starts_with_zero(jwk, "\"x\":\"");
        y += starts_with_zero(jwk, "\"y\":\"");
    }
    ck_assert_int_gt(x, 0);
    ck_assert_int_gt(y, 0);
}
END_TEST

START_TEST(pem_of_a_certificate)
{
    apr_time_t not_after = 0;
    tpa_key_t *key;

    make_key();
    ck_assert_ptr_null(tpa_key_from_pem(tpa_key_cert_pem(generated), &key,
                                        &not_after, p));
    ck_assert_str_eq(tpa_key_thumbprint(key), tpa_key_thumbprint(generated));
    ck_assert_int_eq(not_after, NOW + apr_time_from_sec(3650 * 86400LL));
}
END_TEST

/* An end that is no time after 1970 must not read as "no end". */
START_TEST(certificate_that_ended_in_1970_is_not_endless)
{
    apr_time_t not_after = 0;
    const apr_time_t born = apr_time_from_sec(-3650 * 86400LL);
    tpa_key_t *old, *key;

    ck_assert_ptr_null(tpa_key_generate("old", born, &old, p));
    ck_assert_ptr_null(tpa_key_from_pem(tpa_key_cert_pem(old), &key,
                                        &not_after, p));
    ck_assert_int_lt(not_after, 0);
}
END_TEST

/* ---- our own ------------------------------------------------------------ */

START_TEST(generated_key_and_its_private_jwk)
{
    static const char *const members[] = {
        "n", "e", "d", "p", "q", "dp", "dq", "qi", NULL
    };
    const char *jwk;
    tpa_json_t *read;
    tpa_key_t *back;
    int i;

    make_key();
    jwk = tpa_key_private_jwk(generated, p);
    ck_assert_ptr_nonnull(jwk);
    ck_assert_ptr_null(tpa_json_parse(jwk, strlen(jwk), &read, p));
    ck_assert_str_eq(tpa_json_get_str(read, "kty"), "RSA");
    ck_assert_str_eq(tpa_json_get_str(read, "e"), "AQAB");
    for (i = 0; members[i]; i++)
        ck_assert_msg(tpa_json_get_str(read, members[i]) != NULL, "no %s",
                      members[i]);
    ck_assert_uint_eq(strlen(tpa_json_get_str(read, "n")), 342);
    ck_assert_uint_eq(tpa_json_size(read), 9);

    ck_assert_ptr_null(tpa_key_from_private(jwk, &back, p));
    ck_assert_str_eq(tpa_key_thumbprint(back), tpa_key_thumbprint(generated));
    ck_assert_str_eq(tpa_key_private_jwk(back, p), jwk);
    ck_assert_ptr_null(tpa_key_cert_pem(back));
    ck_assert_ptr_null(strstr(tpa_key_public_jwk(back, p), "\"d\""));
    ck_assert_ptr_null(tpa_key_from_jwk(tpa_key_public_jwk(back, p), &back,
                                        p));
}
END_TEST

START_TEST(generated_keys_differ)
{
    tpa_key_t *other;

    make_key();
    ck_assert_ptr_null(tpa_key_generate("auth.example.com", NOW, &other, p));
    ck_assert_str_ne(tpa_key_thumbprint(generated), tpa_key_thumbprint(other));
}
END_TEST

static const char *const broken[] = {
    "", "[]", "hello", "{}", "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
    RSA_JWK(",\"e\":\"AQAB\""),
    RSA_JWK(",\"e\":\"AQAB\",\"d\":\"AQAB\",\"p\":\"AQ\",\"q\":\"AQ\","
            "\"dp\":\"AQ\",\"dq\":\"AQ\""),
    RSA_JWK(",\"e\":\"AQAB\",\"d\":\"!!\",\"p\":\"AQ\",\"q\":\"AQ\","
            "\"dp\":\"AQ\",\"dq\":\"AQ\",\"qi\":\"AQ\""),
};

START_TEST(private_jwk_that_is_none)
{
    tpa_key_t *key;
    tpa_err_t *e = tpa_key_from_private(broken[_i], &key, p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_ptr_null(strstr(e->detail, "AQAB"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/key");
    TCase *tc = tap_case(s, "from outside");

    tcase_add_loop_test(tc, jwk_table, 0, ROWS(jwks));
    tcase_add_loop_test(tc, modulus_table, 0, ROWS(moduli));
    tcase_add_test(tc, huge_text_is_refused_unread);
    tcase_add_test(tc, thumbprint_of_rfc_7638);
    tcase_add_loop_test(tc, pem_table, 0, ROWS(pems));
    tcase_add_test(tc, pem_of_other_keys);
    tcase_add_test(tc, pem_keeps_leading_zeros_of_a_point);
    tcase_add_test(tc, pem_of_a_certificate);
    tcase_add_test(tc, certificate_that_ended_in_1970_is_not_endless);
    tc = tap_case(s, "our own");
    tcase_add_test(tc, generated_key_and_its_private_jwk);
    tcase_add_test(tc, generated_keys_differ);
    tcase_add_loop_test(tc, private_jwk_that_is_none, 0, ROWS(broken));
    return s;
}
