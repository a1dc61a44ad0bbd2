/**
 * @file m2m_space.h
 * @brief The space of facts the machine decision is enumerated over, and an
 *        independent model of it, written from the tables of the policy
 *        document and from nothing in src/core.
 */
#ifndef TPA_UNIT_M2M_SPACE_H
#define TPA_UNIT_M2M_SPACE_H

#include <string.h>

#include "core/m2m.h"

/* Each dimension, and how many values it has. */
enum {
    D_GRANT_TYPE,   /* 0 not among grant_types, 1 is */
    D_AUTH,         /* 0 none, 1 a secret */
    D_PARTY,        /* 0 first-party, 1 strict, 2 permissive third-party */
    D_VIA,          /* 0 by hand, 1 dynamic */
    D_SWITCH,       /* 0 third-party machines off, 1 on */
    D_AUDIENCE,     /* 0 none, 1 asked for */
    D_API,          /* 0 unknown, 1 ordinary, 2 system */
    D_POLICY,       /* 0 deny_all, 1 require_client_grant */
    D_PROOF,        /* 0 not wanted, sent all the same; wanted by 1 the API, not
                       sent; 2 the application, sent where it is not taken */
    D_OWN,          /* 0 no own grant, 1 deny, 2 allow, 3 require */
    D_ANY,          /* allow_any_organization of it */
    D_DEFAULT,      /* 0 no default grant, 1 one */
    D_SCOPE,        /* 0 none asked for, 1 granted, 2 not granted, 3 not of the
                       API though the grant lists it, 4 granted, and
                       authorization details with it */
    D_SENT,         /* 0 no organization, 1 like an id, 2 like a name */
    D_NAMES,        /* 0 ids only, 1 names too */
    D_FOUND,        /* 0 not found, 1 by id, 2 by name */
    D_GRANTED,      /* organization client grant for the one sent */
    D_DEFAULT_ORG,  /* 0 none, 1 one without, 2 one with such a grant */
    D_COUNT
};

static const int d_sizes[D_COUNT] = {
    2, 2, 3, 2, 2, 2, 3, 2, 3, 4, 2, 2, 5, 3, 2, 3, 2, 3
};

#define SENT_ID "org_0123456789abcdef"
#define SENT_NAME "acme"
#define FALLBACK_ID "org_fedcba9876543210"

static apr_array_header_t *words_of(apr_pool_t *pool, const char *a,
                                    const char *b)
{
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));

    if (a)
        APR_ARRAY_PUSH(list, const char *) = a;
    if (b)
        APR_ARRAY_PUSH(list, const char *) = b;
    return list;
}

/** Lists that every point of the space shares. */
typedef struct d_lists_t {
    apr_array_header_t *machine, *human, *api, *granted, *stale;
    apr_array_header_t *asked[5], *details;
} d_lists_t;

static void d_lists_make(d_lists_t *l, apr_pool_t *pool)
{
    static const tpa_detail_t pay = { "pay", "{\"type\":\"pay\"}" };

    l->machine = words_of(pool, "authorization_code", "client_credentials");
    l->human = words_of(pool, "authorization_code", NULL);
    l->api = words_of(pool, "read:posts", "write:posts");
    l->granted = words_of(pool, "read:posts", "gone:posts");
    l->stale = words_of(pool, "gone:posts", NULL);
    l->asked[0] = NULL;
    l->asked[1] = words_of(pool, "read:posts", NULL);
    l->asked[2] = words_of(pool, "read:posts", "write:posts");
    l->asked[3] = l->stale;
    l->asked[4] = l->asked[1];
    l->details = apr_array_make(pool, 1, sizeof(tpa_detail_t));
    APR_ARRAY_PUSH(l->details, tpa_detail_t) = pay;
}

static void d_grants(tpa_m2m_facts_t *f, const int *d, const d_lists_t *l)
{
    if (d[D_OWN]) {
        f->own_grant.id = "cgr_own";
        f->own_grant.scopes = l->granted;
        f->own_grant.org_usage = d[D_OWN] == 1 ? TPA_ORG_DENY
            : d[D_OWN] == 2 ? TPA_ORG_ALLOW : TPA_ORG_REQUIRE;
        f->own_grant.any_org = d[D_ANY];
    }
    if (d[D_DEFAULT]) {
        f->default_grant.id = "cgr_default";
        f->default_grant.scopes = l->granted;
    }
}

static void d_orgs(tpa_m2m_facts_t *f, const int *d)
{
    f->asked_org = d[D_SENT] == 1 ? SENT_ID : d[D_SENT] == 2 ? SENT_NAME
                                                             : NULL;
    if (d[D_SENT] && d[D_FOUND]) {
        f->org.id = d[D_FOUND] == 1 ? f->asked_org : "org_ofthatname0000";
        f->org.name = SENT_NAME;
        f->org.by_name = d[D_FOUND] == 2;
        f->org.granted = d[D_GRANTED];
    }
    if (d[D_DEFAULT_ORG]) {
        f->default_org.id = FALLBACK_ID;
        f->default_org.name = "globex";
        f->default_org.granted = d[D_DEFAULT_ORG] == 2;
    }
}

/** The facts at a point. */
static void d_facts(tpa_m2m_facts_t *f, const int *d, const d_lists_t *l)
{
    memset(f, 0, sizeof(*f));
    f->tenant.third_party_m2m = d[D_SWITCH];
    f->tenant.org_names = d[D_NAMES];
    f->client.id = "client";
    f->client.grant_types = d[D_GRANT_TYPE] ? l->machine : l->human;
    f->client.auth_method = d[D_AUTH] ? "client_secret_post" : "none";
    f->client.is_first_party = d[D_PARTY] == 0;
    /* A first-party application that says strict is first-party still. */
    f->client.is_strict = d[D_PARTY] != 2;
    f->client.via = d[D_VIA] ? TPA_VIA_DYNAMIC : TPA_VIA_MANUAL;
    f->client.requires_pop = d[D_PROOF] == 2;
    f->api.requires_pop = d[D_PROOF] == 1;
    f->api.takes_dpop = d[D_PROOF] == 1;
    f->proof_jkt = d[D_PROOF] == 1 ? NULL : "key";
    f->asked_audience = d[D_AUDIENCE] ? "https://api.test/" : NULL;
    if (d[D_API] && d[D_AUDIENCE]) {
        f->api.id = "api";
        f->api.audience = "https://api.test/";
        f->api.scopes = l->api;
        f->api.is_system = d[D_API] == 2;
        f->api.client_denied = !d[D_POLICY];
        f->api.token_lifetime_s = 86400;
    }
    f->asked_scopes = l->asked[d[D_SCOPE]];
    f->asked_details = d[D_SCOPE] == 4 ? l->details : NULL;
    d_grants(f, d, l);
    d_orgs(f, d);
}

/** What must come of it: the rule that refuses, or NULL with the token. */
typedef struct d_expected_t {
    const char *rule;
    tpa_ekind_t kind;
    const char *org;    /* of the token, NULL: none */
} d_expected_t;

/* The table of organization_usage x sent x default_organization. */
enum { PLAIN, NOT_ALLOWED, NOT_GIVEN, USE_SENT, USE_DEFAULT };
static const int org_table[3][2][2] = {
    /*           not sent: no default, default  sent: no default, default */
    /* deny    */ { { PLAIN,     PLAIN },       { NOT_ALLOWED, NOT_ALLOWED } },
    /* allow   */ { { PLAIN,     PLAIN },       { USE_SENT,    USE_SENT } },
    /* require */ { { NOT_GIVEN, USE_DEFAULT }, { USE_SENT,    USE_SENT } },
};

static d_expected_t d_refusal(const char *rule, tpa_ekind_t kind)
{
    d_expected_t e = { rule, kind, NULL };

    return e;
}

static d_expected_t d_expected_org(const int *d, int usage)
{
    d_expected_t e = { NULL, TPA_E_COUNT, NULL };
    int any = d[D_OWN] && d[D_ANY] && d[D_PARTY] == 0;

    switch (org_table[usage][d[D_SENT] != 0][d[D_DEFAULT_ORG] != 0]) {
    case NOT_ALLOWED:
        return d_refusal("organization_usable", TPA_E_ACCESS_DENIED);
    case NOT_GIVEN:
        return d_refusal("organization_present", TPA_E_ACCESS_DENIED);
    case USE_SENT:
        if (!d[D_NAMES] && d[D_SENT] == 2)
            return d_refusal("organization_form", TPA_E_INVALID_REQUEST);
        if (!d[D_FOUND] || (d[D_FOUND] == 2 && !d[D_NAMES]))
            return d_refusal("organization_known", TPA_E_ACCESS_DENIED);
        if (!d[D_GRANTED] && !any)
            return d_refusal("organization_granted", TPA_E_ACCESS_DENIED);
        e.org = d[D_FOUND] == 2 ? "org_ofthatname0000"
            : d[D_SENT] == 1 ? SENT_ID : SENT_NAME;
        return e;
    case USE_DEFAULT:
        if (d[D_DEFAULT_ORG] == 1 && !any)
            return d_refusal("organization_granted", TPA_E_ACCESS_DENIED);
        e.org = FALLBACK_ID;
        return e;
    default:
        return e;
    }
}

static inline d_expected_t d_expected(const int *d)
{
    int third = d[D_PARTY] != 0;
    int by_default = !d[D_OWN] && d[D_DEFAULT] && d[D_PARTY] == 1;

    if (!d[D_GRANT_TYPE])
        return d_refusal("grant_type_enabled", TPA_E_UNAUTHORIZED_CLIENT);
    if (!d[D_AUTH])
        return d_refusal("client_confidential", TPA_E_UNAUTHORIZED_CLIENT);
    if (third && !d[D_SWITCH])
        return d_refusal("third_party_switch", TPA_E_UNAUTHORIZED_CLIENT);
    if (third && d[D_VIA])
        return d_refusal("third_party_by_hand", TPA_E_UNAUTHORIZED_CLIENT);
    if (!d[D_AUDIENCE])
        return d_refusal("audience_named", TPA_E_INVALID_REQUEST);
    if (!d[D_API])
        return d_refusal("api_known", TPA_E_INVALID_TARGET);
    if (third && d[D_API] == 2)
        return d_refusal("api_open_to_third_party", TPA_E_UNAUTHORIZED_CLIENT);
    if (!d[D_POLICY])
        return d_refusal("api_admits_machines", TPA_E_UNAUTHORIZED_CLIENT);
    if (d[D_PROOF])
        return d_refusal(d[D_PROOF] == 1 ? "proof_sent" : "proof_taken",
                         TPA_E_INVALID_REQUEST);
    if (!d[D_OWN] && !by_default)
        return d_refusal("client_grant_exists", TPA_E_UNAUTHORIZED_CLIENT);
    if (d[D_SCOPE] == 2 || d[D_SCOPE] == 3)
        return d_refusal("scopes_granted", TPA_E_INVALID_SCOPE);
    /* spec 3.1: authorization_details_types are for users alone. */
    if (d[D_SCOPE] == 4)
        return d_refusal("details_granted",
                         TPA_E_INVALID_AUTHORIZATION_DETAILS);
    return d_expected_org(d, by_default ? 0 : d[D_OWN] - 1);
}

#endif
