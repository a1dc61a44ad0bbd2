#include <string.h>

#include "tap.h"
#include "core/event.h"

START_TEST(members_are_bounded_and_safe)
{
    tpa_event_t e = { NULL };
    char name[2000];
    tpa_json_t *o;
    const char *shown;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    name[3] = '\n';
    e.log_id = "1";
    e.type = "feccft";
    e.date = 5;
    e.client_name = name;
    o = tpa_event_json(&e, p);
    shown = tpa_json_get_str(o, "client_name");
    ck_assert_ptr_null(strchr(shown, '\n'));
    ck_assert_int_lt(strlen(shown), 300);
    ck_assert_str_eq(tpa_json_get_str(o, "type"), "feccft");
    ck_assert_ptr_null(tpa_json_get(o, "ref"));
    ck_assert_ptr_null(tpa_json_get(o, "details"));
}
END_TEST

START_TEST(details_are_kept)
{
    tpa_event_t e = { NULL };
    tpa_json_t *details = tpa_json_object(p);

    tpa_json_set_str(details, "flow", "client_credentials");
    e.details = details;
    ck_assert_str_eq(tpa_json_print(tpa_event_json(&e, p), p),
                     "{\"date\":0,\"details\":"
                     "{\"flow\":\"client_credentials\"}}");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/event");
    TCase *tc = tap_case(s, "event");

    tcase_add_test(tc, members_are_bounded_and_safe);
    tcase_add_test(tc, details_are_kept);
    return s;
}
