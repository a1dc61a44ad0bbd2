#include <string.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/net.h"
#include "fetch/fetch.h"

/* What hosts answer is tried by t/cimd/. Here is where nobody may come to. */

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

/* A place that must not be reached, on all addresses of this machine. */
static int listen_at(int *port)
{
    struct sockaddr_in6 at;
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;

    memset(&at, 0, sizeof(at));
    at.sin6_family = AF_INET6;
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    *port = ntohs(at.sin6_port);
    return fd;
}

static int was_reached(int fd)
{
    struct pollfd one = { fd, POLLIN, 0 };

    return poll(&one, 1, 0) != 0;
}

static tpa_fetcher_t *fetcher(tpa_fetch_rules_t *rules)
{
    memset(rules, 0, sizeof(*rules));
    rules->a_second = 1000;
    rules->at_once = 2;
    return tpa_fetcher_make(rules, p);
}

/* What a resolver could say of the host of a document. */
static const char *const answers[] = {
    "127.0.0.1", "127.9.8.7", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1",
    "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::1", "169.254.169.254",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fe80::1",
    "fd00:ec2::254", "224.0.0.1", "255.255.255.255", "127.0.0.1,::1"
};

START_TEST(hostile_resolver)
{
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f = fetcher(&rules);
    apr_table_t *hosts = apr_table_make(p, 1);
    tpa_fetched_t got;
    int port, fd = listen_at(&port);

    apr_table_setn(hosts, "app.example.test", answers[_i]);
    rules.hosts = hosts;
    ck_assert_ptr_null(tpa_fetch(f, apr_psprintf(p,
        "https://app.example.test:%d/client", port), 100, &got, p));
    ck_assert_str_eq(got.wrong, "Its host has no public address");
    ck_assert_msg(!was_reached(fd), "%s was reached", answers[_i]);
    close(fd);
}
END_TEST

/* Rules of addresses refuse these before; the guard does not rely on that. */
static const char *const hosts_of_ours[] = {
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
    "0x7f.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]",
    "0", "0.0.0.0", "localhost", "app.localhost", "LOCALHOST"
};

START_TEST(spelled_out)
{
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f = fetcher(&rules);
    tpa_fetched_t got;
    int port, fd = listen_at(&port);

    ck_assert_ptr_null(tpa_fetch(f, apr_psprintf(p, "https://%s:%d/client",
        hosts_of_ours[_i], port), 100, &got, p));
    ck_assert_str_eq(got.wrong, "Its host has no public address");
    ck_assert_msg(!was_reached(fd), "%s was reached", hosts_of_ours[_i]);
    close(fd);
}
END_TEST

/* The environment of httpd must not lead anywhere either. */
START_TEST(environment)
{
    static const char *const names[] = { "https_proxy", "HTTPS_PROXY",
                                         "all_proxy", "ALL_PROXY" };
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f = fetcher(&rules);
    apr_array_header_t *nets = apr_array_make(p, 1, sizeof(tpa_net_t));
    tpa_fetched_t got;
    int port, i, fd = listen_at(&port);

    ck_assert(tpa_net_parse("127.0.0.0/8", apr_array_push(nets)));
    rules.networks = nets;
    for (i = 0; i < COUNT(names); i++)
        setenv(names[i], apr_psprintf(p, "http://127.0.0.1:%d", port), 1);
    ck_assert_ptr_null(tpa_fetch(f, "https://127.0.0.2:1/client", 100, &got,
                                 p));
    ck_assert_str_eq(got.wrong, "Its host takes no connection");
    ck_assert(!was_reached(fd));
    for (i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    close(fd);
}
END_TEST

/* A network that is listed is reached: by that the above can fail. */
START_TEST(listed)
{
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f = fetcher(&rules);
    apr_array_header_t *nets = apr_array_make(p, 1, sizeof(tpa_net_t));
    tpa_fetched_t got;
    int port, fd = listen_at(&port);

    ck_assert(tpa_net_parse("127.0.0.0/8", apr_array_push(nets)));
    rules.networks = nets;
    close(fd);   /* nobody answers, which takes no time */
    ck_assert_ptr_null(tpa_fetch(f, apr_psprintf(p,
        "https://127.0.0.1:%d/client", port), 100, &got, p));
    ck_assert_str_eq(got.wrong, "Its host takes no connection");
}
END_TEST

/* What the operator wrote leads anywhere, and the numbers do not count. */
START_TEST(anywhere)
{
    tpa_fetch_rules_t rules;
    tpa_fetched_t got;
    int port;

    memset(&rules, 0, sizeof(rules));
    close(listen_at(&port));
    tpa_fetch_begin();
    tpa_fetch_now(&rules, apr_psprintf(p, "https://127.0.0.1:%d/", port), 100,
                  &got, p);
    ck_assert_str_eq(got.wrong, "Its host has no public address");
    rules.anywhere = 1;
    tpa_fetch_now(&rules, apr_psprintf(p, "https://127.0.0.1:%d/", port), 100,
                  &got, p);
    ck_assert_str_eq(got.wrong, "Its host takes no connection");
}
END_TEST

static const char *const schemes[] = {
    "http://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/",
    "gopher://127.0.0.1/", "dict://127.0.0.1/", "ldap://127.0.0.1/"
};

START_TEST(scheme)
{
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f = fetcher(&rules);
    tpa_fetched_t got;

    ck_assert_ptr_null(tpa_fetch(f, schemes[_i], 100, &got, p));
    ck_assert_str_eq(got.wrong, "Its host gave no complete answer");
    ck_assert_ptr_null(got.body);
}
END_TEST

/* ---- how many ----------------------------------------------------------- */

START_TEST(rate)
{
    tpa_fetch_rules_t rules;
    tpa_fetcher_t *f;
    tpa_fetched_t got;
    tpa_err_t *e = NULL;
    int n = 0;

    memset(&rules, 0, sizeof(rules));
    rules.a_second = 3;
    rules.at_once = 1;
    f = tpa_fetcher_make(&rules, p);
    for (; !e && n < 1000; n++)
        e = tpa_fetch(f, "https://127.0.0.1:1/client", 100, &got, p);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->kind, TPA_E_TOO_MANY);
    ck_assert_int_ge(n, 4);
    rules.a_second = 1000;
    rules.at_once = 0;
    apr_sleep(100000);   /* the budget is there again */
    ck_assert_ptr_nonnull(tpa_fetch(f, "https://127.0.0.1:1/client", 100, &got,
                                    p));
    rules.at_once = 1;
    ck_assert_ptr_null(tpa_fetch(f, "https://127.0.0.1:1/client", 100, &got,
                                 p));
    rules.a_second = 0;
    ck_assert_ptr_nonnull(tpa_fetch(f, "https://127.0.0.1:1/client", 100, &got,
                                    p));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fetch");
    TCase *tc = tap_case(s, "fetch");

    tcase_add_loop_test(tc, hostile_resolver, 0, COUNT(answers));
    tcase_add_loop_test(tc, spelled_out, 0, COUNT(hosts_of_ours));
    tcase_add_test(tc, environment);
    tcase_add_test(tc, listed);
    tcase_add_test(tc, anywhere);
    tcase_add_loop_test(tc, scheme, 0, COUNT(schemes));
    tcase_add_test(tc, rate);
    return s;
}
