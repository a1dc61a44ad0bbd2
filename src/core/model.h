/**
 * @file model.h
 * @brief What the system knows about, as plain data.
 *
 * All strings are const, owned by the pool of whoever filled the struct, and
 * NULL when absent. Lists are arrays of const char *, NULL when empty.
 */
#ifndef TPA_CORE_MODEL_H
#define TPA_CORE_MODEL_H

#include <apr_tables.h>
#include <apr_time.h>

/** deny, allow, require (spec.md 3.1, 4.6); unset counts as deny. */
typedef enum tpa_org_usage_t {
    TPA_ORG_DENY, TPA_ORG_ALLOW, TPA_ORG_REQUIRE
} tpa_org_usage_t;

/** access_token, rfc9068_profile and their _authz forms (spec.md 2.1). */
typedef enum tpa_dialect_t {
    TPA_DIALECT_ACCESS_TOKEN, TPA_DIALECT_ACCESS_TOKEN_AUTHZ,
    TPA_DIALECT_RFC9068, TPA_DIALECT_RFC9068_AUTHZ
} tpa_dialect_t;

/** Who asked for the application to exist (spec.md 8.4, 10.3). */
typedef enum tpa_registered_via_t {
    TPA_VIA_MANUAL, TPA_VIA_DYNAMIC, TPA_VIA_CIMD
} tpa_registered_via_t;

/** An application (spec.md 1). */
typedef struct tpa_client_t {
    const char *id;              /* NULL: there is no such application */
    const char *external_id;     /* the address of its metadata document, which
                                    the protocol names it by; NULL: its id */
    const char *name;
    const char *auth_method;     /* token_endpoint_auth_method, or
                                    private_key_jwt */
    const char *secret_hash;     /* hexadecimal SHA-256, or NULL */
    const char *credentials;     /* JSON array of its public keys, or NULL */
    apr_array_header_t *grant_types;
    int is_first_party;
    int is_strict;               /* third_party_security_mode */
    int requires_pop;            /* require_proof_of_possession */
    tpa_registered_via_t via;
} tpa_client_t;

/** What the protocol calls an application: in requests, tokens, assertions. */
static inline const char *tpa_client_called(const tpa_client_t *c)
{
    return c->external_id ? c->external_id : c->id;
}

/** An API (spec.md 2). */
typedef struct tpa_api_t {
    const char *id;              /* NULL: there is no such API */
    const char *audience;        /* its identifier */
    apr_array_header_t *scopes;
    int is_system;
    int client_denied;           /* deny_all for subject type client */
    int takes_dpop;              /* proof_of_possession says dpop */
    int requires_pop;            /* of confidential clients */
    int token_lifetime_s;
    tpa_dialect_t dialect;
} tpa_api_t;

/** A client grant, own or default (spec.md 3). */
typedef struct tpa_client_grant_t {
    const char *id;              /* NULL: there is no such grant */
    apr_array_header_t *scopes;
    int all_scopes;
    tpa_org_usage_t org_usage;
    int any_org;                 /* allow_any_organization */
    apr_array_header_t *details_types;  /* authorization_details_types; gathered
                                           where there are details */
} tpa_client_grant_t;

/** An Organization as one request sees it (spec.md 4). */
typedef struct tpa_org_t {
    const char *id;              /* NULL: there is no such Organization */
    const char *name;
    int by_name;                 /* found by its name, not by its id */
    int granted;                 /* an organization client grant exists for the
                                    application's own grant */
} tpa_org_t;

/** Settings of the tenant that decisions look at (spec.md 9.4). */
typedef struct tpa_tenant_t {
    const char *default_audience;
    int org_names;               /* Organizations may be named by name:
                        allow_organization_name_in_authentication_api */
    int resource_compat;         /* resource_parameter_profile is
                                    compatibility */
    int third_party_m2m;         /* 0 reproduces the state of April 2026 */
} tpa_tenant_t;

/** What a DPoP proof proved (RFC 9449). */
typedef struct tpa_dpop_t {
    const char *jkt;        /* RFC 7638 thumbprint of the key, base64url */
    const char *jti_hash;   /* hexadecimal SHA-256 of jti */
    apr_time_t expires;     /* how long jti is remembered: the proof is too old
                               before that */
    const char *nonce;      /* as sent; NULL: none */
} tpa_dpop_t;

/** A signing key as stored (spec.md 8.2). */
typedef struct tpa_signing_key_t {
    const char *kid;
    const char *state;           /* current, next, previous, revoked */
    const char *sealed;          /* private JWK in a sealed box */
    const char *public_jwk;
    const char *cert_pem;
} tpa_signing_key_t;

#endif
