#include <string.h>

#include "base/reply.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static void assert_header(const tpa_reply_t *reply, const char *name,
                          const char *value)
{
    const char *is = apr_table_get(reply->headers, name);

    if (!value)
        ck_assert_msg(!is, "%s: %s", name, is);
    else {
        ck_assert_msg(is != NULL, "no %s", name);
        ck_assert_str_eq(is, value);
    }
}

START_TEST(made_empty)
{
    tpa_reply_t *reply = tpa_reply_make(p);

    ck_assert_ptr_null(reply->body);
    ck_assert_ptr_null(reply->content_type);
    ck_assert_ptr_nonnull(reply->headers);
    ck_assert_int_eq(apr_table_elts(reply->headers)->nelts, 0);
    /* Forgotten is not a success. */
    ck_assert_int_eq(reply->status, 500);
}
END_TEST

START_TEST(json)
{
    tpa_reply_t *reply = tpa_reply_make(p);
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "token_type", "Bearer");
    tpa_json_set_int(o, "expires_in", 86400);
    apr_table_setn(reply->headers, "X-Early", "kept");
    apr_table_setn(reply->headers, "Cache-Control", "public");
    tpa_reply_json(reply, 201, o, p);
    ck_assert_int_eq(reply->status, 201);
    ck_assert_str_eq(reply->content_type, "application/json");
    ck_assert_str_eq(reply->body,
                     "{\"token_type\":\"Bearer\",\"expires_in\":86400}");
    assert_header(reply, "Cache-Control", "no-store");
    assert_header(reply, "Pragma", "no-cache");
    assert_header(reply, "X-Early", "kept");
    assert_header(reply, "Retry-After", NULL);
    ck_assert_int_eq(apr_table_elts(reply->headers)->nelts, 3);
}
END_TEST

static const struct {
    tpa_ekind_t kind;
    const char *text;
    int status;
    const char *body;
    const char *retry_after;
} errors[] = {
    /* clang-format off */
    { TPA_E_INVALID_CLIENT, "Client authentication failed", 401,
      "{\"error\":\"invalid_client\","
      "\"error_description\":\"Client authentication failed\"}", NULL },
    { TPA_E_INVALID_GRANT, "", 400, "{\"error\":\"invalid_grant\"}", NULL },
    { TPA_E_METHOD_NOT_ALLOWED, "POST only", 405,
      "{\"error\":\"invalid_request\",\"error_description\":\"POST only\"}",
      NULL },
    { TPA_E_UNAVAILABLE, "temporarily unavailable", 503,
      "{\"error\":\"temporarily_unavailable\","
      "\"error_description\":\"temporarily unavailable\"}", "7" },
    { TPA_E_INTERNAL, "internal error", 500,
      "{\"error\":\"server_error\",\"error_description\":\"internal error\"}",
      NULL },
    /* clang-format on */
};

START_TEST(error)
{
    tpa_txn_t t = { .p = p };
    tpa_reply_t *reply = tpa_reply_make(p);
    tpa_err_t *e = tpa_err(p, errors[_i].kind, "%s", errors[_i].text);

    e->detail = "s3cret";
    tpa_err_by(e, "s3cret");
    apr_table_setn(reply->headers, "Allow", "POST");
    tpa_reply_error(&t, reply, e, 7);
    ck_assert_int_eq(reply->status, errors[_i].status);
    ck_assert_str_eq(reply->content_type, "application/json");
    ck_assert_str_eq(reply->body, errors[_i].body);
    assert_header(reply, "Cache-Control", "no-store");
    assert_header(reply, "Pragma", "no-cache");
    assert_header(reply, "Allow", "POST");
    assert_header(reply, "Retry-After", errors[_i].retry_after);
}
END_TEST

START_TEST(error_without_text)
{
    tpa_txn_t t = { .p = p };
    tpa_reply_t *reply = tpa_reply_make(p);
    tpa_err_t e = { TPA_E_NOT_FOUND };

    tpa_reply_error(&t, reply, &e, 7);
    ck_assert_str_eq(reply->body, "{\"error\":\"not_found\"}");
}
END_TEST

START_TEST(error_after_success)
{
    tpa_txn_t t = { .p = p };
    tpa_reply_t *reply = tpa_reply_make(p);
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "access_token", "s3cret");
    tpa_reply_json(reply, 200, o, p);
    tpa_reply_error(&t, reply, tpa_err(p, TPA_E_CONFLICT, "no"), 7);
    ck_assert_int_eq(reply->status, 409);
    ck_assert_ptr_null(strstr(reply->body, "s3cret"));
}
END_TEST

START_TEST(no_store)
{
    tpa_reply_t *reply = tpa_reply_make(p);

    tpa_reply_no_store(reply);
    tpa_reply_no_store(reply);
    ck_assert_int_eq(apr_table_elts(reply->headers)->nelts, 2);
    assert_header(reply, "Cache-Control", "no-store");
    assert_header(reply, "Pragma", "no-cache");
}
END_TEST

/* ---- the parameters of a transaction (txn.h) ---------------------------- */

static const struct {
    const char *name, *value;
} params[] = {
    { "client_id", "a" },
    { "CLIENT_ID", NULL },
    { "Client_Secret", "b" },
    { "client_secret", NULL },
    { "scope", NULL },
    { "audience", NULL },
    { "", NULL },
};

START_TEST(param)
{
    tpa_req_t req = { NULL };
    tpa_txn_t t = { .p = p, .req = &req };
    const char *value;

    ck_assert_ptr_null(tpa_txn_param(&t, params[_i].name));
    req.form = apr_table_make(p, 4);
    apr_table_addn(req.form, "client_id", "a");
    apr_table_addn(req.form, "Client_Secret", "b");
    apr_table_addn(req.form, "scope", "");
    value = tpa_txn_param(&t, params[_i].name);
    if (!params[_i].value)
        ck_assert_ptr_null(value);
    else
        ck_assert_str_eq(value, params[_i].value);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("base/reply");
    TCase *tc = tap_case(s, "reply");

    tcase_add_test(tc, made_empty);
    tcase_add_test(tc, json);
    tcase_add_loop_test(tc, error, 0, COUNT(errors));
    tcase_add_test(tc, error_without_text);
    tcase_add_test(tc, error_after_success);
    tcase_add_test(tc, no_store);
    tcase_add_loop_test(tc, param, 0, COUNT(params));
    return s;
}
