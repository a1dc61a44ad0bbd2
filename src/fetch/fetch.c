#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>

#include "core/net.h"
#include "fetch/fetch_int.h"

#define TIMEOUT_MS 3000L
#define MOST_HEADER 16384

/* One fetch. */
typedef struct fetch_t {
    const tpa_fetch_rules_t *rules;
    CURL *curl;
    struct curl_slist *pins, *asked;
    char *body;
    apr_size_t len, most, header;
    int is_refused;            /* an address was */
    int is_long;
    const char *cache_control;
    apr_pool_t *p;
} fetch_t;

void tpa_fetch_begin(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

tpa_fetcher_t *tpa_fetcher_make(const tpa_fetch_rules_t *rules, apr_pool_t *p)
{
    tpa_fetcher_t *f = apr_pcalloc(p, sizeof(*f));

    tpa_fetch_begin();
    f->rules = rules;
    f->budget = rules->a_second;
    apr_thread_mutex_create(&f->lock, APR_THREAD_MUTEX_DEFAULT, p);
    return f;
}

/* ---- how many ----------------------------------------------------------- */

static int may_start(tpa_fetcher_t *f, apr_time_t now)
{
    int may;

    apr_thread_mutex_lock(f->lock);
    if (now > f->counted)
        f->budget += (double)(now - f->counted) * f->rules->a_second
            / APR_USEC_PER_SEC;
    f->counted = now;
    if (f->budget > f->rules->a_second)
        f->budget = f->rules->a_second;
    may = f->budget >= 1 && f->running < f->rules->at_once;
    if (may) {
        f->budget -= 1;
        f->running++;
    }
    apr_thread_mutex_unlock(f->lock);
    return may;
}

static void end(tpa_fetcher_t *f)
{
    apr_thread_mutex_lock(f->lock);
    f->running--;
    apr_thread_mutex_unlock(f->lock);
}

/* ---- where to ----------------------------------------------------------- */

static int take_address(const struct sockaddr *at, tpa_net_t *out)
{
    memset(out, 0, sizeof(*out));
    if (at->sa_family == AF_INET) {
        out->len = 4;
        memcpy(out->addr, &((const struct sockaddr_in *)at)->sin_addr, 4);
    }
    else if (at->sa_family == AF_INET6) {
        out->len = 16;
        memcpy(out->addr, &((const struct sockaddr_in6 *)at)->sin6_addr, 16);
    }
    return out->len > 0;
}

static int is_good(const tpa_fetch_rules_t *rules, const struct sockaddr *at)
{
    tpa_net_t addr;
    int i;

    if (!take_address(at, &addr))
        return 0;
    if (rules->anywhere)
        return 1;
    for (i = 0; rules->networks && i < rules->networks->nelts; i++) {
        if (tpa_net_holds(&APR_ARRAY_IDX(rules->networks, i, tpa_net_t),
                          &addr))
            return 1;
    }
    return !tpa_net_special(&addr);
}

/* The very address that is about to be connected to, whoever named it. */
static curl_socket_t open_socket(void *baton, curlsocktype purpose,
                                 struct curl_sockaddr *at)
{
    fetch_t *x = baton;

    if (purpose != CURLSOCKTYPE_IPCXN || !is_good(x->rules, &at->addr)) {
        x->is_refused = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

/* ---- what comes --------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t n, void *baton)
{
    fetch_t *x = baton;

    n *= size;
    if (n > x->most - x->len) {
        x->is_long = 1;
        return 0;
    }
    memcpy(x->body + x->len, bytes, n);
    x->len += n;
    return n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *baton)
{
    static const char name[] = "cache-control:";
    fetch_t *x = baton;

    n *= size;
    x->header += n;
    if (x->header > MOST_HEADER) {
        x->is_long = 1;
        return 0;
    }
    if (n > strlen(name) && !strncasecmp(bytes, name, strlen(name)))
        x->cache_control = apr_pstrmemdup(x->p, bytes + strlen(name),
                                          n - strlen(name));
    return n;
}

/* application/json, or anything told in JSON (RFC 6839 3.1). */
static int is_json(const char *type)
{
    static const char wanted[] = "application/", suffix[] = "+json";
    apr_size_t len;

    if (!type || strncasecmp(type, wanted, strlen(wanted)))
        return 0;
    type += strlen(wanted);
    len = strcspn(type, "; \t");
    return (len == 4 && !strncasecmp(type, "json", 4))
        || (len > strlen(suffix)
            && !strncasecmp(type + len - strlen(suffix), suffix,
                            strlen(suffix)));
}

/* ---- the fetch ---------------------------------------------------------- */

/* What libcurl should know of a name in place of DNS. */
static void pin(fetch_t *x, const char *url)
{
    const char *host = url + strlen("https://"), *name, *addresses;
    apr_size_t len = strcspn(host, ":/?");
    apr_size_t port_len = strcspn(host + len, "/?");
    const char *port = port_len > 1
        ? apr_pstrmemdup(x->p, host + len + 1, port_len - 1) : "443";

    name = apr_pstrmemdup(x->p, host, len);
    addresses = x->rules->hosts ? apr_table_get(x->rules->hosts, name) : NULL;
    if (addresses)
        x->pins = curl_slist_append(NULL, apr_pstrcat(x->p, name, ":", port,
                                                      ":", addresses, NULL));
}

static void set_guard(fetch_t *x)
{
    CURL *c = x->curl;

    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Nobody waits for a resolver that is not done by then. */
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    if (x->rules->ca_file) {
        curl_easy_setopt(c, CURLOPT_CAINFO, x->rules->ca_file);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
}

static void set_takers(fetch_t *x, const char *url)
{
    CURL *c = x->curl;

    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "mod_tpa_orgs");
    x->asked = curl_slist_append(NULL, "Accept: application/json");
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->asked);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    pin(x, url);
    if (x->pins)
        curl_easy_setopt(c, CURLOPT_RESOLVE, x->pins);
}

/* Whether a name exists, and where it leads in here, is nobody's business: both
 * are told with the same words. */
static const struct {
    CURLcode code;
    const char *text;
} failures[] = {
    /* clang-format off */
    { CURLE_COULDNT_RESOLVE_HOST, "Its host has no public address" },
    { CURLE_OPERATION_TIMEDOUT, "It did not come within 3 seconds" },
    { CURLE_PEER_FAILED_VERIFICATION,
      "The certificate of its host was not accepted" },
    { CURLE_SSL_CONNECT_ERROR, "Its host does not speak TLS 1.2 or newer" },
    { CURLE_COULDNT_CONNECT, "Its host takes no connection" },
    { CURLE_OK, "Its host gave no complete answer" }
    /* clang-format on */
};

static const char *text_of(const fetch_t *x, CURLcode code)
{
    int i = 0;

    if (x->is_refused)
        return failures[0].text;
    if (x->is_long)
        return apr_psprintf(x->p, "It is longer than %d bytes", (int)x->most);
    while (failures[i].code != code && failures[i].code != CURLE_OK)
        i++;
    return failures[i].text;
}

static void judge(fetch_t *x, CURLcode code, tpa_fetched_t *out)
{
    const char *type = NULL;
    long status = 0;

    if (code != CURLE_OK) {
        out->wrong = text_of(x, code);
        out->detail = curl_easy_strerror(code);
        return;
    }
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->curl, CURLINFO_CONTENT_TYPE, &type);
    if (status >= 300 && status < 400)
        out->wrong = "Its host redirects, which is not followed";
    else if (status != 200)
        out->wrong = apr_psprintf(x->p, "Its host answers with status %ld",
                                  status);
    else if (!is_json(type))
        out->wrong = "Its Content-Type is not application/json";
    x->body[x->len] = '\0';
    out->body = x->body;
    out->len = x->len;
    out->cache_control = x->cache_control;
}

static void run(fetch_t *x, const char *url, tpa_fetched_t *out)
{
    x->curl = curl_easy_init();
    if (!x->curl) {
        out->wrong = failures[5].text;
        return;
    }
    x->body = apr_palloc(x->p, x->most + 1);
    set_guard(x);
    set_takers(x, url);
    judge(x, curl_easy_perform(x->curl), out);
    curl_easy_cleanup(x->curl);
    curl_slist_free_all(x->pins);
    curl_slist_free_all(x->asked);
}

void tpa_fetch_now(const tpa_fetch_rules_t *rules, const char *url,
                   apr_size_t most, tpa_fetched_t *out, apr_pool_t *p)
{
    fetch_t x;

    memset(&x, 0, sizeof(x));
    memset(out, 0, sizeof(*out));
    x.rules = rules;
    x.most = most;
    x.p = p;
    run(&x, url, out);
}

tpa_err_t *tpa_fetch(tpa_fetcher_t *f, const char *url, apr_size_t most,
                     tpa_fetched_t *out, apr_pool_t *p)
{
    memset(out, 0, sizeof(*out));
    if (!may_start(f, apr_time_now()))
        return tpa_err_by(tpa_err(p, TPA_E_TOO_MANY, "Too many metadata"
                                  " documents are being fetched. Please try"
                                  " again in a moment"), "fetch_limit");
    tpa_fetch_now(f->rules, url, most, out, p);
    end(f);
    return TPA_OK;
}
