/* From login to refresh: what each point of the user flow gets to see, from a
 * real database, as test_store.c says. */
#include <stdio.h>

#include "store/other_side.h"
#include "store/flow.h"

static const char *const flow_rows[] = {
    "INSERT INTO tpa_data.clients (client_id, name, secret_hash)"
    " VALUES ('test-store-2', 'T', repeat('0', 64))",
    "INSERT INTO tpa_data.resource_servers (id, identifier, user_policy)"
    " VALUES (repeat('e', 24), 'urn:test-store', 'deny_all')",
    "INSERT INTO tpa_data.connections (id, name, strategy)"
    " VALUES ('con_TestStore0000001', 'test-store', 'ldap')",
    "INSERT INTO tpa_data.users (user_id, connection_id, connection_user_id)"
    " VALUES ('ldap|test', 'con_TestStore0000001', 'x')",
    NULL
};

/* Steps of a flow: what is written; # stands for 64 zeros, ' for ". */
static const char *const flow_steps[][3] = {
    { "session_start", "created", "{'session_hash':'#','user_id':'ldap|test',"
      "'connection_id':'con_TestStore0000001','lifetime_s':9,'idle_s':9}" },
    { "code_issue", "created", "{'code_hash':'#','session_hash':'#',"
      "'client_id':'test-store-2','user_id':'ldap|test',"
      "'connection_id':'con_TestStore0000001','redirect_uri':'x',"
      "'api_id':'eeeeeeeeeeeeeeeeeeeeeeee','scope':['a'],"
      "'authenticated_at':1000001,'ttl_s':60}" },
    { "code_redeem", "updated", "{'code_hash':'#','client_id':'test-store-2',"
      "'family':{'id':'test-store','token_hash':'#'}}" }
};

static void flow_step(tpa_store_t *st, int step, const char *hash)
{
    char *text = apr_pstrdup(p, flow_steps[step][2]), *at;
    tpa_outcome_t out;
    tpa_json_t *o;

    while ((at = strchr(text, '#')))
        text = apr_pstrcat(p, apr_pstrndup(p, text, at - text), hash, at + 1,
                           NULL);
    while ((at = strchr(text, '\'')))
        *at = '"';
    ck_assert(!tpa_json_parse(text, strlen(text), &o, p));
    ck_assert(!tpa_store_write(st, flow_steps[step][0], o, NULL, &out, p));
    ck_assert_str_eq(out.result, flow_steps[step][1]);
}

START_TEST(flow)
{
    const char *hash = apr_psprintf(p, "%064d", 0);
    tpa_flow_query_t q = { "test-store-2", "urn:test-store", NULL, NULL, NULL,
                           hash, NULL };
    tpa_store_t *st = store_with("");
    tpa_flow_facts_t f;

    sql_all(flow_rows);
    memset(&f, 1, sizeof(f));
    f.asked.state = "kept";
    flow_step(st, 0, hash);
    ck_assert(!tpa_store_authorize_facts(st, &q, &f, p));
    ck_assert_ptr_null(f.client.secret_hash);
    ck_assert_int_eq(f.flow_api.user_policy, TPA_USERS_DENY_ALL);
    ck_assert_str_eq(f.user.id, "ldap|test");
    ck_assert_ptr_null(f.org.id);
    ck_assert_int_eq(f.api.client_denied, 0);
    ck_assert_str_eq(f.asked.state, "kept");
    flow_step(st, 1, hash);
    ck_assert(!tpa_store_code_facts(st, "test-store-2", hash, &f, p));
    ck_assert_str_eq(f.client.secret_hash, hash);
    ck_assert_str_eq(f.held.redirect_uri, "x");
    ck_assert_int_eq(f.user.authenticated_at, 1000001);
    ck_assert_int_eq(f.connections->nelts, 1);
    flow_step(st, 2, hash);
    ck_assert(!tpa_store_refresh_facts(st, "test-store-2", hash, &f, p));
    ck_assert_str_eq(f.held.family_id, "test-store");
    ck_assert_int_eq(f.held.generation, 1);
    ck_assert(!tpa_store_code_facts(st, "test-store-1", hash, &f, p));
    ck_assert_ptr_null(f.held.family_id);
    ck_assert_int_eq(tpa_store_round_trips(st), 7);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("flow");
    TCase *tc;

    if (!getenv("TPA_TEST_DB")) {
        printf("1..0 # SKIP TPA_TEST_DB is not set; t/run.sh sets it\n");
        exit(EXIT_SUCCESS);
    }
    tc = tap_case(s, "flow");
    tcase_add_unchecked_fixture(tc, helpers_up, helpers_down);
    tcase_add_test(tc, flow);
    return s;
}
