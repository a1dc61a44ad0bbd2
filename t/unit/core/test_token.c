#include <string.h>

#include "tap.h"
#include "base/text.h"
#include "core/details.h"
#include "core/token.h"

static tpa_token_spec_t machine(void)
{
    tpa_token_spec_t s = { NULL };

    s.issuer = "https://auth.example.test/";
    s.client_id = "abc";
    s.audience = "https://api.test/";
    s.scopes = tpa_text_split("read:posts write:posts", ' ', p);
    s.permissions = s.scopes;
    s.org_id = "org_1";
    s.gty = "client-credentials";
    s.jti = "j1";
    s.iat_s = 1000;
    s.lifetime_s = 86400;
    return s;
}

#define SHARED \
    "{\"iss\":\"https://auth.example.test/\",\"sub\":\"abc@clients\"," \
    "\"aud\":\"https://api.test/\",\"iat\":1000,\"exp\":87400," \
    "\"scope\":\"read:posts write:posts\",\"org_id\":\"org_1\","
#define PERMISSIONS ",\"permissions\":[\"read:posts\",\"write:posts\"]}"

static const struct {
    tpa_dialect_t dialect;
    const char *typ, *claims;
} cases[] = {
    { TPA_DIALECT_ACCESS_TOKEN, "JWT",
      SHARED "\"gty\":\"client-credentials\",\"azp\":\"abc\"}" },
    { TPA_DIALECT_ACCESS_TOKEN_AUTHZ, "JWT",
      SHARED "\"gty\":\"client-credentials\",\"azp\":\"abc\"" PERMISSIONS },
    { TPA_DIALECT_RFC9068, "at+jwt",
      SHARED "\"client_id\":\"abc\",\"jti\":\"j1\"}" },
    { TPA_DIALECT_RFC9068_AUTHZ, "at+jwt",
      SHARED "\"client_id\":\"abc\",\"jti\":\"j1\"" PERMISSIONS },
};

START_TEST(dialects)
{
    tpa_token_spec_t s = machine();

    s.dialect = cases[_i].dialect;
    ck_assert_str_eq(tpa_token_typ(s.dialect), cases[_i].typ);
    ck_assert_str_eq(tpa_json_print(tpa_token_claims(&s, p), p),
                     cases[_i].claims);
}
END_TEST

START_TEST(what_is_absent_is_left_out)
{
    tpa_token_spec_t s = machine();
    tpa_json_t *o;

    s.org_id = NULL;
    s.scopes = NULL;
    s.gty = NULL;
    o = tpa_token_claims(&s, p);
    ck_assert_ptr_null(tpa_json_get(o, "org_id"));
    ck_assert_ptr_null(tpa_json_get(o, "org_name"));
    ck_assert_ptr_null(tpa_json_get(o, "scope"));
    ck_assert_ptr_null(tpa_json_get(o, "gty"));
    s.org_name = "acme";
    ck_assert_str_eq(tpa_json_get_str(tpa_token_claims(&s, p), "org_name"),
                     "acme");
}
END_TEST

START_TEST(a_key_it_is_bound_to)
{
    tpa_token_spec_t s = machine();

    ck_assert_ptr_null(tpa_json_get(tpa_token_claims(&s, p), "cnf"));
    s.jkt = "thumbprint";
    ck_assert_str_eq(tpa_json_print(tpa_json_get(tpa_token_claims(&s, p),
                                                 "cnf"), p),
                     "{\"jkt\":\"thumbprint\"}");
}
END_TEST

START_TEST(users_are_their_own_subject)
{
    tpa_token_spec_t s = machine();

    s.user_id = "db|1";
    ck_assert_str_eq(tpa_json_get_str(tpa_token_claims(&s, p), "sub"),
                     "db|1");
}
END_TEST

START_TEST(details_are_objects)
{
    static const char sent[] = "[{\"type\":\"a\",\"b\":{\"c\":1}}]";
    tpa_token_spec_t s = machine();
    apr_array_header_t *list;

    ck_assert_ptr_null(tpa_json_get(tpa_token_claims(&s, p),
                                    "authorization_details"));
    ck_assert_ptr_null(tpa_details_parse(sent, &list, p));
    s.details = list;
    ck_assert_str_eq(tpa_json_print(tpa_json_get(tpa_token_claims(&s, p),
                                                 "authorization_details"), p),
                     "[{\"b\":{\"c\":1},\"type\":\"a\"}]");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/token");
    TCase *tc = tap_case(s, "token");

    tcase_add_loop_test(tc, dialects, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, what_is_absent_is_left_out);
    tcase_add_test(tc, a_key_it_is_bound_to);
    tcase_add_test(tc, details_are_objects);
    tcase_add_test(tc, users_are_their_own_subject);
    return s;
}
