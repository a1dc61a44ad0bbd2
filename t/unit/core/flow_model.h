/**
 * @file flow_model.h
 * @brief An independent model of the user flow over flow_space.h, written from
 *        the tables of the policy document and from nothing in src/core.
 */
#ifndef TPA_UNIT_FLOW_MODEL_H
#define TPA_UNIT_FLOW_MODEL_H

#include "core/flow_space.h"

/** Scopes, as bits. */
enum { S_READ = 1, S_WRITE = 2, S_OFFLINE = 4 };

/** What must come of it: the rule that refuses, or NULL and what comes next. */
typedef struct d_expected_t {
    const char *rule;
    tpa_ekind_t kind;
    tpa_step_t step;
    const char *org;     /* NULL: none in play */
    int joins;
    int candidates;      /* to pick from */
    int scopes;
    int details;         /* how many */
} d_expected_t;

static d_expected_t d_refusal(const char *rule, tpa_ekind_t kind)
{
    d_expected_t e = { rule, kind, TPA_STEP_ISSUE, NULL, 0, 0, 0, 0 };

    return e;
}

/* What is said of a user, an Organization, a connection, a grant or an API at
 * the token endpoint is invalid_grant. */
static d_expected_t d_fallen(const int *d, const char *rule, tpa_ekind_t kind)
{
    return d_refusal(rule, d[D_POINT] ? TPA_E_INVALID_GRANT : kind);
}

/* ---- may the application use the API? ----------------------------------- */

/* spec 2.2, 3.2, 10.1: 0 none, 1 read and gone, 2 all, 3 empty, 4 not
 * needed. */
static int d_grant(const int *d)
{
    if (d[D_PARTY] != 1 && d[D_POLICY] == 0)
        return 4;
    if (d[D_OWN])
        return d[D_OWN];
    return d[D_PARTY] == 1 ? d[D_DEFAULT] : 0;
}

/* spec 5.2: registered on the API, and in the grant where one is needed. */
static int d_details_refused(const int *d)
{
    return d[D_DETAILS] == 2
        || (d[D_DETAILS] == 3 && d[D_OWN] && d_grant(d) != 4);
}

static d_expected_t d_access(const int *d)
{
    int type = d[D_POINT] == 2 ? 2 : 1;

    if (!(d[D_TYPES] & type))
        return d_refusal("grant_type_enabled", TPA_E_UNAUTHORIZED_CLIENT);
    if (!d[D_POINT] && (d[D_AUDIENCE] == 0 || d[D_AUDIENCE] == 4))
        return d_refusal("audience_named", TPA_E_INVALID_REQUEST);
    if (!d[D_API])
        return d_fallen(d, "api_known", TPA_E_INVALID_TARGET);
    if (d[D_API] == 2 && d[D_PARTY])
        return d_fallen(d, "api_open_to_third_party",
                        TPA_E_UNAUTHORIZED_CLIENT);
    if (d[D_POLICY] == 2)
        return d_fallen(d, "api_admits_users", TPA_E_ACCESS_DENIED);
    if (d[D_PROOF] == 3)
        return d_refusal("proof_taken", TPA_E_INVALID_REQUEST);
    if (d[D_POINT] && (d[D_PROOF] == 1 || d[D_PROOF] == 2))
        return d_refusal("proof_sent", TPA_E_INVALID_REQUEST);
    if (!d_grant(d))
        return d_fallen(d, "client_grant_exists", TPA_E_UNAUTHORIZED_CLIENT);
    if (d[D_POINT] && d[D_DETAILS] == 5)
        return d_refusal("details_narrowed",
                         TPA_E_INVALID_AUTHORIZATION_DETAILS);
    if (d_details_refused(d))
        return d_fallen(d, "details_granted",
                        TPA_E_INVALID_AUTHORIZATION_DETAILS);
    if (d[D_POINT] == 2 && !d[D_OFFLINE])
        return d_refusal("offline_allowed", TPA_E_INVALID_GRANT);
    return d_refusal(NULL, TPA_E_COUNT);
}

/* ---- the Organization: spec 4.6 to 4.9 ---------------------------------- */

/* organization_usage x organization_require_behavior x "none" was chosen,
 * where no Organization is named. */
enum { PLAIN, MISSING, BEFORE, AFTER };
static const int d_unnamed[3][3][2] = {
    /*             no_prompt           pre_login           post_login */
    /* deny */    { { PLAIN, PLAIN }, { PLAIN, PLAIN }, { PLAIN, PLAIN } },
    /* allow */   { { PLAIN, PLAIN }, { BEFORE, PLAIN }, { AFTER, PLAIN } },
    /* require */ { { MISSING, MISSING }, { BEFORE, BEFORE }, { AFTER, AFTER } }
};

static int d_usage(const int *d)
{
    return d[D_PARTY] == 2 ? 0 : d[D_USAGE];
}

static int d_named(const int *d)
{
    return d[D_ORG] >= O_CHOSEN;
}

static int d_prompt(const int *d)
{
    if (d_named(d))
        return PLAIN;
    if (d[D_POINT])
        return d_usage(d) == 2 ? MISSING : PLAIN;
    return d_unnamed[d_usage(d)][d[D_BEHAVIOR]][d[D_ORG] == O_WITHOUT];
}

/* entries x third_party_client_access, for a third party; spec 4.9. */
static const int d_admitted[5][2] = { { 0, 1 }, { 0, 1 }, { 1, 1 }, { 0, 0 },
                                      { 0, 1 } };
/* entries, for a first-party application */
static const int d_admitted_first[5] = { 1, 0, 1, 0, 1 };

static d_expected_t d_organization(const int *d)
{
    int form = d[D_ORG] == O_NAME || d[D_ORG] == O_NAME_UNKNOWN
        || d[D_ORG] == O_MALFORMED;
    int unknown = d[D_ORG] == O_CHOSEN_GONE || d[D_ORG] == O_ID_UNKNOWN
        || d[D_ORG] == O_NAME_UNKNOWN || d[D_ORG] == O_MALFORMED;

    if (d_prompt(d) == MISSING)
        return d_fallen(d, "organization_required", TPA_E_INVALID_REQUEST);
    if (!d_named(d))
        return d_refusal(NULL, TPA_E_COUNT);
    if (d_usage(d) == 0)
        return d_fallen(d, "organization_allowed", TPA_E_INVALID_REQUEST);
    if (!d[D_POINT] && form && !d[D_NAMES])
        return d_refusal("organization_form", TPA_E_INVALID_REQUEST);
    if (!d[D_POINT] && d[D_ORG] == O_NAME_LIKE_ID && !d[D_NAMES])
        unknown = 1;
    if (unknown)
        return d_fallen(d, "organization_known", TPA_E_INVALID_REQUEST);
    if (d[D_PARTY] ? !d_admitted[d[D_ENTRY]][d[D_SWITCH]]
                   : !d_admitted_first[d[D_ENTRY]])
        return d_fallen(d, "organization_admits", TPA_E_INVALID_REQUEST);
    return d_refusal(NULL, TPA_E_COUNT);
}

/* ---- the user ----------------------------------------------------------- */

/* spec 4.4, 4.8: party x in an Organization x domain x client x Organization */
static int d_usable(const int *d)
{
    if (d[D_PARTY])
        return d[D_DOMAIN] && (!d_named(d) || d[D_FOR_ORG]);
    return d_named(d) ? d[D_FOR_ORG] : d[D_FOR_CLIENT];
}

static d_expected_t d_connection(const int *d)
{
    if (d[D_POINT] || d_prompt(d) == BEFORE)
        return d_refusal(NULL, TPA_E_COUNT);
    if ((d[D_FORCED] == 1 && !d_usable(d))
        || (d[D_FORCED] == 2 && !d[D_OTHER]))
        return d_refusal("connection_usable", TPA_E_INVALID_REQUEST);
    if (!d[D_FORCED] && !d_usable(d) && !d[D_OTHER])
        return d_refusal("connection_left", TPA_E_INVALID_REQUEST);
    return d_refusal(NULL, TPA_E_COUNT);
}

/* Is there a login that counts? */
static int d_login(const int *d)
{
    if (d[D_SESSION] == 0)
        return 0;
    if (d[D_POINT])
        return 1;
    if (d[D_SESSION] == 3 || !d_usable(d) || d[D_FORCED] == 2)
        return 0;
    if (d[D_SESSION] == 2)
        return 1;
    return d[D_ASKS] != 2 && d[D_ASKS] != 4 && d[D_AGE] != 1 && d[D_AGE] != 3;
}

/* How many Organizations the picker shows. */
static const int d_candidates[9] = { 0, 1, 2, 1, 0, 2, 0, 0, MANY };

static d_expected_t d_person(const int *d)
{
    if (d[D_POINT] && !d[D_SESSION])
        return d_refusal("user_known", TPA_E_INVALID_GRANT);
    if (!d_login(d))
        return d_refusal(NULL, TPA_E_COUNT);
    if (d[D_BLOCKED])
        return d_fallen(d, "user_not_blocked", TPA_E_ACCESS_DENIED);
    if (d[D_POINT] && (d[D_SESSION] == 3 || !d_usable(d)))
        return d_refusal("login_connection_usable", TPA_E_INVALID_GRANT);
    if (d_named(d) && !d[D_MEMBER] && (d[D_POINT] || !d[D_JOINS]))
        return d_fallen(d, "organization_member", TPA_E_ACCESS_DENIED);
    if (d_prompt(d) == AFTER && d_usage(d) == 2
        && !d_candidates[d[D_ORGS]])
        return d_refusal("organization_found", TPA_E_INVALID_REQUEST);
    if (d[D_POINT] && d[D_PARTY] && !d[D_CONSENT])
        return d_refusal("consent_stands", TPA_E_INVALID_GRANT);
    return d_refusal(NULL, TPA_E_COUNT);
}

/* ---- scopes and consent ------------------------------------------------- */

static const int d_wants[6] = {
    0, S_READ, S_READ | S_WRITE, 0, S_READ, S_READ | S_OFFLINE
};

static int d_scopes(const int *d)
{
    /* none, read gone, all, empty, not needed: what is the API's of it */
    static const int granted[5] = { 0, S_READ, S_READ | S_WRITE, 0,
                                    S_READ | S_WRITE };
    static const int permitted[3] = { S_READ | S_WRITE, S_READ, 0 };
    static const int consented[4] = { 0, 0, S_READ, S_READ | S_WRITE };
    int scopes = d_wants[d[D_WANT]];
    int offline = scopes & S_OFFLINE && d[D_OFFLINE] && d[D_TYPES] & 2
        ? S_OFFLINE : 0;

    if (d[D_POINT] == 2 && d[D_NARROW])
        offline = 0;
    if (d[D_POINT] == 2 && d[D_NARROW])
        scopes &= S_READ;
    if (d[D_POINT] && d[D_PARTY])
        scopes &= consented[d[D_CONSENT]];
    return (scopes & granted[d_grant(d)] & permitted[d[D_RBAC]]) | offline;
}

/* spec 6. */
static int d_consent_needed(const int *d)
{
    static const int covered[4] = { 0, 0, S_READ,
                                    S_READ | S_WRITE | S_OFFLINE };

    if (!d[D_PARTY] && d[D_SKIPS] && !d[D_REDIRECT] && d[D_ASKS] != 3)
        return 0;
    if (d[D_GIVEN])
        return 0;
    return d[D_ASKS] == 3 || !d[D_CONSENT] || d[D_DETAILS]
        || d_scopes(d) & ~covered[d[D_CONSENT]];
}

/* ---- what comes next ---------------------------------------------------- */

static d_expected_t d_next(const int *d)
{
    d_expected_t e = d_refusal(NULL, TPA_E_COUNT);

    if (d_named(d)) {
        e.org = !d[D_POINT] && (d[D_ORG] == O_NAME_LIKE_ID
                                || d[D_ORG] == O_NAME) ? FOUND_ID : ORG_ID;
        e.joins = !d[D_POINT] && !d[D_MEMBER] && d[D_JOINS];
    }
    e.scopes = d_scopes(d);
    e.details = d[D_DETAILS] == 4 && !d[D_POINT] ? 2 : d[D_DETAILS] != 0;
    if (d[D_POINT])
        return e;
    if (d_prompt(d) == BEFORE)
        e.step = TPA_STEP_ORGANIZATION;
    else if (!d_login(d))
        e.step = TPA_STEP_LOGIN;
    else if (d_prompt(d) == AFTER && d_candidates[d[D_ORGS]]) {
        e.candidates = d_candidates[d[D_ORGS]];
        e.step = e.candidates == 1 && d_usage(d) == 2 ? TPA_STEP_CHOSEN
                                                      : TPA_STEP_PICK;
        if (e.step == TPA_STEP_CHOSEN)
            e.org = d[D_ORGS] == L_JOIN ? "org_j" : "org_a";
    }
    else if (d_consent_needed(d))
        e.step = TPA_STEP_CONSENT;
    else if (d[D_REDIRECT] && !d[D_CONFIRM])
        e.step = TPA_STEP_CONFIRM;
    return e;
}

/* spec 5.3. */
static d_expected_t d_silent(const int *d, d_expected_t e)
{
    static const tpa_ekind_t kinds[] = {
        [TPA_STEP_ORGANIZATION] = TPA_E_INTERACTION_REQUIRED,
        [TPA_STEP_LOGIN] = TPA_E_LOGIN_REQUIRED,
        [TPA_STEP_PICK] = TPA_E_INTERACTION_REQUIRED,
        [TPA_STEP_CHOSEN] = TPA_E_COUNT,
        [TPA_STEP_CONSENT] = TPA_E_CONSENT_REQUIRED,
        [TPA_STEP_CONFIRM] = TPA_E_INTERACTION_REQUIRED,
        [TPA_STEP_ISSUE] = TPA_E_COUNT
    };

    if (d[D_POINT] || d[D_ASKS] != 1 || kinds[e.step] == TPA_E_COUNT)
        return e;
    return d_refusal("no_page_needed", kinds[e.step]);
}

/* spec 7.4: beyond what is held, but for what is dropped anyway. */
static int d_widens(const int *d)
{
    return d[D_POINT] == 2
        && (d[D_NARROW] == 2
            || (d[D_NARROW] && !(d_wants[d[D_WANT]] & S_READ)));
}

static inline d_expected_t d_expected(const int *d)
{
    d_expected_t e = d_access(d);

    if (!e.rule)
        e = d_organization(d);
    if (!e.rule)
        e = d_connection(d);
    if (!e.rule)
        e = d_person(d);
    if (e.rule)
        return e;
    if (d_widens(d))
        return d_refusal("scopes_narrowed", TPA_E_INVALID_SCOPE);
    return d_silent(d, d_next(d));
}

#endif
