#include <apr_strings.h>

#include "base/json.h"
#include "core/org.h"
#include "tap.h"

static tpa_json_t *json_of(const char *text)
{
    tpa_json_t *value;

    ck_assert_msg(!tpa_json_parse(text, strlen(text), &value, p), "%s", text);
    return value;
}

/* ---- tables ------------------------------------------------------------- */

#define NEW TPA_ON_CREATE
#define CHANGE TPA_ON_UPDATE

static const struct {
    const tpa_prop_t *table;
    unsigned when;
    const char *body;
    const char *wrong;      /* a part of the text; NULL: it is fine */
} bodies[] = {
    /* clang-format off */
    { tpa_org_props, NEW, "{\"name\":\"a\"}", NULL },
    { tpa_org_props, NEW, "{\"name\":\"0a_-\"}", NULL },
    { tpa_org_props, NEW, "{\"name\":\"-a\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"_a\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"aA\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"a/\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"a{\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"a`\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"a:\"}", "on property name" },
    { tpa_org_props, NEW, "{\"name\":\"\"}", "too short" },
    { tpa_org_props, NEW, "{}", "Missing required property: name" },
    { tpa_org_props, NEW, "{\"name\":\"a\",\"id\":\"x\"}", "not allowed: id" },
    { tpa_org_props, CHANGE, "{\"id\":\"x\"}", NULL },
    { tpa_org_props, CHANGE, "{\"third_party_client_access\":\"allow\"}",
      NULL },
    { tpa_org_props, CHANGE, "{\"third_party_client_access\":\"deny\"}",
      "No enum match for: deny" },
    { tpa_org_props, CHANGE, "{\"third_party_client_access\":null}",
      "found type null" },
    { tpa_org_props, CHANGE, "{\"enabled_connections\":[]}", "not allowed" },
    { tpa_org_props, CHANGE, "{\"branding\":null}", NULL },
    { tpa_org_props, CHANGE, "{\"branding\":{\"logo_url\":null}}", NULL },
    { tpa_org_props, CHANGE,
      "{\"branding\":{\"logo_url\":\"HTTPS://a.b/c\"}}", NULL },
    { tpa_org_props, CHANGE, "{\"branding\":{\"logo_url\":\"http://a.b/\"}}",
      "must begin with https://" },
    { tpa_org_props, CHANGE, "{\"branding\":{\"logo_url\":\"\"}}",
      "branding.logo_url" },
    { tpa_org_props, CHANGE,
      "{\"branding\":{\"logo_url\":\"https://u:p@a.b/\"}}",
      "branding.logo_url" },
    { tpa_org_props, CHANGE, "{\"branding\":{\"colors\":{\"primary\":\"#abc\","
      "\"page_background\":\"#ABCDEF\"}}}", NULL },
    { tpa_org_props, CHANGE, "{\"branding\":{\"colors\":{\"primary\":\"#abcd\","
      "\"page_background\":\"#ABCDEF\"}}}", "colors.primary" },
    { tpa_org_props, CHANGE, "{\"branding\":{\"colors\":{\"primary\":\"#abg\","
      "\"page_background\":\"#ABCDEF\"}}}", "colors.primary" },
    { tpa_org_props, CHANGE, "{\"branding\":{\"colors\":{\"primary\":\"abcd\","
      "\"page_background\":\"#ABCDEF\"}}}", "colors.primary" },
    { tpa_org_props, CHANGE, "{\"branding\":{\"colors\":"
      "{\"page_background\":\"#ABCDEF\"}}}", "required property: primary" },
    { tpa_org_props, CHANGE, "{\"token_quota\":{\"client_credentials\":{}}}",
      NULL },
    { tpa_org_props, CHANGE, "{\"token_quota\":{\"client_credentials\":"
      "{\"per_day\":0}}}", "less than minimum 1" },
    { tpa_org_connection_props, NEW, "{\"connection_id\":\"x\","
      "\"is_enabled\":false}", NULL },
    { tpa_org_connection_older_props, NEW, "{\"connection_id\":\"x\","
      "\"is_enabled\":false}", "not allowed: is_enabled" },
    { tpa_org_connection_props, CHANGE,
      "{\"organization_access_level\":\"full\"}", NULL },
    { tpa_org_connection_props, CHANGE,
      "{\"organization_access_level\":\"all\"}", "No enum match" },
    { tpa_org_members_props, NEW, "{\"members\":[\"a\"]}", NULL },
    { tpa_org_members_props, NEW, "{\"members\":[]}", "too short" },
    { tpa_org_member_roles_props, NEW, "{\"roles\":[]}", "too short" },
    { tpa_org_grant_props, NEW, "{\"grant_id\":\"x\"}", NULL },
    { tpa_org_grant_props, NEW, "{}", "Missing required property: grant_id" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a.b\"}", NULL },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a-1.B9.co\"}", NULL },
    { tpa_org_domain_props, NEW, "{\"domain\":\"xn--caf-dma.com\"}", NULL },
    { tpa_org_domain_props, NEW, "{\"domain\":\"abc\"}", "must hold a dot" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a-.b\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a.-b\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a..b\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a.b.\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\".a.b\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a_.b\"}", "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"caf\xc3\xa9.fr\"}",
      "no domain name" },
    { tpa_org_domain_props, NEW, "{\"domain\":\"a.b\",\"id\":\"x\"}",
      "not allowed: id" },
    { tpa_org_clients_props, NEW, "{\"clients\":[{\"client_id\":\"x\","
      "\"use_for_member_access\":true}]}", NULL },
    { tpa_org_clients_props, NEW, "{\"clients\":[{\"client_id\":\"x\"}]}",
      "Missing required property: use_for_member_access" },
    { tpa_org_client_props, CHANGE, "{\"use_for_member_access\":true}", NULL },
    { tpa_org_invitation_props, NEW, "{\"inviter\":{\"name\":\"A\"},"
      "\"invitee\":{\"email\":\"a@b.c\"},\"client_id\":\"x\"}", NULL },
    { tpa_org_invitation_props, NEW, "{\"inviter\":{\"name\":\"A\"},"
      "\"invitee\":{\"email\":\"a@b.c\"},\"client_id\":\"x\","
      "\"ttl_sec\":2592001}", "greater than maximum" },
    { tpa_org_invitation_props, NEW, "{\"inviter\":{\"name\":\"A\"},"
      "\"invitee\":{},\"client_id\":\"x\"}", "required property: email" },
    /* clang-format on */
};

#define BODIES (int)(sizeof(bodies) / sizeof(bodies[0]))

START_TEST(body_table)
{
    tpa_err_t *e = tpa_props_check(bodies[_i].table, json_of(bodies[_i].body),
                                   bodies[_i].when, 0, p);

    ck_assert_msg((!e) == !bodies[_i].wrong, "%s: %s", bodies[_i].body,
                  e ? e->text : "fine");
    ck_assert_msg(!e || strstr(e->text, bodies[_i].wrong), "%s", e->text);
}
END_TEST

static const struct {
    const char *email;
    int ok;
} emails[] = {
    { "a@b.c", 1 },           { "first.last+tag@sub.example.com", 1 },
    { "caf\xc3\xa9@b.c", 1 }, { "ab@", 0 },
    { "@b.c", 0 },            { "a@b", 0 },
    { "a@@b.c", 0 },          { "a b@c.d", 0 },
    { "a@b.c\\n", 0 },        { "a\\u007f@b.c", 0 },
    { "<a@b.c>", 0 },         { "a,b@c.d", 0 },
    { "a:b@c.d", 0 },         { "a;b@c.d", 0 },
    { "a@b..c", 0 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c",
      1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c",
      0 },
};

#define EMAILS (int)(sizeof(emails) / sizeof(emails[0]))

START_TEST(email_table)
{
    const char *body = apr_psprintf(p, "{\"inviter\":{\"name\":\"A\"},"
        "\"client_id\":\"x\",\"invitee\":{\"email\":\"%s\"}}",
        emails[_i].email);
    tpa_err_t *e = tpa_props_check(tpa_org_invitation_props, json_of(body),
                                   TPA_ON_CREATE, 0, p);

    ck_assert_msg((!e) == emails[_i].ok, "%s: %s", emails[_i].email,
                  e ? e->text : "fine");
}
END_TEST

/* ---- rules between properties ------------------------------------------- */

#define DB "\"connection\":{\"strategy\":\"auth0\"}"
#define SOCIAL "\"connection\":{\"strategy\":\"oidc\"}"

static const struct {
    const char *now;        /* NULL: it is new */
    const char *sent;
    int ok;
} signups[] = {
    { NULL, "{}", 1 },
    { NULL, "{\"is_signup_enabled\":false}", 1 },
    { NULL, "{\"is_signup_enabled\":true}", 0 },
    { NULL, "{\"is_signup_enabled\":true,"
            "\"assign_membership_on_login\":false}", 0 },
    { NULL, "{\"is_signup_enabled\":true,"
            "\"assign_membership_on_login\":true}", 1 },
    { "{" DB "}", "{\"is_signup_enabled\":true}", 0 },
    { "{" DB ",\"assign_membership_on_login\":true}",
      "{\"is_signup_enabled\":true}", 1 },
    { "{" DB ",\"assign_membership_on_login\":true}",
      "{\"is_signup_enabled\":true,\"assign_membership_on_login\":false}", 0 },
    { "{" DB ",\"assign_membership_on_login\":true,"
      "\"is_signup_enabled\":true}", "{\"assign_membership_on_login\":false}",
      0 },
    { "{" DB ",\"assign_membership_on_login\":true,"
      "\"is_signup_enabled\":true}", "{\"is_signup_enabled\":false,"
      "\"assign_membership_on_login\":false}", 1 },
    { "{" SOCIAL ",\"assign_membership_on_login\":true}",
      "{\"is_signup_enabled\":true}", 0 },
    { "{" SOCIAL ",\"assign_membership_on_login\":true}",
      "{\"is_signup_enabled\":false}", 1 },
};

#define SIGNUPS (int)(sizeof(signups) / sizeof(signups[0]))

START_TEST(signup_table)
{
    const tpa_json_t *now = signups[_i].now ? json_of(signups[_i].now) : NULL;
    tpa_err_t *e = tpa_org_connection_check(now, json_of(signups[_i].sent), p);

    ck_assert_msg((!e) == signups[_i].ok, "%s: %s", signups[_i].sent,
                  e ? e->text : "fine");
    ck_assert(!e || e->kind == TPA_E_INVALID_BODY);
}
END_TEST

START_TEST(new_with_connections)
{
    ck_assert(!tpa_org_check_new(json_of("{}"), p));
    ck_assert(!tpa_org_check_new(json_of("{\"enabled_connections\":["
        "{\"connection_id\":\"a\"},{\"connection_id\":\"b\"}]}"), p));
    ck_assert_str_eq(tpa_org_check_new(json_of("{\"enabled_connections\":["
        "{\"connection_id\":\"a\"},{\"connection_id\":\"b\"},"
        "{\"connection_id\":\"a\"}]}"), p)->text, "Payload validation error:"
        " 'The same one is named twice' on property enabled_connections[2].");
    ck_assert(tpa_org_check_new(json_of("{\"enabled_connections\":["
        "{\"connection_id\":\"a\",\"is_signup_enabled\":true}]}"), p));
}
END_TEST

START_TEST(metadata_is_bounded)
{
    tpa_json_t *now = tpa_json_object(p), *map = tpa_json_object(p), *patch;
    int i;

    for (i = 0; i < TPA_ORG_MOST_METADATA; i++)
        tpa_json_set_str(map, apr_psprintf(p, "k%d", i), "");
    tpa_json_set(now, "metadata", map);
    patch = json_of("{\"metadata\":{\"k0\":\"x\"}}");
    ck_assert(!tpa_org_check_change(now, patch, p));
    patch = json_of("{\"metadata\":{\"other\":\"x\"}}");
    ck_assert(tpa_org_check_change(now, patch, p));
}
END_TEST

static const struct {
    const char *body;
    const char *ids;        /* NULL: it is refused */
} removals[] = {
    { "{\"clients\":[\"a\"]}", "[\"a\"]" },
    { "{\"clients\":[\"a\",{\"client_id\":\"b\"}]}", "[\"a\",\"b\"]" },
    { "{\"clients\":[{\"client_id\":\"b\",\"use_for_member_access\":true}]}",
      "[\"b\"]" },
    { "{\"clients\":[]}", NULL },
    { "{\"clients\":{}}", NULL },
    { "{\"clients\":[\"\"]}", NULL },
    { "{\"clients\":[1]}", NULL },
    { "{\"clients\":[{}]}", NULL },
    { "{\"clients\":[\"a\"],\"more\":1}", NULL },
    { "{\"clients\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
      "\"9\"]}",
      "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]" },
    { "{\"clients\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\","
      "\"9\",\"10\"]}", NULL },
    { "{}", NULL },
    { "[\"a\"]", NULL },
};

#define REMOVALS (int)(sizeof(removals) / sizeof(removals[0]))

START_TEST(removal_table)
{
    tpa_json_t *ids = NULL;
    tpa_err_t *e = tpa_org_clients_read_removal(json_of(removals[_i].body),
                                                &ids, p);

    ck_assert_msg((!e) == (removals[_i].ids != NULL), "%s", removals[_i].body);
    if (removals[_i].ids)
        ck_assert_str_eq(tpa_json_print(ids, p), removals[_i].ids);
    else
        ck_assert_int_eq(e->kind, TPA_E_INVALID_BODY);
}
END_TEST

START_TEST(removal_of_nothing)
{
    tpa_json_t *ids;

    ck_assert(tpa_org_clients_read_removal(NULL, &ids, p));
}
END_TEST

START_TEST(no_application_twice)
{
    ck_assert(!tpa_org_clients_check(json_of("{\"clients\":["
        "{\"client_id\":\"a\"},{\"client_id\":\"b\"}]}"), p));
    ck_assert(tpa_org_clients_check(json_of("{\"clients\":["
        "{\"client_id\":\"a\"},{\"client_id\":\"a\"}]}"), p));
}
END_TEST

static const struct {
    const char *sent;
    int has_mail, ok, ttl_s;
} invitations[] = {
    { "{\"send_invitation_email\":false}", 0, 1, TPA_ORG_TTL_S },
    { "{\"send_invitation_email\":false,\"ttl_sec\":0}", 0, 1, TPA_ORG_TTL_S },
    { "{\"send_invitation_email\":false,\"ttl_sec\":7}", 0, 1, 7 },
    { "{\"send_invitation_email\":true}", 0, 0, 0 },
    { "{}", 0, 0, 0 },
    { "{}", 1, 1, TPA_ORG_TTL_S },
    { "{\"send_invitation_email\":true}", 1, 1, TPA_ORG_TTL_S },
};

#define INVITATIONS (int)(sizeof(invitations) / sizeof(invitations[0]))

START_TEST(invitation_table)
{
    int ttl_s = 0;
    tpa_err_t *e = tpa_org_invitation_check(json_of(invitations[_i].sent),
                                            invitations[_i].has_mail, &ttl_s,
                                            p);

    ck_assert_msg((!e) == invitations[_i].ok, "%s", invitations[_i].sent);
    if (!e)
        ck_assert_int_eq(ttl_s, invitations[_i].ttl_s);
}
END_TEST

START_TEST(small_things)
{
    ck_assert_str_eq(tpa_org_domain_stored("A.B-c.COM", p), "a.b-c.com");
    ck_assert_str_eq(tpa_json_print(tpa_org_usages(p), p),
                     "[\"allow\",\"require\"]");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/org");
    TCase *tc = tap_case(s, "org");

    tcase_add_loop_test(tc, body_table, 0, BODIES);
    tcase_add_loop_test(tc, email_table, 0, EMAILS);
    tcase_add_loop_test(tc, signup_table, 0, SIGNUPS);
    tcase_add_test(tc, new_with_connections);
    tcase_add_test(tc, metadata_is_bounded);
    tcase_add_loop_test(tc, removal_table, 0, REMOVALS);
    tcase_add_test(tc, removal_of_nothing);
    tcase_add_test(tc, no_application_twice);
    tcase_add_loop_test(tc, invitation_table, 0, INVITATIONS);
    tcase_add_test(tc, small_things);
    return s;
}
