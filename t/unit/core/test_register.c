#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/register.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
#define WEB "\"redirect_uris\": [\"https://app.example.com/cb\"]"
#define NATIVE "\"redirect_uris\": [\"http://127.0.0.1:3000/cb\"]"

static tpa_json_t *json(const char *text)
{
    tpa_json_t *v = NULL;
    tpa_err_t *e = tpa_json_parse(text, strlen(text), &v, p);

    ck_assert_msg(!e, "%s", text);
    return v;
}

static tpa_err_t *reads(const char *members, tpa_json_t **said)
{
    return tpa_register_read(json(apr_pstrcat(p, "{", members, "}", NULL)),
                             said, p);
}

/* ---- what is taken ------------------------------------------------------ */

static const struct {
    const char *members;
    const char *said;          /* properties of it, in alphabetical order */
} good[] = {
    /* clang-format off */
    { WEB, "{\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"authorization_code\"],\"name\":\"My App\","
      "\"token_endpoint_auth_method\":\"client_secret_post\"}" },
    { NATIVE ", \"token_endpoint_auth_method\": \"none\", \"client_name\":"
      " \"MCP\", \"grant_types\": [\"refresh_token\", \"client_credentials\","
      " \"authorization_code\"], \"response_types\": [\"code\"], \"scope\":"
      " \"admin\", \"contacts\": 1, \"jwks_uri\": \"http://10.0.0.1/\"",
      "{\"allowed_origins\":[\"http://127.0.0.1:3000\"],"
      "\"app_type\":\"native\",\"callbacks\":[\"http://127.0.0.1:3000/cb\"],"
      "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
      "\"name\":\"MCP\",\"token_endpoint_auth_method\":\"none\"}" },
    { WEB ", \"client_name\": null, \"grant_types\": null, \"logo_uri\": null,"
      " \"application_type\": null, \"token_endpoint_auth_method\": null,"
      " \"response_types\": null",
      "{\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"authorization_code\"],\"name\":\"My App\","
      "\"token_endpoint_auth_method\":\"client_secret_post\"}" },
    { WEB ", \"client_name\": \"\", \"grant_types\": [], \"response_types\":"
      " [], \"logo_uri\": \"\", \"application_type\": \"web\","
      " \"token_endpoint_auth_method\": \"client_secret_basic\"",
      "{\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"authorization_code\"],\"name\":\"My App\","
      "\"token_endpoint_auth_method\":\"client_secret_basic\"}" },
    { "\"redirect_uris\": [\"https://App.example.com:443/a\","
      " \"https://app.example.com/b\", \"https://b.example:8443?c\"],"
      " \"token_endpoint_auth_method\": \"none\", \"logo_uri\":"
      " \"HTTPS://app.example.com/l.png\"",
      "{\"allowed_origins\":[\"https://app.example.com\","
      "\"https://b.example:8443\"],\"app_type\":\"spa\","
      "\"callbacks\":[\"https://App.example.com:443/a\","
      "\"https://app.example.com/b\",\"https://b.example:8443?c\"],"
      "\"grant_types\":[\"authorization_code\"],"
      "\"logo_uri\":\"HTTPS://app.example.com/l.png\",\"name\":\"My App\","
      "\"token_endpoint_auth_method\":\"none\"}" },
    { WEB ", \"dpop_bound_access_tokens\": true",
      "{\"app_type\":\"regular_web\","
      "\"callbacks\":[\"https://app.example.com/cb\"],"
      "\"grant_types\":[\"authorization_code\"],\"name\":\"My App\","
      "\"require_proof_of_possession\":true,"
      "\"token_endpoint_auth_method\":\"client_secret_post\"}" },
    /* clang-format on */
};

START_TEST(takes)
{
    tpa_json_t *said = NULL;
    tpa_err_t *e = reads(good[_i].members, &said);

    ck_assert_msg(!e, "%s: %s", good[_i].members, e ? e->text : "");
    ck_assert_str_eq(tpa_json_canonical(said, p), good[_i].said);
}
END_TEST

/* ---- the kind of application -------------------------------------------- */

static const struct {
    const char *uris;
    const char *more;
    const char *kind;          /* NULL: refused */
} kinds[] = {
    { "\"https://a.example/\"", "", "regular_web" },
    { "\"http://localhost/\"", "", "native" },
    { "\"http://127.0.0.1:1/x\", \"http://[::1]/\"", "", "native" },
    { "\"cursor://x/y\"", "", "native" },
    { "\"com.example.app:/cb\", \"http://localhost:1/\"", "", "native" },
    { "\"https://a.example/\", \"http://127.0.0.1/\"", "", "native" },
    { "\"https://a.example/\"", ", \"application_type\": \"native\"",
      "native" },
    { "\"http://localhost/\"", ", \"application_type\": \"web\"",
      "regular_web" },
    { "\"cursor://x/y\"", ", \"application_type\": \"native\"", "native" },
    { "\"cursor://x/y\"", ", \"application_type\": \"web\"", NULL },
    { "\"https://a.example/\"", ", \"application_type\": \"spa\"", NULL },
    { "\"https://a.example/\"", ", \"application_type\": 1", NULL },
    { "\"https://a.example/\"", ", \"application_type\": \"web\","
      " \"token_endpoint_auth_method\": \"none\"", "spa" },
};

START_TEST(kind)
{
    tpa_json_t *said = NULL;
    tpa_err_t *e = reads(apr_pstrcat(p, "\"redirect_uris\": [", kinds[_i].uris,
                                     "]", kinds[_i].more, NULL), &said);

    ck_assert_msg(!e == !!kinds[_i].kind, "%s%s: %s", kinds[_i].uris,
                  kinds[_i].more, e ? e->text : "taken");
    if (!e)
        ck_assert_str_eq(tpa_json_get_str(said, "app_type"), kinds[_i].kind);
}
END_TEST

/* ---- what is refused ---------------------------------------------------- */

static const struct {
    tpa_ekind_t kind;
    const char *members;
    const char *begins;        /* of the text */
} bad[] = {
    /* clang-format off */
    { TPA_E_INVALID_REDIRECT_URI, "", "redirect_uris: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"dpop_bound_access_tokens\": 1",
      "dpop_bound_access_tokens: it must be true or false" },
    { TPA_E_INVALID_REDIRECT_URI, "\"redirect_uris\": null",
      "redirect_uris: " },
    { TPA_E_INVALID_REDIRECT_URI, "\"redirect_uris\": []",
      "redirect_uris: " },
    { TPA_E_INVALID_REDIRECT_URI, "\"redirect_uris\": \"https://a.example/\"",
      "redirect_uris: " },
    { TPA_E_INVALID_REDIRECT_URI, "\"redirect_uris\": {}", "redirect_uris: " },
    { TPA_E_INVALID_REDIRECT_URI, "\"redirect_uris\": [1]",
      "redirect_uris: each" },
    { TPA_E_INVALID_REDIRECT_URI,
      "\"redirect_uris\": [\"https://a.example/\", \"x\"]",
      "redirect_uris[1]: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"client_name\": 1",
      "client_name: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"client_name\": \"<b>\"",
      "client_name: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"client_name\": \" \"",
      "client_name: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"client_name\": \"a\\nb\"",
      "client_name: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"client_name\": \"a\\u202eb\"",
      "client_name: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"grant_types\": \"x\"",
      "grant_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"grant_types\": [1]",
      "grant_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"grant_types\": [\"client_credentials\"]", "grant_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"grant_types\": [\"refresh_token\"]", "grant_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"response_types\": [\"token\"]",
      "response_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"response_types\": [null]",
      "response_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"response_types\": \"code\"",
      "response_types: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"token_endpoint_auth_method\": \"private_key_jwt\"",
      "token_endpoint_auth_method: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"token_endpoint_auth_method\": []", "token_endpoint_auth_method: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB ", \"logo_uri\": 1", "logo_uri: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"logo_uri\": \"http://a.example/\"", "logo_uri: " },
    { TPA_E_INVALID_CLIENT_METADATA, WEB
      ", \"logo_uri\": \"javascript:alert(1)\"", "logo_uri: " },
    /* clang-format on */
};

START_TEST(refuses)
{
    tpa_json_t *said = NULL;
    tpa_err_t *e = reads(bad[_i].members, &said);

    ck_assert_msg(e != TPA_OK, "taken: %s", bad[_i].members);
    ck_assert_int_eq(e->kind, bad[_i].kind);
    ck_assert_msg(!strncmp(e->text, bad[_i].begins, strlen(bad[_i].begins)),
                  "%s: %s", bad[_i].members, e->text);
}
END_TEST

START_TEST(no_object)
{
    tpa_json_t *said;

    ck_assert_ptr_nonnull(tpa_register_read(json("[]"), &said, p));
    ck_assert_ptr_nonnull(tpa_register_read(NULL, &said, p));
}
END_TEST

static const char *uris(int n)
{
    const char *list = "";
    int i;

    for (i = 0; i < n; i++)
        list = apr_psprintf(p, "%s%s\"https://a.example/%d\"", list,
                            i ? ", " : "", i);
    return apr_pstrcat(p, "\"redirect_uris\": [", list, "]", NULL);
}

START_TEST(at_most)
{
    tpa_json_t *said;
    char name[257];

    ck_assert_ptr_null(reads(uris(TPA_REGISTER_URIS), &said));
    ck_assert_ptr_nonnull(reads(uris(TPA_REGISTER_URIS + 1), &said));
    memset(name, 'x', 256);
    name[256] = '\0';
    ck_assert_ptr_nonnull(reads(apr_pstrcat(p, WEB ", \"client_name\": \"",
                                            name, "\"", NULL), &said));
    name[255] = '\0';
    ck_assert_ptr_null(reads(apr_pstrcat(p, WEB ", \"client_name\": \"", name,
                                         "\"", NULL), &said));
}
END_TEST

/* ---- the application and the answer ------------------------------------- */

START_TEST(strict_client)
{
    tpa_json_t *said, *client;

    ck_assert_ptr_null(reads(NATIVE ", \"token_endpoint_auth_method\":"
                             " \"none\"", &said));
    ck_assert_ptr_null(tpa_register_client(said, TPA_STRICT, &client, p));
    ck_assert_str_eq(tpa_json_get_str(client, "registered_via"), "dynamic");
    ck_assert_str_eq(tpa_json_get_str(client, "third_party_security_mode"),
                     "strict");
    ck_assert_str_eq(tpa_json_get_str(client, "redirection_policy"),
                     "open_redirect_protection");
    ck_assert_ptr_null(tpa_json_get(client, "organization_usage"));
    ck_assert_str_eq(tpa_json_get_str(tpa_json_get(client, "refresh_token"),
                                      "rotation_type"), "rotating");
    ck_assert_int_eq(tpa_client_party(client), TPA_STRICT);
}
END_TEST

START_TEST(permissive_client)
{
    tpa_json_t *said, *client;

    ck_assert_ptr_null(reads(WEB, &said));
    ck_assert_ptr_null(tpa_register_client(said, TPA_PERMISSIVE, &client, p));
    ck_assert_int_eq(tpa_client_party(client), TPA_PERMISSIVE);
    ck_assert_str_eq(tpa_json_get_str(client, "redirection_policy"),
                     "allow_always");
}
END_TEST

/* usage, whose mode, what becomes of it; NULL: no Organizations */
static const struct {
    const char *usage;
    unsigned party;
    const char *stored;
} usages[] = {
    { NULL, TPA_STRICT, NULL },
    { "deny", TPA_STRICT, NULL },
    { "allow", TPA_STRICT, "allow" },
    { "require", TPA_STRICT, "require" },
    { "require", TPA_PERMISSIVE, NULL }
};

START_TEST(organizations)
{
    tpa_json_t *said, *client;
    const char *stored = usages[_i].stored, *prompt;

    ck_assert_ptr_null(reads(WEB, &said));
    ck_assert_ptr_null(tpa_register_client(said, usages[_i].party, &client,
                                           p));
    tpa_register_organizations(client, usages[_i].usage);
    prompt = tpa_json_get_str(client, "organization_require_behavior");
    ck_assert_pstr_eq(tpa_json_get_str(client, "organization_usage"), stored);
    ck_assert_int_eq(prompt && !strcmp(prompt, "post_login_prompt"), !!stored);
}
END_TEST

/* What the two files say must agree, else everybody is refused. */
START_TEST(disagreement)
{
    tpa_json_t *client;
    tpa_err_t *e = tpa_register_client(json("{\"name\": \"x\", \"callbacks\":"
                                            " [\"http://a.example/\"]}"),
                                       TPA_STRICT, &client, p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
}
END_TEST

START_TEST(answer)
{
    tpa_json_t *said, *client;

    ck_assert_ptr_null(reads(NATIVE ", \"client_name\": \"MCP\","
                             " \"token_endpoint_auth_method\": \"none\"",
                             &said));
    ck_assert_ptr_null(tpa_register_client(said, TPA_STRICT, &client, p));
    ck_assert_str_eq(
        tpa_json_canonical(tpa_register_answer(client, 17, p), p),
        "{\"application_type\":\"native\",\"client_id_issued_at\":17,"
        "\"client_name\":\"MCP\",\"grant_types\":[\"authorization_code\"],"
        "\"redirect_uris\":[\"http://127.0.0.1:3000/cb\"],"
        "\"response_types\":[\"code\"],"
        "\"token_endpoint_auth_method\":\"none\"}");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/register");
    TCase *tc = tap_case(s, "register");

    tcase_add_loop_test(tc, takes, 0, COUNT(good));
    tcase_add_loop_test(tc, kind, 0, COUNT(kinds));
    tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
    tcase_add_test(tc, no_object);
    tcase_add_test(tc, at_most);
    tcase_add_test(tc, strict_client);
    tcase_add_test(tc, permissive_client);
    tcase_add_loop_test(tc, organizations, 0, COUNT(usages));
    tcase_add_test(tc, disagreement);
    tcase_add_test(tc, answer);
    return s;
}
