#include <string.h>

#include <apr_strings.h>

#include "base/shown.h"
#include "base/text.h"
#include "core/register.h"
#include "core/uri.h"

#define DEFAULT_NAME "My App"
#define STRANGER (TPA_URI_THIRD | TPA_URI_NATIVE)

/* What is read so far, in the names of core/client.h. */
typedef struct reading_t {
    const tpa_json_t *body;
    tpa_json_t *out;
    apr_pool_t *p;
} reading_t;

/* A row of the table of properties must say that it may be registered. */
static const tpa_prop_t *row_of(const char *property)
{
    const tpa_prop_t *row = tpa_props_find(tpa_client_props, property);

    return row && row->flags & TPA_REGISTERED ? row : NULL;
}

static tpa_err_t *wrong(const reading_t *r, const char *member,
                        const char *what)
{
    return tpa_err_by(tpa_err(r->p, TPA_E_INVALID_CLIENT_METADATA, "%s: %s",
                              member, what), "registration");
}

static tpa_err_t *wrong_uri(const reading_t *r, int i, const char *what)
{
    const char *at = i < 0 ? "" : apr_psprintf(r->p, "[%d]", i);

    return tpa_err_by(tpa_err(r->p, TPA_E_INVALID_REDIRECT_URI,
                              "redirect_uris%s: %s", at, what),
                      "registration");
}

static int has(const tpa_json_t *list, const char *word)
{
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        if (!strcmp(tpa_json_str(tpa_json_at(list, i)), word))
            return 1;
    }
    return 0;
}

static int is_all_strings(const tpa_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        if (!tpa_json_str(tpa_json_at(list, i)))
            return 0;
    }
    return 1;
}

/* ---- redirect URIs and the kind of application -------------------------- */

static tpa_err_t *check_uri(const reading_t *r, int i, const char *uri,
                            int who)
{
    const char *what = tpa_props_wrong_string(row_of("callbacks"), uri, r->p);

    if (!what)
        what = tpa_uri_wrong_callback(uri, who, r->p);
    return what ? wrong_uri(r, i, what) : TPA_OK;
}

static tpa_err_t *check_uris(const reading_t *r, const tpa_json_t *list,
                             int who)
{
    int i;

    for (i = 0; i < (int)tpa_json_size(list); i++)
        TPA_TRY(check_uri(r, i, tpa_json_str(tpa_json_at(list, (apr_size_t)i)),
                          who));
    return TPA_OK;
}

static tpa_err_t *take_uris(reading_t *r, const char *member,
                            const tpa_json_t *v)
{
    if (tpa_json_type(v) != TPA_JSON_ARRAY || !tpa_json_size(v))
        return wrong_uri(r, -1, "send a list of at least one redirect URI");
    if (tpa_json_size(v) > TPA_REGISTER_URIS)
        return wrong_uri(r, -1, apr_psprintf(r->p, "send at most %d redirect"
                                             " URIs", TPA_REGISTER_URIS));
    if (!is_all_strings(v))
        return wrong_uri(r, -1, "each must be a string");
    TPA_TRY(check_uris(r, v, STRANGER));
    tpa_json_set(r->out, "callbacks", v);
    return TPA_OK;
}

/* Whoever has an address on the machine of the user runs there (RFC 8252 7),
 * and what runs there need not say so. */
static int runs_at_user(const reading_t *r)
{
    const tpa_json_t *list = tpa_json_get(r->out, "callbacks");
    apr_size_t i;

    for (i = 0; i < tpa_json_size(list); i++) {
        if (strncasecmp(tpa_json_str(tpa_json_at(list, i)), "https:", 6))
            return 1;
    }
    return 0;
}

/* A public application of the web is one whose code runs in a page. */
static tpa_err_t *take_kind(reading_t *r, const char *member,
                            const tpa_json_t *v)
{
    const char *kind = v ? tpa_json_str(v)
        : runs_at_user(r) ? "native" : "web";
    const char *method = tpa_json_get_str(r->out,
                                          "token_endpoint_auth_method");

    if (!kind || (strcmp(kind, "native") && strcmp(kind, "web")))
        return wrong(r, member, "it must be native or web");
    if (!strcmp(kind, "web"))
        TPA_TRY(check_uris(r, tpa_json_get(r->out, "callbacks"),
                           TPA_URI_THIRD));
    tpa_json_set_str(r->out, "app_type",
                     !strcmp(kind, "native") ? "native"
                     : !strcmp(method, "none") ? "spa" : "regular_web");
    return TPA_OK;
}

/* ---- the others --------------------------------------------------------- */

static tpa_err_t *take_name(reading_t *r, const char *member,
                            const tpa_json_t *v)
{
    const char *name = v ? tpa_json_str(v) : DEFAULT_NAME, *what;

    if (!name)
        return wrong(r, member, "it must be a string");
    if (!*name)
        name = DEFAULT_NAME;
    what = tpa_props_wrong_string(row_of("name"), name, r->p);
    if (what)
        return wrong(r, member, what);
    if (tpa_text_hides(name))
        return wrong(r, member, "leave out characters that nobody sees:"
                     " controls, marks that turn the direction of text,"
                     " characters without width");
    if (tpa_text_is_blank(name))
        return wrong(r, member, "it must not be blank");
    tpa_json_set_str(r->out, "name", name);
    return TPA_OK;
}

static tpa_err_t *take_method(reading_t *r, const char *member,
                              const tpa_json_t *v)
{
    const char *method = v ? tpa_json_str(v) : "client_secret_post";

    if (!method || tpa_props_wrong_string(
            row_of("token_endpoint_auth_method"), method, r->p))
        return wrong(r, member, "it must be none, client_secret_post or"
                     " client_secret_basic");
    tpa_json_set_str(r->out, "token_endpoint_auth_method", method);
    return TPA_OK;
}

/* What nobody may register is left out, as RFC 7591 3.2.1 allows; but without
 * a way to begin there is no application. */
static tpa_err_t *take_grants(reading_t *r, const char *member,
                              const tpa_json_t *v)
{
    static const char *const allowed[] = { "authorization_code",
                                           "refresh_token", NULL };
    tpa_json_t *list = tpa_json_array(r->p);
    int i;

    if (v && (tpa_json_type(v) != TPA_JSON_ARRAY || !is_all_strings(v)))
        return wrong(r, member, "it must be a list of strings");
    if (v && tpa_json_size(v) && !has(v, "authorization_code"))
        return wrong(r, member, "it must hold authorization_code; of others"
                     " only refresh_token can be registered");
    for (i = 0; allowed[i]; i++) {
        if (!i || has(v, allowed[i]))
            tpa_json_add_str(list, allowed[i]);
    }
    tpa_json_set(r->out, "grant_types", list);
    return TPA_OK;
}

static tpa_err_t *take_responses(reading_t *r, const char *member,
                                 const tpa_json_t *v)
{
    if (v && (tpa_json_type(v) != TPA_JSON_ARRAY || !is_all_strings(v)
              || (tpa_json_size(v) && !has(v, "code"))))
        return wrong(r, member, "it must be a list that holds code, the only"
                     " response type there is");
    return TPA_OK;
}

static tpa_err_t *take_logo(reading_t *r, const char *member,
                            const tpa_json_t *v)
{
    const char *uri = v ? tpa_json_str(v) : "", *what;

    if (!uri)
        return wrong(r, member, "it must be a string");
    if (!*uri)
        return TPA_OK;
    what = tpa_props_wrong_string(row_of("logo_uri"), uri, r->p);
    if (!what && strncasecmp(uri, "https:", 6))
        what = "It must start with https://";
    if (what)
        return wrong(r, member, what);
    tpa_json_set_str(r->out, "logo_uri", uri);
    return TPA_OK;
}

/* RFC 9449 5.2. What is not asked for stays as the table of properties has
 * it. */
static tpa_err_t *take_bound(reading_t *r, const char *member,
                             const tpa_json_t *v)
{
    if (v && tpa_json_type(v) != TPA_JSON_BOOL)
        return wrong(r, member, "it must be true or false");
    if (tpa_json_get_true(r->body, member))
        tpa_json_set_bool(r->out, "require_proof_of_possession", 1);
    return TPA_OK;
}

/* ---- the table ---------------------------------------------------------- */

/* member, and what takes it: value NULL when it was not sent. A row may look at
 * what the rows above it took. */
static const struct {
    const char *member;
    tpa_err_t *(*take)(reading_t *r, const char *member, const tpa_json_t *v);
} members[] = {
    { "redirect_uris", take_uris },
    { "token_endpoint_auth_method", take_method },
    { "application_type", take_kind },
    { "client_name", take_name },
    { "grant_types", take_grants },
    { "response_types", take_responses },
    { "logo_uri", take_logo },
    { "dpop_bound_access_tokens", take_bound },
};

/* The page that receives the code may read the answer that it is exchanged
 * for: who has no secret has a page do that. */
static void admit_pages(reading_t *r)
{
    const tpa_json_t *list = tpa_json_get(r->out, "callbacks");
    tpa_json_t *origins = tpa_json_array(r->p);
    const char *origin;
    apr_size_t i;

    if (strcmp(tpa_json_get_str(r->out, "token_endpoint_auth_method"), "none"))
        return;
    for (i = 0; i < tpa_json_size(list); i++) {
        origin = tpa_uri_origin(tpa_json_str(tpa_json_at(list, i)), r->p);
        if (origin && !has(origins, origin))
            tpa_json_add_str(origins, origin);
    }
    tpa_json_set(r->out, "allowed_origins", origins);
}

tpa_err_t *tpa_register_read(const tpa_json_t *body, tpa_json_t **out,
                             apr_pool_t *p)
{
    reading_t r = { body, tpa_json_object(p), p };
    apr_size_t i;

    if (tpa_json_type(body) != TPA_JSON_OBJECT)
        return tpa_err_by(tpa_err(p, TPA_E_INVALID_CLIENT_METADATA,
                                  "The body must be a JSON object"),
                          "registration");
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const tpa_json_t *v = tpa_json_get(body, members[i].member);

        if (tpa_json_type(v) == TPA_JSON_NULL)
            v = NULL;
        TPA_TRY(members[i].take(&r, members[i].member, v));
    }
    admit_pages(&r);
    *out = r.out;
    return TPA_OK;
}

/* ---- the application, and the answer ------------------------------------ */

static int copy(void *into, const char *name, const tpa_json_t *value)
{
    tpa_json_set(into, name, value);
    return 0;
}

tpa_err_t *tpa_register_client(const tpa_json_t *said, unsigned party,
                               tpa_json_t **out, apr_pool_t *p)
{
    tpa_json_t *body = tpa_json_object(p);
    tpa_err_t *e;

    tpa_json_each(said, copy, body);
    tpa_json_set_bool(body, "is_first_party", 0);
    tpa_json_set_str(body, "third_party_security_mode",
                     party == TPA_PERMISSIVE ? "permissive" : "strict");
    e = tpa_client_check_new(body, out, p);
    if (e)
        return tpa_err_private(p, TPA_E_INTERNAL, "a registration that was"
                               " found good is refused: %s", e->text);
    *out = tpa_client_stored(*out, p);
    tpa_json_set_str(*out, "registered_via", "dynamic");
    return TPA_OK;
}

void tpa_register_organizations(tpa_json_t *client, const char *usage)
{
    const char *mode = tpa_json_get_str(client, "third_party_security_mode");

    if (!usage || !strcmp(usage, "deny") || !mode || strcmp(mode, "strict"))
        return;
    tpa_json_set_str(client, "organization_usage", usage);
    tpa_json_set_str(client, "organization_require_behavior",
                     "post_login_prompt");
}

tpa_json_t *tpa_register_answer(const tpa_json_t *client, apr_int64_t issued_s,
                                apr_pool_t *p)
{
    static const struct {
        const char *member, *property;
    } echoed[] = {
        { "client_name", "name" }, { "redirect_uris", "callbacks" },
        { "grant_types", "grant_types" },
        { "token_endpoint_auth_method", "token_endpoint_auth_method" },
        { "logo_uri", "logo_uri" }, { NULL, NULL }
    };
    tpa_json_t *o = tpa_json_object(p), *types = tpa_json_array(p);
    const char *kind = tpa_json_get_str(client, "app_type");
    int i;

    tpa_json_set_int(o, "client_id_issued_at", issued_s);
    for (i = 0; echoed[i].member; i++)
        tpa_json_set(o, echoed[i].member,
                     tpa_json_get(client, echoed[i].property));
    tpa_json_add_str(types, "code");
    tpa_json_set(o, "response_types", types);
    tpa_json_set_str(o, "application_type",
                     !strcmp(kind, "native") ? "native" : "web");
    if (tpa_json_get_true(client, "require_proof_of_possession"))
        tpa_json_set_bool(o, "dpop_bound_access_tokens", 1);
    return o;
}
