#include <pthread.h>
#include <string.h>

#include <apr_md5.h>
#include <apr_strings.h>

#include "crypto/password.h"
#include "crypto/secret.h"

#define SALT_BYTES 16
#define HASH_CHARS 60

/* Of a password nobody has: what a check without a hash is spent on. */
static const char nobodys[] =
    "$2y$10$abcdefghijklmnopqrstuuOVkYAIp2HCT3gHDjOaBUhPFsMNKd2qK";

/* ---- turns -------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t free_turn = PTHREAD_COND_INITIALIZER;
static int working, waiting;

static tpa_err_t *take_turn(apr_pool_t *p)
{
    int is_full;

    pthread_mutex_lock(&lock);
    is_full = waiting >= TPA_PASSWORD_WAITING;
    if (!is_full) {
        waiting++;
        while (working >= TPA_PASSWORD_AT_ONCE)
            pthread_cond_wait(&free_turn, &lock);
        waiting--;
        working++;
    }
    pthread_mutex_unlock(&lock);
    return is_full ? tpa_err_private(p, TPA_E_UNAVAILABLE,
                                     "%d passwords wait to be hashed",
                                     TPA_PASSWORD_WAITING) : TPA_OK;
}

static void end_turn(void)
{
    pthread_mutex_lock(&lock);
    working--;
    pthread_cond_signal(&free_turn);
    pthread_mutex_unlock(&lock);
}

/* ---- passwords ---------------------------------------------------------- */

static int is_good_length(const char *password)
{
    return *password && strlen(password) <= TPA_PASSWORD_BYTES;
}

tpa_err_t *tpa_password_hash(const char *password, const char **out,
                             apr_pool_t *p)
{
    unsigned char salt[SALT_BYTES];
    char *hash = apr_pcalloc(p, HASH_CHARS + 1);
    apr_status_t rv;

    if (!is_good_length(password))
        return tpa_err(p, TPA_E_INVALID_BODY, "a password has 1 to %d bytes",
                       TPA_PASSWORD_BYTES);
    TPA_TRY(tpa_random_bytes(salt, sizeof(salt), p));
    TPA_TRY(take_turn(p));
    rv = apr_bcrypt_encode(password, TPA_PASSWORD_COST, salt, sizeof(salt),
                           hash, HASH_CHARS + 1);
    end_turn();
    if (rv != APR_SUCCESS)
        return tpa_err_private(p, TPA_E_INTERNAL, "bcrypt failed (%d)", rv);
    *out = hash;
    return TPA_OK;
}

tpa_err_t *tpa_password_check(const char *password, const char *hash,
                              int *right, apr_pool_t *p)
{
    int is_known = hash && !strncmp(hash, "$2", 2) && is_good_length(password);
    apr_status_t rv;

    TPA_TRY(take_turn(p));
    rv = apr_password_validate(password, is_known ? hash : nobodys);
    end_turn();
    *right = is_known && rv == APR_SUCCESS;
    return TPA_OK;
}
