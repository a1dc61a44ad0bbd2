#include <string.h>

#include <apr_strings.h>

#include "base/shown.h"
#include "base/text.h"
#include "core/cimd.h"
#include "core/renew.h"
#include "core/uri.h"

#define HTTPS "https://"
#define DIGITS "0123456789"

/* Seconds a document may be used. */
#define LEAST_S 300
#define USUAL_S 3600
#define MOST_S 86400

/* ---- addresses ---------------------------------------------------------- */

int tpa_cimd_is_url(const char *client_id)
{
    return client_id && !strncmp(client_id, HTTPS, strlen(HTTPS));
}

static int is_same_word(const char *s, apr_size_t len, const char *word)
{
    return strlen(word) == len && !strncasecmp(s, word, len);
}

/* Names that never are public ones (RFC 6761, RFC 6762, RFC 8375, RFC 9476,
 * ICANN), and what browsers and resolvers would read as a number. */
static const char *wrong_host(const char *host, apr_size_t len)
{
    static const char *const private_ends[] = {
        "localhost", "local", "internal", "home", "lan", "corp", "localdomain",
        "arpa", "alt", "onion", "invalid", NULL
    };
    const char *end = host + len, *last = end;
    int i;

    if (*host == '[')
        return "Its host must be a name, not an address";
    while (last > host && last[-1] != '.')
        last--;
    if (last == end)
        return "Its host must not end with a dot";
    if (strspn(last, DIGITS) >= (apr_size_t)(end - last)
        || (last[0] == '0' && (last[1] == 'x' || last[1] == 'X')))
        return "Its host must be a name, not an address";
    for (i = 0; private_ends[i]; i++) {
        if (is_same_word(last, end - last, private_ends[i]))
            return "Its host must be a public one, not localhost or the like";
    }
    return last > host ? NULL
        : "Its host must be a public one: a name with a dot";
}

/* A dot may be written as %2e. */
static const char *past_dot(const char *at)
{
    return *at == '.' ? at + 1
        : strncasecmp(at, "%2e", 3) ? NULL : at + 3;
}

static int is_dot_segment(const char *at)
{
    const char *next = past_dot(at);

    if (next && past_dot(next))
        next = past_dot(next);
    return next && (!*next || *next == '/');
}

static const char *wrong_path(const char *path)
{
    const char *at;

    if (!path[0] || !path[1])
        return "It must have a path behind its host";
    if (strchr(path, '?'))
        return "It must have no query (?...)";
    for (at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        if (is_dot_segment(at + 1))
            return "It must have no . or .. in its path";
    }
    return NULL;
}

const char *tpa_cimd_wrong_url(const char *url, apr_pool_t *p)
{
    const char *what, *host, *path;

    if (!tpa_cimd_is_url(url))
        return "It must start with https://";
    if (strlen(url) > TPA_CIMD_MAX_URL)
        return "It must have at most 120 characters";
    what = tpa_uri_wrong(url, p);
    if (what)
        return what;
    host = url + strlen(HTTPS);
    path = host + strcspn(host, "/?");
    what = wrong_host(host, *host == '[' ? 1 : strcspn(host, ":/?"));
    return what ? what : wrong_path(path);
}

/* ---- what a document says ----------------------------------------------- */

typedef struct look_t {
    const char *url;
    const tpa_json_t *doc;
    int is_native;
    tpa_cimd_t *out;
    apr_pool_t *p;
} look_t;

static void violate(look_t *look, const char *member, const char *what)
{
    tpa_json_add_str(look->out->violations,
                     apr_pstrcat(look->p, member, ": ", what, NULL));
}

static void warn(look_t *look, const char *member, const char *what)
{
    tpa_json_add_str(look->out->warnings,
                     apr_pstrcat(look->p, member, ": ", what, NULL));
}

static int is_there(const look_t *look, const char *member)
{
    return tpa_json_get(look->doc, member) != NULL;
}

static int is_among(const char *word, const char *const *words)
{
    for (; word && *words; words++) {
        if (!strcmp(word, *words))
            return 1;
    }
    return 0;
}

/* Something people read that nobody can turn round or break out of. */
static const char *wrong_text(const char *text, apr_size_t most, apr_pool_t *p)
{
    const char *c;
    apr_size_t n = 0;

    if (!text || !*text)
        return "It must be a text that is not empty";
    for (c = text; *c; c++) {
        n += ((unsigned char)*c & 0xc0) != 0x80;
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "Control characters are not allowed";
    }
    if (strpbrk(text, "<>"))
        return "The characters < and > are not allowed";
    if (strcmp(text, tpa_text_shown(text, p)))
        return "Characters that turn the direction of text are not allowed";
    return n > most ? "It is too long" : NULL;
}

static void read_client_id(look_t *look, const char *member)
{
    const char *id = tpa_json_get_str(look->doc, member);

    if (!id || strcmp(id, look->url))
        violate(look, member, "It must be the address of the document itself");
    tpa_json_set_str(look->out->mapped, "external_client_id", look->url);
}

static void read_name(look_t *look, const char *member)
{
    const char *name = tpa_json_get_str(look->doc, member);
    const char *what = wrong_text(name, 255, look->p);

    if (what)
        violate(look, member, what);
    else
        tpa_json_set_str(look->out->mapped, "name", name);
}

static void read_description(look_t *look, const char *member)
{
    const char *text = tpa_json_get_str(look->doc, member);

    if (!is_there(look, member))
        return;
    if (wrong_text(text, 140, look->p))
        warn(look, member, "It is left out: it must be a text of at most 140"
                           " characters");
    else
        tpa_json_set_str(look->out->mapped, "description", text);
}

static void read_logo(look_t *look, const char *member)
{
    const char *uri = tpa_json_get_str(look->doc, member);

    if (!is_there(look, member))
        return;
    if (!uri || strncmp(uri, HTTPS, strlen(HTTPS))
        || tpa_uri_wrong_web(uri, look->p) || strlen(uri) > 2048)
        warn(look, member, "It is left out: it must start with https://");
    else
        tpa_json_set_str(look->out->mapped, "logo_uri", uri);
}

/* Before the redirect URIs, whose rules depend on it. */
static void read_type(look_t *look, const char *member)
{
    static const char *const types[] = { "web", "native", NULL };
    const char *type = tpa_json_get_str(look->doc, member);

    if (is_there(look, member) && !is_among(type, types)) {
        violate(look, member, "It must be web or native");
        return;
    }
    look->is_native = type && !strcmp(type, "native");
    tpa_json_set_str(look->out->mapped, "app_type",
                     look->is_native ? "native" : "regular_web");
}

/* https, or for what runs on the machine of its user, its own address. */
static const char *wrong_redirect(const look_t *look, const char *uri)
{
    const char *what;

    if (!uri)
        return "Each must be a text";
    what = tpa_uri_wrong_callback(uri, TPA_URI_THIRD, look->p);
    if (what)
        return what;
    return look->is_native || !strncasecmp(uri, HTTPS, strlen(HTTPS)) ? NULL
        : "Each must start with https://; http:// at the user's own machine"
          " is for application_type native only";
}

static void read_redirects(look_t *look, const char *member)
{
    const tpa_json_t *list = tpa_json_get(look->doc, member);
    apr_array_header_t *seen = apr_array_make(look->p, 8, sizeof(char *));
    const char *uri, *what;
    apr_size_t i;

    if (tpa_json_type(list) != TPA_JSON_ARRAY || !tpa_json_size(list)) {
        violate(look, member, "It must be a list of at least one address");
        return;
    }
    for (i = 0; i < tpa_json_size(list); i++) {
        uri = tpa_json_str(tpa_json_at(list, i));
        what = wrong_redirect(look, uri);
        if (!what && tpa_text_in(seen, uri))
            what = "Each may be named once only";
        if (what) {
            violate(look, member, what);
            return;
        }
        APR_ARRAY_PUSH(seen, const char *) = uri;
    }
    tpa_json_set_list(look->out->mapped, "callbacks", seen);
}

static void read_grants(look_t *look, const char *member)
{
    static const char *const known[] = { "authorization_code", "refresh_token",
                                         NULL };
    const tpa_json_t *list = tpa_json_get(look->doc, member);
    apr_array_header_t *types = apr_array_make(look->p, 2, sizeof(char *));
    apr_size_t i;

    if (!list)
        APR_ARRAY_PUSH(types, const char *) = known[0];
    for (i = 0; i < tpa_json_size(list); i++) {
        const char *type = tpa_json_str(tpa_json_at(list, i));

        if (!is_among(type, known)) {
            violate(look, member, "Only authorization_code and refresh_token"
                                  " can be used");
            return;
        }
        if (!tpa_text_in(types, type))
            APR_ARRAY_PUSH(types, const char *) = type;
    }
    if (tpa_text_in(types, known[0]))
        tpa_json_set_list(look->out->mapped, "grant_types", types);
    else
        violate(look, member, "It must be a list that names"
                              " authorization_code");
}

static void read_responses(look_t *look, const char *member)
{
    const tpa_json_t *list = tpa_json_get(look->doc, member);
    apr_array_header_t *types = tpa_json_list(list, look->p);

    if (list && (!types || !tpa_text_in(types, "code")))
        violate(look, member, "It must be a list that names code");
}

/* ---- how it says who it is ---------------------------------------------- */

static void read_method(look_t *look, const char *member)
{
    static const char *const known[] = { "none", "private_key_jwt", NULL };
    const char *method = tpa_json_get_str(look->doc, member);

    if (!is_there(look, member))
        method = known[0];
    if (is_among(method, known))
        tpa_json_set_str(look->out->mapped, member, method);
    else
        violate(look, member, "It must be none or private_key_jwt: there is"
                              " nobody to share a secret with");
}

static void refuse_member(look_t *look, const char *member)
{
    if (is_there(look, member))
        violate(look, member, !strcmp(member, "jwks")
                ? "Keys must be at jwks_uri, not in the document"
                : "A public document must hold no secret");
}

/* Scheme, host and port, byte by byte: two spellings are two origins. */
static int is_same_origin(const char *url, const char *other)
{
    apr_size_t len = strlen(HTTPS) + strcspn(url + strlen(HTTPS), "/");

    return !strncmp(url, other, len + 1);
}

static void read_keys(look_t *look, const char *member)
{
    const char *uri = tpa_json_get_str(look->doc, member);
    const char *method = tpa_json_get_str(look->out->mapped,
                                          "token_endpoint_auth_method");
    int needs = method && !strcmp(method, "private_key_jwt");

    if (!is_there(look, member) && needs)
        violate(look, member, "private_key_jwt needs it");
    if (!is_there(look, member))
        return;
    if (!uri || strlen(uri) > 2048 || tpa_uri_wrong(uri, look->p)
        || !is_same_origin(look->url, uri))
        violate(look, member, "It must have the same https origin as the"
                              " document");
    else if (!needs)
        warn(look, member, "It is left out: only private_key_jwt needs it");
    else {
        look->out->jwks_uri = apr_pstrdup(look->p, uri);
        tpa_json_set_str(look->out->mapped, member, uri);
    }
}

/* ---- the table ---------------------------------------------------------- */

/* Members, in the order in which they are looked at; others are not. */
static const struct {
    const char *member;
    void (*read)(look_t *look, const char *member);
} members[] = {
    { "client_id", read_client_id },
    { "client_name", read_name },
    { "description", read_description },
    { "logo_uri", read_logo },
    { "application_type", read_type },
    { "redirect_uris", read_redirects },
    { "grant_types", read_grants },
    { "response_types", read_responses },
    { "token_endpoint_auth_method", read_method },
    { "client_secret", refuse_member },
    { "client_secret_expires_at", refuse_member },
    { "jwks", refuse_member },
    { "jwks_uri", read_keys },
};

void tpa_cimd_read(const char *url, const char *text, apr_size_t len,
                   tpa_cimd_t *out, apr_pool_t *p)
{
    look_t look = { url, NULL, 0, out, p };
    tpa_json_t *doc;
    tpa_err_t *e;
    apr_size_t i;

    out->mapped = tpa_json_object(p);
    out->violations = tpa_json_array(p);
    out->warnings = tpa_json_array(p);
    out->jwks_uri = NULL;
    if (len > TPA_CIMD_MAX_DOCUMENT) {
        violate(&look, "document", "It must have at most 5120 bytes");
        return;
    }
    e = tpa_json_parse(text, len, &doc, p);
    if (e || tpa_json_type(doc) != TPA_JSON_OBJECT) {
        violate(&look, "document", "It must be one JSON object");
        return;
    }
    look.doc = doc;
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        members[i].read(&look, members[i].member);
}

/* ---- how long ----------------------------------------------------------- */

int tpa_cimd_lifetime(const char *cache_control)
{
    return tpa_renew_lifetime(cache_control, LEAST_S, USUAL_S, MOST_S);
}
