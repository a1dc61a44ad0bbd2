#include <string.h>

#include "base/err.h"
#include "tap.h"

static const struct {
    tpa_ekind_t kind;
    const char *oauth;
    int http;
} rows[] = {
    /* clang-format off */
    { TPA_E_INVALID_REQUEST,        "invalid_request",         400 },
    { TPA_E_INVALID_CLIENT,         "invalid_client",          401 },
    { TPA_E_INVALID_GRANT,          "invalid_grant",           400 },
    { TPA_E_UNAUTHORIZED_CLIENT,    "unauthorized_client",     400 },
    { TPA_E_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type",  400 },
    { TPA_E_INVALID_SCOPE,          "invalid_scope",           400 },
    { TPA_E_INVALID_TARGET,         "invalid_target",          400 },
    { TPA_E_INVALID_AUTHORIZATION_DETAILS, "invalid_authorization_details",
      400 },
    { TPA_E_INVALID_DPOP_PROOF,     "invalid_dpop_proof",      400 },
    { TPA_E_USE_DPOP_NONCE,         "use_dpop_nonce",          400 },
    { TPA_E_ACCESS_DENIED,          "access_denied",           400 },
    { TPA_E_NOWHERE_TO_GO,          "invalid_request",         400 },
    { TPA_E_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type", 400 },
    { TPA_E_LOGIN_REQUIRED,         "login_required",          400 },
    { TPA_E_CONSENT_REQUIRED,       "consent_required",        400 },
    { TPA_E_INTERACTION_REQUIRED,   "interaction_required",    400 },
    { TPA_E_INVALID_REDIRECT_URI,   "invalid_redirect_uri",    400 },
    { TPA_E_INVALID_CLIENT_METADATA, "invalid_client_metadata", 400 },
    { TPA_E_CLOSED,                 "access_denied",           403 },
    { TPA_E_TOO_MANY,               "too_many_requests",       429 },
    { TPA_E_METHOD_NOT_ALLOWED,     "invalid_request",         405 },
    { TPA_E_TOO_LARGE,              "invalid_request",         413 },
    { TPA_E_MEDIA_TYPE,             "invalid_request",         415 },
    { TPA_E_INVALID_BODY,           "invalid_body",            400 },
    { TPA_E_INVALID_QUERY,          "invalid_query_string",    400 },
    { TPA_E_INVALID_URI,            "invalid_uri",             400 },
    { TPA_E_INVALID_TOKEN,          "invalid_token",           401 },
    { TPA_E_INSUFFICIENT_SCOPE,     "insufficient_scope",      403 },
    { TPA_E_NOT_SUPPORTED,          "operation_not_supported", 400 },
    { TPA_E_NOT_FOUND,              "not_found",               404 },
    { TPA_E_CONFLICT,               "conflict",                409 },
    { TPA_E_UNAVAILABLE,            "temporarily_unavailable", 503 },
    { TPA_E_INTERNAL,               "server_error",            500 },
    /* clang-format on */
};

#define ROWS (int)(sizeof(rows) / sizeof(rows[0]))

START_TEST(kind_row)
{
    const tpa_ekind_info_t *info = tpa_ekind_info(rows[_i].kind);

    ck_assert_int_eq(rows[_i].kind, _i);
    ck_assert_str_eq(info->oauth, rows[_i].oauth);
    ck_assert_int_eq(info->http, rows[_i].http);
}
END_TEST

START_TEST(every_kind_has_a_row)
{
    ck_assert_int_eq(ROWS, TPA_E_COUNT);
    ck_assert_ptr_eq(tpa_ekind_info(TPA_E_COUNT),
                     tpa_ekind_info(TPA_E_INTERNAL));
    ck_assert_ptr_eq(tpa_ekind_info((tpa_ekind_t)-1),
                     tpa_ekind_info(TPA_E_INTERNAL));
    ck_assert_int_eq(tpa_err(p, TPA_E_COUNT, "x")->kind, TPA_E_INTERNAL);
}
END_TEST

static const struct {
    const char *text, *is;
} texts[] = {
    { "", "" },
    { "Parameter scope is too long", "Parameter scope is too long" },
    { " !#[]~", " !#[]~" },
    { "a\"b\\c", "a?b?c" },
    { "a\r\nSet-Cookie: x\t", "a??Set-Cookie: x?" },
    { "\x7f\x1f\x1b[2J", "???[2J" },
    { "\xc3\xa9", "??" },
    { "100%", "100%" },
};

START_TEST(public_text)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_SCOPE, "%s", texts[_i].text);

    ck_assert_str_eq(e->text, texts[_i].is);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_SCOPE);
    ck_assert_ptr_null(e->detail);
    ck_assert_ptr_null(e->rule);
}
END_TEST

START_TEST(every_byte)
{
    int c;

    for (c = 1; c < 256; c++) {
        int allowed = c == 0x20 || c == 0x21 || (c >= 0x23 && c <= 0x5b)
            || (c >= 0x5d && c <= 0x7e);
        tpa_err_t *e = tpa_err(p, TPA_E_CONFLICT, "%d%c", 7, c);

        ck_assert_int_eq(e->text[0], '7');
        ck_assert_int_eq((unsigned char)e->text[1], allowed ? c : '?');
        ck_assert_int_eq(e->text[2], 0);
    }
}
END_TEST

/* Every character but controls; UTF-8 is not looked at. */
START_TEST(text_with_quotes)
{
    int c;

    for (c = 1; c < 256; c++) {
        tpa_err_t *e = tpa_err_text(p, TPA_E_INVALID_BODY, "%d%c", 7, c);

        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
        ck_assert_int_eq(e->text[0], '7');
        ck_assert_int_eq((unsigned char)e->text[1],
                         c >= 0x20 && c != 0x7f ? c : '?');
        ck_assert_int_eq(e->text[2], 0);
    }
}
END_TEST

START_TEST(own_code)
{
    tpa_err_t *e = tpa_err(p, TPA_E_NOT_FOUND, "no");

    ck_assert_ptr_null(e->code);
    ck_assert_ptr_eq(tpa_err_coded(e, "inexistent_client"), e);
    ck_assert_str_eq(e->code, "inexistent_client");
    ck_assert_ptr_null(tpa_err_coded(TPA_OK, "x"));
}
END_TEST

static const struct {
    tpa_ekind_t asked, kind;
    const char *text;
} privates[] = {
    { TPA_E_INTERNAL, TPA_E_INTERNAL, "internal error" },
    { TPA_E_UNAVAILABLE, TPA_E_UNAVAILABLE, "temporarily unavailable" },
    { TPA_E_INVALID_GRANT, TPA_E_INTERNAL, "internal error" },
};

START_TEST(private_text)
{
    tpa_err_t *e = tpa_err_private(p, privates[_i].asked, "row %d: \"%s\"", 3,
                                   "s3cret");

    ck_assert_int_eq(e->kind, privates[_i].kind);
    ck_assert_str_eq(e->text, privates[_i].text);
    ck_assert_str_eq(e->detail, "row 3: \"s3cret\"");
    ck_assert_ptr_null(e->rule);
}
END_TEST

START_TEST(named_by_rule)
{
    tpa_err_t *e = tpa_err(p, TPA_E_NOT_FOUND, "no");

    ck_assert_ptr_eq(tpa_err_by(e, "first"), e);
    ck_assert_str_eq(e->rule, "first");
    ck_assert_ptr_null(tpa_err_by(TPA_OK, "first"));
}
END_TEST

static tpa_err_t *try_it(tpa_err_t *e, int *after)
{
    TPA_TRY(e);
    *after = 1;
    return TPA_OK;
}

START_TEST(try_leaves)
{
    tpa_err_t *e = tpa_err(p, TPA_E_NOT_FOUND, "no");
    int after = 0;

    ck_assert_ptr_eq(try_it(e, &after), e);
    ck_assert_int_eq(after, 0);
    ck_assert_ptr_null(try_it(TPA_OK, &after));
    ck_assert_int_eq(after, 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/err");
    TCase *tc = tap_case(s, "err");

    tcase_add_loop_test(tc, kind_row, 0, ROWS);
    tcase_add_test(tc, every_kind_has_a_row);
    tcase_add_loop_test(tc, public_text, 0,
                        sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tc, every_byte);
    tcase_add_test(tc, text_with_quotes);
    tcase_add_test(tc, own_code);
    tcase_add_loop_test(tc, private_text, 0,
                        sizeof(privates) / sizeof(privates[0]));
    tcase_add_test(tc, named_by_rule);
    tcase_add_test(tc, try_leaves);
    return s;
}
