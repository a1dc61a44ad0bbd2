#include "tap.h"
#include "core/issuer.h"

static const struct {
    const char *issuer;
    int ok;
} cases[] = {
    { "https://auth.example.com/", 1 },
    { "https://auth.example.com:8443/", 1 },
    { "https://auth.example.com/tenants/A-1/", 1 },
    { "https://[2001:db8::1]/", 1 },
    { "https://auth.example.com", 0 },
    { "https://auth.example.com/a", 0 },
    { "http://auth.example.com/", 0 },
    { "http://localhost/", 0 },
    { "HTTPS://auth.example.com/", 0 },
    { "https://Auth.example.com/", 0 },
    { "https:///", 0 },
    { "https://", 0 },
    { "", 0 },
    { "https://auth.example.com:443/", 0 },
    { "https://auth.example.com:0/", 0 },
    { "https://auth.example.com:99999/", 0 },
    { "https://auth.example.com:/", 0 },
    { "https://me@auth.example.com/", 0 },
    { "https://auth.example.com/?", 0 },
    { "https://auth.example.com/#/", 0 },
    { "https://auth.example.com//", 0 },
    { "https://auth.example.com/a/../", 0 },
    { "https://auth.example.com/./", 0 },
    { "https://auth.example.com/%61/", 0 },
    { "https://auth.example.com/a b/", 0 },
    { "https://auth.example.com/\\/", 0 },
    { "https://auth.example.com/\n/", 0 },
};

START_TEST(issuer_table)
{
    const char *wrong = tpa_issuer_wrong(cases[_i].issuer, p);

    ck_assert_msg((wrong == NULL) == cases[_i].ok, "%s: %s", cases[_i].issuer,
                  wrong ? wrong : "accepted");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("core/issuer");
    TCase *tc = tap_case(s, "issuer");

    tcase_add_loop_test(tc, issuer_table, 0,
                        sizeof(cases) / sizeof(cases[0]));
    return s;
}
