#include <string.h>

#include <apr_strings.h>

#include "crypto/secret.h"
#include "http/ticket.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

#define BROWSER "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-0"
#define ISSUER "https://auth.example.com/"

static const apr_time_t now = 1800000000 * APR_USEC_PER_SEC;

static tpa_sealer_t *sealer(const char *secret)
{
    tpa_sealer_t *s;

    ck_assert_ptr_null(tpa_sealer_make(secret, &s, p));
    return s;
}

static tpa_sealer_t *ours(void)
{
    return sealer("a secret of at least thirty-two bytes");
}

static tpa_ticket_t a_ticket(tpa_ticket_for_t page)
{
    tpa_json_t *asked = tpa_json_object(p);
    tpa_ticket_t k = { page };

    tpa_json_set_str(asked, "client_id", "tpc_x");
    tpa_json_set_str(asked, "state", "a\\b\"c");
    k.id = "an-id";
    k.issuer = ISSUER;
    k.browser_hash = tpa_sha256_hex(BROWSER, strlen(BROWSER), p);
    k.expires_at = now + APR_USEC_PER_SEC;
    k.asked = asked;
    k.progress.started_at = now - 1;
    return k;
}

static const char *box_of(const tpa_ticket_t *k)
{
    const char *box = NULL;

    ck_assert_ptr_null(tpa_ticket_seal(ours(), k, &box, p));
    return box;
}

/* ---- there and back ----------------------------------------------------- */

START_TEST(whole)
{
    tpa_ticket_check_t check = { (tpa_ticket_for_t)_i, ISSUER, BROWSER, now };
    tpa_ticket_t k = a_ticket((tpa_ticket_for_t)_i), back;

    k.progress.org = "org_1";
    k.progress.org_settled = 1;
    k.progress.confirmed = 1;
    k.session_hash = "00";
    k.api_id = "api";
    k.org_id = "org_1";
    k.scopes = apr_array_make(p, 2, sizeof(const char *));
    APR_ARRAY_PUSH(k.scopes, const char *) = "read:things";
    ck_assert_ptr_null(tpa_ticket_open(ours(), box_of(&k), &check, &back, p));
    ck_assert_int_eq(back.page, _i);
    ck_assert_str_eq(back.id, k.id);
    ck_assert_str_eq(back.progress.org, "org_1");
    ck_assert_int_eq(back.progress.org_settled, 1);
    ck_assert_int_eq(back.progress.consented, 0);
    ck_assert_int_eq(back.progress.confirmed, 1);
    ck_assert_int_eq(back.progress.page_shown, 0);
    ck_assert(back.progress.started_at == now - 1);
    ck_assert(back.expires_at == k.expires_at);
    ck_assert_str_eq(back.session_hash, "00");
    ck_assert_str_eq(back.api_id, "api");
    ck_assert_str_eq(back.org_id, "org_1");
    ck_assert_ptr_null(back.login_hint);
    ck_assert_int_eq(back.scopes->nelts, 1);
    ck_assert_str_eq(tpa_json_get_str(back.asked, "state"), "a\\b\"c");
}
END_TEST

/* ---- what does not come back -------------------------------------------- */

static void refuses(const tpa_sealer_t *s, const char *box,
                    tpa_ticket_check_t check, const char *why)
{
    tpa_ticket_t back;
    tpa_err_t *e = tpa_ticket_open(s, box, &check, &back, p);

    ck_assert_msg(e != NULL, "%s: opened", why);
    ck_assert_int_eq(e->kind, TPA_E_NOWHERE_TO_GO);
    ck_assert_str_eq(e->rule, "ticket");
    ck_assert_ptr_nonnull(e->detail);
    ck_assert_msg(strstr(e->detail, why) != NULL, "%s, not %s", e->detail,
                  why);
}

START_TEST(bound)
{
    const tpa_ticket_check_t good = { TPA_FOR_CONSENT, ISSUER, BROWSER, now };
    tpa_ticket_t k = a_ticket(TPA_FOR_CONSENT);
    const char *box = box_of(&k), *other = NULL;
    tpa_ticket_check_t check = good;

    refuses(ours(), NULL, good, "no ticket");
    refuses(ours(), "", good, "no ticket");
    check.now = k.expires_at;
    refuses(ours(), box, check, "too old");
    check.now = k.expires_at - 1;
    ck_assert_ptr_null(tpa_ticket_open(ours(), box, &check, &k, p));
    check = good;
    check.page = TPA_FOR_LOGIN;
    refuses(ours(), box, check, "another page");
    check = good;
    check.issuer = "https://auth.example.com/a/";
    refuses(ours(), box, check, "another tenant");
    check = good;
    check.browser = NULL;
    refuses(ours(), box, check, "no cookie");
    check.browser = "0bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN_-0";
    refuses(ours(), box, check, "another browser");
    refuses(sealer("another secret of thirty-two bytes!"), box, good,
            "not one of ours");
    /* A box of another purpose, with the right words in it. */
    ck_assert_ptr_null(tpa_seal(ours(), TPA_SEAL_SIGNING_KEY, "{}", 2, &other,
                                p));
    refuses(ours(), other, good, "not one of ours");
    ck_assert_ptr_null(tpa_seal(ours(), TPA_SEAL_TICKET, "{}", 2, &other, p));
    refuses(ours(), other, good, "cannot be read");
}
END_TEST

START_TEST(fresh_each_time)
{
    tpa_ticket_t k = a_ticket(TPA_FOR_LOGIN);

    ck_assert_str_ne(box_of(&k), box_of(&k));
}
END_TEST

/* What cannot come back in a form is not handed out. */
START_TEST(bounded)
{
    tpa_ticket_t k = a_ticket(TPA_FOR_LOGIN);
    tpa_json_t *asked = tpa_json_object(p);
    char *state = apr_pcalloc(p, TPA_TICKET_MAX + 1);
    const char *box = NULL;
    tpa_err_t *e;

    memset(state, 's', TPA_TICKET_MAX);
    tpa_json_set_str(asked, "state", state);
    k.asked = asked;
    e = tpa_ticket_seal(ours(), &k, &box, p);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_INVALID_REQUEST);
}
END_TEST

/* ---- what is inside ----------------------------------------------------- */

#define HEAD "\"for\":\"login\",\"exp\":1,\"started\":1,\"id\":\"a\"," \
    "\"iss\":\"b\",\"browser\":\"c\""

static const struct {
    const char *inside;
    int ok;
} insides[] = {
    { "{" HEAD ",\"steps\":[],\"asked\":{}}", 1 },
    { "{" HEAD ",\"steps\":[\"consented\"],\"asked\":{\"a\":\"b\"}}", 1 },
    { "{" HEAD ",\"asked\":{}}", 0 },
    { "{" HEAD ",\"steps\":[\"admitted\"],\"asked\":{}}", 0 },
    { "{" HEAD ",\"steps\":[1],\"asked\":{}}", 0 },
    { "{" HEAD ",\"steps\":[]}", 0 },
    { "{" HEAD ",\"steps\":[],\"asked\":[]}", 0 },
    { "{" HEAD ",\"steps\":[],\"asked\":{\"a\":1}}", 0 },
    { "{" HEAD ",\"steps\":[],\"asked\":{},\"scopes\":\"x\"}", 0 },
    { "{" HEAD ",\"steps\":[],\"asked\":{},\"session\":1}", 0 },
    { "{\"for\":\"logout\",\"exp\":1,\"started\":1,\"id\":\"a\",\"iss\":\"b\","
      "\"browser\":\"c\",\"steps\":[],\"asked\":{}}", 0 },
    { "{\"for\":\"login\",\"exp\":\"1\",\"started\":1,\"id\":\"a\",\"iss\":"
      "\"b\",\"browser\":\"c\",\"steps\":[],\"asked\":{}}", 0 },
    { "{\"for\":\"login\",\"exp\":1,\"started\":1,\"iss\":\"b\","
      "\"browser\":\"c\",\"steps\":[],\"asked\":{}}", 0 },
    { "{}", 0 },
    { "[]", 0 },
    { "", 0 },
};

START_TEST(reads)
{
    tpa_ticket_t k;

    ck_assert_int_eq(tpa_ticket_read(insides[_i].inside,
                                     strlen(insides[_i].inside), &k, p),
                     insides[_i].ok);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("http/ticket");
    TCase *tc = tap_case(s, "ticket");

    tcase_add_loop_test(tc, whole, 0, TPA_FOR_COUNT);
    tcase_add_test(tc, bound);
    tcase_add_test(tc, fresh_each_time);
    tcase_add_test(tc, bounded);
    tcase_add_loop_test(tc, reads, 0, COUNT(insides));
    return s;
}
