#include <string.h>

#include "tap.h"
#include "core/flow_int.h"

static tpa_json_t *json(const char *text)
{
    tpa_json_t *o;

    ck_assert_ptr_null(tpa_json_parse(text, strlen(text), &o, p));
    return o;
}

/* A value of the right type for every member that the database answers. */
static tpa_json_t *sample(const tpa_field_t *fields)
{
    tpa_json_t *o = tpa_json_object(p), *a;
    const tpa_field_t *row;

    for (row = fields; row->name; row++) {
        if (!(row->where & TPA_FIELD_ANSWERED))
            continue;
        a = tpa_json_array(p);
        switch (row->type) {
        case TPA_FIELD_TEXT:
            tpa_json_set_str(o, row->name, row->name);
            break;
        case TPA_FIELD_LIST:
            tpa_json_add_str(a, row->name);
            tpa_json_set(o, row->name, a);
            break;
        case TPA_FIELD_FLAG:
            tpa_json_set_bool(o, row->name, 1);
            break;
        case TPA_FIELD_NUMBER:
        case TPA_FIELD_TIME:
            tpa_json_set_int(o, row->name, row - fields + 1);
            break;
        case TPA_FIELD_ENUM:
            tpa_json_set_str(o, row->name, row->names[1]);
            break;
        case TPA_FIELD_STRUCTS:
            tpa_json_add(a, sample(row->parts));
            tpa_json_set(o, row->name, a);
            break;
        }
    }
    return o;
}

static const char *answer(void)
{
    return tpa_json_print(sample(tpa_flow_fields), p);
}

START_TEST(every_member_is_taken)
{
    tpa_flow_facts_t f;

    memset(&f, 0, sizeof(f));
    f.asked.audience = "kept";
    ck_assert_int_eq(tpa_flow_facts_fill(&f, answer(), p), 1);
    ck_assert_str_eq(f.asked.audience, "kept");
    ck_assert_str_eq(f.client.secret_hash, "client_secret_hash");
    ck_assert_str_eq(f.user.email, "user_email");
    ck_assert_str_eq(f.held.successor, "held_successor");
    ck_assert_int_eq(f.app.org_prompt, TPA_PROMPT_PRE_LOGIN);
    ck_assert_int_eq(f.flow_api.user_policy, TPA_USERS_NEED_GRANT);
    ck_assert_int_eq(f.client.via, TPA_VIA_DYNAMIC);
    ck_assert_int_gt(f.app.refresh_idle_s, 0);
    ck_assert_int_gt(f.flow_tenant.session_s, 0);
    ck_assert(f.user.authenticated_at > 0);
    ck_assert_str_eq(f.org.logo_url, "org_logo_url");
    ck_assert_str_eq(APR_ARRAY_IDX(f.connections, 0, tpa_connection_t).name,
                     "name");
    ck_assert_int_eq(APR_ARRAY_IDX(f.orgs, 0, tpa_flow_org_t).uses_connection,
                     1);
    ck_assert_str_eq(APR_ARRAY_IDX(f.scope_texts, 0,
                                   tpa_scope_text_t).description,
                     "description");
    ck_assert_int_eq(tpa_flow_facts_fill(&f, "{\"made_up\":1}", p), 0);
    ck_assert_int_eq(tpa_flow_facts_fill(&f, "{\"asked_audience\":\"a\"}",
                                         p), 0);
}
END_TEST

/* Two rows that point at one member, or a row twice, would be a slip. */
START_TEST(rows_are_distinct)
{
    const tpa_field_t *a, *b;

    for (a = tpa_flow_fields; a->name; a++) {
        for (b = a + 1; b->name; b++) {
            ck_assert_str_ne(a->name, b->name);
            ck_assert_msg(a->offset != b->offset, "%s and %s", a->name,
                          b->name);
        }
    }
}
END_TEST

START_TEST(facts_survive_storing)
{
    static const char *const never[] = {
        "secret", "credentials", "email", "picture", "successor",
        "code_challenge", "session_hash", "callbacks", "logo"
    };
    tpa_progress_t progress = { 5, 1, "org_a", 1, 1, 1 };
    tpa_flow_case_t *back;
    tpa_flow_facts_t f;
    const char *text;
    apr_size_t i;

    memset(&f, 0, sizeof(f));
    ck_assert_int_eq(tpa_flow_facts_fill(&f, answer(), p), 1);
    f.asked.prompt = "login consent";
    f.asked.max_age = "9";
    f.asked.state = "never stored";
    text = tpa_json_print(tpa_flow_facts_json(&f, &progress, 77, p), p);
    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        ck_assert_msg(!strstr(text, never[i]), "%s in %s", never[i], text);
    ck_assert_ptr_null(strstr(text, "never stored"));
    back = tpa_flow_case_from_json(TPA_AT_AUTHORIZE, json(text), p);
    ck_assert_str_eq(tpa_json_print(tpa_flow_facts_json(
                                        &back->facts, &back->progress,
                                        back->now, p), p), text);
    ck_assert_int_eq(back->point, TPA_AT_AUTHORIZE);
    ck_assert(back->now == 77);
    ck_assert_str_eq(back->progress.org, "org_a");
    ck_assert(back->progress.started_at == 5);
    ck_assert_int_eq(back->facts.asked.asks,
                     TPA_ASK_LOGIN | TPA_ASK_CONSENT);
    ck_assert_int_eq(back->facts.asked.max_age_s, 9);
}
END_TEST

START_TEST(facts_without_progress)
{
    tpa_flow_facts_t f;
    tpa_flow_case_t *back;

    memset(&f, 0, sizeof(f));
    back = tpa_flow_case_from_json(TPA_AT_REFRESH,
                                   tpa_flow_facts_json(&f, NULL, 0, p), p);
    ck_assert_int_eq(back->point, TPA_AT_REFRESH);
    ck_assert(back->now == 0);
    ck_assert_int_eq(back->progress.org_settled, 0);
    ck_assert_int_eq(back->facts.asked.max_age_s, -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/flow_facts");
    TCase *tc = tap_case(s, "facts of the user flow");

    tcase_add_test(tc, every_member_is_taken);
    tcase_add_test(tc, rows_are_distinct);
    tcase_add_test(tc, facts_survive_storing);
    tcase_add_test(tc, facts_without_progress);
    return s;
}
