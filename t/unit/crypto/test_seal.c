#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "tap.h"

#define SECRET "correct-horse-battery-staple-0123456789"
#define OTHER "another-secret-of-more-than-thirty-two-bytes"
#define PURPOSE TPA_SEAL_SIGNING_KEY
#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Made with another library from SECRET, for PURPOSE: if derivation or form
 * changed, no box in any database would open. */
static const char golden[] =
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiYzFhMzc4NzE1YmFjMDViMiJ9"
    "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw";

static tpa_sealer_t *sealer(const char *text)
{
    tpa_sealer_t *s;

    ck_assert_ptr_null(tpa_sealer_make(text, &s, p));
    return s;
}

static const char *sealed(const tpa_sealer_t *s, const char *text)
{
    const char *box;

    ck_assert_ptr_null(tpa_seal(s, PURPOSE, text, strlen(text), &box, p));
    return box;
}

static void refuses(const tpa_sealer_t *s, const char *purpose,
                    const char *box)
{
    const char *out;
    tpa_err_t *e = tpa_unseal(s, purpose, box, &out, NULL, p);

    ck_assert_msg(e != NULL, "opened: %s", box);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_GRANT);
    ck_assert_ptr_nonnull(e->detail);
    ck_assert_ptr_null(strstr(e->text, SECRET));
    ck_assert_ptr_null(strstr(e->detail, SECRET));
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

START_TEST(opens_what_another_library_sealed)
{
    const char *out;
    apr_size_t len;

    ck_assert_ptr_null(tpa_unseal(sealer(SECRET), PURPOSE, golden, &out, &len,
                                  p));
    ck_assert_str_eq(out, "hello box");
    ck_assert_uint_eq(len, 9);
}
END_TEST

static const struct {
    const char *bytes;
    apr_size_t len;
} contents[] = {
    { "x", 1 },
    { "", 0 },
    { "{\"kty\":\"RSA\"}", 13 },
    { "a\0b\xff\xfe", 5 },
    { "0123456789abcdef", 16 },
};

START_TEST(round_trip)
{
    tpa_sealer_t *s = sealer(SECRET);
    const char *box, *again, *out;
    apr_size_t len = 99;

    ck_assert_ptr_null(tpa_seal(s, PURPOSE, contents[_i].bytes,
                                contents[_i].len, &box, p));
    ck_assert_ptr_null(tpa_seal(s, PURPOSE, contents[_i].bytes,
                                contents[_i].len, &again, p));
    ck_assert_str_ne(box, again);
    ck_assert_ptr_null(tpa_unseal(s, PURPOSE, box, &out, &len, p));
    ck_assert_uint_eq(len, contents[_i].len);
    ck_assert_int_eq(memcmp(out, contents[_i].bytes, len), 0);
    ck_assert_int_eq(out[len], 0);
}
END_TEST

START_TEST(round_trip_of_64_kib)
{
    tpa_sealer_t *s = sealer(SECRET);
    char *big = apr_palloc(p, 65536);
    const char *box, *out;
    apr_size_t len;

    memset(big, 'q', 65536);
    ck_assert_ptr_null(tpa_seal(s, PURPOSE, big, 65536, &box, p));
    ck_assert_ptr_null(tpa_unseal(s, PURPOSE, box, &out, &len, p));
    ck_assert_uint_eq(len, 65536);
    ck_assert_int_eq(memcmp(out, big, len), 0);
}
END_TEST

/* The header of the first part, as JSON text without spaces. */
static const char *header_of(const char *box)
{
    const char *part = apr_pstrmemdup(p, box, strcspn(box, "."));
    tpa_json_t *header;
    unsigned char *bytes;
    apr_size_t len;

    ck_assert_int_eq(tpa_text_unb64url(part, &bytes, &len, p), 1);
    ck_assert_ptr_null(tpa_json_parse((const char *)bytes, len, &header, p));
    return tpa_json_canonical(header, p);
}

START_TEST(header_is_dir_a256gcm_and_names_the_secret)
{
    const char *header = header_of(sealed(sealer(SECRET), "x"));

    ck_assert_str_eq(header, "{\"alg\":\"dir\",\"enc\":\"A256GCM\","
                     "\"kid\":\"c1a378715bac05b2\"}");
    ck_assert_str_eq(header_of(golden), header);
    ck_assert_str_ne(header_of(sealed(sealer(OTHER), "x")), header);
}
END_TEST

START_TEST(another_purpose_does_not_open)
{
    tpa_sealer_t *s = sealer(SECRET);

    refuses(s, "ticket", sealed(s, "x"));
    refuses(s, "signing-ke", sealed(s, "x"));
    refuses(s, "", sealed(s, "x"));
}
END_TEST

START_TEST(another_secret_does_not_open)
{
    refuses(sealer(OTHER), PURPOSE, sealed(sealer(SECRET), "x"));
    refuses(sealer(OTHER), PURPOSE, golden);
    refuses(sealer(SECRET "0"), PURPOSE, golden);
}
END_TEST

START_TEST(the_first_secret_seals_and_all_open)
{
    tpa_sealer_t *old = sealer(SECRET), *fresh = sealer(OTHER);
    tpa_sealer_t *both = sealer(OTHER "\n" SECRET "\n");
    const char *out;

    ck_assert_ptr_null(tpa_unseal(both, PURPOSE, sealed(old, "was"), &out,
                                  NULL, p));
    ck_assert_str_eq(out, "was");
    ck_assert_ptr_null(tpa_unseal(fresh, PURPOSE, sealed(both, "is"), &out,
                                  NULL, p));
    ck_assert_str_eq(out, "is");
    refuses(old, PURPOSE, sealed(both, "is"));
}
END_TEST

/* Every byte of the box, set to each of a few others; '.' moves the parts. */
START_TEST(any_changed_character_is_refused)
{
    static const char others[] = "ABQgwz09-_.=+ ";
    tpa_sealer_t *s = sealer(SECRET);
    char *box = apr_pstrdup(p, golden);
    apr_size_t i, k, tried = 0;

    for (i = 0; box[i]; i++) {
        for (k = 0; others[k]; k++) {
            char was = box[i];

            if (others[k] == was)
                continue;
            box[i] = others[k];
            refuses(s, PURPOSE, box);
            box[i] = was;
            tried++;
        }
    }
    ck_assert_uint_gt(tried, 1000);
}
END_TEST

START_TEST(any_shortened_or_longer_box_is_refused)
{
    tpa_sealer_t *s = sealer(SECRET);
    apr_size_t i;

    for (i = 0; i < strlen(golden); i++) {
        refuses(s, PURPOSE, apr_pstrmemdup(p, golden, i));
        refuses(s, PURPOSE, golden + i + 1);
    }
    refuses(s, PURPOSE, apr_pstrcat(p, golden, ".", NULL));
    refuses(s, PURPOSE, apr_pstrcat(p, golden, "AAAA", NULL));
    refuses(s, PURPOSE, apr_pstrcat(p, golden, "\n", NULL));
}
END_TEST

#define KID "c1a378715bac05b2"
#define OURS(rest) "{\"alg\":\"dir\",\"enc\":\"A256GCM\"" rest "}"
#define REST "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw"

/* What cjose would work on if the header chose. */
static const struct {
    const char *header;
    const char *says;
} headers[] = {
    { "", "compact" },
    { "{}", "header" },
    { "[]", "header" },
    { "\"dir\"", "header" },
    { "{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"kid\":\"" KID "\"}", "header" },
    { "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\",\"kid\":\"" KID "\"}",
      "header" },
    { "{\"alg\":\"A256KW\",\"enc\":\"A256GCM\",\"kid\":\"" KID "\"}",
      "header" },
    { "{\"alg\":\"RSA1_5\",\"enc\":\"A256GCM\",\"kid\":\"" KID "\"}",
      "header" },
    { "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"kid\":\"" KID "\"}",
      "header" },
    { "{\"alg\":\"DIR\",\"enc\":\"A256GCM\",\"kid\":\"" KID "\"}", "header" },
    { "{\"alg\":1,\"enc\":\"A256GCM\",\"kid\":\"" KID "\"}", "header" },
    { "{\"alg\":\"dir\",\"enc\":[],\"kid\":\"" KID "\"}", "header" },
    { OURS(",\"kid\":7"), "header" },
    { OURS(",\"kid\":\"\""), "another secret" },
    { OURS(",\"kid\":\"0000000000000000\""), "another secret" },
    { OURS(""), "header" },
    { OURS(",\"kid\":\"" KID "\",\"zip\":\"DEF\""), "header" },
    { OURS(",\"kid\":\"" KID "\",\"crit\":[]"), "header" },
    { OURS(",\"kid\":\"" KID "\",\"alg\":\"dir\""), "header" },
    { OURS(" ,\"kid\":\"" KID "\""), "changed" },
};

START_TEST(foreign_headers_are_refused)
{
    const char *text = headers[_i].header, *out, *box;
    tpa_err_t *e;

    box = apr_pstrcat(p, tpa_text_b64url((const unsigned char *)text,
                                         strlen(text), p), REST, NULL);
    refuses(sealer(SECRET), PURPOSE, box);
    e = tpa_unseal(sealer(SECRET), PURPOSE, box, &out, NULL, p);
    ck_assert_msg(strstr(e->detail, headers[_i].says) != NULL, "row %d: %s",
                  _i, e->detail);
}
END_TEST

/* Boxes that cjose would open: one with a member more, one of another cipher,
 * both made by another library with the very key of the golden one. */
static const char *const forged[] = {
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoiYzFhMzc4NzE1YmFjMDViMi"
    "IsInppcCI6IkRFRiJ9..AAECAwQFBgcICQoL.Kb-"
    "7HIpPJF7h.b_WokX4chEV4kog_huFIRw",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2Iiwia2lkIjoiYzFhMzc4NzE1Ym"
    "FjMDViMiJ9..AAECAwQFBgcICQoLDA0ODw.Hh1iSRyt3bbl-"
    "Inn3nd9uQ.Gb9N1xxXkUCeRqvSttvhUA"
};

START_TEST(headers_are_checked_even_when_the_key_is_right)
{
    refuses(sealer(SECRET), PURPOSE, forged[_i]);
}
END_TEST

/* cjose reads past the end of a nonce that is too short; the parts of a JWE
 * with a key in it; a tag of no bytes. */
static const char *const shapes[] = {
    "..Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw",
    "..AA.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw",
    "..AAECAwQFBgcICQ.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw",
    "..AAECAwQFBgcICQoLDA.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw",
    ".AAAA.AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBw",
    "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.",
    "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdS",
    "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSB==",
    "..AAECAwQFBgcICQoL..nSe_yxWLBvR1F2g7IAdSBw",
    "..AAECAwQFBgcICQoL.Kb-7HIpPJF7h.nSe_yxWLBvR1F2g7IAdSBx",
    "...",
    "....",
};

START_TEST(foreign_shapes_are_refused)
{
    const char *dot = strchr(golden, '.');
    const char *header = apr_pstrmemdup(p, golden, (apr_size_t)(dot - golden));

    refuses(sealer(SECRET), PURPOSE, apr_pstrcat(p, header, shapes[_i], NULL));
    refuses(sealer(SECRET), PURPOSE, shapes[_i]);
}
END_TEST

static const struct {
    const char *text;
    const char *says;       /* NULL: it is a sealer */
} texts[] = {
    { SECRET, NULL },
    { SECRET "\n", NULL },
    { "\n\n# made in May\n" SECRET "\r\n\n", NULL },
    { SECRET "  \t\n", NULL },
    { "0123456789abcdef0123456789abcdef", NULL },
    { "", "openssl rand -base64 48" },
    { "\n \n\t\n", "openssl rand -base64 48" },
    { "# " SECRET "\n", "openssl rand -base64 48" },
    { "0123456789abcdef0123456789abcde", "openssl rand -base64 48" },
    { SECRET "\n# old\nhunter2hunter2\n", "line 3" },
    { "hunter2hunter2", "32 bytes" },
};

START_TEST(sealer_of_text)
{
    tpa_sealer_t *s = NULL;
    tpa_err_t *e = tpa_sealer_make(texts[_i].text, &s, p);

    if (!texts[_i].says) {
        const char *out;

        ck_assert_ptr_null(e);
        if (strstr(texts[_i].text, SECRET))
            ck_assert_ptr_null(tpa_unseal(s, PURPOSE, golden, &out, NULL, p));
        return;
    }
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_ptr_nonnull(strstr(e->detail, texts[_i].says));
    ck_assert_ptr_null(strstr(e->detail, "hunter2"));
    ck_assert_ptr_null(strstr(e->detail, "abcdef"));
    ck_assert_ptr_null(strstr(e->text, "hunter2"));
}
END_TEST

/* ---- files -------------------------------------------------------------- */

static const char *dir;

static void dir_up(void)
{
    char *name = apr_pstrdup(p, "/tmp/tpa-seal-XXXXXX");

    dir = mkdtemp(name);
    ck_assert_ptr_nonnull(dir);
}

static const char *path_of(const char *name)
{
    return apr_pstrcat(p, dir, "/", name, NULL);
}

static void dir_down(void)
{
    unlink(path_of("secret"));
    rmdir(path_of("folder"));
    unlink(path_of("pipe"));
    rmdir(dir);
}

static const char *file_of(const char *bytes, apr_size_t len, mode_t mode)
{
    const char *path = path_of("secret");
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
    ck_assert_int_eq(chmod(path, mode), 0);
    return path;
}

static void load_says(const char *path, const char *first, const char *second)
{
    tpa_sealer_t *s;
    tpa_err_t *e = tpa_sealer_load(path, &s, p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_msg(strstr(e->detail, path) != NULL, "%s", e->detail);
    ck_assert_msg(strstr(e->detail, first) != NULL, "%s", e->detail);
    ck_assert_msg(strstr(e->detail, second) != NULL, "%s", e->detail);
    ck_assert_ptr_null(strstr(e->detail, "hunter2"));
    ck_assert_ptr_null(strstr(e->detail, SECRET));
    ck_assert_ptr_null(strstr(e->text, dir));
}

static const struct {
    int mode;
    int loads;
} modes[] = {
    { 0600, 1 }, { 0640, 1 }, { 0400, 1 }, { 0440, 1 }, { 0660, 1 },
    { 0644, 0 }, { 0604, 0 }, { 0602, 0 }, { 0601, 0 }, { 0777, 0 },
};

START_TEST(mode_of_the_file)
{
    const char *path = file_of(SECRET "\n", strlen(SECRET) + 1,
                               (mode_t)modes[_i].mode);
    tpa_sealer_t *s;
    const char *out;

    if (!modes[_i].loads) {
        load_says(path, "chmod 600", "640");
        return;
    }
    ck_assert_ptr_null(tpa_sealer_load(path, &s, p));
    ck_assert_ptr_null(tpa_unseal(s, PURPOSE, golden, &out, NULL, p));
}
END_TEST

START_TEST(file_that_is_not_there)
{
    load_says(path_of("nothing"), "does not exist", "openssl rand -base64 48");
}
END_TEST

START_TEST(file_that_is_none)
{
    ck_assert_int_eq(mkdir(path_of("folder"), 0700), 0);
    load_says(path_of("folder"), "is not a file", "");
    ck_assert_int_eq(mkfifo(path_of("pipe"), 0600), 0);
    load_says(path_of("pipe"), "is not a file", "");
    load_says(path_of("folder/x/y"), "does not exist", "");
}
END_TEST

START_TEST(file_with_no_good_secret)
{
    char *big = apr_palloc(p, 65537);

    load_says(file_of("", 0, 0600), "no secret", "openssl rand -base64 48");
    load_says(file_of("hunter2\n", 8, 0600), "32 bytes",
              "openssl rand -base64 48");
    load_says(file_of(SECRET "\0hunter2", strlen(SECRET) + 8, 0600), "NUL", "");
    memset(big, 's', 65537);
    load_says(file_of(big, 65537, 0600), "65536", "");
}
END_TEST

START_TEST(file_of_64_kib_is_read_whole)
{
    char *big = apr_palloc(p, 65536);
    tpa_sealer_t *s;
    const char *out;

    memset(big, '\n', 65536);
    memcpy(big + 65536 - strlen(SECRET), SECRET, strlen(SECRET));
    ck_assert_ptr_null(tpa_sealer_load(file_of(big, 65536, 0600), &s, p));
    ck_assert_ptr_null(tpa_unseal(s, PURPOSE, golden, &out, NULL, p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crypto/seal");
    TCase *tc = tap_case(s, "boxes");

    tcase_add_test(tc, opens_what_another_library_sealed);
    tcase_add_loop_test(tc, round_trip, 0, ROWS(contents));
    tcase_add_test(tc, round_trip_of_64_kib);
    tcase_add_test(tc, header_is_dir_a256gcm_and_names_the_secret);
    tcase_add_test(tc, another_purpose_does_not_open);
    tcase_add_test(tc, another_secret_does_not_open);
    tcase_add_test(tc, the_first_secret_seals_and_all_open);
    tcase_add_test(tc, any_changed_character_is_refused);
    tcase_add_test(tc, any_shortened_or_longer_box_is_refused);
    tcase_add_loop_test(tc, foreign_headers_are_refused, 0, ROWS(headers));
    tcase_add_loop_test(tc, headers_are_checked_even_when_the_key_is_right, 0,
                        ROWS(forged));
    tcase_add_loop_test(tc, foreign_shapes_are_refused, 0, ROWS(shapes));
    tcase_add_loop_test(tc, sealer_of_text, 0, ROWS(texts));
    tc = tap_case(s, "files");
    tcase_add_checked_fixture(tc, dir_up, dir_down);
    tcase_add_loop_test(tc, mode_of_the_file, 0, ROWS(modes));
    tcase_add_test(tc, file_that_is_not_there);
    tcase_add_test(tc, file_that_is_none);
    tcase_add_test(tc, file_with_no_good_secret);
    tcase_add_test(tc, file_of_64_kib_is_read_whole);
    return s;
}
