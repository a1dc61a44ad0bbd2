/**
 * @file flow_space.h
 * @brief The space of facts the decision of the user flow is enumerated over.
 *        What must come of each point is in flow_model.h.
 */
#ifndef TPA_UNIT_FLOW_SPACE_H
#define TPA_UNIT_FLOW_SPACE_H

#include <string.h>

#include "core/flow.h"

/* Each dimension, and its values. */
enum {
    D_POINT,      /* 0 authorize, 1 exchange, 2 refresh */
    D_PARTY,      /* 0 first-party, 1 strict, 2 permissive third-party */
    D_TYPES,      /* grant_types: 0 none, 1 code, 2 refresh, 3 both */
    D_AUDIENCE,   /* 0 none, 1 audience, 2 default_audience, 3 resource that is
                     read, 4 resource that is not */
    D_API,        /* 0 unknown, 1 ordinary, 2 system */
    D_POLICY,     /* 0 allow_all, 1 require_client_grant, 2 deny_all */
    D_PROOF,      /* 0 nobody wants one, and the API takes none; 1 the
                     application, 2 the API wants one, none is sent; wanted and
                     sent, 3 to an API that takes none, 4 that does */
    D_OWN,        /* own grant: 0 none, 1 read gone, 2 all scopes, 3 empty */
    D_DEFAULT,    /* default grant: 0 none, 1 read gone, 2 all scopes */
    D_WANT,       /* asked for, or held: 0 none, 1 read, 2 read write, 3 gone,
                     4 openid read, 5 read offline_access */
    D_RBAC,       /* enforce_policies: 0 off, 1 user may read, 2 nothing */
    D_OFFLINE,    /* allow_offline_access */
    D_USAGE,      /* 0 deny, 1 allow, 2 require */
    D_BEHAVIOR,   /* 0 no, 1 pre-login, 2 post-login prompt */
    D_ORG,        /* see the enum below */
    D_NAMES,      /* 0 ids only, 1 names too */
    D_SWITCH,     /* third_party_client_access: 0 block, 1 allow */
    D_ENTRY,      /* entries: 0 off, 1 on without, 2 allowed, 3 forbidden,
                     4 off, though one forbids */
    D_DOMAIN,     /* the user's connection: is_domain_connection */
    D_FOR_CLIENT, /* enabled for the application */
    D_FOR_ORG,    /* enabled for the Organization */
    D_OTHER,      /* is there another that everybody may use? */
    D_FORCED,     /* connection: 0 not sent, 1 the user's, 2 the other */
    D_SESSION,    /* 0 none, 1 old, 2 made in this run, 3 old, by a connection
                     that is gone */
    D_ASKS,       /* prompt: 0 not sent, 1 none, 2 login, 3 consent,
                     4 select_account */
    D_AGE,        /* max_age: 0 not sent, 1 zero, 2 fulfilled, 3 not */
    D_BLOCKED,
    D_MEMBER,
    D_JOINS,      /* assign_membership_on_login, in play */
    D_ORGS,       /* see the enum below */
    D_CONSENT,    /* stored: 0 none, 1 for nothing, 2 read, 3 everything */
    D_GIVEN,      /* consent was given in this run */
    D_SKIPS,      /* the API spares verifiable first-party clients */
    D_REDIRECT,   /* 0 a host, 1 localhost */
    D_CONFIRM,    /* 0 nothing, 1 confirmed, 2 page shown, 3 the application
                     or 4 the tenant skips it */
    D_NARROW,     /* at refresh: 0 no scope, 1 read, 2 delete, 3 openid read */
    D_DETAILS,    /* authorization details, asked for or held: 0 none, 1 one,
                     2 one the API does not know, 3 one the own grant does not
                     allow, 4 two and at the token endpoint one of them sent,
                     5 one, and at the token endpoint another sent */
    D_COUNT
};

static const int d_sizes[D_COUNT] = {
    3, 3, 4, 5, 3, 3, 5, 4, 3, 6, 3, 2, 3, 3, 10, 2, 2, 5, 2, 2, 2, 2, 3, 4,
    5, 4, 2, 2, 2, 9, 4, 2, 2, 2, 5, 4, 6
};

/* D_ORG: what was sent, or chosen on a page, and what was found. At the token
 * endpoint: the same as held. */
enum {
    O_NONE, O_WITHOUT,            /* nothing; nothing, and so was chosen */
    O_CHOSEN, O_CHOSEN_GONE, O_ID, O_ID_UNKNOWN, O_NAME_LIKE_ID, O_NAME,
    O_NAME_UNKNOWN, O_MALFORMED
};

/* D_ORGS: where the user may be at home. All admit third parties and use the
 * user's connection, but where said otherwise. */
enum {
    L_NONE, L_MEMBER, L_TWO, L_JOIN, L_TWO_JOIN, L_MEMBER_AND_JOIN, L_BLOCKS,
    L_UNCONNECTED, L_MANY
};

#define ORG_ID "org_0123456789abcdef"
#define ORG_NAME "acme"
#define FOUND_ID "org_ofthatname000000"
#define MANY 23
#define HOUR apr_time_from_sec(3600)
#define NOW (100 * HOUR)
#define STARTED (NOW - apr_time_from_sec(60))

/** A partner's application in an Organization that admits it: a code. */
static const int d_good[D_COUNT] = {
    [D_POINT] = 0, [D_PARTY] = 1, [D_TYPES] = 3, [D_AUDIENCE] = 1,
    [D_API] = 1, [D_OWN] = 1, [D_WANT] = 1, [D_OFFLINE] = 1, [D_USAGE] = 1,
    [D_ORG] = O_ID, [D_SWITCH] = 1, [D_DOMAIN] = 1, [D_FOR_CLIENT] = 1,
    [D_FOR_ORG] = 1, [D_SESSION] = 1, [D_MEMBER] = 1, [D_CONSENT] = 3
};

static const tpa_detail_t d_details[] = {
    { "pay", "{\"type\":\"pay\"}" }, { "sign", "{\"type\":\"sign\"}" },
    { "pay", "{\"to\":1,\"type\":\"pay\"}" }
};

/** Lists that every point of the space shares. */
typedef struct d_lists_t {
    apr_array_header_t *pay, *sign, *both, *other;   /* of tpa_detail_t */
    apr_array_header_t *knows_pay, *knows_both;
    apr_array_header_t *types[4], *api, *granted, *want[6], *narrow[4];
    apr_array_header_t *read, *all, *none, *orgs[9];
} d_lists_t;

static apr_array_header_t *d_words(apr_pool_t *pool, const char *a,
                                   const char *b)
{
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));

    if (a)
        APR_ARRAY_PUSH(list, const char *) = a;
    if (b)
        APR_ARRAY_PUSH(list, const char *) = b;
    return list;
}

static void d_add_org(apr_array_header_t *list, const char *id, int member,
                      int admits, int connected)
{
    tpa_flow_org_t *org = apr_array_push(list);

    memset(org, 0, sizeof(*org));
    org->id = id;
    org->member = member;
    org->joins = !member;
    org->admits_third_party = admits;
    /* First-party applications are stopped by the entries. */
    org->lists_clients = !admits;
    org->uses_connection = connected;
}

static void d_lists_orgs(d_lists_t *l, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < 9; i++)
        l->orgs[i] = apr_array_make(pool, 2, sizeof(tpa_flow_org_t));
    d_add_org(l->orgs[L_MEMBER], "org_a", 1, 1, 1);
    d_add_org(l->orgs[L_TWO], "org_a", 1, 1, 1);
    d_add_org(l->orgs[L_TWO], "org_b", 1, 1, 1);
    d_add_org(l->orgs[L_JOIN], "org_j", 0, 1, 1);
    d_add_org(l->orgs[L_TWO_JOIN], "org_j", 0, 1, 1);
    d_add_org(l->orgs[L_TWO_JOIN], "org_k", 0, 0, 1);
    d_add_org(l->orgs[L_MEMBER_AND_JOIN], "org_j", 0, 1, 1);
    d_add_org(l->orgs[L_MEMBER_AND_JOIN], "org_a", 1, 1, 1);
    d_add_org(l->orgs[L_BLOCKS], "org_x", 1, 0, 1);
    d_add_org(l->orgs[L_UNCONNECTED], "org_x", 1, 1, 0);
    for (i = 0; i < MANY; i++)
        d_add_org(l->orgs[L_MANY], "org_a", 1, 1, 1);
}

static apr_array_header_t *d_detail_list(apr_pool_t *pool, int a, int b)
{
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(tpa_detail_t));

    APR_ARRAY_PUSH(list, tpa_detail_t) = d_details[a];
    if (b >= 0)
        APR_ARRAY_PUSH(list, tpa_detail_t) = d_details[b];
    return list;
}

static void d_lists_make(d_lists_t *l, apr_pool_t *pool)
{
    memset(l, 0, sizeof(*l));
    l->types[1] = d_words(pool, "authorization_code", NULL);
    l->types[2] = d_words(pool, "refresh_token", NULL);
    l->types[3] = d_words(pool, "authorization_code", "refresh_token");
    l->api = d_words(pool, "read", "write");
    l->granted = d_words(pool, "read", "gone");
    l->pay = d_detail_list(pool, 0, -1);
    l->sign = d_detail_list(pool, 1, -1);
    l->both = d_detail_list(pool, 0, 1);
    l->other = d_detail_list(pool, 2, -1);
    l->knows_pay = d_words(pool, "pay", NULL);
    l->knows_both = d_words(pool, "pay", "sign");
    l->read = d_words(pool, "read", NULL);
    l->none = d_words(pool, NULL, NULL);
    l->all = d_words(pool, "read", "write");
    APR_ARRAY_PUSH(l->all, const char *) = "gone";
    APR_ARRAY_PUSH(l->all, const char *) = "offline_access";
    l->want[1] = l->read;
    l->want[2] = l->api;
    l->want[3] = d_words(pool, "gone", NULL);
    l->want[4] = d_words(pool, "openid", "read");
    l->want[5] = d_words(pool, "read", "offline_access");
    l->narrow[1] = l->read;
    l->narrow[2] = d_words(pool, "delete", NULL);
    l->narrow[3] = l->want[4];
    d_lists_orgs(l, pool);
}

static void d_grants(tpa_flow_facts_t *f, const int *d, const d_lists_t *l)
{
    if (d[D_OWN]) {
        f->own_grant.id = "cgr_own";
        f->own_grant.scopes = d[D_OWN] == 1 ? l->granted : NULL;
        f->own_grant.all_scopes = d[D_OWN] == 2;
    }
    if (d[D_DEFAULT]) {
        f->default_grant.id = "cgr_default";
        f->default_grant.scopes = d[D_DEFAULT] == 1 ? l->granted : NULL;
        f->default_grant.all_scopes = d[D_DEFAULT] == 2;
    }
}

static void d_api(tpa_flow_facts_t *f, const int *d, const d_lists_t *l)
{
    f->asked.audience = d[D_AUDIENCE] == 1 ? "https://api.test/" : NULL;
    f->asked.resource = d[D_AUDIENCE] >= 3 ? "https://api.test/" : NULL;
    f->tenant.resource_compat = d[D_AUDIENCE] == 3;
    f->tenant.default_audience = d[D_AUDIENCE] == 2 ? "https://api.test/"
                                                    : NULL;
    f->api.token_lifetime_s = 86400;
    f->app.token_lifetime_s = 3600;
    f->flow_api.user_policy = (tpa_user_policy_t)d[D_POLICY];
    f->flow_api.allows_offline = d[D_OFFLINE];
    f->flow_api.enforces_policies = d[D_RBAC] != 0;
    f->flow_api.skips_consent = d[D_SKIPS];
    f->flow_api.user_needs_pop = d[D_PROOF] == 2 || d[D_PROOF] == 4;
    f->api.takes_dpop = d[D_PROOF] != 0 && d[D_PROOF] != 3;
    f->user.permissions = d[D_RBAC] == 1 ? l->read : NULL;
    if (!d[D_API])
        return;
    f->api.id = "api";
    f->api.audience = "https://api.test/";
    f->api.scopes = l->api;
    f->api.is_system = d[D_API] == 2;
}

static void d_add_details(tpa_flow_facts_t *f, const int *d,
                          const d_lists_t *l)
{
    int at = d[D_DETAILS];
    apr_array_header_t *list = !at ? NULL : at == 2 || at == 3 ? l->sign
        : at == 4 ? l->both : l->pay;

    if (d[D_POINT]) {
        f->held.details = list;
        f->asked_details = at == 4 ? l->sign : at == 5 ? l->other : NULL;
    }
    else {
        f->asked_details = list;
    }
    if (d[D_API])
        f->flow_api.details_types = at == 2 ? l->knows_pay : l->knows_both;
    if (d[D_OWN])
        f->own_grant.details_types = at == 3 ? l->knows_pay : l->knows_both;
    if (d[D_DEFAULT])
        f->default_grant.details_types = l->knows_both;
}

static const char *const d_sent[] = {
    NULL, NULL, NULL, NULL, ORG_ID, ORG_ID, ORG_ID, ORG_NAME, "nobody",
    "Not An Org\n"
};

static void d_org(tpa_flow_facts_t *f, const int *d)
{
    int at = d[D_ORG], tokens = d[D_POINT] != 0;
    int by_name = !tokens && (at == O_NAME_LIKE_ID || at == O_NAME);

    if (!tokens)
        f->asked.organization = d_sent[at];
    else if (at >= O_CHOSEN)
        f->held.org_id = ORG_ID;
    if (at < O_CHOSEN || at == O_CHOSEN_GONE || at == O_ID_UNKNOWN
        || at >= O_NAME_UNKNOWN)
        return;
    f->org.id = by_name ? FOUND_ID : ORG_ID;
    f->org.by_name = by_name;
    f->org.admits_third_party = d[D_SWITCH];
    f->org.lists_clients = d[D_ENTRY] >= 1 && d[D_ENTRY] <= 3;
    f->org.listed = d[D_ENTRY] >= 2;
    f->org.listed_for_members = d[D_ENTRY] == 2;
    f->org.member = d[D_MEMBER];
    f->org.uses_connection = d[D_FOR_ORG];
    f->org.joins = d[D_JOINS];
}

static void d_user(tpa_flow_facts_t *f, const int *d, const d_lists_t *l)
{
    if (d[D_SESSION]) {
        f->user.id = "auth0|ada";
        f->user.connection_id = d[D_SESSION] == 3 ? "con_gone" : "con_a";
        f->user.authenticated_at = d[D_SESSION] == 2 ? NOW : NOW - HOUR;
    }
    f->user.blocked = d[D_BLOCKED];
    f->user.consent_id = d[D_CONSENT] ? "con" : NULL;
    f->user.consented = d[D_CONSENT] == 2 ? l->read
        : d[D_CONSENT] == 3 ? l->all : NULL;
    f->orgs = l->orgs[d[D_ORGS]];
}

static void d_connections(tpa_flow_facts_t *f, const int *d, apr_pool_t *pool)
{
    tpa_connection_t *a;

    f->connections = apr_array_make(pool, 2, sizeof(tpa_connection_t));
    a = apr_array_push(f->connections);
    memset(a, 0, sizeof(*a));
    a->id = "con_a";
    a->name = "staff";
    a->domain_level = d[D_DOMAIN];
    a->for_client = d[D_FOR_CLIENT];
    a->for_org = d[D_FOR_ORG];
    if (d[D_OTHER]) {
        a = apr_array_push(f->connections);
        memset(a, 0, sizeof(*a));
        a->id = "con_b";
        a->name = "other";
        a->domain_level = a->for_client = a->for_org = 1;
    }
    f->asked.connection = d[D_FORCED] == 1 ? "staff"
        : d[D_FORCED] == 2 ? "other" : NULL;
}

static void d_asked(tpa_flow_facts_t *f, const int *d, const d_lists_t *l)
{
    static const int asks[] = { 0, TPA_ASK_NONE, TPA_ASK_LOGIN,
                                TPA_ASK_CONSENT, TPA_ASK_SELECT_ACCOUNT };
    static const int ages[] = { -1, 0, 7200, 60 };

    f->asked.asks = asks[d[D_ASKS]];
    f->asked.max_age_s = ages[d[D_AGE]];
    f->asked.redirect_uri = d[D_REDIRECT] ? "http://localhost:3000/cb"
                                          : "https://app.test/cb";
    if (d[D_POINT] == 0)
        f->asked_scopes = l->want[d[D_WANT]];
    else
        f->held.scopes = l->want[d[D_WANT]];
    if (d[D_POINT] == 2)
        f->asked_scopes = l->narrow[d[D_NARROW]];
}

/** The case at a point. */
static void d_case(tpa_flow_case_t *c, const int *d, const d_lists_t *l,
                   apr_pool_t *pool)
{
    tpa_flow_facts_t *f = &c->facts;

    memset(c, 0, sizeof(*c));
    c->point = (tpa_point_t)(1 << d[D_POINT]);
    c->now = NOW;
    c->progress.started_at = STARTED;
    c->progress.org_settled = d[D_ORG] == O_WITHOUT || d[D_ORG] == O_CHOSEN
        || d[D_ORG] == O_CHOSEN_GONE;
    c->progress.org = d[D_ORG] == O_CHOSEN || d[D_ORG] == O_CHOSEN_GONE
        ? ORG_ID : NULL;
    c->progress.consented = d[D_GIVEN];
    c->progress.confirmed = d[D_CONFIRM] == 1;
    c->progress.page_shown = d[D_CONFIRM] == 2;
    f->client.id = "client";
    f->client.grant_types = l->types[d[D_TYPES]];
    f->client.is_first_party = d[D_PARTY] == 0;
    /* A first-party application that says strict is first-party still. */
    f->client.is_strict = d[D_PARTY] != 2;
    f->client.requires_pop = d[D_PROOF] == 1 || d[D_PROOF] == 3;
    f->proof_jkt = d[D_POINT] && d[D_PROOF] != 1 && d[D_PROOF] != 2 ? "key"
                                                                     : NULL;
    f->app.org_usage = (tpa_org_usage_t)d[D_USAGE];
    f->app.org_prompt = (tpa_org_prompt_t)d[D_BEHAVIOR];
    f->app.skips_confirmation = d[D_CONFIRM] == 3;
    f->flow_tenant.skips_confirmation = d[D_CONFIRM] == 4;
    f->tenant.org_names = d[D_NAMES];
    d_api(f, d, l);
    d_grants(f, d, l);
    d_add_details(f, d, l);
    d_org(f, d);
    d_user(f, d, l);
    d_connections(f, d, pool);
    d_asked(f, d, l);
}

#endif
