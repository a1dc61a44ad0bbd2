#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/text.h"
#include "crypto/secret.h"

#define SECRET_BYTES 32

static const char id_chars[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Bytes from here on would favour the first characters; they are dropped. */
#define ID_LIMIT (256 - 256 % (sizeof(id_chars) - 1))

tpa_err_t *tpa_random_bytes(unsigned char *buf, apr_size_t len, apr_pool_t *p)
{
    apr_size_t done = 0;

    while (done < len) {
        ssize_t n = getrandom(buf + done, len - done, 0);

        if (n > 0)
            done += (apr_size_t)n;
        else if (n == 0 || errno != EINTR)
            return tpa_err_private(p, TPA_E_INTERNAL,
                                   "the system gives no random bytes "
                                   "(getrandom, errno %d)", errno);
    }
    return TPA_OK;
}

tpa_err_t *tpa_random_secret(const char **out, apr_pool_t *p)
{
    unsigned char bytes[SECRET_BYTES];

    TPA_TRY(tpa_random_bytes(bytes, sizeof(bytes), p));
    *out = tpa_text_b64url(bytes, sizeof(bytes), p);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return TPA_OK;
}

tpa_err_t *tpa_random_id(const char *prefix, int n, const char **out,
                         apr_pool_t *p)
{
    apr_size_t start = strlen(prefix);
    char *id = apr_palloc(p, start + (apr_size_t)n + 1);
    unsigned char bytes[64];
    apr_size_t next = sizeof(bytes);
    int made = 0;

    memcpy(id, prefix, start);
    while (made < n) {
        if (next == sizeof(bytes)) {
            TPA_TRY(tpa_random_bytes(bytes, sizeof(bytes), p));
            next = 0;
        }
        if (bytes[next] < ID_LIMIT)
            id[start + (apr_size_t)made++] =
                id_chars[bytes[next] % (sizeof(id_chars) - 1)];
        next++;
    }
    id[start + (apr_size_t)made] = '\0';
    *out = id;
    return TPA_OK;
}

/* Without a digest there is no text: tpa_secret_equal finds NULL equal to
 * nothing, so a broken library opens no door. */
const char *tpa_sha256_hex(const void *bytes, apr_size_t len, apr_pool_t *p)
{
    unsigned char md[SHA256_DIGEST_LENGTH];

    return SHA256(bytes, len, md) ? tpa_text_hex(md, sizeof(md), p) : NULL;
}

const char *tpa_sha256_b64url(const char *text, apr_pool_t *p)
{
    unsigned char md[SHA256_DIGEST_LENGTH];

    return SHA256((const unsigned char *)text, strlen(text), md)
               ? tpa_text_b64url(md, sizeof(md), p) : NULL;
}

int tpa_secret_equal(const char *a, const char *b)
{
    apr_size_t la, lb;
    int same_length;

    if (!a || !b)
        return 0;
    la = strlen(a);
    lb = strlen(b);
    same_length = la == lb;
    return (CRYPTO_memcmp(a, same_length ? b : a, la) == 0) & same_length;
}
