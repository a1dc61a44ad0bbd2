#include <pthread.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "crypto/password.h"
#include "tap.h"

#define COUNT(rows) (int)(sizeof(rows) / sizeof(rows[0]))
#define A9 "123456789"
#define A72 A9 A9 A9 A9 A9 A9 A9 A9

/* clang-format off */
static const struct {
    const char *password;
    int is_good;
} lengths[] = {
    { "", 0 },
    { "a", 1 },
    { "p\xc3\xa4ssw\xc3\xb6rd \xff", 1 },
    { A72, 1 },
    { A72 "0", 0 },
};
/* clang-format on */

START_TEST(hashes)
{
    const char *hash = NULL, *again = NULL;
    tpa_err_t *e = tpa_password_hash(lengths[_i].password, &hash, p);
    int right;

    if (!lengths[_i].is_good) {
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
        ck_assert_ptr_null(hash);
        return;
    }
    ck_assert_ptr_null(e);
    ck_assert_uint_eq(strlen(hash), 60);
    ck_assert(!strncmp(hash, "$2y$10$", 7));
    ck_assert_ptr_null(tpa_password_hash(lengths[_i].password, &again, p));
    ck_assert_str_ne(hash, again);
    ck_assert_ptr_null(tpa_password_check(lengths[_i].password, again, &right,
                                          p));
    ck_assert_int_eq(right, 1);
}
END_TEST

START_TEST(checks)
{
    const char *hash;
    int i, right = 1;
    const char *wrong[] = { "", "secre", "secret ", "Secret", A72 "0" };

    ck_assert_ptr_null(tpa_password_hash("secret", &hash, p));
    for (i = 0; i < COUNT(wrong); i++) {
        ck_assert_ptr_null(tpa_password_check(wrong[i], hash, &right, p));
        ck_assert_msg(!right, "%s", wrong[i]);
    }
    /* Neither an old hash nor none at all is a way in. */
    ck_assert_ptr_null(tpa_password_check("secret", "secret", &right, p));
    ck_assert_int_eq(right, 0);
    ck_assert_ptr_null(tpa_password_check("", "", &right, p));
    ck_assert_int_eq(right, 0);
    /* What is cut to 72 bytes is no other password's equal. */
    ck_assert_ptr_null(tpa_password_hash(A72, &hash, p));
    ck_assert_ptr_null(tpa_password_check(A72 "0", hash, &right, p));
    ck_assert_int_eq(right, 0);
}
END_TEST

/* Who is not there must not be told by the time it takes to say so. */
START_TEST(without_a_hash)
{
    const char *hash;
    apr_time_t start = apr_time_now(), with;
    int right = 1;

    ck_assert_ptr_null(tpa_password_hash("secret", &hash, p));
    with = apr_time_now() - start;
    start = apr_time_now();
    ck_assert_ptr_null(tpa_password_check("secret", NULL, &right, p));
    ck_assert_int_eq(right, 0);
    ck_assert_msg(apr_time_now() - start > with / 10, "%ld against %ld",
                  (long)(apr_time_now() - start), (long)with);
}
END_TEST

/* ---- many at once ------------------------------------------------------- */

#define TOO_MANY 60
#define MANY (TPA_PASSWORD_AT_ONCE + TPA_PASSWORD_WAITING + TOO_MANY)

static int refused_of[MANY];
static pthread_barrier_t start_line;

static void *work(void *baton)
{
    apr_pool_t *mine;
    int *refused = baton, right;
    tpa_err_t *e;

    apr_pool_create(&mine, NULL);
    pthread_barrier_wait(&start_line);
    e = tpa_password_check("secret", NULL, &right, mine);
    *refused = e ? (e->kind == TPA_E_UNAVAILABLE ? 1 : 100) : 0;
    apr_pool_destroy(mine);
    return NULL;
}

START_TEST(too_many)
{
    pthread_t threads[MANY];
    int i, refused = 0, right;

    ck_assert(!pthread_barrier_init(&start_line, NULL, MANY));
    for (i = 0; i < MANY; i++)
        ck_assert(!pthread_create(&threads[i], NULL, work, &refused_of[i]));
    for (i = 0; i < MANY; i++) {
        ck_assert(!pthread_join(threads[i], NULL));
        refused += refused_of[i];
    }
    ck_assert_msg(refused > 0 && refused <= TOO_MANY, "%d refused", refused);
    ck_assert_ptr_null(tpa_password_check("secret", NULL, &right, p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/password");
    TCase *tc = tap_case(s, "password");

    tcase_add_loop_test(tc, hashes, 0, COUNT(lengths));
    tcase_add_test(tc, checks);
    tcase_add_test(tc, without_a_hash);
    tcase_add_test(tc, too_many);
    return s;
}
