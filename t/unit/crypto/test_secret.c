#include <string.h>

#include <apr_strings.h>

#include "crypto/secret.h"
#include "tap.h"

#define ID_CHARS \
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define B64URL_CHARS ID_CHARS "-_"

START_TEST(bytes_fill_the_buffer_and_no_more)
{
    unsigned char a[600], seen[600] = { 0 };
    int round;
    apr_size_t i;

    for (round = 0; round < 16; round++) {
        memset(a, 0, sizeof(a));
        ck_assert_ptr_null(tpa_random_bytes(a, 599, p));
        ck_assert_int_eq(a[599], 0);
        for (i = 0; i < 599; i++)
            seen[i] |= a[i];
    }
    for (i = 0; i < 599; i++)
        ck_assert_msg(seen[i] != 0, "byte %d never written", (int)i);
    ck_assert_ptr_null(tpa_random_bytes(NULL, 0, p));
}
END_TEST

START_TEST(secrets_are_43_characters_and_differ)
{
    const char *made[50];
    int i, j;

    for (i = 0; i < 50; i++) {
        ck_assert_ptr_null(tpa_random_secret(&made[i], p));
        ck_assert_uint_eq(strlen(made[i]), 43);
        ck_assert_uint_eq(strspn(made[i], B64URL_CHARS), 43);
        for (j = 0; j < i; j++)
            ck_assert_str_ne(made[i], made[j]);
    }
}
END_TEST

static const struct {
    const char *prefix;
    int n;
} ids[] = { { "tpc_", 32 }, { "", 16 }, { "org_", 0 }, { "x", 1000 } };

START_TEST(ids_have_prefix_length_and_alphabet)
{
    apr_size_t start = strlen(ids[_i].prefix);
    const char *id, *other;

    ck_assert_ptr_null(tpa_random_id(ids[_i].prefix, ids[_i].n, &id, p));
    ck_assert_int_eq(strncmp(id, ids[_i].prefix, start), 0);
    ck_assert_uint_eq(strlen(id), start + (apr_size_t)ids[_i].n);
    ck_assert_uint_eq(strspn(id + start, ID_CHARS), (apr_size_t)ids[_i].n);
    ck_assert_ptr_null(tpa_random_id(ids[_i].prefix, ids[_i].n, &other, p));
    ck_assert_int_eq(strcmp(id, other) != 0, ids[_i].n > 0);
}
END_TEST

/* 62 does not divide 256: without the cut the first eight characters would
 * come a quarter more often. Chi-square with 61 degrees of freedom passes 150
 * once in many billions of runs. */
START_TEST(id_characters_are_equally_likely)
{
    int count[128] = { 0 };
    double chi = 0, expected = 124000.0 / 62;
    const char *id, *c;

    ck_assert_ptr_null(tpa_random_id("", 124000, &id, p));
    for (c = id; *c; c++)
        count[(int)*c]++;
    for (c = ID_CHARS; *c; c++) {
        double off = count[(int)*c] - expected;

        chi += off * off / expected;
    }
    ck_assert_msg(chi < 150, "chi-square is %f", chi);
}
END_TEST

static const struct {
    const char *bytes;
    apr_size_t len;
    const char *hex;
} hashes[] = {
    { "", 0, "e3b0c44298fc1c149afbf4c8996fb924"
             "27ae41e4649b934ca495991b7852b855" },
    { "abc", 3, "ba7816bf8f01cfea414140de5dae2223"
                "b00361a396177a9cb410ff61f20015ad" },
    { "\0", 1, "6e340b9cffb37a989ca544e6bb780a2c"
               "78901d3fb33738768511a30617afa01d" },
};

START_TEST(sha256_in_hexadecimal)
{
    ck_assert_str_eq(tpa_sha256_hex(hashes[_i].bytes, hashes[_i].len, p),
                     hashes[_i].hex);
}
END_TEST

/* RFC 7636, appendix B. */
START_TEST(sha256_in_base64url)
{
    ck_assert_str_eq(
        tpa_sha256_b64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", p),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    int equal;
} pairs[] = {
    { "", "", 1 },
    { "a", "a", 1 },
    { "secret", "secret", 1 },
    { "secret", "Secret", 0 },
    { "secret", "secreT", 0 },
    { "secret", "secre", 0 },
    { "secre", "secret", 0 },
    { "", "a", 0 },
    { "a", "", 0 },
    { NULL, "", 0 },
    { "", NULL, 0 },
    { NULL, NULL, 0 },
};

START_TEST(equal_table)
{
    ck_assert_int_eq(tpa_secret_equal(pairs[_i].a, pairs[_i].b),
                     pairs[_i].equal);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/secret");
    TCase *tc = tap_case(s, "all");

    tcase_add_test(tc, bytes_fill_the_buffer_and_no_more);
    tcase_add_test(tc, secrets_are_43_characters_and_differ);
    tcase_add_loop_test(tc, ids_have_prefix_length_and_alphabet, 0, ROWS(ids));
    tcase_add_test(tc, id_characters_are_equally_likely);
    tcase_add_loop_test(tc, sha256_in_hexadecimal, 0, ROWS(hashes));
    tcase_add_test(tc, sha256_in_base64url);
    tcase_add_loop_test(tc, equal_table, 0, ROWS(pairs));
    return s;
}
