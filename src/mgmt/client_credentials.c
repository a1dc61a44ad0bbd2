#include <string.h>

#include <apr_strings.h>

#include "core/client_keys.h"
#include "crypto/jws.h"
#include "crypto/secret.h"
#include "mgmt/clients.h"

/* clang-format off */
static const tpa_mg_result_t results[] = {
    { "no_client", TPA_E_NOT_FOUND, TPA_MG_NO_CLIENT },
    { "not_found", TPA_E_NOT_FOUND, "", "The credential does not exist" },
    { "limit", TPA_E_CONFLICT, "credential_limit",
      "An application has at most 2 credentials." },
    { "conflict", TPA_E_CONFLICT, "credential_conflict",
      "The application has a credential with the same kid already." },
    { NULL }
};
/* clang-format on */

static tpa_err_t *refused(tpa_mg_call_t *c, const char *at, const char *name,
                          const char *what)
{
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_BODY, NULL,
                                 "Payload validation error: '%s' on property"
                                 " %s%s.", what, at, name), "credential");
}

/* ---- a public key ------------------------------------------------------- */

static const char *time_text(apr_time_t at, apr_pool_t *p)
{
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, at);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900,
                        t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                        t.tm_sec);
}

/* The end of a key in the member expires_at, if it has one. */
static tpa_err_t *read_end(tpa_mg_call_t *c, const tpa_json_t *sent,
                           apr_time_t not_after, const char *at,
                           tpa_json_t *out)
{
    const char *said = tpa_json_get_str(sent, "expires_at");
    int parse = tpa_json_get_true(sent, "parse_expiry_from_cert");
    apr_time_t end = not_after;

    if (!said && !parse)
        return TPA_OK;
    if (said && parse)
        return refused(c, at, "parse_expiry_from_cert",
                       "It cannot be used beside expires_at");
    if (parse && !end)
        return refused(c, at, "parse_expiry_from_cert",
                       "pem is no certificate");
    if (said)
        tpa_client_key_time(said, &end);
    if (end <= c->t->now)
        return refused(c, at, said ? "expires_at" : "pem",
                       "Its end must be in the future");
    tpa_json_set_str(out, "expires_at", time_text(end, c->p));
    return TPA_OK;
}

tpa_err_t *tpa_mg_credential_read(tpa_mg_call_t *c, const tpa_json_t *sent,
                                  const char *at, tpa_json_t **out)
{
    const char *pem = tpa_json_get_str(sent, "pem"), *id;
    const char *kid = tpa_json_get_str(sent, "kid");
    const char *alg = tpa_json_get_str(sent, "alg");
    apr_time_t not_after = 0;
    tpa_key_t *key;
    tpa_err_t *e;

    *out = tpa_json_object(c->p);
    e = tpa_key_from_pem(pem, &key, &not_after, c->p);
    if (e)
        return e->kind == TPA_E_INVALID_REQUEST ? refused(c, at, "pem", e->text)
                                                : e;
    if (!alg)
        alg = "RS256";
    if (!tpa_jws_alg_fits(alg, key))
        return refused(c, at, "pem", "The key must be an RSA key");
    TPA_TRY(read_end(c, sent, not_after, at, *out));
    TPA_TRY(tpa_random_id("cred_", 22, &id, c->p));
    tpa_json_set_str(*out, "id", id);
    tpa_json_set_str(*out, "name", tpa_json_get_str(sent, "name"));
    tpa_json_set_str(*out, "kid", kid ? kid : tpa_key_thumbprint(key));
    tpa_json_set_str(*out, "alg", alg);
    tpa_json_set_str(*out, "pem", pem);
    return TPA_OK;
}

/* ---- the routes --------------------------------------------------------- */

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_list(c, "client_credential_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "client_credential_get", results, reply);
}

/* It is good for nothing until the application names it. */
static tpa_err_t *create(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *key;

    TPA_TRY(tpa_mg_credential_read(c, c->body, "", &key));
    tpa_mg_add_members(key, tpa_mg_argument(c));
    tpa_json_set_bool(key, "in_use", 0);
    return tpa_mg_write(c, "client_credential_create", key, NULL, results,
                        reply);
}

static tpa_err_t *check_change(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch)
{
    const char *is = tpa_json_get_str(now, "expires_at");
    const char *said = tpa_json_get_str(patch, "expires_at");

    if (is && said && !strcmp(is, said))
        tpa_json_remove(patch, "expires_at");   /* perhaps in the past by now */
    return read_end(c, patch, 0, "", patch);
}

static tpa_err_t *update(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_patch(c, "client_credential_get",
                        "client_credential_update", check_change, results,
                        reply);
}

static tpa_err_t *delete(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_write(c, "client_credential_delete", tpa_mg_argument(c),
                        NULL, results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_client_credentials[] = {
    { "GET", "clients/{client_id}/credentials", "read:client_credentials", 200,
      list, "List credentials of an application", .pages = TPA_MG_ARRAY },
    { "POST", "clients/{client_id}/credentials", "create:client_credentials",
      201, create, "Create a credential of an application",
      tpa_client_key_props, TPA_ON_CREATE },
    { "GET", "clients/{client_id}/credentials/{credential_id}",
      "read:client_credentials", 200, get, "Get a credential" },
    { "PATCH", "clients/{client_id}/credentials/{credential_id}",
      "update:client_credentials", 200, update, "Update a credential",
      tpa_client_key_change_props, TPA_ON_UPDATE },
    { "DELETE", "clients/{client_id}/credentials/{credential_id}",
      "delete:client_credentials", 204, delete, "Delete a credential" },
    { NULL }
};
/* clang-format on */
