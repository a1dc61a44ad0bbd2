#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "base/json.h"
#include "base/limit.h"
#include "base/text.h"
#include "core/assertion.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"
#include "http/client_auth.h"
#include "store/events.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define MAX_BASIC 1024

/* Stands in for the hash of a client that does not exist: no text hashes to
 * it, and comparing with it costs the same. */
#define NO_HASH \
    "0000000000000000000000000000000000000000000000000000000000000000"

const tpa_param_t tpa_client_auth_params[] = {
    { "client_id", 255 },
    { "client_secret", 512 },
    { "client_assertion_type", 128 },
    { "client_assertion", TPA_ASSERTION_MAX },
    { NULL }
};

struct tpa_auth_method_t {
    const char *name;
    int proves;   /* 0: what is left when nothing was sent that proves */
    /** Does the request carry this method? Then fill in what it says. */
    int (*read)(tpa_txn_t *t, tpa_credentials_t *c);
    tpa_err_t *(*verify)(tpa_txn_t *t, const tpa_credentials_t *c,
                         const tpa_client_t *client);
};

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_CLIENT,
                           "Client authentication failed");

    e->detail = why;
    return tpa_err_by(e, "client_authentication");
}

/* ---- secrets ------------------------------------------------------------ */

/* Some clients percent-encode id and secret, some do not; ids and secrets are
 * made of characters that decode to themselves. */
static const char *decoded(const char *s, apr_size_t len, apr_pool_t *p)
{
    const char *text = tpa_text_form_decode(s, len, p);

    return text && tpa_text_is_utf8(text) ? text : NULL;
}

static int read_basic(tpa_txn_t *t, tpa_credentials_t *c)
{
    const char *header = apr_table_get(t->req->headers, "Authorization");
    const char *colon;
    char *text;
    int len;

    if (!header)
        return 0;
    if (strncasecmp(header, "Basic ", 6) || strlen(header) > MAX_BASIC)
        return 1;
    header += 6;
    while (*header == ' ')
        header++;
    text = apr_palloc(t->p, apr_base64_decode_len(header) + 1);
    len = apr_base64_decode(text, header);
    text[len] = '\0';
    colon = memchr(text, ':', len);
    if (!colon || strlen(text) != (apr_size_t)len)
        return 1;
    c->client_id = decoded(text, colon - text, t->p);
    c->secret = decoded(colon + 1, text + len - colon - 1, t->p);
    return 1;
}

static int read_post(tpa_txn_t *t, tpa_credentials_t *c)
{
    const char *secret = tpa_txn_param(t, "client_secret");

    if (!secret)
        return 0;
    c->client_id = tpa_txn_param(t, "client_id");
    c->secret = secret;
    return 1;
}

static tpa_err_t *verify_secret(tpa_txn_t *t, const tpa_credentials_t *c,
                                const tpa_client_t *client)
{
    return tpa_secret_equal(c->secret_hash,
                            client->secret_hash ? client->secret_hash
                                                : NO_HASH)
        ? TPA_OK : refused(t->p, "the secret is not the client's");
}

/* ---- assertions --------------------------------------------------------- */

static int read_assertion(tpa_txn_t *t, tpa_credentials_t *c)
{
    const char *type = tpa_txn_param(t, "client_assertion_type");
    const char *sent = tpa_txn_param(t, "client_assertion");
    tpa_jws_peek_t peek;

    if (!type && !sent)
        return 0;
    c->client_id = tpa_txn_param(t, "client_id");
    if (!type || !sent || strcmp(type, ASSERTION_TYPE))
        return 1;
    c->assertion = sent;
    if (!c->client_id && !tpa_jws_peek(sent, TPA_ASSERTION_MAX, &peek, t->p))
        c->client_id = tpa_json_get_str(peek.claims, "sub");
    return 1;
}

/* The registered key, and the registered algorithm: what the header says only
 * helps to choose among the client's own (security.md row 12). */
static tpa_err_t *verify_by_registered_key(tpa_txn_t *t, const char *jws,
                                           const tpa_jws_peek_t *peek,
                                           const tpa_client_t *client)
{
    tpa_err_t *e = refused(t->p, "the client has no valid key for this"
                                 " assertion");
    tpa_json_t *keys;
    apr_size_t i;

    if (!client->credentials)
        return e;
    TPA_TRY(tpa_json_parse(client->credentials, strlen(client->credentials),
                           &keys, t->p));
    for (i = 0; i < tpa_json_size(keys); i++) {
        const tpa_json_t *row = tpa_json_at(keys, i);
        const char *kid = tpa_json_get_str(row, "kid");
        const char *alg = tpa_json_get_str(row, "alg");
        const char *pem = tpa_json_get_str(row, "pem");
        const char *jwk = tpa_json_get_str(row, "jwk");
        tpa_key_t *key;

        if (!kid || !alg || (!pem && !jwk)
            || (peek->kid && strcmp(peek->kid, kid)))
            continue;
        TPA_TRY(pem ? tpa_key_from_pem(pem, &key, NULL, t->p)
                    : tpa_key_from_jwk(jwk, &key, t->p));
        e = tpa_jws_verify(jws, key, alg, t->p);
        if (!e)
            return TPA_OK;
    }
    return e;
}

/* One signature check as a client with a key would have cost. */
static tpa_err_t *verify_in_vain(tpa_txn_t *t, const char *jws,
                                 const tpa_jws_peek_t *peek)
{
    const tpa_key_t *ours = t->keyring ? tpa_keyring_current(t->keyring) : NULL;

    if (ours)
        (void)tpa_jws_verify(jws, ours, peek->alg, t->p);
    return refused(t->p, "there is no such client");
}

static tpa_err_t *verify_assertion(tpa_txn_t *t, const tpa_credentials_t *c,
                                   const tpa_client_t *client)
{
    const char *endpoint = apr_pstrcat(t->p, t->issuer, "oauth/token", NULL);
    tpa_assertion_t checked;
    tpa_jws_peek_t peek;
    int fresh = 0;

    if (!c->assertion)
        return refused(t->p, "client_assertion and client_assertion_type ("
                             ASSERTION_TYPE ") must both be sent");
    TPA_TRY(tpa_jws_peek(c->assertion, TPA_ASSERTION_MAX, &peek, t->p));
    if (!client->id)
        return verify_in_vain(t, c->assertion, &peek);
    TPA_TRY(verify_by_registered_key(t, c->assertion, &peek, client));
    TPA_TRY(tpa_assertion_check(peek.claims, tpa_client_called(client),
                                t->issuer, endpoint, t->now, &checked, t->p));
    TPA_TRY(tpa_store_jti_use(t->store, client->id,
                              tpa_sha256_hex(checked.jti, strlen(checked.jti),
                                             t->p),
                              checked.expires, &fresh, t->p));
    return fresh ? TPA_OK : refused(t->p, "jti of the assertion was used"
                                          " before");
}

/* ---- none --------------------------------------------------------------- */

static int read_none(tpa_txn_t *t, tpa_credentials_t *c)
{
    c->client_id = tpa_txn_param(t, "client_id");
    return c->client_id != NULL;
}

static tpa_err_t *verify_none(tpa_txn_t *t, const tpa_credentials_t *c,
                              const tpa_client_t *client)
{
    return TPA_OK;
}

/* ---- the table -------------------------------------------------------------
 * none comes last: it is what is left when nothing else was sent.
 */
static const tpa_auth_method_t methods[] = {
    { "client_secret_basic", 1, read_basic, verify_secret },
    { "client_secret_post", 1, read_post, verify_secret },
    { "private_key_jwt", 1, read_assertion, verify_assertion },
    { "none", 0, read_none, verify_none },
    { NULL }
};

tpa_err_t *tpa_client_auth_read(tpa_txn_t *t, tpa_credentials_t *out)
{
    const char *named = tpa_txn_param(t, "client_id"), *secret;
    const tpa_auth_method_t *m;
    int carried = 0;

    memset(out, 0, sizeof(*out));
    for (m = methods; m->name; m++) {
        tpa_credentials_t c = { NULL };

        if (!m->proves && carried)
            break;
        if (!m->read(t, &c))
            continue;
        if (!carried++)
            *out = c;
        out->method = carried == 1 ? m : NULL;
    }
    /* Whoever names two clients is neither. */
    if (named && out->client_id && strcmp(named, out->client_id))
        out->method = NULL;
    if (!out->client_id)
        out->client_id = named;
    secret = out->secret ? out->secret : "";
    out->secret_hash = tpa_sha256_hex(secret, strlen(secret), t->p);
    return out->client_id ? TPA_OK
                          : refused(t->p, "no readable client id was sent");
}

/* Whoever sends something that proves is counted apart from those who do not:
 * else naming an application would use up what it may ask for. */
static tpa_counted_t counted(const tpa_credentials_t *c)
{
    return c->method && c->method->proves ? TPA_COUNT_PROVEN
                                          : TPA_COUNT_NAMED;
}

tpa_err_t *tpa_client_auth_admit(tpa_txn_t *t, const tpa_credentials_t *c)
{
    TPA_TRY(tpa_limit_peek(t, TPA_COUNT_FAILURE, NULL));
    return tpa_limit_peek(t, counted(c), c->client_id);
}

static tpa_err_t *verify(tpa_txn_t *t, const tpa_credentials_t *c,
                         const tpa_client_t *client)
{
    int own = c->method && client->id && client->auth_method
        && !strcmp(client->auth_method, c->method->name);
    tpa_err_t *e;

    /* The work is done in any case, so that time tells nothing. */
    e = c->method ? c->method->verify(t, c, client)
                  : verify_secret(t, c, client);
    if (e && tpa_ekind_info(e->kind)->http >= 500)
        return e;
    if (!client->id)
        return refused(t->p, "there is no such client");
    if (strcmp(c->client_id, tpa_client_called(client)))
        return refused(t->p, "the client must be called by the address of its"
                             " metadata document");
    if (!c->method)
        return refused(t->p, "more than one authentication method, more than"
                             " one client, or an unknown method was used");
    if (!own)
        return refused(t->p, apr_psprintf(t->p,
            "the client's authentication method is %s, the request used %s",
            client->auth_method ? client->auth_method : "not set",
            c->method->name));
    if (e)
        return refused(t->p, e->detail ? e->detail : e->text);
    return TPA_OK;
}

tpa_err_t *tpa_client_auth_verify(tpa_txn_t *t, const tpa_credentials_t *c,
                                  const tpa_client_t *client)
{
    tpa_err_t *e = verify(t, c, client);

    if (!e)
        return tpa_limit_take(t, counted(c), c->client_id);
    if (e->kind == TPA_E_INVALID_CLIENT)
        tpa_limit_miss(t);
    return e;
}

const char *tpa_client_auth_shown(const tpa_txn_t *t,
                                  const tpa_credentials_t *c)
{
    return c->method && c->secret
        ? apr_pstrcat(t->p, c->method->name, " ", c->secret_hash, NULL) : NULL;
}

tpa_err_t *tpa_client_auth_challenge(const tpa_txn_t *t, tpa_reply_t *reply,
                                     tpa_err_t *e)
{
    if (e && e->kind == TPA_E_INVALID_CLIENT
        && apr_table_get(t->req->headers, "Authorization"))
        apr_table_setn(reply->headers, "WWW-Authenticate",
                       apr_psprintf(t->p, "Basic realm=\"%s\"", t->issuer));
    return e;
}

apr_array_header_t *tpa_client_auth_methods(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));
    const tpa_auth_method_t *m;

    for (m = methods; m->name; m++)
        APR_ARRAY_PUSH(names, const char *) = m->name;
    return names;
}
