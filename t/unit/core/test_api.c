#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/api.h"

#define ISSUER "https://auth.example.com/"
#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static tpa_json_t *json(const char *text)
{
    tpa_json_t *v;
    tpa_err_t *e = tpa_json_parse(text, strlen(text), &v, p);

    ck_assert_msg(!e, "%s", text);
    return v;
}

static void is_refused(const tpa_err_t *e, const char *part, const char *what)
{
    ck_assert_msg(e != TPA_OK, "accepted: %s", what);
    ck_assert_int_eq(tpa_ekind_info(e->kind)->http, 400);
    ck_assert_msg(strstr(e->text, part) != NULL, "%s: %s", what, e->text);
}

/* ---- new APIs ----------------------------------------------------------- */

static const struct {
    const char *members;
    const char *wrong;           /* part of the error; NULL: it is fine */
    const char *member, *value;  /* one of what is stored then */
} apis[] = {
    /* clang-format off */
    { "\"identifier\": \"https://api.example.com/\"", NULL, NULL, NULL },
    { "\"name\": \"x\"", "Missing required property: identifier", NULL, NULL },
    { "\"identifier\": \"\"", "too short", NULL, NULL },
    { "\"identifier\": \"a\\u0001b\"", "Control characters", NULL, NULL },
    { "\"identifier\": \"" ISSUER "api/v2/\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "api/v2\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "me/\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "mfa/\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "my-org/\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "userinfo\"", "reserved", NULL, NULL },
    { "\"identifier\": \"" ISSUER "menu/\"", NULL, NULL, NULL },
    { "\"identifier\": \"x\", \"name\": \"<x>\"", "name", NULL, NULL },
    { "\"identifier\": \"x\", \"is_system\": true", "is_system", NULL, NULL },
    { "\"identifier\": \"x\", \"id\": \"0\"", "id", NULL, NULL },
    { "\"identifier\": \"x\", \"client_id\": \"c\"", "client_id", NULL, NULL },
    { "\"identifier\": \"x\", \"scopes\": [{\"value\": \"read:things\","
      " \"description\": \"Read\"}, {\"value\": \"write:things\"}]", NULL,
      NULL, NULL },
    { "\"identifier\": \"x\", \"scopes\": [{\"value\": \"a\"},"
      " {\"value\": \"a\"}]", "listed twice", NULL, NULL },
    { "\"identifier\": \"x\", \"scopes\": [{\"value\": \"a b\"}]",
      "scopes[0].value", NULL, NULL },
    { "\"identifier\": \"x\", \"scopes\": [{\"value\": \"\xc3\xa4\"}]",
      "scopes[0].value", NULL, NULL },
    { "\"identifier\": \"x\", \"scopes\": [{\"description\": \"x\"}]",
      "Missing required property: value", NULL, NULL },
    { "\"identifier\": \"x\", \"signing_alg\": \"HS256\"", "HS256", NULL,
      NULL },
    { "\"identifier\": \"x\", \"token_lifetime\": 2592001",
      "greater than maximum", NULL, NULL },
    { "\"identifier\": \"x\", \"token_lifetime\": 0", NULL,
      "token_lifetime_for_web", "0" },
    { "\"identifier\": \"x\", \"token_lifetime\": 60", NULL,
      "token_lifetime_for_web", "60" },
    { "\"identifier\": \"x\", \"token_lifetime\": 60,"
      " \"token_lifetime_for_web\": 61", "not be more", NULL, NULL },
    { "\"identifier\": \"x\", \"token_lifetime_for_web\": 86401",
      "not be more", NULL, NULL },
    { "\"identifier\": \"x\", \"token_dialect\": \"rfc9068_profile\"", NULL,
      NULL, NULL },
    { "\"identifier\": \"x\", \"token_dialect\": \"jwt\"", "jwt", NULL,
      NULL },
    { "\"identifier\": \"x\", \"token_encryption\": null", NULL,
      "token_encryption", NULL },
    { "\"identifier\": \"x\", \"token_encryption\": {\"format\": \"x\"}",
      "not supported", NULL, NULL },
    { "\"identifier\": \"x\", \"proof_of_possession\": {\"mechanism\":"
      " \"dpop\", \"required\": true}", NULL, "proof_of_possession",
      "{\"mechanism\":\"dpop\",\"required\":true,"
      "\"required_for\":\"all_clients\"}" },
    { "\"identifier\": \"x\", \"proof_of_possession\": {\"mechanism\":"
      " \"dpop\", \"required\": true, \"required_for\": \"public_clients\"}",
      NULL, "proof_of_possession",
      "{\"mechanism\":\"dpop\",\"required\":true,"
      "\"required_for\":\"public_clients\"}" },
    { "\"identifier\": \"x\", \"proof_of_possession\": {\"required\": true}",
      "Missing required property: mechanism", NULL, NULL },
    { "\"identifier\": \"x\", \"subject_type_authorization\": {\"user\":"
      " {\"policy\": \"deny_all\"}, \"client\": {\"policy\":"
      " \"require_client_grant\"}, \"anonymous_user\": {\"policy\":"
      " \"x\"}}", NULL, NULL, NULL },
    { "\"identifier\": \"x\", \"subject_type_authorization\": {\"client\":"
      " {\"policy\": \"allow_all\"}}", "allow_all", NULL, NULL },
    { "\"identifier\": \"x\", \"authorization_details\": [{\"type\":"
      " \"payment\"}]", NULL, "authorization_details",
      "[{\"type\":\"payment\"}]" },
    { "\"identifier\": \"x\", \"authorization_details\": [{}]",
      "Missing required property: type", NULL, NULL },
    { "\"identifier\": \"x\", \"allow_online_access\": true", NULL,
      "properties", "{\"allow_online_access\":true}" },
    { "\"identifier\": \"x\", \"no_such\": 1", "no_such", NULL, NULL },
    /* clang-format on */
};

static tpa_err_t *make_api(const char *members, tpa_json_t **out)
{
    tpa_json_t *body = json(apr_pstrcat(p, "{", members, "}", NULL));

    TPA_TRY(tpa_props_check(tpa_api_props, body, TPA_ON_CREATE, 0, p));
    return tpa_api_check_new(body, ISSUER, out, p);
}

START_TEST(new_apis)
{
    tpa_json_t *out;
    const tpa_json_t *is;
    tpa_err_t *e = make_api(apis[_i].members, &out);

    if (apis[_i].wrong) {
        is_refused(e, apis[_i].wrong, apis[_i].members);
        return;
    }
    ck_assert_msg(!e, "%s: %s", apis[_i].members, e ? e->text : "");
    is = apis[_i].member ? tpa_json_get(out, apis[_i].member) : NULL;
    if (apis[_i].value)
        ck_assert_str_eq(tpa_json_canonical(is, p), apis[_i].value);
    else
        ck_assert_ptr_null(is);
}
END_TEST

/* ---- changes of APIs ---------------------------------------------------- */

#define API "\"id\": \"0\", \"identifier\": \"x\", \"name\": \"X\"," \
    " \"scopes\": [{\"value\": \"a\"}], \"token_lifetime\": 100," \
    " \"token_lifetime_for_web\": 50, \"subject_type_authorization\":" \
    " {\"user\": {\"policy\": \"allow_all\"}, \"client\": {\"policy\":" \
    " \"deny_all\"}}"
#define SYSTEM API ", \"is_system\": true"

static const struct {
    const char *now, *patch;
    const char *wrong;           /* part of the error; NULL: it is fine */
    const char *result;          /* of the patch then */
} api_changes[] = {
    /* clang-format off */
    { API, "{" API "}", NULL,
      "{\"name\":\"X\",\"scopes\":[{\"value\":\"a\"}],"
      "\"subject_type_authorization\":{\"client\":{\"policy\":\"deny_all\"},"
      "\"user\":{\"policy\":\"allow_all\"}},\"token_lifetime\":100,"
      "\"token_lifetime_for_web\":50}" },
    { API, "{\"token_lifetime\": 40}", NULL,
      "{\"token_lifetime\":40,\"token_lifetime_for_web\":40}" },
    { API, "{\"token_lifetime\": 60}", NULL, "{\"token_lifetime\":60}" },
    { API, "{\"token_lifetime_for_web\": 101}", "not be more", NULL },
    { API, "{\"scopes\": [{\"value\": \"a\"}, {\"value\": \"a\"}]}",
      "listed twice", NULL },
    { API, "{\"proof_of_possession\": null}", NULL,
      "{\"proof_of_possession\":null}" },
    { API, "{\"allow_online_access\": true, \"name\": \"Y\"}", NULL,
      "{\"name\":\"Y\",\"properties\":{\"allow_online_access\":true}}" },
    { API, "{\"authorization_policy\": null}", NULL,
      "{\"properties\":{\"authorization_policy\":null}}" },
    { SYSTEM, "{" SYSTEM "}", NULL, "{}" },
    { SYSTEM, "{\"name\": \"X\"}", NULL, "{}" },
    { SYSTEM, "{\"subject_type_authorization\": {\"user\": {\"policy\":"
      " \"allow_all\"}}}", NULL, "{}" },
    { SYSTEM, "{\"enforce_policies\": false}", NULL, "{}" },
    { SYSTEM, "{\"name\": \"Y\"}",
      "System resource servers cannot be patched.", NULL },
    { SYSTEM, "{\"subject_type_authorization\": {\"user\": {\"policy\":"
      " \"deny_all\"}}}", "System resource servers cannot be patched.", NULL },
    { SYSTEM, "{\"enforce_policies\": true}",
      "System resource servers cannot be patched.", NULL },
    /* clang-format on */
};

START_TEST(changes_of_apis)
{
    tpa_json_t *now = json(apr_pstrcat(p, "{", api_changes[_i].now, "}",
                                       NULL));
    tpa_json_t *patch = json(api_changes[_i].patch);
    tpa_err_t *e = tpa_api_check_change(now, patch, p);

    if (api_changes[_i].wrong) {
        is_refused(e, api_changes[_i].wrong, api_changes[_i].patch);
        return;
    }
    ck_assert_msg(!e, "%s: %s", api_changes[_i].patch, e ? e->text : "");
    ck_assert_str_eq(tpa_json_canonical(patch, p), api_changes[_i].result);
}
END_TEST

/* ---- client grants ------------------------------------------------------ */

#define AUDIENCE "\"audience\": \"x\""
#define OWN AUDIENCE ", \"client_id\": \"c\""
#define DEFAULT AUDIENCE ", \"default_for\": \"third_party_clients\""

static const struct {
    const char *members;
    const char *wrong;           /* part of the error; NULL: it is fine */
} grants[] = {
    /* clang-format off */
    { OWN, NULL },
    { DEFAULT, NULL },
    { AUDIENCE, "Exactly one of client_id and default_for" },
    { OWN ", \"default_for\": \"third_party_clients\"", "Exactly one" },
    { AUDIENCE ", \"default_for\": \"everybody\"", "everybody" },
    { "\"client_id\": \"c\"", "Missing required property: audience" },
    { OWN ", \"scope\": [\"a\", \"b\"]", NULL },
    { OWN ", \"scope\": [\"a b\"]", "scope[0]" },
    { OWN ", \"scope\": [\"\"]", "scope[0]" },
    { OWN ", \"allow_all_scopes\": true", NULL },
    { OWN ", \"allow_all_scopes\": true, \"scope\": []", NULL },
    { OWN ", \"allow_all_scopes\": true, \"scope\": [\"a\"]",
      "beside allow_all_scopes" },
    { OWN ", \"allow_all_scopes\": false, \"scope\": [\"a\"]", NULL },
    { OWN ", \"organization_usage\": \"require\"", NULL },
    { OWN ", \"organization_usage\": \"required\"", "required" },
    { OWN ", \"allow_any_organization\": true", NULL },
    { DEFAULT ", \"organization_usage\": \"deny\"", "organization_usage" },
    { DEFAULT ", \"organization_usage\": null", NULL },
    { DEFAULT ", \"allow_any_organization\": true", "not permitted" },
    { DEFAULT ", \"allow_any_organization\": false", NULL },
    { OWN ", \"subject_type\": \"user\"", NULL },
    { OWN ", \"subject_type\": \"anonymous_user\"", "anonymous_user" },
    { OWN ", \"authorization_details_types\": [\"a\"]", "subject_type user" },
    { OWN ", \"authorization_details_types\": [\"a\"], \"subject_type\":"
      " \"user\"", NULL },
    { OWN ", \"is_system\": true", "is_system" },
    { OWN ", \"id\": \"cgr_1\"", "id" },
    /* clang-format on */
};

START_TEST(new_grants)
{
    tpa_json_t *body = json(apr_pstrcat(p, "{", grants[_i].members, "}",
                                        NULL));
    tpa_err_t *e = tpa_props_check(tpa_client_grant_props, body,
                                   TPA_ON_CREATE, 0, p);

    if (!e)
        e = tpa_client_grant_check_new(body, p);
    if (grants[_i].wrong)
        is_refused(e, grants[_i].wrong, grants[_i].members);
    else
        ck_assert_msg(!e, "%s: %s", grants[_i].members, e ? e->text : "");
}
END_TEST

/* A grant as it is: of whom, and what follows from that. */
#define MINE OWN ", \"subject_type\": \"client\", \"@scopes\":" \
    " [\"a\", \"b\"], \"@third_party\": false"
#define THEIRS OWN ", \"subject_type\": \"client\", \"@scopes\": [\"a\"]," \
    " \"@third_party\": true"
#define OF_ALL DEFAULT ", \"subject_type\": \"user\", \"@scopes\":" \
    " [\"a\"], \"@third_party\": true"
#define BUILT_IN MINE ", \"is_system\": true, \"allow_all_scopes\": true"

static const struct {
    const char *now, *patch;
    const char *wrong;           /* part of the error; NULL: it is fine */
    const char *result;          /* of the patch then */
} grant_changes[] = {
    /* clang-format off */
    { MINE, "{" OWN ", \"scope\": [\"b\"]}", NULL, "{\"scope\":[\"b\"]}" },
    { MINE, "{\"scope\": [\"a\", \"fly\", \"swim\"]}",
      "not defined by the API x: fly, swim", NULL },
    { MINE, "{\"allow_any_organization\": true}", NULL,
      "{\"allow_any_organization\":true}" },
    { THEIRS, "{\"allow_any_organization\": true}", "not permitted", NULL },
    { THEIRS, "{\"allow_any_organization\": false, \"organization_usage\":"
      " \"require\"}", NULL,
      "{\"allow_any_organization\":false,\"organization_usage\":\"require\"}"
    },
    { THEIRS, "{\"allow_all_scopes\": true, \"scope\": [\"a\"]}",
      "beside allow_all_scopes", NULL },
    { THEIRS, "{\"authorization_details_types\": [\"a\"]}",
      "subject_type user", NULL },
    { OF_ALL, "{\"organization_usage\": \"allow\"}", "organization_usage",
      NULL },
    { OF_ALL, "{\"organization_usage\": null, \"scope\": [\"a\"]}", NULL,
      "{\"organization_usage\":null,\"scope\":[\"a\"]}" },
    { OF_ALL, "{\"allow_any_organization\": true}", "not permitted", NULL },
    { OF_ALL, "{\"authorization_details_types\": [\"a\"]}", NULL,
      "{\"authorization_details_types\":[\"a\"]}" },
    { BUILT_IN, "{\"allow_all_scopes\": true}", NULL, "{}" },
    { BUILT_IN, "{\"allow_all_scopes\": false}",
      "System client grants cannot be patched.", NULL },
    /* clang-format on */
};

START_TEST(changes_of_grants)
{
    tpa_json_t *now = json(apr_pstrcat(p, "{", grant_changes[_i].now, "}",
                                       NULL));
    tpa_json_t *patch = json(grant_changes[_i].patch);
    tpa_err_t *e = tpa_client_grant_check_change(now, patch, p);

    if (grant_changes[_i].wrong) {
        is_refused(e, grant_changes[_i].wrong, grant_changes[_i].patch);
        return;
    }
    ck_assert_msg(!e, "%s: %s", grant_changes[_i].patch, e ? e->text : "");
    ck_assert_str_eq(tpa_json_canonical(patch, p), grant_changes[_i].result);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/api");
    TCase *tc = tap_case(s, "api");

    tcase_add_loop_test(tc, new_apis, 0, COUNT(apis));
    tcase_add_loop_test(tc, changes_of_apis, 0, COUNT(api_changes));
    tcase_add_loop_test(tc, new_grants, 0, COUNT(grants));
    tcase_add_loop_test(tc, changes_of_grants, 0, COUNT(grant_changes));
    return s;
}
