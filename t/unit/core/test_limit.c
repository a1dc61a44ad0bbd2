#include <string.h>

#include <apr_strings.h>

#include "core/limit.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const char *read_it(const char *text, tpa_limit_t *out)
{
    char **words;
    int n;

    apr_tokenize_to_argv(text, &words, p);
    for (n = 0; words[n]; n++)
        ;
    return tpa_limit_read((const char *const *)words, n, out, p);
}

static const struct {
    const char *text;
    tpa_limit_class_t about;
    int burst, off, log;
    apr_time_t interval;
} right[] = {
    { "default 100 20/s", TPA_LIMIT_DEFAULT, 100, 0, 0, 50000 },
    { "third-party 1 1/m", TPA_LIMIT_THIRD_PARTY, 1, 0, 0, 60000000 },
    { "cimd 1000000 10000/s", TPA_LIMIT_CIMD, 1000000, 0, 0, 100 },
    { "register 5 2/h log", TPA_LIMIT_REGISTER, 5, 0, 1, 1800000000 },
    { "auth-failures 5 1/d", TPA_LIMIT_AUTH_FAILURES, 5, 0, 0, 86400000000 },
    { "client:tpc_x 0", TPA_LIMIT_CLIENT, 0, 0, 0, 3600000000 },
    { "client:https://app.example/c.json 0 log", TPA_LIMIT_CLIENT, 0, 0, 1,
      3600000000 },
    { "client:x off", TPA_LIMIT_CLIENT, 0, 1, 0, 0 },
};

START_TEST(reads)
{
    tpa_limit_t l;

    ck_assert_ptr_null(read_it(right[_i].text, &l));
    ck_assert_int_eq(l.about, right[_i].about);
    ck_assert_int_eq(l.spec.burst, right[_i].burst);
    ck_assert_int_eq(l.is_off, right[_i].off);
    ck_assert_int_eq(l.log_only, right[_i].log);
    ck_assert_int_eq(l.spec.interval, right[_i].interval);
    ck_assert(!strncmp(right[_i].text, l.who, strlen(l.who)));
}
END_TEST

static const struct {
    const char *text, *says;
} wrong[] = {
    { "default", "off or how many" },
    { "nobody 1 1/s", "first word must be" },
    { "Default 1 1/s", "first word must be" },
    { "client 1 1/s", "first word must be" },
    { "client: 1 1/s", "client id" },
    { "default 1", "needs a rate" },
    { "default -1 1/s", "burst" },
    { "default 1000001 1/s", "burst" },
    { "default many 1/s", "burst" },
    { "default 1 1", "rate" },
    { "default 1 1/", "rate" },
    { "default 1 0/s", "rate" },
    { "default 1 10001/s", "rate" },
    { "default 1 1/w", "/s, /m" },
    { "default 1 1/ss", "rate" },
    { "default 1 /s", "rate" },
    { "default 1 1/s loud", "only log" },
    { "default 1 1/s log log", "only log" },
    { "default 0 1/s", "which blocks" },
    { "default off log", "off" },
    { "auth-failures 0", "everybody" },
};

START_TEST(refuses)
{
    tpa_limit_t l;
    const char *bad = read_it(wrong[_i].text, &l);

    ck_assert_ptr_nonnull(bad);
    ck_assert_ptr_nonnull(strstr(bad, wrong[_i].says));
}
END_TEST

static apr_hash_t *limits(const char *const *texts)
{
    apr_hash_t *all = apr_hash_make(p);

    for (; *texts; texts++) {
        tpa_limit_t *l = apr_palloc(p, sizeof(*l));

        ck_assert_ptr_null(read_it(*texts, l));
        apr_hash_set(all, l->who, APR_HASH_KEY_STRING, l);
    }
    return all;
}

#define URL "https://app.example/client.json"

static const struct {
    const char *client_id;
    int groups;
    const char *who;
} finds[] = {
    { "tpc_own", 1, "client:tpc_own" },  { "tpc_own", 0, "client:tpc_own" },
    { "tpc_x", 1, "third-party" },       { "tpc_x", 0, "default" },
    { URL, 1, "cimd" },                  { URL, 0, "default" },
    { "x", 1, "default" },               { "", 1, "default" },
    { "TPC_x", 1, "default" },           { "http://x", 1, "default" },
    { "tpc_off", 1, "client:tpc_off" },
    { "third-party", 1, "default" },     { "client:tpc_own", 1, "default" },
};

START_TEST(first_match)
{
    static const char *const all[] = {
        "default 1 1/s", "third-party 1 1/s", "cimd 1 1/s",
        "client:tpc_own 1 1/s", "client:tpc_off off", NULL
    };
    const tpa_limit_t *l = tpa_limit_of_client(
        limits(all), finds[_i].client_id, finds[_i].groups, p);

    ck_assert_str_eq(l->who, finds[_i].who);
}
END_TEST

START_TEST(nothing_set)
{
    static const char *const some[] = { "third-party 1 1/s",
                                        "register 1 1/s", NULL };
    static const char *const none[] = { NULL };

    ck_assert_ptr_null(tpa_limit_of_client(NULL, "x", 1, p));
    ck_assert_ptr_null(tpa_limit_of_client(limits(none), "x", 1, p));
    ck_assert_ptr_null(tpa_limit_of_client(limits(some), "x", 1, p));
    ck_assert_ptr_nonnull(tpa_limit_of_client(limits(some), "tpc_x", 1, p));
    ck_assert_ptr_null(tpa_limit_of_address(NULL, TPA_LIMIT_AUTH_FAILURES));
    ck_assert_int_eq(tpa_limit_of_address(NULL, TPA_LIMIT_REGISTER)
                         ->spec.burst, 100);
    ck_assert_int_eq(tpa_limit_of_address(limits(some), TPA_LIMIT_REGISTER)
                         ->spec.burst, 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("limit");
    TCase *tc = tap_case(s, "limit");

    tcase_add_loop_test(tc, reads, 0, COUNT(right));
    tcase_add_loop_test(tc, refuses, 0, COUNT(wrong));
    tcase_add_loop_test(tc, first_match, 0, COUNT(finds));
    tcase_add_test(tc, nothing_set);
    return s;
}
