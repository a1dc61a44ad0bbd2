#include <string.h>

#include "tap.h"
#include "core/client_keys.h"

static const struct {
    const char *text;
    apr_int64_t epoch;    /* -1: refused */
} times[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "2026-11-21T12:34:56Z", 1795264496 },
    { "2026-11-21t12:34:56z", 1795264496 },
    { "2026-11-21T12:34:56.789Z", 1795264496 },
    { "2026-11-21T14:34:56+02:00", 1795264496 },
    { "2026-11-21T10:04:56-02:30", 1795264496 },
    { "2028-02-29T00:00:00Z", 1835395200 },
    { "2000-02-29T00:00:00Z", 951782400 },
    { "9999-12-31T23:59:59Z", 253402300799 },
    { "2027-02-29T00:00:00Z", -1 },
    { "2100-02-29T00:00:00Z", -1 },
    { "2026-13-01T00:00:00Z", -1 },
    { "2026-00-01T00:00:00Z", -1 },
    { "2026-04-31T00:00:00Z", -1 },
    { "2026-01-00T00:00:00Z", -1 },
    { "2026-01-01T24:00:00Z", -1 },
    { "2026-01-01T00:60:00Z", -1 },
    { "2026-01-01T00:00:60Z", -1 },
    { "2026-01-01T00:00:00", -1 },
    { "2026-01-01T00:00:00.Z", -1 },
    { "2026-01-01T00:00:00+2", -1 },
    { "2026-01-01T00:00:00+24:00", -1 },
    { "2026-01-01T00:00:00Zx", -1 },
    { "2026-01-01 00:00:00Z", -1 },
    { "2026-01-01", -1 },
    { "1969-12-31T23:59:59Z", -1 },
    { "26-01-01T00:00:00Z", -1 },
    { "infinity", -1 },
    { "now", -1 },
    { "", -1 },
};

START_TEST(time_table)
{
    apr_time_t at = 0;
    int ok = tpa_client_key_time(times[_i].text, &at);

    ck_assert_msg(ok == (times[_i].epoch >= 0), "%s", times[_i].text);
    if (ok)
        ck_assert_msg(apr_time_sec(at) == times[_i].epoch, "%s: %ld",
                      times[_i].text, (long)apr_time_sec(at));
}
END_TEST

static const struct {
    unsigned when;
    const char *body;
    int ok;
} bodies[] = {
    { TPA_ON_CREATE, "{\"pem\": \"x\"}", 1 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"credential_type\": \"public_key\","
      " \"name\": \"n\", \"alg\": \"PS256\", \"kid\": \"abcdefghij\","
      " \"expires_at\": \"2099-01-01T00:00:00Z\"}", 1 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"expires_at\": null}", 1 },
    { TPA_ON_CREATE, "{\"name\": \"n\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"id\": \"cred_1\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"kid\": \"short\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"kid\": \"with blanks in it\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"alg\": \"HS256\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"alg\": \"none\"}", 0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"credential_type\": \"x509_cert\"}",
      0 },
    { TPA_ON_CREATE, "{\"pem\": \"x\", \"expires_at\": \"tomorrow\"}", 0 },
    { TPA_ON_UPDATE, "{\"id\": \"cred_1\"}", 1 },
    { TPA_ON_UPDATE, "{\"id\": \"cred_1\", \"pem\": \"x\"}", 0 },
};

static tpa_json_t *json(const char *text)
{
    tpa_json_t *v;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &v, p));
    return v;
}

START_TEST(key_table)
{
    tpa_err_t *e = tpa_props_check(tpa_client_key_props, json(bodies[_i].body),
                                   bodies[_i].when, 0, p);

    ck_assert_msg((e == TPA_OK) == bodies[_i].ok, "%s: %s", bodies[_i].body,
                  e ? e->text : "accepted");
}
END_TEST

static const struct {
    const char *body;
    int ok;
} changes[] = {
    { "{\"expires_at\": \"2099-01-01T00:00:00Z\"}", 1 },
    { "{\"expires_at\": null}", 1 },
    { "{\"id\": \"cred_1\", \"alg\": \"RS256\", \"kid\": \"k\"}", 1 },
    { "{\"expires_at\": \"2099-02-30T00:00:00Z\"}", 0 },
    { "{\"pem\": \"x\"}", 0 },
    { "{}", 0 },
};

START_TEST(change_table)
{
    tpa_err_t *e = tpa_props_check(tpa_client_key_change_props,
                                   json(changes[_i].body), TPA_ON_UPDATE, 0,
                                   p);

    ck_assert_msg((e == TPA_OK) == changes[_i].ok, "%s: %s", changes[_i].body,
                  e ? e->text : "accepted");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/client_keys");
    TCase *tc = tap_case(s, "client_keys");

    tcase_add_loop_test(tc, time_table, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_loop_test(tc, key_table, 0, sizeof(bodies) / sizeof(bodies[0]));
    tcase_add_loop_test(tc, change_table, 0,
                        sizeof(changes) / sizeof(changes[0]));
    return s;
}
