#include <string.h>

#include <apr_strings.h>

#include "cimd/cimd.h"
#include "cimd/keys.h"
#include "core/client.h"
#include "core/register.h"
#include "crypto/secret.h"
#include "fetch/fetch.h"

#define METHOD "token_endpoint_auth_method"
#define BY_KEY "private_key_jwt"

/* ---- fetching ----------------------------------------------------------- */

static const char *failure_of(const tpa_fetched_t *got, apr_pool_t *p)
{
    return got->wrong ? apr_pstrcat(p, "The document cannot be fetched: ",
                                    got->wrong, NULL) : NULL;
}

/* Keys that cannot be had are the fault of the document that names them. */
static tpa_err_t *retrieve_keys(tpa_txn_t *t, tpa_cimd_found_t *out)
{
    tpa_fetched_t got;
    int left_out = 0;

    TPA_TRY(tpa_fetch(t->fetcher, out->says.jwks_uri, TPA_CIMD_MAX_KEYS, &got,
                      t->p));
    if (got.wrong) {
        tpa_json_add_str(out->says.violations, apr_pstrcat(t->p, "jwks_uri:"
            " The key set cannot be fetched: ", got.wrong, NULL));
        return TPA_OK;
    }
    out->keys = tpa_cimd_keys(got.body, got.len, &left_out, t->p);
    if (!tpa_json_size(out->keys))
        tpa_json_add_str(out->says.violations, "jwks_uri: There is no key set"
                         " with an RSA key of 2048 to 4096 bits for RS256,"
                         " RS384 or PS256");
    else if (left_out)
        tpa_json_add_str(out->says.warnings, "jwks_uri: Some keys are left"
                         " out: they are of no use here");
    return TPA_OK;
}

tpa_err_t *tpa_cimd_retrieve(tpa_txn_t *t, const char *url,
                             tpa_cimd_found_t *out)
{
    tpa_fetched_t got;

    memset(out, 0, sizeof(*out));
    TPA_TRY(tpa_fetch(t->fetcher, url, TPA_CIMD_MAX_DOCUMENT, &got, t->p));
    out->failure = failure_of(&got, t->p);
    if (out->failure)
        return TPA_OK;
    out->lifetime_s = tpa_cimd_lifetime(got.cache_control);
    tpa_cimd_read(url, got.body, got.len, &out->says, t->p);
    if (tpa_cimd_is_valid(out) && out->says.jwks_uri)
        return retrieve_keys(t, out);
    return TPA_OK;
}

int tpa_cimd_is_valid(const tpa_cimd_found_t *found)
{
    return !found->failure && !tpa_json_size(found->says.violations);
}

/* ---- what is told of it ------------------------------------------------- */

tpa_json_t *tpa_cimd_validation(const tpa_cimd_found_t *found, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_set_bool(o, "valid", tpa_cimd_is_valid(found));
    tpa_json_set(o, "violations", found->says.violations);
    tpa_json_set(o, "warnings", found->says.warnings);
    return o;
}

static int set_member(void *into, const char *name, const tpa_json_t *value)
{
    tpa_json_set(into, name, value);
    return 0;
}

static tpa_json_t *shown_keys(const tpa_json_t *keys, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p), *method = tpa_json_object(p);
    tpa_json_t *methods = tpa_json_object(p);
    apr_size_t i;

    for (i = 0; i < tpa_json_size(keys); i++) {
        const tpa_json_t *key = tpa_json_at(keys, i);
        tpa_json_t *o = tpa_json_object(p);

        tpa_json_set_str(o, "credential_type", "public_key");
        tpa_json_set_str(o, "kid", tpa_json_get_str(key, "kid"));
        tpa_json_set_str(o, "alg", tpa_json_get_str(key, "alg"));
        tpa_json_add(list, o);
    }
    tpa_json_set(method, "credentials", list);
    tpa_json_set(methods, BY_KEY, method);
    return methods;
}

tpa_json_t *tpa_cimd_mapped(const tpa_cimd_found_t *found, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_each(found->says.mapped, set_member, o);
    if (found->keys)
        tpa_json_set(o, "client_authentication_methods",
                     shown_keys(found->keys, p));
    return o;
}

/* ---- what is stored of it ----------------------------------------------- */

static void set_text_or_null(tpa_json_t *o, const char *name,
                             const char *value)
{
    if (value)
        tpa_json_set_str(o, name, value);
    else
        tpa_json_set_null(o, name);
}

/* What the tables of properties know: checked and filled up by the same rules
 * as what an administrator sends. */
static tpa_err_t *make_client(const tpa_json_t *mapped, tpa_json_t **out,
                              apr_pool_t *p)
{
    tpa_json_t *body = tpa_json_object(p), *client;

    tpa_json_each(mapped, set_member, body);
    tpa_json_remove(body, "external_client_id");
    tpa_json_remove(body, "jwks_uri");
    tpa_json_set_str(body, METHOD, "none");
    tpa_json_set_bool(body, "is_first_party", 0);
    tpa_json_set_str(body, "third_party_security_mode", "strict");
    TPA_TRY(tpa_client_check_new(body, &client, p));
    *out = tpa_client_stored(client, p);
    return TPA_OK;
}

/* What the document does not say is taken back, so it is said as null. */
tpa_err_t *tpa_cimd_row(const tpa_cimd_found_t *found, const char *usage,
                        tpa_json_t **out, apr_pool_t *p)
{
    const tpa_json_t *mapped = found->says.mapped;
    const char *method = tpa_json_get_str(mapped, METHOD), *id;
    tpa_json_t *client;

    TPA_TRY(make_client(mapped, &client, p));
    TPA_TRY(tpa_random_id("tpc_", 22, &id, p));
    tpa_json_set_str(client, "client_id", id);
    tpa_json_set_str(client, "registered_via", "cimd");
    tpa_json_set_str(client, METHOD, method);
    tpa_json_set_str(client, "external_client_id",
                     tpa_json_get_str(mapped, "external_client_id"));
    set_text_or_null(client, "logo_uri", tpa_json_get_str(mapped, "logo_uri"));
    set_text_or_null(client, "description",
                     tpa_json_get_str(mapped, "description"));
    set_text_or_null(client, "jwks_uri", found->says.jwks_uri);
    if (found->keys)
        tpa_json_set(client, "jwks", found->keys);
    else
        tpa_json_set_null(client, "jwks");
    tpa_json_set_str(client, "document_hash", tpa_cimd_hash(
        tpa_json_list(tpa_json_get(mapped, "callbacks"), p), method,
        found->keys, p));
    tpa_register_organizations(client, usage);
    *out = tpa_json_object(p);
    tpa_json_set(*out, "client", client);
    return TPA_OK;
}
