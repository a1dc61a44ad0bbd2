#include <apr_strings.h>

#include "base/text.h"
#include "core/details.h"
#include "core/token.h"

/* Which claims the two families of dialects differ in (spec.md 7.6). */
static int is_rfc9068(tpa_dialect_t dialect)
{
    return dialect == TPA_DIALECT_RFC9068
        || dialect == TPA_DIALECT_RFC9068_AUTHZ;
}

static int has_permissions(tpa_dialect_t dialect)
{
    return dialect == TPA_DIALECT_ACCESS_TOKEN_AUTHZ
        || dialect == TPA_DIALECT_RFC9068_AUTHZ;
}

static tpa_json_t *confirmation(const char *jkt, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "jkt", jkt);
    return o;
}

tpa_json_t *tpa_token_claims(const tpa_token_spec_t *spec, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_str(o, "iss", spec->issuer);
    /* The suffix keeps a machine from ever equalling a user id. */
    tpa_json_set_str(o, "sub", spec->user_id ? spec->user_id
                     : apr_pstrcat(p, spec->client_id, "@clients", NULL));
    tpa_json_set_str(o, "aud", spec->audience);
    tpa_json_set_int(o, "iat", spec->iat_s);
    tpa_json_set_int(o, "exp", spec->iat_s + spec->lifetime_s);
    if (spec->scopes && spec->scopes->nelts)
        tpa_json_set_str(o, "scope", tpa_text_join(spec->scopes, " ", p));
    if (spec->details)
        tpa_json_set(o, "authorization_details",
                     tpa_details_objects(spec->details, p));
    tpa_json_set_str(o, "org_id", spec->org_id);
    tpa_json_set_str(o, "org_name", spec->org_name);
    if (spec->jkt)
        tpa_json_set(o, "cnf", confirmation(spec->jkt, p));
    if (is_rfc9068(spec->dialect)) {
        tpa_json_set_str(o, "client_id", spec->client_id);
        tpa_json_set_str(o, "jti", spec->jti);
    }
    else {
        tpa_json_set_str(o, "gty", spec->gty);
        tpa_json_set_str(o, "azp", spec->client_id);
    }
    if (has_permissions(spec->dialect))
        tpa_json_set_list(o, "permissions", spec->permissions);
    return o;
}

const char *tpa_token_typ(tpa_dialect_t dialect)
{
    return is_rfc9068(dialect) ? "at+jwt" : "JWT";
}
