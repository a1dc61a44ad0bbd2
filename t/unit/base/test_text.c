#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Texts without a NUL behind them, so that a sanitizer sees a read past the
 * end: the pool would hide it. */
static char *exact(const char *s, size_t len)
{
    char *copy = malloc(len ? len : 1);

    memcpy(copy, s, len);
    return copy;
}

/* The pool hides a write past the end too: the next piece it hands out must
 * lie behind the text. */
static void assert_fits(const char *text, size_t len)
{
    const char *next = apr_palloc(p, 1);

    ck_assert_int_eq(text[len], '\0');
    ck_assert(next < text || next > text + len);
}

/* ---- lists -------------------------------------------------------------- */

static const struct {
    const char *list;
    char sep;
    const char *joined;
    int n;
} splits[] = {
    /* clang-format off */
    { NULL,          ' ', "",            0 },
    { "",            ' ', "",            0 },
    { " ",           ' ', "",            0 },
    { "   ",         ' ', "",            0 },
    { "a",           ' ', "a",           1 },
    { " a  b ",      ' ', "a|b",         2 },
    { "a b c",       ' ', "a|b|c",       3 },
    { "a,b",         ' ', "a,b",         1 },
    { ",a,,b,",      ',', "a|b",         2 },
    { "a\tb",        ' ', "a\tb",        1 },
    { "1 2 3 4 5 6", ' ', "1|2|3|4|5|6", 6 },
    /* clang-format on */
};

START_TEST(split_and_join)
{
    apr_array_header_t *list = tpa_text_split(splits[_i].list, splits[_i].sep,
                                              p);
    const char *text;

    ck_assert_ptr_nonnull(list);
    ck_assert_int_eq(list->nelts, splits[_i].n);
    text = tpa_text_join(list, "|", p);
    ck_assert_str_eq(text, splits[_i].joined);
    assert_fits(text, strlen(text));
}
END_TEST

START_TEST(joins)
{
    apr_array_header_t *list = tpa_text_split("a b", ' ', p);

    ck_assert_str_eq(tpa_text_join(NULL, ",", p), "");
    ck_assert_str_eq(tpa_text_join(list, "", p), "ab");
    ck_assert_str_eq(tpa_text_join(list, ", ", p), "a, b");
}
END_TEST

START_TEST(in_list)
{
    apr_array_header_t *list = tpa_text_split("read write", ' ', p);

    ck_assert_int_eq(tpa_text_in(list, "read"), 1);
    ck_assert_int_eq(tpa_text_in(list, "write"), 1);
    ck_assert_int_eq(tpa_text_in(list, "rea"), 0);
    ck_assert_int_eq(tpa_text_in(list, "reads"), 0);
    ck_assert_int_eq(tpa_text_in(list, "READ"), 0);
    ck_assert_int_eq(tpa_text_in(list, ""), 0);
    ck_assert_int_eq(tpa_text_in(list, NULL), 0);
    ck_assert_int_eq(tpa_text_in(NULL, "read"), 0);
}
END_TEST

/* ---- codings ------------------------------------------------------------ */

START_TEST(hex_of_bytes)
{
    const char *text = tpa_text_hex((const unsigned char *)"\x00\x0f\xa5\xff",
                                    4, p);

    ck_assert_str_eq(text, "000fa5ff");
    assert_fits(text, 8);
    ck_assert_str_eq(tpa_text_hex((const unsigned char *)"", 0, p), "");
}
END_TEST

static const struct {
    const char *bytes;
    apr_size_t len;
    const char *text;
} codings[] = {
    /* clang-format off */
    { "",                 0, ""         },
    { "f",                1, "Zg"       },   /* RFC 4648 10 */
    { "fo",               2, "Zm8"      },
    { "foo",              3, "Zm9v"     },
    { "foob",             4, "Zm9vYg"   },
    { "fooba",            5, "Zm9vYmE"  },
    { "foobar",           6, "Zm9vYmFy" },
    { "\x00",             1, "AA"       },
    { "\x00\x00\x00",     3, "AAAA"     },
    { "\xff\xff\xff",     3, "____"     },
    { "\xfb\xff",         2, "-_8"      },
    { "\x14\xfb\x9c\x03", 4, "FPucAw"   },
    /* clang-format on */
};

START_TEST(base64url_both_ways)
{
    const char *text = tpa_text_b64url((const unsigned char *)codings[_i].bytes,
                                       codings[_i].len, p);
    unsigned char *bytes;
    apr_size_t len;

    ck_assert_str_eq(text, codings[_i].text);
    ck_assert_int_eq(tpa_text_unb64url(codings[_i].text, &bytes, &len, p), 1);
    ck_assert_uint_eq(len, codings[_i].len);
    ck_assert_mem_eq(bytes, codings[_i].bytes, len);
    assert_fits((const char *)bytes, len);
}
END_TEST

START_TEST(base64url_of_every_length)
{
    unsigned char in[300], *bytes;
    const char *text;
    apr_size_t n, len;

    for (n = 0; n < sizeof(in); n++)
        in[n] = (unsigned char)(n * 167 + 13);
    for (n = 0; n < sizeof(in); n++) {
        char *copy = exact((const char *)in, n);

        text = tpa_text_b64url((unsigned char *)copy, n, p);
        free(copy);
        ck_assert_uint_eq(strlen(text), (n * 4 + 2) / 3);
        assert_fits(text, strlen(text));
        ck_assert_int_eq(tpa_text_unb64url(text, &bytes, &len, p), 1);
        ck_assert_uint_eq(len, n);
        ck_assert_mem_eq(bytes, in, n);
        assert_fits((char *)bytes, n);
        apr_pool_clear(p);
    }
}
END_TEST

static const char *const bad_base64url[] = {
    "A", "AAAAA", "Zg==", "Zg=", "=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm+v",
    "Zm/v", "Zm.v", "Zm9v\x80", "Zm9v\xff",
    "Zh", "Zn", "Zv",     /* bits left over */
    "Zm9", "Zm-", "Zm_",
};

START_TEST(base64url_is_strict)
{
    unsigned char *bytes;
    apr_size_t len;

    ck_assert_int_eq(tpa_text_unb64url(bad_base64url[_i], &bytes, &len, p), 0);
}
END_TEST

/* One text for one value: of all one-byte endings exactly 4 have no bits left
 * over, and each decodes to what encodes to it. */
START_TEST(base64url_is_canonical)
{
    int a, b, valid = 0;

    for (a = 1; a < 256; a++) {
        for (b = 1; b < 256; b++) {
            const char text[] = { (char)a, (char)b, '\0' };
            unsigned char *bytes;
            apr_size_t len;

            if (!tpa_text_unb64url(text, &bytes, &len, p))
                continue;
            valid++;
            ck_assert_str_eq(tpa_text_b64url(bytes, len, p), text);
        }
        apr_pool_clear(p);
    }
    ck_assert_int_eq(valid, 256);
}
END_TEST

static const struct {
    const char *text;
    apr_size_t len;
    const char *decoded;
} forms[] = {
    /* clang-format off */
    { "",             0, ""        },
    { "abc",          3, "abc"     },
    { "abc",          2, "ab"      },
    { "a+b%20c",      7, "a b c"   },
    { "%2B%2b",       6, "++"      },
    { "%41%7a%C3%a9", 12, "Az\xc3\xa9" },
    { "tpc%5Fx",      7, "tpc_x"   },
    { "a=b&c",        5, "a=b&c"   },
    { "%25%34%31",    9, "%41"     },
    { "\xff",         1, "\xff"    },
    { "%",            1, NULL      },
    { "%4",           2, NULL      },
    { "%41",          2, NULL      },
    { "%zz",          3, NULL      },
    { "%4g",          3, NULL      },
    { "%g4",          3, NULL      },
    { "% 41",         4, NULL      },
    { "%-1",          3, NULL      },
    { "%+1",          3, NULL      },
    { "%0x",          3, NULL      },
    { "%@1",          3, NULL      },
    { "%`1",          3, NULL      },
    { "%00",          3, NULL      },
    { "a%00b",        5, NULL      },
    { "a\0b",         3, NULL      },
    { "%u0041",       6, NULL      },
    /* clang-format on */
};

START_TEST(form_decode)
{
    char *copy = exact(forms[_i].text, forms[_i].len);
    char *text = tpa_text_form_decode(copy, forms[_i].len, p);

    free(copy);
    if (!forms[_i].decoded)
        ck_assert_ptr_null(text);
    else {
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, forms[_i].decoded);
        assert_fits(text, strlen(text));
    }
}
END_TEST

START_TEST(form_decode_every_escape)
{
    int c;

    for (c = 1; c < 256; c++) {
        const char want[] = { (char)c, '\0' };

        ck_assert_str_eq(tpa_text_form_decode(apr_psprintf(p, "%%%02x", c), 3,
                                              p), want);
        ck_assert_str_eq(tpa_text_form_decode(apr_psprintf(p, "%%%02X", c), 3,
                                              p), want);
    }
}
END_TEST

/* ---- UTF-8 and logs ----------------------------------------------------- */

static const struct {
    const char *text;
    int ok;
} utf8s[] = {
    /* clang-format off */
    { "", 1 }, { "plain", 1 }, { "\x01\x7f", 1 },
    { "\xc2\x80", 1 }, { "\xdf\xbf", 1 }, { "\xe0\xa0\x80", 1 },
    { "\xed\x9f\xbf", 1 }, { "\xee\x80\x80", 1 }, { "\xef\xbf\xbf", 1 },
    { "\xf0\x90\x80\x80", 1 }, { "\xf4\x8f\xbf\xbf", 1 },
    { "a\xe2\x82\xac" "b", 1 },
    { "\x80", 0 }, { "\xbf", 0 }, { "\xff", 0 }, { "\xfe", 0 },
    { "\xc0\x80", 0 }, { "\xc1\xbf", 0 },                /* overlong */
    { "\xe0\x9f\xbf", 0 }, { "\xe0\x80\xaf", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
    { "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 },        /* surrogates */
    { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, /* past 10FFFF */
    { "\xf8\x88\x80\x80\x80", 0 },
    { "\xc2", 0 }, { "\xe2\x82", 0 }, { "\xf0\x90\x80", 0 }, { "\xc2" "a", 0 },
    { "\xe2\x82" "a", 0 }, { "\xe2" "a\x80", 0 }, { "ok\xc3", 0 },
    { "\xc3\xa9\xa9", 0 },
    /* clang-format on */
};

START_TEST(is_utf8)
{
    char *copy = exact(utf8s[_i].text, strlen(utf8s[_i].text) + 1);

    ck_assert_int_eq(tpa_text_is_utf8(copy), utf8s[_i].ok);
    free(copy);
}
END_TEST

/* Every code point, encoded by the book, and nothing else of three bytes. */
START_TEST(utf8_of_every_code_point)
{
    unsigned u;

    for (u = 0x800; u <= 0xffff; u++) {
        const char text[] = { (char)(0xe0 | u >> 12),
                              (char)(0x80 | (u >> 6 & 63)),
                              (char)(0x80 | (u & 63)), '\0' };

        if (tpa_text_is_utf8(text) != (u < 0xd800 || u > 0xdfff))
            ck_abort_msg("U+%04X", u);
    }
    for (u = 0; u < 0x10000; u++) {
        const char text[] = { (char)(u >> 8), (char)u, '\0' };
        unsigned a = u >> 8, b = u & 255;
        int ok = !a || (a < 0x80 && b < 0x80)
            || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);

        if (tpa_text_is_utf8(text) != ok)
            ck_abort_msg("bytes %04x", u);
    }
}
END_TEST

static const struct {
    const char *text;
    apr_size_t max;
    const char *shown;
} logs[] = {
    /* clang-format off */
    { NULL,                10, "-" },
    { "",                  10, "" },
    { "",                   0, "" },
    { "x",                  0, "..." },
    { "plain text",        10, "plain text" },
    { "plain text!",       10, "plain text..." },
    { "a\r\nb",            10, "a\\x0d\\x0ab" },
    { "a\r\nb",             2, "a\\x0d..." },
    { "\\",                10, "\\x5c" },
    { "\\x0a",             10, "\\x5cx0a" },
    { "\x7f\x1b[31m",      10, "\\x7f\\x1b[31m" },
    { "Z\xc3\xbcrich",     10, "Z\xc3\xbcrich" },
    { "Z\xc3\xbcrich",      3, "Z\xc3\xbc..." },
    { "Z\xc3\xbcrich",      2, "Z..." },       /* not half a character */
    { "\xe2\x82\xac",       2, "..." },
    { "\xe2\x82\xac",       3, "\xe2\x82\xac" },
    { "\xe2\x82",           3, "\\xe2\\x82" },
    { "\xe2\x82",           1, "\\xe2..." },
    { "\xff\xc0\xaf",      10, "\\xff\\xc0\\xaf" },
    { "\xed\xa0\x80",      10, "\\xed\\xa0\\x80" },
    { "\xc2\x9b" "0m",     10, "\\xc2\\x9b0m" },  /* U+009B: terminals obey */
    { "\xc2\xa0",          10, "\xc2\xa0" },
    { "x", (apr_size_t)-1,     "x" },
    /* clang-format on */
};

START_TEST(loggable)
{
    const char *text = tpa_text_loggable(logs[_i].text, logs[_i].max, p);

    ck_assert_str_eq(text, logs[_i].shown);
    if (logs[_i].text)
        assert_fits(text, strlen(text));
}
END_TEST

START_TEST(loggable_is_bounded)
{
    char bad[101];
    const char *text;

    memset(bad, '\xff', 100);
    bad[100] = '\0';
    text = tpa_text_loggable(bad, 99, p);
    ck_assert_uint_eq(strlen(text), 4 * 99 + 3);
    assert_fits(text, strlen(text));
    text = tpa_text_loggable(bad, 100, p);
    ck_assert_uint_eq(strlen(text), 4 * 100);
    assert_fits(text, strlen(text));
}
END_TEST

/* ---- checked values ----------------------------------------------------- */

#define MIN APR_INT64_MIN
#define MAX APR_INT64_MAX

static const struct {
    const char *text;
    apr_int64_t lo, hi;
    int ok;
    apr_int64_t value;
} numbers[] = {
    /* clang-format off */
    { "0",                    0,   0,   1, 0   },
    { "1",                    0,   9,   1, 1   },
    { "007",                  0,   9,   1, 7   },
    { "-5",                   -5,  5,   1, -5  },
    { "-0",                   -1,  1,   1, 0   },
    { "9223372036854775807",  MIN, MAX, 1, MAX },
    { "-9223372036854775808", MIN, MAX, 1, MIN },
    { "-9223372036854775807", MIN, MAX, 1, -MAX },
    { "9223372036854775808",  MIN, MAX, 0, 0   },
    { "-9223372036854775809", MIN, MAX, 0, 0   },
    { "18446744073709551617", MIN, MAX, 0, 0   },
    { "99999999999999999999999999999999", MIN, MAX, 0, 0 },
    { "10",                   0,   9,   0, 0   },
    { "-1",                   0,   9,   0, 0   },
    { "5",                    6,   9,   0, 0   },
    { NULL,                   MIN, MAX, 0, 0   },
    { "",                     MIN, MAX, 0, 0   },
    { "-",                    MIN, MAX, 0, 0   },
    { "--1",                  MIN, MAX, 0, 0   },
    { "+1",                   MIN, MAX, 0, 0   },
    { " 1",                   MIN, MAX, 0, 0   },
    { "1 ",                   MIN, MAX, 0, 0   },
    { "1\n",                  MIN, MAX, 0, 0   },
    { "1.0",                  MIN, MAX, 0, 0   },
    { "1e3",                  MIN, MAX, 0, 0   },
    { "0x1",                  MIN, MAX, 0, 0   },
    { "1,000",                MIN, MAX, 0, 0   },
    { "\xd9\xa1",             MIN, MAX, 0, 0   },
    /* clang-format on */
};

START_TEST(number)
{
    apr_int64_t value = 42;

    ck_assert_int_eq(tpa_text_number(numbers[_i].text, numbers[_i].lo,
                                     numbers[_i].hi, &value), numbers[_i].ok);
    ck_assert_int_eq(value, numbers[_i].ok ? numbers[_i].value : 42);
}
END_TEST

static const struct {
    const char *text;
    apr_size_t lo, hi;
    int ok;
} ids[] = {
    /* clang-format off */
    { "org_AZaz09-_", 1, 64, 1 }, { "a", 1, 1, 1 }, { "", 0, 4, 1 },
    { "abcd", 4, 4, 1 }, { "abc", 4, 4, 0 }, { "abcde", 4, 4, 0 },
    { "", 1, 4, 0 }, { NULL, 0, 4, 0 }, { "a b", 1, 9, 0 }, { "a.b", 1, 9, 0 },
    { "a/b", 1, 9, 0 }, { "a+b", 1, 9, 0 }, { "a=b", 1, 9, 0 },
    { "a%b", 1, 9, 0 }, { "a'b", 1, 9, 0 }, { "a\n", 1, 9, 0 },
    { "\xc3\xa9", 1, 9, 0 }, { "a\xff", 1, 9, 0 },
    /* clang-format on */
};

START_TEST(is_id)
{
    ck_assert_int_eq(tpa_text_is_id(ids[_i].text, ids[_i].lo, ids[_i].hi),
                     ids[_i].ok);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/text");
    TCase *tc = tap_case(s, "lists");

    tcase_add_loop_test(tc, split_and_join, 0, COUNT(splits));
    tcase_add_test(tc, joins);
    tcase_add_test(tc, in_list);
    tc = tap_case(s, "codings");
    tcase_add_test(tc, hex_of_bytes);
    tcase_add_loop_test(tc, base64url_both_ways, 0, COUNT(codings));
    tcase_add_test(tc, base64url_of_every_length);
    tcase_add_loop_test(tc, base64url_is_strict, 0, COUNT(bad_base64url));
    tcase_add_test(tc, base64url_is_canonical);
    tcase_add_loop_test(tc, form_decode, 0, COUNT(forms));
    tcase_add_test(tc, form_decode_every_escape);
    tc = tap_case(s, "utf-8 and logs");
    tcase_add_loop_test(tc, is_utf8, 0, COUNT(utf8s));
    tcase_add_test(tc, utf8_of_every_code_point);
    tcase_add_loop_test(tc, loggable, 0, COUNT(logs));
    tcase_add_test(tc, loggable_is_bounded);
    tc = tap_case(s, "checked values");
    tcase_add_loop_test(tc, number, 0, COUNT(numbers));
    tcase_add_loop_test(tc, is_id, 0, COUNT(ids));
    return s;
}
