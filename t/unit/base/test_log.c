#include <string.h>

#include <apr_strings.h>

#include "base/log.h"
#include "base/text.h"
#include "tap.h"

typedef struct seen_t {
    int calls;
    tpa_level_t level;
    const char *line;
} seen_t;

static void keep(void *baton, tpa_level_t level, const char *line)
{
    seen_t *seen = baton;

    seen->calls++;
    seen->level = level;
    seen->line = apr_pstrdup(p, line);
}

static const struct {
    const char *value, *line;
} lines[] = {
    /* clang-format off */
    { "plain",              "TPA0000: plain (1)" },
    { "two\r\nlines",       "TPA0000: two\\x0d\\x0alines (1)" },
    { "\x1b[2J\x7f\t",      "TPA0000: \\x1b[2J\\x7f\\x09 (1)" },
    { "Z\xc3\xbcrich",      "TPA0000: Z\xc3\xbcrich (1)" },
    { "\xff",               "TPA0000: \\xff (1)" },
    { "\xc2\x9b" "31m",     "TPA0000: \\xc2\\x9b31m (1)" },
    { "\\x0a",              "TPA0000: \\x0a (1)" },
    { "%s%n",               "TPA0000: %s%n (1)" },
    { "",                   "TPA0000:  (1)" },
    /* clang-format on */
};

START_TEST(line_is_escaped)
{
    seen_t seen = { 0 };
    tpa_log_t log = { keep, &seen };

    tpa_log(&log, TPA_LOG_WARNING, p, "TPA0000: %s (%d)", lines[_i].value, 1);
    ck_assert_int_eq(seen.calls, 1);
    ck_assert_int_eq(seen.level, TPA_LOG_WARNING);
    ck_assert_str_eq(seen.line, lines[_i].line);
}
END_TEST

START_TEST(escaped_values_stay_readable)
{
    seen_t seen = { 0 };
    tpa_log_t log = { keep, &seen };

    tpa_log(&log, TPA_LOG_INFO, p, "TPA0000: %s",
            tpa_text_loggable("a\nb", 10, p));
    ck_assert_str_eq(seen.line, "TPA0000: a\\x0ab");
}
END_TEST

START_TEST(level_is_handed_on)
{
    seen_t seen = { 0 };
    tpa_log_t log = { keep, &seen };

    tpa_log(&log, (tpa_level_t)_i, p, "TPA0000: x");
    ck_assert_int_eq(seen.level, _i);
}
END_TEST

START_TEST(nowhere)
{
    tpa_log_t log = { NULL, NULL };

    tpa_log(NULL, TPA_LOG_ERR, p, "TPA0000: %s", "x");
    tpa_log(&log, TPA_LOG_ERR, p, "TPA0000: %s", "x");
    ck_assert_ptr_null(log.write);
}
END_TEST

START_TEST(long_lines_are_whole)
{
    seen_t seen = { 0 };
    tpa_log_t log = { keep, &seen };
    char *value = apr_palloc(p, 20001);

    memset(value, 'x', 20000);
    value[20000] = '\0';
    tpa_log(&log, TPA_LOG_DEBUG, p, "TPA0000: %s", value);
    ck_assert_uint_eq(strlen(seen.line), 20009);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/log");
    TCase *tc = tap_case(s, "log");

    tcase_add_loop_test(tc, line_is_escaped, 0,
                        sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tc, escaped_values_stay_readable);
    tcase_add_loop_test(tc, level_is_handed_on, TPA_LOG_ERR,
                        TPA_LOG_DEBUG + 1);
    tcase_add_test(tc, nowhere);
    tcase_add_test(tc, long_lines_are_whole);
    return s;
}
