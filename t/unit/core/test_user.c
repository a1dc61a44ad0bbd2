#include <string.h>

#include <apr_strings.h>

#include "core/user.h"
#include "tap.h"

#define COUNT(rows) (int)(sizeof(rows) / sizeof(rows[0]))
#define C TPA_ON_CREATE
#define U TPA_ON_UPDATE
#define T10 "0123456789"
#define T70 T10 T10 T10 T10 T10 T10 T10

static tpa_json_t *json(const char *text)
{
    tpa_json_t *v;

    ck_assert_msg(!tpa_json_parse(text, strlen(text), &v, p), "%s", text);
    return v;
}

/* ---- properties --------------------------------------------------------- */

/* clang-format off */
static const struct {
    const tpa_prop_t *table;
    unsigned when;
    const char *body;
    const char *says;    /* how the text goes on after "Payload validation
                            error: '"; NULL: it is good */
} bodies[] = {
    { tpa_user_props, C, "{\"connection\":\"db\"}", NULL },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"a@b\","
      "\"password\":\"12345678\",\"email_verified\":true,\"blocked\":false,"
      "\"username\":\"ann\",\"name\":\"Ann\",\"given_name\":\"A\","
      "\"family_name\":null,\"nickname\":\"n\",\"verify_email\":false,"
      "\"picture\":\"https://example.com/a.png\",\"user_id\":\"x|y\","
      "\"user_metadata\":{\"a\":[1,null]},\"app_metadata\":{}}", NULL },
    { tpa_user_props, C, "{\"email\":\"a@b\"}",
      "Missing required property: connection" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"ab\"}",
      "String is too short (2 chars), minimum 3' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"a.b\"}",
      "It is no e-mail address' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"a b@c\"}",
      "It is no e-mail address' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"@bc\"}",
      "It is no e-mail address' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":\"ab@\"}",
      "It is no e-mail address' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"email\":null}",
      "Expected type string but found type null' on property email" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"password\":\"1234567\"}",
      "String is too short (7 chars), minimum 8' on property password" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"password\":\"" T70
      "12\"}", NULL },
    { tpa_user_props, C, "{\"connection\":\"db\",\"password\":\"" T70
      "123\"}", "String is too long (73 chars), maximum 72' on property"
      " password" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"password\":\"" T70
      "1\xc3\xa9\"}", "It is longer than 72 bytes' on property password" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"username\":\"a@b\"}",
      "A username has no blanks, no control characters and no @' on property"
      " username" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"user_id\":\"a b\"}",
      "An id has no blanks and no control characters' on property user_id" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"user_id\":\"\"}",
      "String is too short (0 chars), minimum 1' on property user_id" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"picture\":\"a\"}", "" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"picture\":"
      "\"javascript:alert(1)\"}", "" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"user_metadata\":[]}",
      "Expected type object but found type array' on property user_metadata" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"password_hash\":\"x\"}",
      "Additional properties not allowed: password_hash" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"identities\":[]}",
      "Additional properties not allowed: identities" },
    { tpa_user_props, C, "{\"connection\":\"db\",\"logins_count\":0}",
      "Additional properties not allowed: logins_count" },
    { tpa_user_props, U, "{}", "Too few properties defined (0), minimum 1" },
    { tpa_user_props, U, "{\"email\":\"a@b\"}", NULL },
    { tpa_user_props, U, "{\"given_name\":null,\"picture\":null}", NULL },
    { tpa_user_props, U, "{\"name\":null}",
      "Expected type string but found type null' on property name" },
    { tpa_user_props, U, "{\"identities\":[{\"provider\":\"auth0\","
      "\"connection\":\"db\",\"user_id\":\"x\",\"isSocial\":false}],"
      "\"created_at\":\"2026\",\"logins_count\":1}", NULL },
    { tpa_user_props, U, "{\"connection_id\":\"con_1\"}",
      "Additional properties not allowed: connection_id" },
    { tpa_role_props, C, "{\"name\":\"Reader\"}", NULL },
    { tpa_role_props, C, "{\"name\":\"R\",\"description\":\"\"}", NULL },
    { tpa_role_props, C, "{\"description\":\"d\"}",
      "Missing required property: name" },
    { tpa_role_props, C, "{\"name\":\"\"}",
      "String is too short (0 chars), minimum 1' on property name" },
    { tpa_role_props, C, "{\"name\":\"<b>\"}",
      "A name holds no < and no >' on property name" },
    { tpa_role_props, C, "{\"name\":\"R\",\"id\":\"rol_1\"}",
      "Additional properties not allowed: id" },
    { tpa_role_props, U, "{\"id\":\"rol_1\",\"description\":null}", NULL },
};
/* clang-format on */

START_TEST(properties)
{
    tpa_err_t *e = tpa_props_check(bodies[_i].table, json(bodies[_i].body),
                                   bodies[_i].when, 0, p);
    const char *start;

    if (!bodies[_i].says) {
        ck_assert_msg(!e, "%s: %s", bodies[_i].body, e ? e->text : "");
        return;
    }
    ck_assert_msg(e != NULL, "%s is accepted", bodies[_i].body);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
    start = apr_pstrcat(p, "Payload validation error: '", bodies[_i].says,
                        NULL);
    ck_assert_msg(!strncmp(e->text, start, strlen(start)), "%s", e->text);
}
END_TEST

/* ---- new users ---------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *body;
    const char *made;    /* NULL: refused */
} news[] = {
    { "{\"connection\":\"db\",\"email\":\"ann@b.c\",\"password\":\"x\","
      "\"user_id\":\"1\"}",
      "{\"connection\":\"db\",\"email\":\"ann@b.c\",\"name\":\"ann@b.c\","
      "\"nickname\":\"ann\",\"password\":\"x\"}" },
    { "{\"email\":\"a@b@c\",\"name\":\"Ann\"}",
      "{\"email\":\"a@b@c\",\"name\":\"Ann\",\"nickname\":\"a@b\"}" },
    { "{\"email\":\"a@b\",\"nickname\":\"n\"}",
      "{\"email\":\"a@b\",\"name\":\"a@b\",\"nickname\":\"n\"}" },
    { "{\"connection\":\"sso\",\"verify_email\":false}",
      "{\"connection\":\"sso\"}" },
    { "{\"verify_email\":true}", NULL },
};
/* clang-format on */

START_TEST(new_users)
{
    tpa_json_t *out = NULL;
    tpa_err_t *e = tpa_user_check_new(json(news[_i].body), &out, p);

    if (!news[_i].made) {
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
        return;
    }
    ck_assert_ptr_null(e);
    ck_assert_str_eq(tpa_json_canonical(out, p), news[_i].made);
}
END_TEST

/* ---- changes ------------------------------------------------------------ */

#define NOW "{\"user_id\":\"auth0|1\",\"email\":\"a@b\"," \
    "\"email_verified\":true,\"identities\":[{\"connection\":\"db\"," \
    "\"provider\":\"auth0\"," \
    "\"user_id\":\"1\",\"isSocial\":false}],\"logins_count\":2}"
#define NOW_SSO "{\"user_id\":\"saml|1\",\"identities\":[{\"connection\":" \
    "\"sso\",\"provider\":\"samlp\",\"user_id\":\"1\"}]}"

/* clang-format off */
static const struct {
    const char *now, *patch;
    const char *made;    /* what is left of the patch; NULL: refused */
    const char *says;
} changes[] = {
    { NOW, "{\"name\":\"Ann\"}", "{\"name\":\"Ann\"}", NULL },
    { NOW, NOW, "{\"email\":\"a@b\",\"email_verified\":true}", NULL },
    { NOW, "{\"email\":\"A@B\"}", "{\"email\":\"A@B\"}", NULL },
    { NOW, "{\"email\":\"c@b\"}",
      "{\"email\":\"c@b\",\"email_verified\":false}", NULL },
    { NOW, "{\"email\":\"c@b\",\"email_verified\":true}",
      "{\"email\":\"c@b\",\"email_verified\":true}", NULL },
    { NOW_SSO, "{\"email\":\"c@b\"}",
      "{\"email\":\"c@b\",\"email_verified\":false}", NULL },
    { NOW, "{\"password\":\"12345678\",\"connection\":\"db\"}",
      "{\"password\":\"12345678\"}", NULL },
    { NOW, "{\"password\":\"12345678\",\"connection\":\"other\"}", NULL,
      "It is not the connection of this user' on property connection" },
    { NOW_SSO, "{\"password\":\"12345678\"}", NULL,
      "The password of this user is kept elsewhere' on property password" },
    { NOW, "{\"verify_email\":true}", NULL,
      "This server sends no messages' on property verify_email" },
    { NOW, "{\"verify_email\":false}", "{}", NULL },
};
/* clang-format on */

START_TEST(changed_users)
{
    tpa_json_t *patch = json(changes[_i].patch);
    tpa_err_t *e = tpa_user_check_change(json(changes[_i].now), patch, p);

    if (!changes[_i].made) {
        ck_assert_ptr_nonnull(e);
        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
        ck_assert_msg(strstr(e->text, changes[_i].says) != NULL, "%s",
                      e->text);
        return;
    }
    ck_assert_msg(!e, "%s", e ? e->text : "");
    ck_assert_str_eq(tpa_json_canonical(patch, p), changes[_i].made);
}
END_TEST

START_TEST(fixed_properties)
{
    tpa_err_t *e = tpa_props_unchanged(tpa_user_props, json(NOW),
                                       json("{\"logins_count\":3}"), p);

    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_null(tpa_props_unchanged(tpa_user_props, json(NOW),
                                           json(NOW), p));
    e = tpa_props_unchanged(tpa_user_props, json(NOW),
                            json("{\"user_id\":\"auth0|2\"}"), p);
    ck_assert_ptr_nonnull(e);
}
END_TEST

/* ---- logins from outside ------------------------------------------------ */

#define T300 T70 T70 T70 T70 T10 T10

static const struct {
    const char *told;
    int is_email, is_name;
} told[] = {
    { NULL, 0, 0 },
    { "", 0, 0 },
    { "ann@example.com", 1, 1 },
    { "a@b", 1, 1 },
    { "Ann Archer", 0, 1 },
    { "Cl\xc3\xa9o D\xc3\xbcrr", 0, 1 },
    { "cl\xc3\xa9o@example.com", 1, 1 },
    { "cl\xe9o@example.com", 0, 0 },
    { "ann@", 0, 1 },
    { "@example.com", 0, 1 },
    { "ann@example.com; bob@example.com", 0, 1 },
    { "ann@example.com;bob@example.com", 0, 1 },
    { "ann@example.com,bob@example.com", 0, 1 },
    { "ann@b@example.com", 0, 1 },
    { "Ann<ann@example.com>", 0, 1 },
    { "\"ann\"@example.com", 0, 1 },
    { "ann@example.com\n", 0, 0 },
    { "ann\x7f@example.com", 0, 0 },
    { T300, 0, 1 },
    { T300 "1", 0, 0 },
    { T300 "123456789012345678@b", 1, 0 },
    { T300 "1234567890123456789@b", 0, 0 },
};

START_TEST(told_from_outside)
{
    const char *text = told[_i].told;

    ck_assert_ptr_eq(tpa_user_told_email(text),
                     told[_i].is_email ? text : NULL);
    ck_assert_ptr_eq(tpa_user_told_name(text),
                     told[_i].is_name ? text : NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/user");
    TCase *tc = tap_case(s, "user");

    tcase_add_loop_test(tc, properties, 0, COUNT(bodies));
    tcase_add_loop_test(tc, new_users, 0, COUNT(news));
    tcase_add_loop_test(tc, changed_users, 0, COUNT(changes));
    tcase_add_test(tc, fixed_properties);
    tcase_add_loop_test(tc, told_from_outside, 0, COUNT(told));
    return s;
}
