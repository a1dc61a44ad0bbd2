#include "core/client_json.h"

/* ---- rules between properties ------------------------------------------- */

static const struct {
    const char *kind, *members;
    const char *wrong;           /* part of the error; NULL: it is fine */
} news[] = {
    /* clang-format off */
    { FIRST, "", NULL },
    { FIRST, "\"client_id\": \"my-own_id\"", NULL },
    { FIRST, "\"client_id\": \"tpc_own\"", "third-party" },
    { FIRST, "\"client_id\": \"a|b\"", "client_id" },
    { FIRST, "\"third_party_security_mode\": \"strict\"",
      "Additional properties not allowed: third_party_security_mode" },
    { FIRST, "\"redirection_policy\": \"allow_always\"",
      "redirection_policy" },
    { FIRST, "\"no_such\": 1", "Additional properties not allowed: no_such" },
    { FIRST, "\"grant_types\": [\"implicit\", \"password\"]", NULL },
    { FIRST, "\"grant_types\": [\"magic\"]", "No enum match for: magic" },
    { FIRST, "\"grant_types\": [\"client_credentials\"],"
      " \"token_endpoint_auth_method\": \"none\"",
      "must not be none when the client_credentials grant is enabled" },
    { FIRST, "\"grant_types\": [\"client_credentials\"],"
      " \"app_type\": \"spa\"", "must not be none" },
    { FIRST, "\"app_type\": \"non_interactive\"", NULL },
    { FIRST, "\"callbacks\": [\"http://a.example/cb\", \"myapp://cb\"]",
      NULL },
    { FIRST, "\"callbacks\": [\"https://a.example/cb#x\"]", "callbacks[0]" },
    { FIRST, "\"addons\": {\"samlp\": {}}", NULL },
    { FIRST, "\"require_pushed_authorization_requests\": true",
      "not supported" },
    { FIRST, "\"require_pushed_authorization_requests\": false", NULL },
    { FIRST, "\"jwt_configuration\": {\"secret_encoded\": true}",
      "jwt_configuration.secret_encoded" },
    { FIRST, "\"jwt_configuration\": {\"scopes\": {}}", "scopes" },
    { FIRST, "\"refresh_token\": {\"expiration_type\": \"non-expiring\","
      " \"rotation_type\": \"non-rotating\"}", NULL },
    { FIRST, "\"refresh_token\": {\"rotation_type\": \"rotating\"}",
      "expiration_type must be given" },
    { FIRST, "\"refresh_token\": {\"rotation_type\": \"rotating\","
      " \"expiration_type\": \"non-expiring\"}", "needs expiration_type" },
    { FIRST, "\"refresh_token\": {\"expiration_type\": \"expiring\","
      " \"token_lifetime\": 60, \"idle_token_lifetime\": 60}",
      "less than token_lifetime" },
    { FIRST, "\"refresh_token\": {\"expiration_type\": \"expiring\","
      " \"token_lifetime\": 60}", NULL },
    { FIRST, "\"refresh_token\": {\"token_lifetime\": 157788001}",
      "greater than maximum" },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": []}}", "at least one credential" },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}, {\"pem\": \"x\"},"
      " {\"pem\": \"x\"}]}}", "too long (3), maximum 2" },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}]}},"
      " \"token_endpoint_auth_method\": \"client_secret_post\"",
      "must be null when client_authentication_methods is set" },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}]}},"
      " \"token_endpoint_auth_method\": null,"
      " \"grant_types\": [\"client_credentials\"]", NULL },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"id\": \"cred_1\"}]}}", "id" },
    { FIRST, "\"token_endpoint_auth_method\": null", NULL },
    { STRICT, "\"sso\": false", "Additional properties not allowed: sso" },
    { STRICT, "\"require_pushed_authorization_requests\": false",
      "Additional properties not allowed" },
    { STRICT, "\"jwt_configuration\": {\"scopes\": {}}",
      "Additional properties not allowed: scopes" },
    { STRICT, "\"allowed_logout_urls\": []", "allowed_logout_urls" },
    { STRICT, "\"grant_types\": [\"password\"]", "password" },
    { STRICT, "\"grant_types\":"
      " [\"urn:ietf:params:oauth:grant-type:device_code\"]", "device_code" },
    { STRICT, "\"refresh_token\": {\"infinite_idle_token_lifetime\": true}",
      "infinite_idle_token_lifetime" },
    { STRICT, "\"refresh_token\": {\"infinite_token_lifetime\": true}",
      NULL },
    { STRICT, "\"callbacks\": [\"http://a.example/cb\"]", "https://" },
    { STRICT, "\"callbacks\": [\"http://localhost:3000/cb\"]", NULL },
    { STRICT, "\"callbacks\": [\"com.example.app:/cb\"]", "native" },
    { STRICT, "\"callbacks\": [\"com.example.app:/cb\"],"
      " \"app_type\": \"native\"", NULL },
    { STRICT, "\"callbacks\": [\"https://ok.example/\","
      " \"https://u@a.example/\"]", "callbacks[1]" },
    { STRICT, "\"third_party_security_mode\": \"permissive\","
      " \"grant_types\": [\"implicit\"]", NULL },
    { PERMISSIVE, "\"grant_types\": [\"password\"]", "passwords" },
    { PERMISSIVE, "\"grant_types\": [\"implicit\"]", NULL },
    { PERMISSIVE, "\"callbacks\": [\"http://a.example/cb\"]", NULL },
    { PERMISSIVE, "\"sso\": true", NULL },
    { PERMISSIVE, "\"organization_usage\": \"allow\"", "organization_usage" },
    { PERMISSIVE, "\"organization_usage\": null", NULL },
    { PERMISSIVE, "\"client_id\": \"mine\"", "client_id" },
    /* clang-format on */
};

START_TEST(new_applications)
{
    tpa_json_t *out;
    tpa_err_t *e = make(news[_i].members, news[_i].kind, &out);

    if (!news[_i].wrong)
        ck_assert_msg(!e, "%s: %s", news[_i].members, e ? e->text : "");
    else {
        ck_assert_msg(e != TPA_OK, "%s", news[_i].members);
        ck_assert_msg(strstr(e->text, news[_i].wrong) != NULL, "%s: %s",
                      news[_i].members, e->text);
    }
}
END_TEST

/* spec.md 11, row 5. */
START_TEST(permissive_and_organizations)
{
    tpa_json_t *out;
    tpa_err_t *e = make("\"organization_require_behavior\": \"no_prompt\"",
                        PERMISSIVE, &out);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(tpa_ekind_info(e->kind)->http, 403);
    ck_assert_str_eq(e->code, "");
}
END_TEST

/* ---- changes ------------------------------------------------------------ */

/* A strict application as answers show it. */
static tpa_json_t *now_of(const char *more)
{
    return json(apr_pstrcat(p, "{\"client_id\": \"tpc_1\", \"name\": \"n\","
        " \"is_first_party\": false, \"third_party_security_mode\":"
        " \"strict\", \"app_type\": \"regular_web\", \"grant_types\":"
        " [\"authorization_code\"], \"callbacks\": [], \"web_origins\": [],"
        " \"allowed_origins\": [], \"refresh_token\": {\"rotation_type\":"
        " \"non-rotating\", \"expiration_type\": \"expiring\", \"leeway\": 0,"
        " \"token_lifetime\": 31557600, \"infinite_token_lifetime\": true,"
        " \"idle_token_lifetime\": 2592000, \"infinite_idle_token_lifetime\":"
        " false}, ", more, "}", NULL));
}

#define SECRET "\"token_endpoint_auth_method\": \"client_secret_post\""
#define KEYS "\"client_authentication_methods\": {\"private_key_jwt\":" \
             " {\"credentials\": [{\"id\": \"cred_1\"}]}}"

static const struct {
    const char *now, *patch;
    const char *wrong;           /* part of the error; NULL: it is fine */
    const char *result;          /* of the patch then */
} changes[] = {
    /* clang-format off */
    { SECRET, "{\"is_first_party\": false, \"client_id\": \"tpc_1\","
      " \"third_party_security_mode\": \"strict\"}", NULL, "{}" },
    { SECRET, "{\"name\": \"m\", \"is_first_party\": false}", NULL,
      "{\"name\":\"m\"}" },
    { SECRET, "{\"name\": \"\"}", "name", NULL },
    { SECRET, "{\"sso\": false}", "Additional properties not allowed: sso",
      NULL },
    { SECRET, "{\"grant_types\": [\"implicit\"]}", "implicit", NULL },
    { SECRET, "{\"token_endpoint_auth_method\": null}",
      "only when client_authentication_methods is set", NULL },
    { SECRET, "{" KEYS "}", NULL,
      "{\"client_authentication_methods\":{\"private_key_jwt\":"
      "{\"credentials\":[{\"id\":\"cred_1\"}]}},"
      "\"token_endpoint_auth_method\":null}" },
    { SECRET, "{" KEYS ", " SECRET "}", "must be null", NULL },
    { SECRET, "{\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}]}}}", "pem", NULL },
    { KEYS, "{" KEYS "}", NULL,
      "{\"client_authentication_methods\":{\"private_key_jwt\":"
      "{\"credentials\":[{\"id\":\"cred_1\"}]}},"
      "\"token_endpoint_auth_method\":null}" },
    { KEYS, "{" SECRET "}", "must be null", NULL },
    { KEYS, "{\"client_authentication_methods\": null}", NULL,
      "{\"client_authentication_methods\":null,"
      "\"token_endpoint_auth_method\":\"client_secret_post\"}" },
    { KEYS, "{\"client_authentication_methods\": null, \"app_type\":"
      " \"spa\"}", NULL,
      "{\"app_type\":\"spa\",\"client_authentication_methods\":null,"
      "\"token_endpoint_auth_method\":\"none\"}" },
    { KEYS, "{\"client_authentication_methods\": null,"
      " \"token_endpoint_auth_method\": \"client_secret_basic\"}", NULL,
      "{\"client_authentication_methods\":null,"
      "\"token_endpoint_auth_method\":\"client_secret_basic\"}" },
    { SECRET, "{\"token_endpoint_auth_method\": \"none\", \"grant_types\":"
      " [\"client_credentials\"]}", "must not be none", NULL },
    { SECRET ", \"registered_via\": \"dynamic\"",
      "{\"grant_types\": [\"client_credentials\"]}", "registered", NULL },
    { SECRET ", \"registered_via\": \"dynamic\"",
      "{\"grant_types\": [\"refresh_token\"]}", NULL,
      "{\"grant_types\":[\"refresh_token\"]}" },
    { SECRET ", \"client_metadata\": {\"a\": \"1\", \"b\": \"2\"}",
      "{\"client_metadata\": {\"a\": null, \"c\": \"3\"}}", NULL,
      "{\"client_metadata\":{\"b\":\"2\",\"c\":\"3\"}}" },
    { SECRET ", \"client_metadata\": {\"a\": \"1\"}",
      "{\"client_metadata\": null}", NULL, "{\"client_metadata\":null}" },
    { SECRET ", \"client_metadata\": {\"1\": \"\", \"2\": \"\", \"3\": \"\","
      " \"4\": \"\", \"5\": \"\", \"6\": \"\", \"7\": \"\", \"8\": \"\","
      " \"9\": \"\", \"10\": \"\"}", "{\"client_metadata\": {\"11\": \"\"}}",
      "Too many properties defined (11), maximum 10", NULL },
    { SECRET, "{\"refresh_token\": {\"token_lifetime\": 1000}}", NULL,
      "{\"refresh_token\":{\"token_lifetime\":1000}}" },
    { SECRET, "{\"refresh_token\": {\"token_lifetime\": 1000,"
      " \"infinite_token_lifetime\": false}}", "less than token_lifetime",
      NULL },
    { SECRET, "{\"refresh_token\": {\"rotation_type\": \"rotating\"}}",
      "expiration_type must be given", NULL },
    { SECRET, "{\"refresh_token\": {\"infinite_idle_token_lifetime\": true}}",
      "infinite_idle_token_lifetime", NULL },
    { SECRET ", \"callbacks\": [\"com.example:/cb\"]",
      "{\"name\": \"m\"}", NULL, "{\"name\":\"m\"}" },
    { SECRET ", \"callbacks\": [\"com.example:/cb\"]",
      "{\"app_type\": \"spa\"}", "callbacks[0]", NULL },
    /* clang-format on */
};

START_TEST(changes_of_strict_ones)
{
    tpa_json_t *patch = json(changes[_i].patch), *now;
    tpa_err_t *e;

    /* The later of two members with one name: not in JSON, so take it out. */
    now = now_of(strstr(changes[_i].now, "\"callbacks\"")
                 ? SECRET : changes[_i].now);
    if (strstr(changes[_i].now, "\"callbacks\""))
        tpa_json_set(now, "callbacks", json("[\"com.example:/cb\"]"));
    e = tpa_client_check_change(now, patch, p);
    if (changes[_i].wrong) {
        ck_assert_msg(e != TPA_OK, "%s", changes[_i].patch);
        ck_assert_msg(strstr(e->text, changes[_i].wrong) != NULL, "%s: %s",
                      changes[_i].patch, e->text);
        return;
    }
    ck_assert_msg(!e, "%s: %s", changes[_i].patch, e ? e->text : "");
    ck_assert_str_eq(tpa_json_canonical(patch, p), changes[_i].result);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/client_rules");
    TCase *tc = tap_case(s, "client_rules");

    tcase_add_loop_test(tc, new_applications, 0, COUNT(news));
    tcase_add_test(tc, permissive_and_organizations);
    tcase_add_loop_test(tc, changes_of_strict_ones, 0, COUNT(changes));
    return s;
}
