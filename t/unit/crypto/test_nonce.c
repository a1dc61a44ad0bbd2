#include <string.h>

#include <apr_strings.h>

#include "crypto/nonce.h"
#include "tap.h"

#define SECRET "correct-horse-battery-staple-0123456789"
#define OTHER "another-secret-of-more-than-thirty-two-bytes"
#define STEP apr_time_from_sec(TPA_NONCE_STEP_S)
#define NOW (5000000 * STEP)

static tpa_sealer_t *sealer(const char *text)
{
    tpa_sealer_t *s;

    ck_assert_ptr_null(tpa_sealer_make(text, &s, p));
    return s;
}

static const char *nonce(const tpa_sealer_t *s, apr_time_t now)
{
    const char *out;

    ck_assert_ptr_null(tpa_nonce_make(s, now, &out, p));
    ck_assert_uint_eq(strlen(out), 22);
    return out;
}

/* When a nonce of NOW is asked about. */
static const struct {
    apr_time_t when;
    int good;
} moments[] = {
    { NOW, 1 },
    { NOW + STEP - 1, 1 },
    { NOW + STEP, 1 },
    { NOW + 2 * STEP - 1, 1 },
    { NOW + 2 * STEP, 0 },
    { NOW + 1000 * STEP, 0 },
    { NOW - 1, 1 },
    { NOW - STEP, 1 },
    { NOW - STEP - 1, 0 },
};

START_TEST(how_long_it_is_good)
{
    const char *given = nonce(sealer(SECRET), NOW);

    /* On another node, which knows the same secret. */
    ck_assert_int_eq(tpa_nonce_good(sealer(SECRET), given, moments[_i].when,
                                    p), moments[_i].good);
}
END_TEST

START_TEST(it_changes_with_each_step)
{
    tpa_sealer_t *s = sealer(SECRET);

    ck_assert_str_eq(nonce(s, NOW), nonce(s, NOW + STEP - 1));
    ck_assert_str_ne(nonce(s, NOW), nonce(s, NOW + STEP));
}
END_TEST

START_TEST(what_is_none)
{
    tpa_sealer_t *s = sealer(SECRET);
    char *longer = apr_pstrcat(p, nonce(s, NOW), "A", NULL);
    char *changed = apr_pstrdup(p, nonce(s, NOW));

    changed[0] = changed[0] == 'A' ? 'B' : 'A';
    ck_assert_int_eq(tpa_nonce_good(s, NULL, NOW, p), 0);
    ck_assert_int_eq(tpa_nonce_good(s, "", NOW, p), 0);
    ck_assert_int_eq(tpa_nonce_good(s, longer, NOW, p), 0);
    ck_assert_int_eq(tpa_nonce_good(s, changed, NOW, p), 0);
    ck_assert_int_eq(tpa_nonce_good(s, nonce(sealer(OTHER), NOW), NOW, p), 0);
}
END_TEST

/* The first secret makes nonces, all are taken: as with boxes. */
START_TEST(while_secrets_change)
{
    tpa_sealer_t *before = sealer(SECRET), *after = sealer(OTHER "\n" SECRET);

    ck_assert_str_ne(nonce(before, NOW), nonce(after, NOW));
    ck_assert_int_eq(tpa_nonce_good(after, nonce(before, NOW), NOW, p), 1);
    ck_assert_int_eq(tpa_nonce_good(after, nonce(after, NOW), NOW, p), 1);
    ck_assert_int_eq(tpa_nonce_good(before, nonce(after, NOW), NOW, p), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/nonce");
    TCase *tc = tap_case(s, "nonce");

    tcase_add_loop_test(tc, how_long_it_is_good, 0,
                        sizeof(moments) / sizeof(moments[0]));
    tcase_add_test(tc, it_changes_with_each_step);
    tcase_add_test(tc, what_is_none);
    tcase_add_test(tc, while_secrets_change);
    return s;
}
