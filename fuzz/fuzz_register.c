/*
 * Whatever bytes come as the body of a registration: the JSON reader, what is
 * taken of it, and that whatever is taken makes an application of either mode
 * whose answer says nothing that was not checked.
 */
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/json.h"
#include "base/shown.h"
#include "base/text.h"
#include "core/register.h"
#include "core/uri.h"
#include "fuzz.h"

/* RFC 6749 5.2, and a member by its name. */
static void check_refusal(const tpa_err_t *e)
{
    const char *c;

    FUZZ_HOLDS(e->kind == TPA_E_INVALID_REDIRECT_URI
               || e->kind == TPA_E_INVALID_CLIENT_METADATA);
    FUZZ_HOLDS(strlen(e->text) < 1000);
    for (c = e->text; *c; c++)
        FUZZ_HOLDS(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
}

static void check_uris(const tpa_json_t *list, int who, apr_pool_t *p)
{
    apr_size_t i;

    FUZZ_HOLDS(tpa_json_size(list) > 0
               && tpa_json_size(list) <= TPA_REGISTER_URIS);
    for (i = 0; i < tpa_json_size(list); i++)
        FUZZ_HOLDS(!tpa_uri_wrong_callback(
            tpa_json_str(tpa_json_at(list, i)), who, p));
}

static void check_client(const tpa_json_t *said, unsigned party, apr_pool_t *p)
{
    tpa_json_t *client, *answer;
    const char *name;
    int native;

    FUZZ_HOLDS(!tpa_register_client(said, party, &client, p));
    FUZZ_HOLDS(tpa_client_party(client) == party);
    name = tpa_json_get_str(client, "name");
    FUZZ_HOLDS(name && *name && !strpbrk(name, "<>") && !tpa_text_hides(name));
    native = !strcmp(tpa_json_get_str(client, "app_type"), "native");
    check_uris(tpa_json_get(client, "callbacks"),
               TPA_URI_THIRD | (native ? TPA_URI_NATIVE : 0), p);
    answer = tpa_register_answer(client, 1, p);
    FUZZ_HOLDS(!strstr(tpa_json_print(tpa_json_get(answer, "grant_types"), p),
                       "client_credentials"));
    FUZZ_HOLDS(tpa_text_is_utf8(tpa_json_print(answer, p)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;
    tpa_json_t *body, *said;
    tpa_err_t *e;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    if (!tpa_json_parse((const char *)data, size, &body, p)) {
        e = tpa_register_read(body, &said, p);
        if (e)
            check_refusal(e);
        else {
            check_client(said, TPA_STRICT, p);
            check_client(said, TPA_PERMISSIVE, p);
        }
    }
    apr_pool_clear(p);
    return 0;
}
