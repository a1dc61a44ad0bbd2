#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "http/builtin.h"
#include "http/locale.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* ---- what is built in --------------------------------------------------- */

static tpa_json_t *builtin(const char *lang)
{
    const char *name = apr_pstrcat(p, lang, ".json", NULL);
    const tpa_builtin_t *b = tpa_builtins;
    tpa_json_t *o;

    while (b->name && strcmp(b->name, name))
        b++;
    ck_assert_msg(b->name != NULL, "%s is not built in", name);
    ck_assert_msg(!tpa_json_parse(b->text, strlen(b->text), &o, p), "%s",
                  name);
    return o;
}

static tpa_err_t *read_texts(tpa_locales_t *all, const char *lang,
                             const char *text)
{
    return tpa_locales_read(all, lang, apr_pstrcat(p, lang, ".json", NULL),
                            text, strlen(text));
}

static const char *const languages[] = {
    "en", "de", "fr", "es", "pt", "ja", "ar"
};

static tpa_locales_t *all_of_them(void)
{
    tpa_locales_t *all = tpa_locales_make(p);
    int i;

    for (i = 0; i < COUNT(languages); i++) {
        tpa_err_t *e = read_texts(all, languages[i], tpa_json_print(
            builtin(languages[i]), p));

        ck_assert_msg(!e, "%s", e ? e->detail : "");
    }
    return all;
}

/* ---- the languages say the same ----------------------------------------- */

/* The placeholders of a text, in alphabetical order. */
static const char *placeholders(const char *text)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));
    int i, n;

    while ((text = strchr(text, '{'))) {
        n = (int)strcspn(text, "}");
        APR_ARRAY_PUSH(names, const char *) = apr_pstrmemdup(p, text, n + 1);
        text += n;
    }
    for (n = names->nelts; n > 1; n--) {
        for (i = 0; i + 1 < n; i++) {
            const char **a = &APR_ARRAY_IDX(names, i, const char *);

            if (strcmp(a[0], a[1]) > 0) {
                const char *swap = a[0];

                a[0] = a[1];
                a[1] = swap;
            }
        }
    }
    return tpa_text_join(names, " ", p);
}

typedef struct two_t {
    const char *lang;
    const tpa_json_t *other;
} two_t;

static int compare(void *baton, const char *key, const tpa_json_t *value)
{
    const two_t *two = baton;
    const char *text = tpa_json_str(value);
    const char *theirs = tpa_json_get_str(two->other, key);

    ck_assert_msg(text && *text, "%s: %s is no text", two->lang, key);
    ck_assert_msg(theirs && *theirs, "%s lacks %s", two->lang, key);
    ck_assert_msg(!strcmp(placeholders(text), placeholders(theirs)),
                  "%s: %s has not the placeholders %s", two->lang, key,
                  placeholders(text));
    return 0;
}

START_TEST(complete)
{
    const char *lang = languages[_i];
    const tpa_json_t *english = builtin("en"), *own = builtin(lang);
    two_t there = { lang, own };

    tpa_json_each(english, compare, &there);
    ck_assert_msg(tpa_json_size(english) == tpa_json_size(own),
                  "%s has %d texts, English %d", lang,
                  (int)tpa_json_size(own), (int)tpa_json_size(english));
    ck_assert_str_eq(tpa_json_get_str(own, "dir"),
                     strcmp(lang, "ar") ? "ltr" : "rtl");
}
END_TEST

/* A text that was forgotten would be English; these may be the same. */
static const char *const same[] = {
    "dir", "month_4", "month_8", "month_9", "month_11", "date", "or",
    "month_1", "month_2", "month_3", "month_5", "month_6", "month_7",
    "month_10", "month_12"
};

static int differs(void *baton, const char *key, const tpa_json_t *value)
{
    const two_t *two = baton;
    int i;

    for (i = 0; i < COUNT(same); i++) {
        if (!strcmp(same[i], key))
            return 0;
    }
    ck_assert_msg(strcmp(tpa_json_str(value),
                         tpa_json_get_str(two->other, key)) != 0,
                  "%s: %s is in English", two->lang, key);
    return 0;
}

START_TEST(translated)
{
    two_t two = { languages[_i], builtin("en") };

    tpa_json_each(builtin(languages[_i]), differs, &two);
}
END_TEST

/* ---- choosing ----------------------------------------------------------- */

static const struct {
    const char *ui_locales, *accept, *lang;
} choices[] = {
    { NULL, NULL, "en" },
    { "", "", "en" },
    { "de", NULL, "de" },
    { "pt-BR", NULL, "pt" },
    { "JA_jp", NULL, "ja" },
    { "xx fr de", NULL, "fr" },
    { "xx", "de", "de" },
    { "fr", "de", "fr" },
    { "  es  ", "de", "es" },
    { "deu", NULL, "en" },
    { "d", NULL, "en" },
    { "-", NULL, "en" },
    { NULL, "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr" },
    { NULL, "en;q=0.5, de;q=0.9", "de" },
    { NULL, "de;q=0.1, xx", "de" },
    { NULL, "de;q=0, fr;q=0.001", "fr" },
    { NULL, "de;q=0", "en" },
    { NULL, "*", "en" },
    { NULL, " ja , de", "ja" },
    { NULL, "de;q=1.5, ar;q=1", "de" },
    { NULL, "de;q=-1, ar;q=.5, es;q=x", "en" },
    { NULL, "de ; q=0.3, ar; q=0.4", "ar" },
    { NULL, ";;;,,,;q=,de;q", "en" },
    { NULL, "de;q=0.9999999999999, fr;q=0.9", "de" },
};

START_TEST(choose)
{
    const tpa_locale_t *locale = tpa_locale_choose(
        all_of_them(), choices[_i].ui_locales, choices[_i].accept, p);

    ck_assert_str_eq(tpa_locale_lang(locale), choices[_i].lang);
}
END_TEST

/* Nobody makes us search long. */
START_TEST(choose_little)
{
    tpa_locales_t *all = all_of_them();
    char *tags = apr_pcalloc(p, 32 * 3 + 3);
    int i;

    for (i = 0; i < 32; i++)
        memcpy(tags + i * 3, "xx ", 3);
    memcpy(tags + 31 * 3, "de", 2);
    ck_assert_str_eq(tpa_locale_lang(tpa_locale_choose(all, tags, NULL, p)),
                     "de");
    memcpy(tags + 31 * 3, "xx de", 5);
    ck_assert_str_eq(tpa_locale_lang(tpa_locale_choose(all, tags, NULL, p)),
                     "en");
}
END_TEST

/* ---- filling ------------------------------------------------------------ */

#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"
#define RLO "\xe2\x80\xae"

static const struct {
    const char *text, *name, *filled;   /* English, then Arabic */
    const char *rtl;
} fills[] = {
    { "To {a}!", "App", "To App!", "To " FSI "App" PDI "!" },
    { "{a}", "", "", FSI PDI },
    { "{a} and {a}", "x", "x and x", FSI "x" PDI " and " FSI "x" PDI },
    { "{a}", "{a}", "{a}", FSI "{a}" PDI },
    { "{a}.", "Caf\xc3\xa9", FSI "Caf\xc3\xa9" PDI ".",
      FSI "Caf\xc3\xa9" PDI "." },
    { "{a}", "x" RLO PDI FSI "\xd8\x9c\xe2\x80\x8f" "y", "xy",
      FSI "xy" PDI },
    { "{a}", "\xe2\x80\x90", FSI "\xe2\x80\x90" PDI,
      FSI "\xe2\x80\x90" PDI },
};

static const char *fill(const char *dir, const char *text,
                        const tpa_json_t *view)
{
    tpa_locales_t *all = tpa_locales_make(p);
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "dir", dir);
    tpa_json_set_str(o, "x", text);
    ck_assert_ptr_null(read_texts(all, "en", tpa_json_print(o, p)));
    return tpa_json_get_str(tpa_locale_texts(
        tpa_locale_choose(all, NULL, NULL, p), view, p), "x");
}

START_TEST(filled)
{
    tpa_json_t *view = tpa_json_object(p);

    tpa_json_set_str(view, "a", fills[_i].name);
    ck_assert_str_eq(fill("ltr", fills[_i].text, view), fills[_i].filled);
    ck_assert_str_eq(fill("rtl", fills[_i].text, view), fills[_i].rtl);
}
END_TEST

START_TEST(filled_with_others)
{
    tpa_json_t *view = tpa_json_object(p), *user = tpa_json_object(p);

    tpa_json_set_int(view, "n", 30);
    tpa_json_set_str(user, "name", "Ada");
    tpa_json_set(view, "user", user);
    ck_assert_str_eq(fill("ltr", "{user.name}, {n} s {no}{user}.", view),
                     "Ada, 30 s .");
}
END_TEST

/* ---- days --------------------------------------------------------------- */

static const struct {
    const char *lang, *day, *text;
} days[] = {
    { "en", "2026-03-09", "March 9, 2026" },
    { "de", "2026-03-09", "9. " FSI "M\xc3\xa4rz" PDI " 2026" },
    { "ja", "2026-12-31", "2026\xe5\xb9\xb4" FSI "12\xe6\x9c\x88" PDI
      "31\xe6\x97\xa5" },
    { "es", "2026-01-01", "1 de enero de 2026" },
    { "en", "2026-13-09", "2026-13-09" },
    { "en", "2026-00-09", "2026-00-09" },
    { "en", "2026-03-32", "2026-03-32" },
    { "en", "2026/03/09", "2026/03/09" },
    { "en", "yesterday", "yesterday" },
    { "en", "", "" },
    { "en", "2026-03-09T01", "2026-03-09T01" },
};

START_TEST(day)
{
    const tpa_locale_t *locale = tpa_locale_choose(all_of_them(),
                                                   days[_i].lang, NULL, p);

    ck_assert_str_eq(tpa_locale_day(locale, days[_i].day, p), days[_i].text);
}
END_TEST

/* ---- texts of an operator ----------------------------------------------- */

START_TEST(overridden)
{
    tpa_locales_t *all = all_of_them();
    const tpa_locale_t *de, *it;

    ck_assert_ptr_null(read_texts(all, "de", "{\"or\": \"sonst\"}"));
    ck_assert_ptr_null(read_texts(all, "it", "{\"login_title\": \"Accedi\"}"));
    de = tpa_locale_choose(all, "de", NULL, p);
    it = tpa_locale_choose(all, "it-CH", NULL, p);
    ck_assert_str_eq(tpa_locale_text(de, "or"), "sonst");
    ck_assert_str_eq(tpa_locale_text(de, "login_title"), "Anmelden");
    ck_assert_str_eq(tpa_locale_text(it, "login_title"), "Accedi");
    ck_assert_str_eq(tpa_locale_text(it, "or"), "or");
    ck_assert_ptr_null(tpa_locale_text(it, "nope"));
}
END_TEST

/* What is said of mistakes stands in t/config/configtest.t. */
static const char *const wrong[] = {
    "", "[]", "{\"nope\": \"x\"}", "{\"or\": 1}", "{\"or\": \"\"}",
    "{\"or\": \"{a}\"}", "{\"or\": \"{\"}", "{\"or\": \"}\"}",
    "{\"or\": \"{}\"}", "{\"or\": \"{A}\"}", "{\"dir\": \"up\"}",
    "{\"or\": \"a\\nb\"}", "{\"login_lead\": \"{application} {brand}\"}",
};

START_TEST(refused)
{
    tpa_err_t *e = read_texts(all_of_them(), "de", wrong[_i]);

    ck_assert_msg(e != NULL, "%s", wrong[_i]);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_msg(!strncmp(e->detail, "de.json line 1: ", 16), "%s",
                  e->detail);
}
END_TEST

START_TEST(too_long)
{
    tpa_locales_t *all = all_of_them();
    char *text = apr_pcalloc(p, 602);

    memset(text, 'x', 600);
    ck_assert_ptr_null(read_texts(all, "de", apr_psprintf(
        p, "{\"or\": \"%s\"}", text)));
    text[600] = 'x';
    ck_assert_ptr_nonnull(read_texts(all, "de", apr_psprintf(
        p, "{\"or\": \"%s\"}", text)));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("locale");
    TCase *tc = tap_case(s, "locale");

    tcase_add_loop_test(tc, complete, 0, COUNT(languages));
    tcase_add_loop_test(tc, translated, 1, COUNT(languages));
    tcase_add_loop_test(tc, choose, 0, COUNT(choices));
    tcase_add_test(tc, choose_little);
    tcase_add_loop_test(tc, filled, 0, COUNT(fills));
    tcase_add_test(tc, filled_with_others);
    tcase_add_loop_test(tc, day, 0, COUNT(days));
    tcase_add_test(tc, overridden);
    tcase_add_loop_test(tc, refused, 0, COUNT(wrong));
    tcase_add_test(tc, too_long);
    return s;
}
