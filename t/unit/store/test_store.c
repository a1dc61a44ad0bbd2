/* The store against a real database: TPA_TEST_DB is the libpq connection
 * string of one with the schema applied, as its owner. The whole room is here,
 * for none of it is worth anything without the other side. */
#include <stdio.h>
#include <unistd.h>

#include "store/other_side.h"
#include "store/events.h"
#include "store/facts.h"
#include "store/keys.h"
#include "store/schema.h"

/* ---- answers ------------------------------------------------------------ */

START_TEST(answers)
{
    static const char *const cases[][2] = {
        { "x", "y" }, { NULL, "" }, { "", NULL }, { "%s%%", "'; DROP --" },
        { "\xc3\xa9\xe2\x82\xac", "a\nb\\c\"d" }, { "{a,b}", " " }
    };
    tpa_rows_t *r = call_ok(store_with(""), &echo, cases[_i]);

    ck_assert_int_eq(r->nrows, 1);
    ck_assert_int_eq(r->ncols, 3);
    ck_assert_str_eq(r->names[1], "y");
    ck_assert_pstr_eq(tpa_rows_get(r, 0, "x"), cases[_i][0]);
    ck_assert_pstr_eq(tpa_rows_get(r, 0, "y"), cases[_i][1]);
    ck_assert_str_eq(tpa_rows_get(r, 0, "one"), "1");
    ck_assert_ptr_null(tpa_rows_get(r, 0, "z"));
    ck_assert_ptr_null(tpa_rows_get(r, 1, "x"));
    ck_assert_ptr_null(tpa_rows_get(r, -1, "x"));
    ck_assert_ptr_null(tpa_rows_get(NULL, 0, "x"));
}
END_TEST

START_TEST(number_of_rows)
{
    static const char *const n[] = { "0", "1", "2", "1000" };
    tpa_store_t *st = store_with("");
    apr_time_t start = apr_time_now();
    tpa_rows_t *r = call_ok(st, &rows_fn, &n[_i]);

    ck_assert_int_eq(r->nrows, atoi(n[_i]));
    ck_assert_int_eq(r->ncols, 1);
    if (r->nrows)
        ck_assert_str_eq(tpa_rows_get(r, r->nrows - 1, r->names[0]), n[_i]);
    /* The driver sleeps for an empty answer, if it is asked the other way. */
    ck_assert_int_lt(apr_time_now() - start, 90000);
    ck_assert_int_eq(tpa_store_round_trips(st), 1);
}
END_TEST

START_TEST(answer_is_a_copy)
{
    tpa_store_t *st = store_with("");
    tpa_rows_t *r = call_ok(st, &echo, xy);
    const char *many = "1000";

    call_ok(st, &rows_fn, &many);
    kill_others();
    ck_assert_str_eq(tpa_rows_get(r, 0, "x"), "x");
}
END_TEST

START_TEST(too_many_arguments)
{
    static const tpa_fn_t fn = { "test_echo", 17, 1 };
    const char *args[17] = { NULL };
    tpa_err_t *e = tpa_store_call(store_with(""), &fn, args, NULL, p);

    ck_assert_int_eq(e->kind, TPA_E_INTERNAL);
    ck_assert_int_eq(src.out, 0);
}
END_TEST

START_TEST(no_connection)
{
    tpa_store_t *st = store_with("");

    src.refuse = 1;
    ck_assert(strstr(call_fails(st, &echo, xy), "none left"));
    src.refuse = 0;
    call_ok(st, &echo, xy);
}
END_TEST

/* ---- errors of statements: once, and nothing is the worse for it -------- */

START_TEST(errors)
{
    static const struct {
        const tpa_fn_t *fn;
        const char *arg;
        const char *says;
        int ran;
    } cases[] = {
        { &fail, "no luck", "no luck", 1 },
        { &fail, "the \"tpa_call_test_echo_2\" of another", "another", 1 },
        { &fail, "see tpa_call_test_fail_1 there", "there", 1 },
        { &nothing, NULL, "function tpa.test_nothing() does not exist", 0 },
        { &rows_fn, "x", "invalid input syntax", 0 },
        { &nap, "2", "statement timeout", 0 },
    };
    tpa_store_t *st = store_with(" options='-c statement_timeout=300ms'");
    const char *detail;

    calls();
    call_ok(st, &echo, xy);
    detail = call_fails(st, cases[_i].fn, &cases[_i].arg);
    ck_assert_msg(strstr(detail, cases[_i].says) != NULL, "%s", detail);
    ck_assert_ptr_null(strstr(detail, "hidden"));
    ck_assert_ptr_null(strchr(detail, '\n'));
    ck_assert_int_eq(calls(), 1 + cases[_i].ran);
    call_ok(st, &echo, xy);
}
END_TEST

/* ---- connections that are lost ------------------------------------------ */

START_TEST(killed_between_calls)
{
    tpa_store_t *st = store_with("");
    const tpa_fn_t *fn = _i ? &echo_effect : &echo;

    call_ok(st, &echo, xy);
    calls();
    kill_others();
    if (fn->reads_only)
        call_ok(st, fn, xy);
    else
        call_fails(st, fn, xy);
    ck_assert_int_eq(calls(), fn->reads_only);
    call_ok(st, fn, xy);
    ck_assert_int_eq(calls(), 1);
}
END_TEST

START_TEST(killed_in_the_middle)
{
    tpa_store_t *st = store_with("");

    call_ok(st, &echo, xy);
    calls();
    call_fails(st, _i ? &die_effect : &die, NULL);
    ck_assert_int_eq(calls(), _i ? 1 : 2);
    call_ok(st, &echo_effect, xy);
    ck_assert_int_eq(calls(), 1);
}
END_TEST

/* ---- statements the server does not know as we do ----------------------- */

START_TEST(forgotten)
{
    tpa_store_t *st = store_with("");

    call_ok(st, &echo, xy);
    calls();
    sql_on(src.conn.handle, "DEALLOCATE ALL");
    call_ok(st, _i ? &echo_effect : &echo, xy);
    ck_assert_int_eq(calls(), 1);
}
END_TEST

/* Behind a pooler a session may have statements that others prepared. */
START_TEST(known_already)
{
    tpa_store_t *st = store_with("");

    call_ok(st, &echo, xy);
    apr_hash_clear(src.conn.prepared);
    calls();
    call_ok(st, &echo_effect, xy);
    call_ok(st, &echo_effect, xy);
    ck_assert_int_eq(calls(), 2);
    ck_assert_int_eq(number_of(src.conn.handle, "SELECT generic_plans +"
        " custom_plans FROM pg_prepared_statements"), 3);
}
END_TEST

/* The functions of a newer release are applied while we run. */
START_TEST(another_form)
{
    static const tpa_fn_t form = { "test_form", 0, 0 };
    tpa_store_t *st = store_with("");
    int i;

    sql("CREATE FUNCTION tpa.test_form(OUT a text) LANGUAGE sql AS"
        " $$ SELECT 'a' $$");
    ck_assert_int_eq(call_ok(st, &form, NULL)->ncols, 1);
    sql("DROP FUNCTION tpa.test_form; CREATE FUNCTION tpa.test_form("
        "OUT a text, OUT b text) LANGUAGE sql AS $$ SELECT 'a', 'b' $$");
    for (i = 0; i < 3; i++)
        ck_assert_str_eq(tpa_rows_get(call_ok(st, &form, NULL), 0, "b"), "b");
    kill_others();
    call_fails(st, &form, NULL);
    call_ok(st, &form, NULL);
    sql("DROP FUNCTION tpa.test_form");
}
END_TEST

/* Statements of other modules stand in the same table. */
START_TEST(others_are_left_alone)
{
    tpa_store_t *st = store_with("");

    apr_hash_set(src.conn.prepared, "theirs", APR_HASH_KEY_STRING, "x");
    call_ok(st, &echo, xy);
    kill_others();
    call_ok(st, &echo, xy);
    sql_on(src.conn.handle, "DEALLOCATE ALL");
    call_ok(st, &echo, xy);
    ck_assert_str_eq(apr_hash_get(src.conn.prepared, "theirs",
                                  APR_HASH_KEY_STRING), "x");
}
END_TEST

/* AddressSanitizer keeps what is freed for a while, which is no growth. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0";
}

static long resident_kib(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    long pages = 0;

    ck_assert(statm && fscanf(statm, "%*s %ld", &pages) == 1);
    fclose(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Whatever goes wrong, however often, the connection's memory stays. */
START_TEST(memory)
{
    tpa_store_t *st = store_with("");
    apr_pool_t *each;
    long before = 0;
    int i;

    apr_pool_create(&each, p);
    for (i = 0; i < 1200; i++) {
        const char *args[] = { "x", "y" };

        if (i == 200)
            before = resident_kib();
        tpa_store_call(st, _i == 2 ? &nothing : &echo, args, NULL, each);
        if (_i == 1)
            sql_on(src.conn.handle, "DEALLOCATE ALL");
        apr_pool_clear(each);
    }
    ck_assert_int_lt(resident_kib(), before + 1024);
}
END_TEST

/* ---- a connection of its own -------------------------------------------- */

START_TEST(own_connection)
{
    tpa_store_t *st;
    int i;

    ck_assert(!tpa_store_open(apr_pstrcat(p, getenv("TPA_TEST_DB"),
        " application_name=test_store", NULL), &st, p));
    for (i = 0; i < 2; i++) {
        ck_assert(!tpa_store_call(st, &echo, xy, NULL, p));
        ck_assert(tpa_store_call(st, &die_effect, NULL, NULL, p) != NULL);
        ck_assert(!tpa_store_call(st, &echo_effect, xy, NULL, p));
        kill_others();
        ck_assert(!tpa_store_call(st, &echo, xy, NULL, p));
    }
    ck_assert_int_eq(tpa_store_round_trips(st), 8);
}
END_TEST

START_TEST(no_such_database)
{
    tpa_store_t *st = NULL;
    tpa_err_t *e = tpa_store_open(apr_pstrcat(p, getenv("TPA_TEST_DB"),
        _i ? " dbname=there_is_none" : " host=/nonexistent", NULL), &st, p);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_UNAVAILABLE);
    ck_assert_msg(strstr(e->detail, _i ? "there_is_none" : "/nonexistent")
                  != NULL, "%s", e->detail);
}
END_TEST

/* ---- what is stored, through the calls that have names ------------------ */

START_TEST(schema_of_database)
{
    tpa_store_t *st = store_with("");
    int version = 0;
    tpa_err_t *e;

    ck_assert(!tpa_store_schema_version(st, &version, p));
    ck_assert_int_eq(version, TPA_SCHEMA);
    ck_assert(!tpa_store_schema_check(st, p));
    e = tpa_store_schema_check(store_with(" dbname=postgres"), p);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_UNAVAILABLE);
    ck_assert_msg(strstr(e->detail, "tpactl schema apply") != NULL, "%s",
                  e->detail);
}
END_TEST

START_TEST(facts)
{
    tpa_store_t *st = store_with("");
    tpa_m2m_facts_t f = { NULL };

    sql("INSERT INTO tpa_data.clients (client_id, name, grant_types,"
        " token_endpoint_auth_method, require_proof_of_possession) VALUES"
        " ('test-store-1', 'T', '{client_credentials,refresh_token}',"
        " 'client_secret_basic', true)");
    ck_assert(!tpa_store_m2m_facts(st, "test-store-1", "urn:none", "urn:r",
                                   "no-org", NULL, NULL, &f, p));
    ck_assert_str_eq(f.asked_audience, "urn:none");
    ck_assert_str_eq(f.asked_org, "no-org");
    ck_assert_str_eq(f.client.id, "test-store-1");
    ck_assert_str_eq(f.client.auth_method, "client_secret_basic");
    ck_assert_ptr_null(f.client.secret_hash);
    ck_assert_ptr_null(f.client.credentials);
    ck_assert_int_eq(f.client.grant_types->nelts, 2);
    ck_assert(f.client.is_first_party && f.client.requires_pop);
    ck_assert_int_eq(f.client.via, TPA_VIA_MANUAL);
    ck_assert_ptr_null(f.api.id);
    ck_assert_ptr_null(f.own_grant.id);
    ck_assert_ptr_null(f.org.id);
    ck_assert(!tpa_store_m2m_facts(st, "test-store-2", NULL, NULL, NULL, NULL,
                                   NULL, &f, p));
    ck_assert_ptr_null(f.client.id);
    ck_assert_ptr_null(f.asked_org);
    ck_assert_int_eq(tpa_store_round_trips(st), 2);
}
END_TEST

START_TEST(facts_with_a_proof)
{
    tpa_store_t *st = store_with("");
    tpa_dpop_t proof = { "test-store", NULL, 0, NULL };
    tpa_m2m_facts_t f = { NULL };
    int i;

    sql("INSERT INTO tpa_data.clients (client_id, name)"
        " VALUES ('test-store-3', 'T')");
    proof.jti_hash = apr_psprintf(p, "%064d", 7);
    proof.expires = apr_time_now() + apr_time_from_sec(60);
    for (i = 0; i < 2; i++) {
        ck_assert(!tpa_store_m2m_facts(st, "test-store-3", NULL, NULL, NULL,
                                       NULL, &proof, &f, p));
        ck_assert_str_eq(f.proof_jkt, "test-store");
        ck_assert_int_eq(f.proof_fresh, i == 0);
    }
    ck_assert(!tpa_store_m2m_facts(st, "test-store-3", NULL, NULL, NULL, NULL,
                                   NULL, &f, p));
    ck_assert_ptr_null(f.proof_jkt);
}
END_TEST

START_TEST(keys)
{
    tpa_store_t *st = store_with("");
    tpa_signing_key_t *key, fresh = { "", "next", "box", "{}", "pem" };
    apr_array_header_t *all;
    int i, current = 0;

    ck_assert(!tpa_store_keys(st, &all, p));
    for (i = 0; i < all->nelts; i++) {
        key = &APR_ARRAY_IDX(all, i, tpa_signing_key_t);
        ck_assert(key->kid && key->sealed && key->public_jwk && key->cert_pem);
        if (strcmp(key->state, "current"))
            continue;
        current++;
        fresh.kid = key->kid;
        ck_assert_int_eq(tpa_store_key_revoke(st, key->kid, p)->kind,
                         TPA_E_CONFLICT);
        ck_assert_int_eq(tpa_store_key_rotate(st, &fresh, p)->kind,
                         TPA_E_CONFLICT);
    }
    ck_assert_int_eq(current, 1);
    ck_assert_int_eq(tpa_store_key_revoke(st, "none", p)->kind,
                     TPA_E_NOT_FOUND);
}
END_TEST

START_TEST(events)
{
    static const char batch[] = "[{\"log_id\":\"test-store-1\",\"date\":"
        "1790000000123456,\"type\":\"feccft\",\"ref\":\"test-store-ref\","
        "\"details\":{\"a\":[1]}}]";
    tpa_store_t *st = store_with("");
    tpa_json_t *event;
    apr_int64_t date;

    ck_assert(!tpa_store_events_add(st, batch, p));
    kill_others();
    ck_assert(!tpa_store_events_add(st, batch, p));
    ck_assert(!tpa_store_event_by_ref(st, "test-store-ref", &event, p));
    ck_assert_str_eq(tpa_json_get_str(event, "type"), "feccft");
    ck_assert(tpa_json_get_int(event, "date", &date));
    ck_assert_int_eq(date, 1790000000123456);
    ck_assert_str_eq(tpa_json_print(tpa_json_get(event, "details"), p),
                     "{\"a\":[1]}");
    ck_assert_int_eq(tpa_store_event_by_ref(st, "none", &event, p)->kind,
                     TPA_E_NOT_FOUND);
}
END_TEST

START_TEST(once)
{
    tpa_store_t *st = store_with("");
    const char *hash = apr_psprintf(p, "%064x", 15);
    apr_time_t later = apr_time_now() + apr_time_from_sec(60);
    int fresh = -1;

    ck_assert(!tpa_store_jti_use(st, "test-store", hash, later, &fresh, p));
    ck_assert_int_eq(fresh, 1);
    ck_assert(!tpa_store_jti_use(st, "test-store", hash, later, &fresh, p));
    ck_assert_int_eq(fresh, 0);
    kill_others();
    ck_assert_int_eq(tpa_store_jti_use(st, "test-store", hash, later, &fresh,
                                       p)->kind, TPA_E_UNAVAILABLE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store");
    TCase *tc;

    if (!getenv("TPA_TEST_DB")) {
        fprintf(stderr, "test_store: TPA_TEST_DB is not set: the store is NOT"
                " tested\n");
        printf("1..0 # SKIP TPA_TEST_DB is not set; t/run.sh sets it\n");
        exit(EXIT_SUCCESS);
    }
    tc = tap_case(s, "store");
    tcase_add_unchecked_fixture(tc, helpers_up, helpers_down);
    tcase_add_loop_test(tc, answers, 0, 6);
    tcase_add_loop_test(tc, number_of_rows, 0, 4);
    tcase_add_test(tc, answer_is_a_copy);
    tcase_add_test(tc, too_many_arguments);
    tcase_add_test(tc, no_connection);
    tcase_add_loop_test(tc, errors, 0, 6);
    tcase_add_loop_test(tc, killed_between_calls, 0, 2);
    tcase_add_loop_test(tc, killed_in_the_middle, 0, 2);
    tcase_add_loop_test(tc, forgotten, 0, 2);
    tcase_add_test(tc, known_already);
    tcase_add_test(tc, another_form);
    tcase_add_test(tc, others_are_left_alone);
    tcase_add_loop_test(tc, memory, 0, 3);
    tcase_add_test(tc, own_connection);
    tcase_add_loop_test(tc, no_such_database, 0, 2);
    tcase_add_test(tc, schema_of_database);
    tcase_add_test(tc, facts);
    tcase_add_test(tc, facts_with_a_proof);
    tcase_add_test(tc, keys);
    tcase_add_test(tc, events);
    tcase_add_test(tc, once);
    return s;
}
