/*
 * Whatever bytes come as a metadata document, as its address (the first line),
 * and as the key set or header behind it.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/text.h"
#include "cimd/keys.h"
#include "core/cimd.h"
#include "core/net.h"
#include "fuzz.h"

#define URL "https://app.example.com/client.json"

static void check_texts(const tpa_json_t *list)
{
    apr_size_t i;

    FUZZ_HOLDS(tpa_json_size(list) <= 20);
    for (i = 0; i < tpa_json_size(list); i++)
        FUZZ_HOLDS(strlen(tpa_json_str(tpa_json_at(list, i))) < 200);
}

/* A good document names its address, a name, and somewhere to go. */
static void check_document(const char *url, const char *text, size_t len,
                           apr_pool_t *p)
{
    const char *jwks;
    tpa_cimd_t says;

    tpa_cimd_read(url, text, len, &says, p);
    check_texts(says.violations);
    check_texts(says.warnings);
    if (tpa_json_size(says.violations))
        return;
    FUZZ_HOLDS(len <= TPA_CIMD_MAX_DOCUMENT);
    FUZZ_HOLDS(tpa_json_get_str(says.mapped, "name") != NULL);
    FUZZ_HOLDS(tpa_json_size(tpa_json_get(says.mapped, "callbacks")) > 0);
    jwks = tpa_json_get_str(says.mapped, "jwks_uri");
    FUZZ_HOLDS((jwks == NULL) == (says.jwks_uri == NULL));
    FUZZ_HOLDS(!jwks || !strncmp(jwks, url, strcspn(url + 8, "/") + 9));
}

static void check_url(const char *url, apr_pool_t *p)
{
    tpa_net_t net;

    if (tpa_cimd_wrong_url(url, p))
        return;
    FUZZ_HOLDS(strlen(url) <= TPA_CIMD_MAX_URL);
    FUZZ_HOLDS(!strpbrk(url, "@#?\\ \t\r\n"));
    FUZZ_HOLDS(!tpa_net_parse(apr_pstrmemdup(p, url + 8,
                                             strcspn(url + 8, ":/")), &net));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    const char *text = (const char *)data, *end;
    const char *line, *rest;
    int left_out, lifetime;
    size_t len;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    end = size ? memchr(text, '\n', size) : NULL;
    len = end ? (size_t)(end - text) : 0;
    line = apr_pstrmemdup(p, text, len);
    rest = end ? end + 1 : text;
    check_url(line, p);
    check_document(tpa_cimd_wrong_url(line, p) ? URL : line, rest,
                   size - (size_t)(rest - text), p);
    lifetime = tpa_cimd_lifetime(line);
    FUZZ_HOLDS(lifetime >= 300 && lifetime <= 86400);
    (void)tpa_cimd_keys(rest, size - (size_t)(rest - text), &left_out, p);
    apr_pool_clear(p);
    return 0;
}
