/*
 * Whatever bytes come as a JWS: reading them does no harm, and nothing
 * verifies but with the algorithm its own header names.
 */
#include <string.h>

#include <apr_general.h>

#include "crypto/jws.h"
#include "fuzz.h"

/* The public halves of the keys that signed the good ones of corpus/jws. */
static const char rsa_jwk[] =
    "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
    "4n_jscZgmd6VNfQVxTO4IrwITggLNwSIEcY054OcQr3YJ8CMYKOVfIHr6kTUw9etTlkf"
    "76zjc5FugDlpihZ23ykil34yLXcWsxlvwREM2dWFDbpwCybvw2-"
    "EnkPBGT8IefTRz5XVa8lh59xmjec9v3-QpoYKYxkLXqNUXwve7KiUHb3qUjVn-"
    "EhZLVE757hcIZtcK0eD1uSi7BPmzIrKqKlQr7YxB-"
    "StTltrA223_ohlJybvXZH8AdE0gaY-13gtDbF-yBbAqKhl49DucLZL1wRXUQf4C4DJ5R"
    "md1_SVMjvj0l156LV6N7GHuuHrZ3W5Gc8yGHqmcBcuIzUBLiZPVw"
    "\"}";
static const char ec_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"TE1cj_r302hgu9QDOm7QLTZ2Y39oBYjwtPyL6vu5F1U\","
    "\"y\":\"bR7SkOC9vfkzFK52JS3mbbFTxBXKZYywk434VICmwc8\"}";

static const char *const algs[] = {
    "RS256", "RS384", "PS256", "ES256", "HS256", "RS512", "ES384", "none",
    NULL
};

static void try(const char *jws, const char *jwk, apr_pool_t *p)
{
    tpa_jws_peek_t said;
    tpa_err_t *unread = tpa_jws_peek(jws, strlen(jws), &said, p);
    tpa_key_t *key;
    int i;

    FUZZ_HOLDS(!tpa_key_from_jwk(jwk, &key, p));
    FUZZ_HOLDS(!unread || unread->kind == TPA_E_INVALID_REQUEST);
    for (i = 0; algs[i]; i++) {
        tpa_err_t *e = tpa_jws_verify(jws, key, algs[i], p);

        FUZZ_HOLDS(!e || e->kind == TPA_E_INVALID_CLIENT);
        FUZZ_HOLDS(e || !unread);
        FUZZ_HOLDS(e || !strcmp(said.alg, algs[i]));
        FUZZ_HOLDS(e || tpa_jws_alg_fits(algs[i], key));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *p;
    char *jws;

    apr_initialize();
    /* An exact copy, so that a read behind its end is seen. */
    jws = malloc(size + 1);
    if (!jws)
        return 0;
    if (size)
        memcpy(jws, data, size);
    jws[size] = '\0';
    apr_pool_create(&p, NULL);
    try(jws, rsa_jwk, p);
    try(jws, ec_jwk, p);
    apr_pool_destroy(p);
    free(jws);
    return 0;
}
