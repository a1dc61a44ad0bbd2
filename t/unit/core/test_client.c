#include "core/client_json.h"

/* ---- strict applications: each property once good, once bad ------------- */

typedef struct pair_t {
    const char *name;
    const char *good, *bad;      /* members; NULL: none is good, or bad */
} pair_t;

/* Properties of spec.md 1.2, and those which may be repeated. A property that
 * is missing here is one nobody looked at. */
static const pair_t strict[] = {
    /* clang-format off */
    { "client_id", NULL, "\"client_id\": \"tpc_0123456789ABCDEFGHIJKL\"" },
    { "name", "\"name\": \"An application\"", "\"name\": \"<b>\"" },
    { "description", "\"description\": \"What it does\"",
      "\"description\": 1" },
    { "logo_uri", "\"logo_uri\": \"https://a.example/logo.png\"",
      "\"logo_uri\": \"javascript:alert(1)\"" },
    { "is_first_party", "\"is_first_party\": false",
      "\"is_first_party\": \"false\"" },
    { "third_party_security_mode",
      "\"third_party_security_mode\": \"strict\"",
      "\"third_party_security_mode\": \"lax\"" },
    { "registered_via", NULL, "\"registered_via\": \"dynamic\"" },
    { "app_type", "\"app_type\": \"spa\"",
      "\"app_type\": \"resource_server\"" },
    { "grant_types",
      "\"grant_types\": [\"authorization_code\", \"refresh_token\","
      " \"client_credentials\"]",
      "\"grant_types\": [\"authorization_code\", \"implicit\"]" },
    { "token_endpoint_auth_method",
      "\"token_endpoint_auth_method\": \"client_secret_basic\"",
      "\"token_endpoint_auth_method\": \"private_key_jwt\"" },
    { "client_authentication_methods",
      "\"client_authentication_methods\": {\"private_key_jwt\":"
      " {\"credentials\": [{\"pem\": \"x\"}]}}",
      "\"client_authentication_methods\": {\"tls_client_auth\": {}}" },
    { "callbacks", "\"callbacks\": [\"https://a.example/cb\"]",
      "\"callbacks\": [\"https://*.a.example/cb\"]" },
    { "allowed_origins", "\"allowed_origins\": [\"https://a.example\"]",
      "\"allowed_origins\": [\"https://a.example/path\"]" },
    { "web_origins", "\"web_origins\": [\"https://a.example\"]",
      "\"web_origins\": [\"http://a.example\"]" },
    { "client_metadata", "\"client_metadata\": {\"a\": \"b\"}",
      "\"client_metadata\": {\"a\": 1}" },
    { "jwt_configuration",
      "\"jwt_configuration\": {\"alg\": \"RS256\","
      " \"lifetime_in_seconds\": 60, \"secret_encoded\": false}",
      "\"jwt_configuration\": {\"alg\": \"HS256\"}" },
    { "refresh_token",
      "\"refresh_token\": {\"rotation_type\": \"rotating\","
      " \"expiration_type\": \"expiring\", \"leeway\": 3}",
      "\"refresh_token\": {\"expiration_type\": \"non-expiring\"}" },
    { "require_proof_of_possession", "\"require_proof_of_possession\": true",
      "\"require_proof_of_possession\": 1" },
    { "redirection_policy", "\"redirection_policy\": \"allow_always\"",
      "\"redirection_policy\": \"allow\"" },
    { "organization_usage", "\"organization_usage\": \"require\"",
      "\"organization_usage\": \"required\"" },
    { "organization_require_behavior",
      "\"organization_require_behavior\": \"post_login_prompt\"",
      "\"organization_require_behavior\": \"prompt\"" },
    { "organization_discovery_methods",
      "\"organization_discovery_methods\": [\"email\"]",
      "\"organization_discovery_methods\": []" },
    { "default_organization",
      "\"default_organization\": {\"organization_id\": \"org_1\","
      " \"flows\": [\"client_credentials\"]}",
      "\"default_organization\": {\"organization_id\": \"org_1\"}" },
    { "oidc_conformant", "\"oidc_conformant\": true",
      "\"oidc_conformant\": false" },
    { "token_quota",
      "\"token_quota\": {\"client_credentials\": {\"per_day\": 1}}",
      "\"token_quota\": {\"client_credentials\": {\"per_day\": 0}}" },
    { "skip_non_verifiable_callback_uri_confirmation_prompt",
      "\"skip_non_verifiable_callback_uri_confirmation_prompt\": null",
      "\"skip_non_verifiable_callback_uri_confirmation_prompt\": \"no\"" },
    { "identity_assertion_authorization_grant",
      "\"identity_assertion_authorization_grant\": {\"active\": true}",
      "\"identity_assertion_authorization_grant\": {}" },
    { "jwks_uri", NULL, "\"jwks_uri\": \"https://a.example/jwks\"" },
    { "external_client_id", NULL,
      "\"external_client_id\": \"https://a.example/client\"" },
    { "signing_keys", NULL, "\"signing_keys\": []" },
    { "sso_disabled", "\"sso_disabled\": false", "\"sso_disabled\": true" },
    { "cross_origin_authentication",
      "\"cross_origin_authentication\": false",
      "\"cross_origin_authentication\": true" },
    { "custom_login_page_on", "\"custom_login_page_on\": true",
      "\"custom_login_page_on\": false" },
    { "is_token_endpoint_ip_header_trusted",
      "\"is_token_endpoint_ip_header_trusted\": false",
      "\"is_token_endpoint_ip_header_trusted\": true" },
    { NULL }
    /* clang-format on */
};

#define PAIRS COUNT(strict) - 1

/* name and is_first_party stand in every body already: replace them. */
static tpa_err_t *make_strict(const char *members)
{
    tpa_json_t *body = json("{\"name\": \"n\", \"is_first_party\": false}");
    tpa_json_t *more = json(apr_pstrcat(p, "{", members, "}", NULL)), *out;
    const tpa_prop_t *row;

    for (row = tpa_client_props; row->name; row++)
        tpa_json_set(body, row->name, tpa_json_get(more, row->name));
    return tpa_client_check_new(body, &out, p);
}

START_TEST(strict_good)
{
    tpa_err_t *e = strict[_i].good ? make_strict(strict[_i].good) : TPA_OK;

    ck_assert_msg(!e, "%s: %s", strict[_i].name, e ? e->text : "");
}
END_TEST

START_TEST(strict_bad)
{
    tpa_err_t *e = make_strict(strict[_i].bad);

    ck_assert_msg(e && e->kind == TPA_E_INVALID_BODY, "%s: %s", strict[_i].bad,
                  e ? e->text : "accepted");
    ck_assert_msg(strstr(e->text, strict[_i].name) != NULL, "%s: %s",
                  strict[_i].name, e->text);
}
END_TEST

static int is_in_pairs(const char *name)
{
    int i;

    for (i = 0; strict[i].name; i++) {
        if (!strcmp(strict[i].name, name))
            return 1;
    }
    return 0;
}

/* Each property open to strict applications was looked at: it stands in the
 * list above. All others are refused whatever they hold. */
START_TEST(strict_is_a_curated_list)
{
    const tpa_prop_t *row;
    int closed = 0;

    for (row = tpa_client_props; row->name; row++) {
        ck_assert_msg(is_in_pairs(row->name)
                      == ((row->flags & TPA_STRICT) != 0), "%s", row->name);
        if (row->flags & TPA_STRICT)
            continue;
        closed++;
        ck_assert_msg(make_strict(apr_psprintf(p, "\"%s\": null", row->name))
                      != TPA_OK, "%s", row->name);
    }
    ck_assert_int_gt(closed, 5);
}
END_TEST

/* ---- a new property ----------------------------------------------------- */

/* The table with one more row; it stays open only to whom the row names. */
static tpa_err_t *with_new_row(unsigned flags, unsigned party)
{
    tpa_prop_t *table;
    int n = 0;

    while (tpa_client_props[n].name)
        n++;
    table = apr_pcalloc(p, (n + 2) * sizeof(*table));
    memcpy(table, tpa_client_props, n * sizeof(*table));
    table[n].name = "brand_new";
    table[n].type = TPA_P_BOOL;
    table[n].flags = flags;
    return tpa_props_check(table, json("{\"name\": \"n\","
                                       " \"brand_new\": true}"),
                           TPA_ON_CREATE, party, p);
}

START_TEST(new_properties_are_closed)
{
    tpa_err_t *e;

    ck_assert_ptr_null(with_new_row(TPA_ON_BOTH | TPA_FIRST, TPA_FIRST));
    e = with_new_row(TPA_ON_BOTH | TPA_FIRST, TPA_STRICT);
    ck_assert_ptr_nonnull(e);
    ck_assert_str_eq(e->text, "Payload validation error: 'Additional"
                     " properties not allowed: brand_new'.");
    ck_assert_ptr_nonnull(with_new_row(TPA_ON_BOTH | TPA_FIRST,
                                       TPA_PERMISSIVE));
    ck_assert_ptr_nonnull(with_new_row(TPA_ON_BOTH | TPA_FIRST,
                                       TPA_REGISTERED));
    ck_assert_ptr_nonnull(with_new_row(0, TPA_FIRST));
    ck_assert_ptr_null(with_new_row(TPA_ON_BOTH | TPA_FIRST | TPA_STRICT,
                                    TPA_STRICT));
}
END_TEST

/* ---- kinds -------------------------------------------------------------- */

START_TEST(kinds)
{
    ck_assert_int_eq(tpa_client_party(json("{}")), TPA_FIRST);
    ck_assert_int_eq(tpa_client_party(json("{\"is_first_party\": true}")),
                     TPA_FIRST);
    ck_assert_int_eq(tpa_client_party(json("{" STRICT "}")), TPA_STRICT);
    ck_assert_int_eq(tpa_client_party(json("{" PERMISSIVE "}")),
                     TPA_PERMISSIVE);
}
END_TEST

START_TEST(what_is_kept_only)
{
    tpa_json_t *stored = tpa_client_stored(
        json("{\"name\": \"n\", \"sso\": true, \"mobile\": {}}"), p);

    ck_assert_str_eq(tpa_json_canonical(stored, p),
                     "{\"name\":\"n\",\"properties\":"
                     "{\"mobile\":{},\"sso\":true}}");
    ck_assert_str_eq(tpa_json_canonical(tpa_client_stored(
                         json("{\"name\": \"n\"}"), p), p),
                     "{\"name\":\"n\"}");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/client");
    TCase *tc = tap_case(s, "client");

    tcase_add_loop_test(tc, strict_good, 0, PAIRS);
    tcase_add_loop_test(tc, strict_bad, 0, PAIRS);
    tcase_add_test(tc, strict_is_a_curated_list);
    tcase_add_test(tc, new_properties_are_closed);
    tcase_add_test(tc, kinds);
    tcase_add_test(tc, what_is_kept_only);
    return s;
}
