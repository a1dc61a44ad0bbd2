#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>

#include "base/text.h"
#include "crypto/key_int.h"
#include "crypto/seal.h"

#define ALG "dir"
#define ENC "A256GCM"
#define KEY_BYTES 32
#define NAME_BYTES 8          /* of a secret's name in the header */
#define IV_BYTES 12
#define TAG_BYTES 16
#define MAX_FILE 65536

#define NAME_INFO "tpa name of secret"
#define SEAL_INFO "tpa seal "
#define VALUE_INFO "tpa value "
#define VALUE_BYTES 16

#define HOW_TO_MAKE "make one with: openssl rand -base64 48"

typedef struct secret_t {
    unsigned char *bytes;
    apr_size_t len;
    const char *name;         /* says which secret, tells nothing of it */
} secret_t;

struct tpa_sealer_t {
    apr_array_header_t *secrets;
};

/* The parts of a compact JWE; dir has an empty encrypted key. */
enum { HEADER, ENCRYPTED_KEY, IV, CIPHERTEXT, TAG, PARTS };

static apr_status_t wipe_secret(void *data)
{
    secret_t *secret = data;

    OPENSSL_cleanse(secret->bytes, secret->len);
    return APR_SUCCESS;
}

static apr_status_t free_header(void *header)
{
    cjose_header_release(header);
    return APR_SUCCESS;
}

static apr_status_t free_jwe(void *jwe)
{
    cjose_jwe_release(jwe);
    return APR_SUCCESS;
}

/* ---- keys --------------------------------------------------------------- */

/* HKDF-SHA256 without salt (RFC 5869): 1 when out is filled. */
static int derive(const secret_t *secret, const char *info,
                  unsigned char *out, apr_size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    OSSL_PARAM params[4];
    int ok;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 (char *)"SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                                  secret->bytes, secret->len);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                                  (char *)info, strlen(info));
    params[3] = OSSL_PARAM_construct_end();
    ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

/* NULL when OpenSSL or cjose fails. */
static cjose_jwk_t *key_for(const secret_t *secret, const char *purpose,
                            apr_pool_t *p)
{
    unsigned char bytes[KEY_BYTES];
    cjose_jwk_t *jwk = NULL;
    cjose_err err;

    ERR_clear_error();
    if (derive(secret, apr_pstrcat(p, SEAL_INFO, purpose, NULL), bytes,
               sizeof(bytes)))
        jwk = cjose_jwk_create_oct_spec(bytes, sizeof(bytes), &err);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    if (jwk)
        apr_pool_cleanup_register(p, jwk, tpa_free_jwk,
                                  apr_pool_cleanup_null);
    return jwk;
}

static const secret_t *secret_named(const tpa_sealer_t *s, const char *name)
{
    int i;

    for (i = 0; i < s->secrets->nelts; i++) {
        const secret_t *secret = &APR_ARRAY_IDX(s->secrets, i, secret_t);

        if (!strcmp(secret->name, name))
            return secret;
    }
    return NULL;
}

/* ---- the secrets -------------------------------------------------------- */

static tpa_err_t *add_secret(tpa_sealer_t *s, const char *text, apr_size_t len,
                             int line, apr_pool_t *p)
{
    unsigned char name[NAME_BYTES];
    secret_t secret;

    if (len < TPA_SEAL_MIN_SECRET)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "the secret in line %d is shorter than %d "
                               "bytes; " HOW_TO_MAKE, line,
                               TPA_SEAL_MIN_SECRET);
    secret.bytes = apr_pmemdup(p, text, len);
    secret.len = len;
    apr_pool_cleanup_register(p, apr_pmemdup(p, &secret, sizeof(secret)),
                              wipe_secret, apr_pool_cleanup_null);
    if (!derive(&secret, NAME_INFO, name, sizeof(name)))
        return tpa_err_private(p, TPA_E_INTERNAL, "OpenSSL has no HKDF");
    secret.name = tpa_text_hex(name, sizeof(name), p);
    APR_ARRAY_PUSH(s->secrets, secret_t) = secret;
    return TPA_OK;
}

tpa_err_t *tpa_sealer_make(const char *text, tpa_sealer_t **out, apr_pool_t *p)
{
    tpa_sealer_t *s = apr_palloc(p, sizeof(*s));
    int line;

    s->secrets = apr_array_make(p, 2, sizeof(secret_t));
    for (line = 1; *text; line++) {
        apr_size_t len = strcspn(text, "\n");
        const char *next = text + len + (text[len] == '\n');

        while (len && strchr(" \t\r", text[len - 1]))
            len--;
        if (len && *text != '#')
            TPA_TRY(add_secret(s, text, len, line, p));
        text = next;
    }
    if (!s->secrets->nelts)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "there is no secret in it; " HOW_TO_MAKE);
    *out = s;
    return TPA_OK;
}

/* NULL, or what to do about the file before its secrets are used. */
static const char *trouble_with(const struct stat *st, const char *path,
                                apr_pool_t *p)
{
    if (!S_ISREG(st->st_mode))
        return apr_psprintf(p, "%s is not a file", path);
    if (st->st_mode & S_IRWXO)
        return apr_psprintf(p, "%s is open to everybody on this machine; "
                            "say: chmod 600 %s (or 640, when the group of "
                            "httpd has to read it)", path, path);
    if (st->st_size > MAX_FILE)
        return apr_psprintf(p, "%s is longer than %d bytes, so it is no file "
                            "of secrets", path, MAX_FILE);
    return NULL;
}

/* At most len bytes; -1 on failure. */
static apr_ssize_t read_all(int fd, char *buf, apr_size_t len)
{
    apr_size_t done = 0;

    while (done < len) {
        ssize_t n = read(fd, buf + done, len - done);

        if (n == 0)
            break;
        if (n > 0)
            done += (apr_size_t)n;
        else if (errno != EINTR)
            return -1;
    }
    return (apr_ssize_t)done;
}

static tpa_err_t *make_from(int fd, const char *path, tpa_sealer_t **out,
                            apr_pool_t *p)
{
    char *text = apr_pcalloc(p, MAX_FILE + 1);
    apr_ssize_t len = read_all(fd, text, MAX_FILE);
    tpa_err_t *e;

    if (len < 0)
        return tpa_err_private(p, TPA_E_INTERNAL, "cannot read %s: %s", path,
                               strerror(errno));
    if (memchr(text, '\0', (apr_size_t)len))
        e = tpa_err_private(p, TPA_E_INTERNAL, "%s holds a NUL byte; secrets "
                            "are lines of text", path);
    else
        e = tpa_sealer_make(text, out, p);
    OPENSSL_cleanse(text, MAX_FILE);
    if (e)
        e->detail = apr_pstrcat(p, path, ": ", e->detail, NULL);
    return e;
}

tpa_err_t *tpa_sealer_load(const char *path, tpa_sealer_t **out, apr_pool_t *p)
{
    /* A pipe must not hold up the start of httpd. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    const char *trouble;
    tpa_err_t *e;

    if (fd < 0 && errno == ENOENT)
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "%s does not exist; make it with: (umask 077; "
                               "openssl rand -base64 48 >%s)", path, path);
    if (fd < 0 || fstat(fd, &st)) {
        e = tpa_err_private(p, TPA_E_INTERNAL, "cannot open %s: %s", path,
                            strerror(errno));
        if (fd >= 0)
            close(fd);
        return e;
    }
    trouble = trouble_with(&st, path, p);
    e = trouble ? tpa_err_private(p, TPA_E_INTERNAL, "%s", trouble)
                : make_from(fd, path, out, p);
    close(fd);
    return e;
}

/* ---- seal --------------------------------------------------------------- */

static cjose_header_t *header_for(const secret_t *secret, apr_pool_t *p)
{
    cjose_err err;
    cjose_header_t *header = cjose_header_new(&err);

    if (!header)
        return NULL;
    apr_pool_cleanup_register(p, header, free_header, apr_pool_cleanup_null);
    if (!cjose_header_set(header, CJOSE_HDR_ALG, ALG, &err)
        || !cjose_header_set(header, CJOSE_HDR_ENC, ENC, &err)
        || !cjose_header_set(header, CJOSE_HDR_KID, secret->name, &err))
        return NULL;
    return header;
}

tpa_err_t *tpa_seal(const tpa_sealer_t *s, const char *purpose,
                    const char *bytes, apr_size_t len, const char **out,
                    apr_pool_t *p)
{
    const secret_t *secret = &APR_ARRAY_IDX(s->secrets, 0, secret_t);
    cjose_jwk_t *key = key_for(secret, purpose, p);
    cjose_header_t *header = header_for(secret, p);
    cjose_jwe_t *jwe = NULL;
    cjose_err err;
    char *box = NULL;

    if (key && header)
        jwe = cjose_jwe_encrypt(key, header, (const uint8_t *)bytes, len,
                                &err);
    if (jwe) {
        apr_pool_cleanup_register(p, jwe, free_jwe, apr_pool_cleanup_null);
        box = cjose_jwe_export(jwe, &err);
    }
    if (!box) {
        ERR_clear_error();
        return tpa_err_private(p, TPA_E_INTERNAL, "cjose did not seal");
    }
    apr_pool_cleanup_register(p, box, tpa_free_cjose, apr_pool_cleanup_null);
    *out = box;
    return TPA_OK;
}

/* ---- open --------------------------------------------------------------- */

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_GRANT,
                           "a sealed value is not valid");

    e->detail = why;
    return e;
}

/* cjose reads 12 bytes of nonce however short that part is, and takes text
 * that is not quite base64url; so the shape is ours to check. */
static int has_shape(const char *box, unsigned char **header,
                     apr_size_t *header_len, apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, box);
    unsigned char *bytes[PARTS];
    apr_size_t len[PARTS];
    int i;

    for (i = 0; i < PARTS; i++) {
        char *part = rest;

        rest += strcspn(rest, ".");
        if ((*rest == '.') != (i < PARTS - 1))
            return 0;
        *rest++ = '\0';
        if (!tpa_text_unb64url(part, &bytes[i], &len[i], p))
            return 0;
    }
    *header = bytes[HEADER];
    *header_len = len[HEADER];
    return len[HEADER] && !len[ENCRYPTED_KEY] && len[IV] == IV_BYTES
           && len[TAG] == TAG_BYTES;
}

/* The name of the secret, when the header is one that we write. */
static const char *name_in(const unsigned char *header, apr_size_t len,
                           apr_pool_t *p)
{
    tpa_json_t *said;
    const char *alg, *enc;

    if (tpa_json_parse((const char *)header, len, &said, p)
        || tpa_json_size(said) != 3)
        return NULL;
    alg = tpa_json_get_str(said, "alg");
    enc = tpa_json_get_str(said, "enc");
    if (!alg || strcmp(alg, ALG) || !enc || strcmp(enc, ENC))
        return NULL;
    return tpa_json_get_str(said, "kid");
}

tpa_err_t *tpa_unseal(const tpa_sealer_t *s, const char *purpose,
                      const char *box, const char **out, apr_size_t *len,
                      apr_pool_t *p)
{
    unsigned char *header;
    apr_size_t n = 0;
    const char *name;
    const secret_t *secret;
    cjose_jwk_t *key;
    cjose_jwe_t *jwe;
    cjose_err err;
    uint8_t *bytes;

    if (!has_shape(box, &header, &n, p))
        return refused(p, "it is no compact JWE of ours");
    name = name_in(header, n, p);
    if (!name)
        return refused(p, "its header is not of ours");
    secret = secret_named(s, name);
    if (!secret)
        return refused(p, "it was sealed with another secret");
    key = key_for(secret, purpose, p);
    jwe = key ? cjose_jwe_import(box, strlen(box), &err) : NULL;
    if (jwe)
        apr_pool_cleanup_register(p, jwe, free_jwe, apr_pool_cleanup_null);
    bytes = jwe ? cjose_jwe_decrypt(jwe, key, &n, &err) : NULL;
    ERR_clear_error();
    if (!bytes)
        return refused(p, "it was changed, or made for another purpose");
    apr_pool_cleanup_register(p, bytes, tpa_free_cjose, apr_pool_cleanup_null);
    *out = apr_pstrmemdup(p, (const char *)bytes, n);
    if (len)
        *len = n;
    return TPA_OK;
}

/* ---- values ------------------------------------------------------------- */

const char *tpa_seal_value(const tpa_sealer_t *s, int n, const char *purpose,
                           const char *text, apr_pool_t *p)
{
    unsigned char bytes[VALUE_BYTES];
    const char *info = apr_pstrcat(p, VALUE_INFO, purpose, " ", text, NULL);

    if (n >= s->secrets->nelts
        || !derive(&APR_ARRAY_IDX(s->secrets, n, secret_t), info, bytes,
                   sizeof(bytes)))
        return NULL;
    return tpa_text_b64url(bytes, sizeof(bytes), p);
}
