#include <apr_strings.h>

#include "base/json.h"
#include "core/connection.h"
#include "tap.h"

static tpa_json_t *json_of(const char *text)
{
    tpa_json_t *value;

    ck_assert_msg(!tpa_json_parse(text, strlen(text), &value, p), "%s", text);
    return value;
}

static const struct {
    const char *name;
    int ok;
} names[] = {
    { "a", 1 },    { "A-1-b", 1 }, { "0", 1 },     { "-a", 0 },
    { "a-", 0 },   { "a--b", 0 },  { "a_b", 0 },   { "a b", 0 },
    { "", 0 },     { "-", 0 },     { "a\\n", 0 },  { "a.b", 0 },
    { "\xc3\xa9", 0 },
};

#define NAMES (int)(sizeof(names) / sizeof(names[0]))

START_TEST(name_table)
{
    const char *body = apr_psprintf(p, "{\"name\":\"%s\",\"strategy\":\"x\"}",
                                    names[_i].name);
    tpa_err_t *e = tpa_props_check(tpa_connection_props, json_of(body),
                                   TPA_ON_CREATE, 0, p);

    ck_assert_msg((!e) == names[_i].ok, "%s: %s", body, e ? e->text : "fine");
}
END_TEST

static const struct {
    unsigned when;
    const char *body;
    const char *wrong;      /* a part of the text; NULL: it is fine */
} bodies[] = {
    /* clang-format off */
    { TPA_ON_CREATE, "{\"name\":\"a\"}",
      "Missing required property: strategy" },
    { TPA_ON_CREATE, "{\"name\":\"a\",\"strategy\":\"google-oauth2\"}", NULL },
    { TPA_ON_CREATE, "{\"name\":\"a\",\"strategy\":\"Auth0\"}", "strategy" },
    { TPA_ON_CREATE, "{\"name\":\"a\",\"strategy\":\"_a\"}", "strategy" },
    { TPA_ON_CREATE, "{\"name\":\"a\",\"strategy\":\"a\",\"id\":\"x\"}",
      "not allowed: id" },
    { TPA_ON_UPDATE, "{\"name\":\"a\",\"strategy\":\"a\",\"id\":\"x\"}", NULL },
    { TPA_ON_UPDATE, "{\"options\":{\"a\":[null,{\"b\":1.5}]}}", NULL },
    { TPA_ON_UPDATE, "{\"options\":{\"a\":1e300}}", "out of range" },
    { TPA_ON_UPDATE, "{\"options\":null}", "found type null" },
    { TPA_ON_UPDATE, "{\"display_name\":null,\"show_as_button\":null}", NULL },
    { TPA_ON_UPDATE, "{\"is_domain_connection\":null}", "found type null" },
    { TPA_ON_UPDATE, "{\"enabled_clients\":[]}", NULL },
    { TPA_ON_UPDATE, "{\"metadata\":{\"a\":null}}", NULL },
    /* clang-format on */
};

#define BODIES (int)(sizeof(bodies) / sizeof(bodies[0]))

START_TEST(body_table)
{
    tpa_err_t *e = tpa_props_check(tpa_connection_props,
                                   json_of(bodies[_i].body), bodies[_i].when,
                                   0, p);

    ck_assert_msg((!e) == !bodies[_i].wrong, "%s: %s", bodies[_i].body,
                  e ? e->text : "fine");
    ck_assert_msg(!e || strstr(e->text, bodies[_i].wrong), "%s", e->text);
}
END_TEST

START_TEST(what_is_fixed)
{
    const tpa_json_t *now = json_of("{\"id\":\"i\",\"name\":\"n\","
                                    "\"strategy\":\"s\"}");

    ck_assert(!tpa_props_unchanged(tpa_connection_props, now, now, p));
    ck_assert(tpa_props_unchanged(tpa_connection_props, now,
                                  json_of("{\"name\":\"x\"}"), p));
    ck_assert(tpa_props_unchanged(tpa_connection_props, now,
                                  json_of("{\"strategy\":\"x\"}"), p));
    ck_assert(tpa_props_unchanged(tpa_connection_props, now,
                                  json_of("{\"id\":\"x\"}"), p));
}
END_TEST

START_TEST(metadata_is_merged)
{
    tpa_json_t *patch = json_of("{\"metadata\":{\"a\":null,\"b\":\"c\"}}");
    tpa_json_t *now = json_of("{\"metadata\":{\"a\":\"x\",\"d\":\"e\"}}"), *map;
    int i;

    ck_assert(!tpa_connection_check_change(now, patch, p));
    ck_assert_str_eq(tpa_json_canonical(tpa_json_get(patch, "metadata"), p),
                     "{\"b\":\"c\",\"d\":\"e\"}");
    map = tpa_json_object(p);
    for (i = 0; i < 9; i++)
        tpa_json_set_str(map, apr_psprintf(p, "k%d", i), "");
    tpa_json_set(now, "metadata", map);
    ck_assert(!tpa_connection_check_change(now, json_of("{\"metadata\":"
        "{\"a\":\"\"}}"), p));
    ck_assert(tpa_connection_check_change(now, json_of("{\"metadata\":"
        "{\"a\":\"\",\"b\":\"\"}}"), p));
}
END_TEST

static const struct {
    const char *body;
    int ok;
} changes[] = {
    { "[{\"client_id\":\"a\",\"status\":true}]", 1 },
    { "[{\"client_id\":\"a\",\"status\":true},"
      "{\"client_id\":\"b\",\"status\":false}]", 1 },
    { "[{\"client_id\":\"a\",\"status\":true},"
      "{\"client_id\":\"a\",\"status\":false}]", 0 },
    { "[{\"client_id\":\"a\"}]", 0 },
    { "[{\"status\":true}]", 0 },
    { "[{\"client_id\":\"a\",\"status\":1}]", 0 },
    { "[{\"client_id\":\"a\",\"status\":true,\"more\":1}]", 0 },
    { "[\"a\"]", 0 },
    { "[]", 0 },
    { "{}", 0 },
};

#define CHANGES (int)(sizeof(changes) / sizeof(changes[0]))

START_TEST(change_of_clients_table)
{
    tpa_err_t *e = tpa_connection_clients_check(json_of(changes[_i].body), p);

    ck_assert_msg((!e) == changes[_i].ok, "%s: %s", changes[_i].body,
                  e ? e->text : "fine");
    ck_assert(!e || e->kind == TPA_E_INVALID_BODY);
}
END_TEST

START_TEST(change_of_clients_bounds)
{
    tpa_json_t *list = tpa_json_array(p), *entry;
    int i;

    ck_assert(tpa_connection_clients_check(NULL, p));
    for (i = 0; i <= TPA_CONNECTION_MOST_CLIENTS; i++) {
        ck_assert(i == 0 || !tpa_connection_clients_check(list, p));
        entry = tpa_json_object(p);
        tpa_json_set_str(entry, "client_id", apr_psprintf(p, "c%d", i));
        tpa_json_set_bool(entry, "status", 1);
        tpa_json_add(list, entry);
    }
    ck_assert(tpa_connection_clients_check(list, p));
}
END_TEST

START_TEST(passwordless)
{
    ck_assert_str_eq(tpa_json_print(tpa_connection_passwordless(p), p),
                     "[\"email\",\"sms\"]");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/connection");
    TCase *tc = tap_case(s, "connection");

    tcase_add_loop_test(tc, name_table, 0, NAMES);
    tcase_add_loop_test(tc, body_table, 0, BODIES);
    tcase_add_test(tc, what_is_fixed);
    tcase_add_test(tc, metadata_is_merged);
    tcase_add_loop_test(tc, change_of_clients_table, 0, CHANGES);
    tcase_add_test(tc, change_of_clients_bounds);
    tcase_add_test(tc, passwordless);
    return s;
}
