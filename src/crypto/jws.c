#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "base/text.h"
#include "crypto/jws.h"
#include "crypto/key_int.h"

#define MAX_ALG 16
#define PARTS 3

/* All there is. What has no row is never handed to cjose, which would take a
 * public key for an HMAC secret and read past its end. */
static const struct {
    const char *alg;
    const char *kty;
    const char *crv;
} algs[] = {
    { "RS256", "RSA", NULL },
    { "RS384", "RSA", NULL },
    { "PS256", "RSA", NULL },
    { "ES256", "EC", "P-256" },
    { NULL }
};

/* Extensions that must be understood, and keys brought along. */
static const char *const refused_members[] = {
    "crit", "jku", "x5u", "x5c", NULL
};

/* What a token may bring along: nothing, or its own key. */
enum { NO_KEY, OWN_KEY };

static apr_status_t free_header(void *header)
{
    cjose_header_release(header);
    return APR_SUCCESS;
}

static apr_status_t free_jws(void *jws)
{
    cjose_jws_release(jws);
    return APR_SUCCESS;
}

static int same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

int tpa_jws_alg_fits(const char *alg, const tpa_key_t *key)
{
    int i;

    for (i = 0; algs[i].alg; i++) {
        if (same(alg, algs[i].alg))
            return same(key->kty, algs[i].kty) && same(key->crv, algs[i].crv);
    }
    return 0;
}

/* ---- sign --------------------------------------------------------------- */

/* Made anew for each token: threads must not share a jansson object, and it
 * costs nothing beside the signature. */
static cjose_header_t *header_for(const char *alg, const char *typ,
                                  const char *kid, apr_pool_t *p)
{
    cjose_err err;
    cjose_header_t *header = cjose_header_new(&err);

    if (!header)
        return NULL;
    apr_pool_cleanup_register(p, header, free_header, apr_pool_cleanup_null);
    if (!cjose_header_set(header, CJOSE_HDR_ALG, alg, &err)
        || !cjose_header_set(header, "typ", typ, &err)
        || !cjose_header_set(header, CJOSE_HDR_KID, kid, &err))
        return NULL;
    return header;
}

tpa_err_t *tpa_jws_sign(const tpa_key_t *key, const char *alg, const char *typ,
                        const char *kid, const char *payload, const char **out,
                        apr_pool_t *p)
{
    cjose_header_t *header;
    cjose_jws_t *jws = NULL;
    cjose_err err;

    if (!key->is_private || !tpa_jws_alg_fits(alg, key))
        return tpa_err_private(p, TPA_E_INTERNAL,
                               "the key cannot sign with %s", alg);
    header = header_for(alg, typ, kid, p);
    ERR_clear_error();
    if (header)
        jws = cjose_jws_sign(key->jwk, header, (const uint8_t *)payload,
                             strlen(payload), &err);
    if (jws)
        apr_pool_cleanup_register(p, jws, free_jws, apr_pool_cleanup_null);
    if (!jws || !cjose_jws_export(jws, out, &err) || !*out) {
        ERR_clear_error();
        return tpa_err_private(p, TPA_E_INTERNAL, "cjose did not sign");
    }
    return TPA_OK;
}

/* ---- read --------------------------------------------------------------- */

static tpa_err_t *malformed(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_REQUEST, "the JWT is malformed");

    e->detail = why;
    return e;
}

/* Cut at the dots; 1 when there are three parts and none is empty. */
static int split(const char *jws, char *part[PARTS], apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, jws);
    int i;

    for (i = 0; i < PARTS; i++) {
        part[i] = rest;
        rest += strcspn(rest, ".");
        if (rest == part[i] || (*rest == '.') != (i < PARTS - 1))
            return 0;
        *rest++ = '\0';
    }
    return 1;
}

static tpa_err_t *parse_part(const char *part, tpa_json_t **out, apr_pool_t *p)
{
    unsigned char *bytes;
    apr_size_t len;

    if (!tpa_text_unb64url(part, &bytes, &len, p))
        return malformed(p, "a part is not base64url");
    if (tpa_json_parse((const char *)bytes, len, out, p)
        || tpa_json_type(*out) != TPA_JSON_OBJECT)
        return malformed(p, "a part is not a JSON object");
    return TPA_OK;
}

/* A text, or absent; anything else is no text that somebody meant. */
static int optional_text(const tpa_json_t *header, const char *name,
                         const char **out)
{
    *out = tpa_json_get_str(header, name);
    return *out || !tpa_json_get(header, name);
}

static tpa_err_t *read_header(const tpa_json_t *header, int brings,
                              tpa_jws_peek_t *out, apr_pool_t *p)
{
    int i;

    for (i = 0; refused_members[i]; i++) {
        if (tpa_json_get(header, refused_members[i]))
            return malformed(p, apr_psprintf(p, "its header has %s",
                                             refused_members[i]));
    }
    if ((tpa_json_get(header, "jwk") != NULL) != (brings == OWN_KEY))
        return malformed(p, brings == OWN_KEY ? "its header has no jwk"
                                              : "its header has jwk");
    out->alg = tpa_json_get_str(header, "alg");
    if (!out->alg || !*out->alg || strlen(out->alg) > MAX_ALG)
        return malformed(p, "alg is no text of 1 to 16 bytes");
    if (!optional_text(header, "kid", &out->kid)
        || !optional_text(header, "typ", &out->typ))
        return malformed(p, "kid or typ is no text");
    return TPA_OK;
}

static tpa_err_t *read_parts(char *part[PARTS], int brings,
                             tpa_jws_peek_t *out, apr_pool_t *p)
{
    tpa_json_t *header, *claims;
    unsigned char *signature;
    apr_size_t len;

    TPA_TRY(parse_part(part[0], &header, p));
    TPA_TRY(read_header(header, brings, out, p));
    TPA_TRY(parse_part(part[1], &claims, p));
    if (!tpa_text_unb64url(part[2], &signature, &len, p))
        return malformed(p, "a part is not base64url");
    out->header = header;
    out->claims = claims;
    return TPA_OK;
}

static tpa_err_t *peek(const char *jws, apr_size_t max, int brings,
                       tpa_jws_peek_t *out, apr_pool_t *p)
{
    char *part[PARTS];

    if (strnlen(jws, max + 1) > max)
        return malformed(p, "it is too long");
    if (!split(jws, part, p))
        return malformed(p, "it has not three parts");
    return read_parts(part, brings, out, p);
}

tpa_err_t *tpa_jws_peek(const char *jws, apr_size_t max, tpa_jws_peek_t *out,
                        apr_pool_t *p)
{
    return peek(jws, max, NO_KEY, out, p);
}

tpa_err_t *tpa_jws_peek_own(const char *jws, apr_size_t max,
                            tpa_jws_peek_t *out, tpa_key_t **key,
                            apr_pool_t *p)
{
    TPA_TRY(peek(jws, max, OWN_KEY, out, p));
    return tpa_key_from_jwk(tpa_json_print(tpa_json_get(out->header, "jwk"),
                                           p), key, p);
}

/* ---- verify ------------------------------------------------------------- */

static tpa_err_t *refused(apr_pool_t *p, const char *why)
{
    tpa_err_t *e = tpa_err(p, TPA_E_INVALID_CLIENT,
                           "Client authentication failed");

    e->detail = why;
    return e;
}

/* Everything that must hold before cjose may look at the signature. */
static const char *gate(const char *jws, int brings, const tpa_key_t *key,
                        const char *alg, apr_pool_t *p)
{
    tpa_jws_peek_t said;
    char *part[PARTS];
    tpa_err_t *e;

    if (!split(jws, part, p))
        return "the JWT has not three parts";
    e = read_parts(part, brings, &said, p);
    if (e)
        return e->detail;
    if (!same(said.alg, alg))
        return "alg of the JWT is not the one registered for the key";
    if (!tpa_jws_alg_fits(alg, key))
        return "alg of the JWT does not fit the key";
    if (strlen(part[2]) != (key->signature_len * 4 + 2) / 3)
        return "the signature has the wrong length";
    return NULL;
}

static int cjose_verifies(const char *jws, const tpa_key_t *key, apr_pool_t *p)
{
    cjose_err err;
    cjose_jws_t *read;
    int ok;

    ERR_clear_error();
    read = cjose_jws_import(jws, strlen(jws), &err);
    if (read)
        apr_pool_cleanup_register(p, read, free_jws, apr_pool_cleanup_null);
    ok = read && cjose_jws_verify(read, key->jwk, &err);
    ERR_clear_error();
    return ok;
}

static tpa_err_t *verify(const char *jws, int brings, const tpa_key_t *key,
                         const char *alg, apr_pool_t *p)
{
    const char *why = gate(jws, brings, key, alg, p);

    if (why)
        return refused(p, why);
    if (!cjose_verifies(jws, key, p))
        return refused(p, "the signature does not verify");
    return TPA_OK;
}

tpa_err_t *tpa_jws_verify(const char *jws, const tpa_key_t *key,
                          const char *alg, apr_pool_t *p)
{
    return verify(jws, NO_KEY, key, alg, p);
}

tpa_err_t *tpa_jws_verify_own(const char *jws, const tpa_key_t *key,
                              const char *alg, apr_pool_t *p)
{
    return verify(jws, OWN_KEY, key, alg, p);
}
