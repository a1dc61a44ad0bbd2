#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "base/form.h"
#include "core/params.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define PKCE "&code_challenge=" CHALLENGE "&code_challenge_method=S256"
#define CODE "client_id=tpc_a&response_type=code"

static tpa_err_t *check(const char *query, int is_strict, tpa_authz_t *a)
{
    apr_table_t *table = apr_table_make(p, 8);

    ck_assert_ptr_eq(tpa_form_parse(query, strlen(query), table, p), TPA_OK);
    tpa_authz_read(table, a);
    return tpa_authz_check(table, is_strict, a, p);
}

/* ---- what passes, and for whom ------------------------------------------ */

enum { STRICT = 1, OTHERS = 2, BOTH = 3 };

static const struct {
    const char *query;
    int passes;       /* for whom */
    const char *name; /* that the refusal names */
} cases[] = {
    { CODE PKCE, BOTH, NULL },
    { CODE, OTHERS, "code_challenge " },
    /* every parameter of the allow-list, spec.md 5.1 */
    { CODE PKCE "&acr_values=a&audience=b&connection=c&correlation_id=d"
      "&display=page&dpop_jkt=" CHALLENGE "&ext-a=1&ext-b=2&login_hint=e"
      "&max_age=0&nonce=f&prompt=login&redirect_uri=g&resource=h&scope=i"
      "&state=j&ui_locales=k&organization=l&response_mode=query", BOTH, NULL },
    { CODE PKCE "&auth0Client=e30", BOTH, NULL },
    /* named as unsupported there, and any other */
    { CODE PKCE "&claims=%7b%7d", OTHERS, "claims " },
    { CODE PKCE "&id_token_hint=a", OTHERS, "id_token_hint " },
    { CODE PKCE "&invitation=a", OTHERS, "invitation " },
    { CODE PKCE "&login_ticket=a", OTHERS, "login_ticket " },
    { CODE PKCE "&screen_hint=signup", OTHERS, "screen_hint " },
    { CODE PKCE "&request=a.b.c", 0, "request " },
    { CODE PKCE "&request_uri=https://a.test/", 0, "request_uri " },
    { CODE PKCE "&made_up=1", OTHERS, "made_up " },
    { CODE PKCE "&Audience=a", OTHERS, "Audience " },
    { CODE PKCE "&ext=1", OTHERS, "ext " },
    { CODE PKCE "&extra-1=1", OTHERS, "extra-1 " },
    { CODE PKCE "&made_up=", BOTH, NULL },
    /* response_type */
    { "client_id=tpc_a" PKCE, 0, "response_type " },
    { "client_id=tpc_a&response_type=" PKCE, 0, "response_type " },
    { "client_id=tpc_a&response_type=token" PKCE, 0, "response_type " },
    { "client_id=tpc_a&response_type=code%20id_token" PKCE, 0,
      "response_type " },
    { "client_id=tpc_a&response_type=Code" PKCE, 0, "response_type " },
    /* response_mode */
    { CODE PKCE "&response_mode=form_post", BOTH, NULL },
    { CODE PKCE "&response_mode=web_message", BOTH, NULL },
    { CODE PKCE "&response_mode=fragment", 0, "response_mode " },
    /* PKCE: half of it, plain, a wrong shape */
    { CODE "&code_challenge=" CHALLENGE, 0, "code_challenge_method " },
    { CODE "&code_challenge_method=S256", 0, "code_challenge " },
    { CODE "&code_challenge=&code_challenge_method=S256", 0,
      "code_challenge " },
    { CODE "&code_challenge=" CHALLENGE "&code_challenge_method=plain", 0,
      "code_challenge_method " },
    { CODE "&code_challenge=" CHALLENGE "&code_challenge_method=s256", 0,
      "code_challenge_method " },
    { CODE "&code_challenge=" CHALLENGE "A&code_challenge_method=S256", 0,
      "code_challenge " },
    { CODE "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c"
      "&code_challenge_method=S256", 0, "code_challenge " },
    { CODE "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c%3d"
      "&code_challenge_method=S256", 0, "code_challenge " },
    { CODE "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"
      "&code_challenge_method=S256", 0, "code_challenge " },
    /* prompt */
    { CODE PKCE "&prompt=none", BOTH, NULL },
    { CODE PKCE "&prompt=login%20consent%20select_account", BOTH, NULL },
    { CODE PKCE "&prompt=none%20login", 0, "prompt " },
    { CODE PKCE "&prompt=create", 0, "prompt " },
    { CODE PKCE "&prompt=Login", 0, "prompt " },
    { CODE PKCE "&prompt=log", 0, "prompt " },
    /* max_age */
    { CODE PKCE "&max_age=2147483647", BOTH, NULL },
    { CODE PKCE "&max_age=2147483648", 0, "max_age " },
    { CODE PKCE "&max_age=-1", 0, "max_age " },
    { CODE PKCE "&max_age=-0", 0, "max_age " },
    { CODE PKCE "&max_age=1.5", 0, "max_age " },
    { CODE PKCE "&max_age=60s", 0, "max_age " },
    /* forms */
    { CODE PKCE "&correlation_id=a-Z_0.*~@%2b/:", BOTH, NULL },
    { CODE PKCE "&correlation_id=a%20b", 0, "correlation_id " },
    { CODE PKCE "&correlation_id=a%2cb", 0, "correlation_id " },
    { CODE PKCE "&dpop_jkt=short", 0, "dpop_jkt " },
    { CODE PKCE "&state=a%0ab", 0, "state " },
    { CODE PKCE "&ext-a=%7f", 0, "ext-a " },
    { CODE PKCE "&state=%c3%a4%20%22%5c%3c", BOTH, NULL },
};

START_TEST(who_may_send_what)
{
    tpa_authz_t a;
    int strict;

    for (strict = 0; strict < 2; strict++) {
        int passes = cases[_i].passes & (strict ? STRICT : OTHERS);
        tpa_err_t *e = check(cases[_i].query, strict, &a);

        ck_assert_msg((e == TPA_OK) == (passes != 0), "%s: %s",
                      cases[_i].query, e ? e->text : "passes");
        if (!e)
            continue;
        ck_assert_str_eq(e->rule, "parameters");
        ck_assert_msg(!strncmp(e->text, "Parameter ", 10)
                      && !strncmp(e->text + 10, cases[_i].name,
                                  strlen(cases[_i].name)),
                      "%s: %s", cases[_i].query, e->text);
    }
}
END_TEST

START_TEST(kinds_of_refusals)
{
    tpa_authz_t a;
    tpa_err_t *e;

    e = check(CODE PKCE "&claims=a", 1, &a);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    ck_assert_str_eq(e->text,
        "Parameter claims is not supported for third-party clients");
    e = check("client_id=a&response_type=token", 0, &a);
    ck_assert_int_eq(e->kind, TPA_E_UNSUPPORTED_RESPONSE_TYPE);
    e = check("client_id=a", 0, &a);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
    e = check(CODE PKCE "&%0a%0a=a", 1, &a);
    ck_assert_str_eq(e->text,
        "A parameter is not supported for third-party clients");
    e = check(CODE PKCE "&request=a", 0, &a);
    ck_assert_str_eq(e->text, "Parameter request is not supported");
}
END_TEST

/* ---- bounds ------------------------------------------------------------- */

static const struct {
    const char *name;
    int max;
} bounds[] = {
    { "state", 4096 }, { "nonce", 1024 }, { "audience", 600 },
    { "resource", 600 }, { "scope", 8192 }, { "organization", 64 },
    { "connection", 128 }, { "login_hint", 320 }, { "ui_locales", 128 },
    { "redirect_uri", 2048 }, { "correlation_id", 64 }, { "ext-a", 512 },
    { "acr_values", 512 }, { "display", 64 },
    { "authorization_details", 4096 },
};

START_TEST(values_are_bounded)
{
    char *value = apr_pcalloc(p, bounds[_i].max + 2);
    tpa_authz_t a;
    tpa_err_t *e;

    memset(value, 'a', bounds[_i].max);
    e = check(apr_pstrcat(p, CODE PKCE "&", bounds[_i].name, "=", value, NULL),
              1, &a);
    ck_assert_msg(!e, "%s: %s", bounds[_i].name, e ? e->text : "");
    value[bounds[_i].max] = 'a';
    e = check(apr_pstrcat(p, CODE PKCE "&", bounds[_i].name, "=", value, NULL),
              1, &a);
    ck_assert_ptr_ne(e, NULL);
    ck_assert_str_eq(e->text, apr_psprintf(p, "Parameter %s is too long",
                                           bounds[_i].name));
}
END_TEST

/* ---- what is read ------------------------------------------------------- */

START_TEST(values_are_read)
{
    tpa_authz_t a;

    ck_assert_ptr_eq(check(CODE PKCE "&prompt=login%20%20consent&max_age=60"
                           "&organization=org_a&state=&Connection=x", 0, &a),
                     TPA_OK);
    ck_assert_str_eq(a.client_id, "tpc_a");
    ck_assert_str_eq(a.response_type, "code");
    ck_assert_str_eq(a.code_challenge, CHALLENGE);
    ck_assert_str_eq(a.organization, "org_a");
    ck_assert_ptr_eq(a.state, NULL);
    ck_assert_ptr_eq(a.connection, NULL);
    ck_assert_ptr_eq(a.response_mode, NULL);
    ck_assert_int_eq(a.asks, TPA_ASK_LOGIN | TPA_ASK_CONSENT);
    ck_assert_int_eq(a.max_age_s, 60);
    ck_assert_ptr_eq(check(CODE, 0, &a), TPA_OK);
    ck_assert_int_eq(a.asks, 0);
    ck_assert_int_eq(a.max_age_s, -1);
    ck_assert_ptr_eq(check(CODE "&prompt=none&max_age=0", 0, &a), TPA_OK);
    ck_assert_int_eq(a.asks, TPA_ASK_NONE);
    ck_assert_int_eq(a.max_age_s, 0);
}
END_TEST

START_TEST(json_and_back)
{
    static const char all[] = CODE PKCE "&redirect_uri=a&response_mode=query"
        "&scope=b&audience=c&resource=d&organization=e&connection=f&state=g"
        "&prompt=select_account&max_age=7&login_hint=h&ui_locales=i&nonce=j"
        "&dpop_jkt=" CHALLENGE "&correlation_id=k";
    tpa_authz_t a, back;
    tpa_json_t *o;

    ck_assert_ptr_eq(check(all, 1, &a), TPA_OK);
    o = tpa_authz_json(&a, p);
    ck_assert_int_eq(tpa_json_size(o), 19);
    ck_assert_str_eq(tpa_json_get_str(o, "nonce"), "j");
    tpa_authz_from_json(o, &back);
    ck_assert_str_eq(tpa_json_print(tpa_authz_json(&back, p), p),
                     tpa_json_print(o, p));
    ck_assert_int_eq(back.asks, TPA_ASK_SELECT_ACCOUNT);
    ck_assert_int_eq(back.max_age_s, 7);
    tpa_authz_from_json(tpa_json_object(p), &back);
    ck_assert_ptr_eq(back.client_id, NULL);
    ck_assert_int_eq(back.max_age_s, -1);
}
END_TEST

START_TEST(names_of_all)
{
    apr_array_header_t *list = tpa_authz_names(p);
    int i;

    ck_assert_int_eq(list->nelts, 24);
    for (i = 0; i < list->nelts; i++)
        ck_assert(strncmp(APR_ARRAY_IDX(list, i, const char *), "request",
                          7));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/params");
    TCase *tc = tap_case(s, "parameters");

    tcase_add_loop_test(tc, who_may_send_what, 0,
                        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, kinds_of_refusals);
    tcase_add_loop_test(tc, values_are_bounded, 0,
                        sizeof(bounds) / sizeof(bounds[0]));
    tcase_add_test(tc, values_are_read);
    tcase_add_test(tc, json_and_back);
    tcase_add_test(tc, names_of_all);
    return s;
}
