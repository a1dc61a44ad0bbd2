#include <string.h>

#include "core/client_int.h"

/* Seconds; spec.md 1.4. */
#define YEAR 31557600
#define MONTH 2592000
#define HALF_MONTH 1296000

static const char common[] =
    "{\"description\": \"\", \"callbacks\": [], \"allowed_origins\": [],"
    " \"web_origins\": [], \"is_first_party\": true, \"oidc_conformant\": true,"
    " \"require_proof_of_possession\": false, \"jwt_configuration\":"
    " {\"lifetime_in_seconds\": 3600, \"alg\": \"RS256\"}}";

/* ---- merging ------------------------------------------------------------ */

typedef struct merge_t {
    tpa_json_t *into;
    int is_top;
    apr_pool_t *p;
} merge_t;

static tpa_json_t *merged(const tpa_json_t *now, const tpa_json_t *change,
                          int is_top, apr_pool_t *p);

static int merge_member(void *baton, const char *name, const tpa_json_t *value)
{
    merge_t *m = baton;
    const tpa_json_t *is = tpa_json_get(m->into, name);

    if (tpa_json_type(value) == TPA_JSON_NULL && !m->is_top)
        tpa_json_remove(m->into, name);
    else if (tpa_json_type(value) == TPA_JSON_OBJECT)
        tpa_json_set(m->into, name, merged(is, value, 0, m->p));
    else
        tpa_json_set(m->into, name, value);
    return 0;
}

static tpa_json_t *merged(const tpa_json_t *now, const tpa_json_t *change,
                          int is_top, apr_pool_t *p)
{
    merge_t m = { tpa_json_object(p), is_top, p };

    tpa_json_each(now, merge_member, &m);
    tpa_json_each(change, merge_member, &m);
    return m.into;
}

tpa_json_t *tpa_client_merged(const tpa_json_t *now, const tpa_json_t *change,
                              apr_pool_t *p)
{
    return merged(now, change, 1, p);
}

/* ---- what nobody told --------------------------------------------------- */

static int is_text(const tpa_json_t *o, const char *name, const char *text)
{
    const char *value = tpa_json_get_str(o, name);

    return value && !strcmp(value, text);
}

/* Users hold these applications in their hands. */
static int is_in_hands(const tpa_json_t *client)
{
    return is_text(client, "app_type", "spa")
        || is_text(client, "app_type", "native");
}

const char *tpa_client_default_method(const tpa_json_t *client)
{
    return is_in_hands(client) ? "none" : "client_secret_post";
}

static tpa_json_t *default_grants(const tpa_json_t *body, unsigned party,
                                  apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);

    if (party == TPA_STRICT)
        tpa_json_add_str(list, "authorization_code");
    else if (is_text(body, "app_type", "non_interactive"))
        tpa_json_add_str(list, "client_credentials");
    else {
        tpa_json_add_str(list, "authorization_code");
        tpa_json_add_str(list, "refresh_token");
    }
    return list;
}

/* Seconds without use must be fewer than seconds at all. */
static apr_int64_t default_idle(const tpa_json_t *sent, int is_public)
{
    apr_int64_t idle = is_public ? HALF_MONTH : MONTH, most = 0;

    if (tpa_json_get_int(sent, "token_lifetime", &most) && idle >= most)
        idle = most > 1 ? most - 1 : 1;
    return idle;
}

/* What was said of expiration and rotation decides on the rest: a lifetime
 * that is said is meant. */
static tpa_json_t *default_refresh(const tpa_json_t *body, unsigned party,
                                   apr_pool_t *p)
{
    const tpa_json_t *sent = tpa_json_get(body, "refresh_token");
    int is_public = is_in_hands(body)
        || is_text(body, "token_endpoint_auth_method", "none");
    int rotating = tpa_json_get(sent, "rotation_type")
        ? is_text(sent, "rotation_type", "rotating")
        : party == TPA_STRICT && is_public;
    int expiring = tpa_json_get(sent, "expiration_type")
        ? is_text(sent, "expiration_type", "expiring")
        : party == TPA_STRICT || rotating;
    int ends = is_public || rotating || tpa_json_get(sent, "token_lifetime");
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "rotation_type",
                     rotating ? "rotating" : "non-rotating");
    tpa_json_set_str(o, "expiration_type",
                     expiring ? "expiring" : "non-expiring");
    tpa_json_set_int(o, "leeway", 0);
    tpa_json_set_int(o, "token_lifetime", is_public ? MONTH : YEAR);
    tpa_json_set_bool(o, "infinite_token_lifetime", !expiring || !ends);
    tpa_json_set_int(o, "idle_token_lifetime", default_idle(sent, is_public));
    tpa_json_set_bool(o, "infinite_idle_token_lifetime", !expiring);
    return o;
}

tpa_json_t *tpa_client_defaults(const tpa_json_t *body, unsigned party,
                                apr_pool_t *p)
{
    tpa_json_t *o = NULL;

    tpa_json_parse(common, sizeof(common) - 1, &o, p);
    if (party != TPA_FIRST)
        tpa_json_set_str(o, "third_party_security_mode",
                         party == TPA_STRICT ? "strict" : "permissive");
    tpa_json_set_str(o, "redirection_policy",
                     party == TPA_STRICT ? "open_redirect_protection"
                                         : "allow_always");
    tpa_json_set(o, "grant_types", default_grants(body, party, p));
    if (!tpa_json_get(body, "client_authentication_methods"))
        tpa_json_set_str(o, "token_endpoint_auth_method",
                         tpa_client_default_method(body));
    tpa_json_set(o, "refresh_token", default_refresh(body, party, p));
    return o;
}
