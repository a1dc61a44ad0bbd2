#include "core/client_json.h"

static const struct {
    const char *kind, *members;
    const char *member, *value;
} defaults[] = {
    /* clang-format off */
    { FIRST, "", "is_first_party", "true" },
    { FIRST, "", "grant_types", "[\"authorization_code\",\"refresh_token\"]" },
    { FIRST, "\"app_type\": \"non_interactive\"", "grant_types",
      "[\"client_credentials\"]" },
    { FIRST, "", "token_endpoint_auth_method", "\"client_secret_post\"" },
    { FIRST, "\"app_type\": \"spa\"", "token_endpoint_auth_method",
      "\"none\"" },
    { FIRST, "\"app_type\": \"native\"", "token_endpoint_auth_method",
      "\"none\"" },
    { FIRST, "\"token_endpoint_auth_method\": null",
      "token_endpoint_auth_method", "\"client_secret_post\"" },
    { FIRST, "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}]}}", "token_endpoint_auth_method",
      NULL },
    { FIRST, "", "third_party_security_mode", NULL },
    { FIRST, "", "refresh_token",
      "{\"expiration_type\":\"non-expiring\",\"idle_token_lifetime\":2592000,"
      "\"infinite_idle_token_lifetime\":true,\"infinite_token_lifetime\":true,"
      "\"leeway\":0,\"rotation_type\":\"non-rotating\","
      "\"token_lifetime\":31557600}" },
    { FIRST, "\"app_type\": \"spa\"", "refresh_token",
      "{\"expiration_type\":\"non-expiring\",\"idle_token_lifetime\":1296000,"
      "\"infinite_idle_token_lifetime\":true,\"infinite_token_lifetime\":true,"
      "\"leeway\":0,\"rotation_type\":\"non-rotating\","
      "\"token_lifetime\":2592000}" },
    { STRICT, "\"app_type\": \"regular_web\"", "refresh_token",
      "{\"expiration_type\":\"expiring\",\"idle_token_lifetime\":2592000,"
      "\"infinite_idle_token_lifetime\":false,\"infinite_token_lifetime\":true,"
      "\"leeway\":0,\"rotation_type\":\"non-rotating\","
      "\"token_lifetime\":31557600}" },
    { STRICT, "\"app_type\": \"native\"", "refresh_token",
      "{\"expiration_type\":\"expiring\",\"idle_token_lifetime\":1296000,"
      "\"infinite_idle_token_lifetime\":false,"
      "\"infinite_token_lifetime\":false,"
      "\"leeway\":0,\"rotation_type\":\"rotating\",\"token_lifetime\":2592000}"
    },
    { STRICT, "\"refresh_token\": {\"leeway\": 5, \"token_lifetime\": 100}",
      "refresh_token",
      "{\"expiration_type\":\"expiring\",\"idle_token_lifetime\":99,"
      "\"infinite_idle_token_lifetime\":false,"
      "\"infinite_token_lifetime\":false,"
      "\"leeway\":5,\"rotation_type\":\"non-rotating\",\"token_lifetime\":100}"
    },
    { STRICT, "", "grant_types", "[\"authorization_code\"]" },
    { STRICT, "", "third_party_security_mode", "\"strict\"" },
    { STRICT, "", "redirection_policy", "\"open_redirect_protection\"" },
    { STRICT, "", "jwt_configuration",
      "{\"alg\":\"RS256\",\"lifetime_in_seconds\":3600}" },
    { STRICT, "\"jwt_configuration\": {\"lifetime_in_seconds\": 60}",
      "jwt_configuration", "{\"alg\":\"RS256\",\"lifetime_in_seconds\":60}" },
    { STRICT, "", "oidc_conformant", "true" },
    { STRICT, "", "require_proof_of_possession", "false" },
    { STRICT, "", "organization_usage", NULL },
    { STRICT, "", "description", "\"\"" },
    { STRICT, "", "callbacks", "[]" },
    { PERMISSIVE, "", "redirection_policy", "\"allow_always\"" },
    { PERMISSIVE, "", "third_party_security_mode", "\"permissive\"" },
    /* clang-format on */
};

START_TEST(defaults_of_a_kind)
{
    const tpa_json_t *is;
    tpa_json_t *out;

    ck_assert_ptr_null(make(defaults[_i].members, defaults[_i].kind, &out));
    is = tpa_json_get(out, defaults[_i].member);
    if (!defaults[_i].value)
        ck_assert_ptr_null(is);
    else
        ck_assert_str_eq(tpa_json_canonical(is, p), defaults[_i].value);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/client_defaults");
    TCase *tc = tap_case(s, "client_defaults");

    tcase_add_loop_test(tc, defaults_of_a_kind, 0, COUNT(defaults));
    return s;
}
