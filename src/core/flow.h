/**
 * @file flow.h
 * @brief May this application act for this user, at this API, in this
 *        Organization? The whole policy of the user flow: at the authorization
 *        endpoint, when a code is exchanged, and at every refresh.
 *
 * Like the machine decision (m2m.h): facts in, decision out. A table of rules
 * (flow_rules.c) evaluated in order over one facts struct; each rule says at
 * which of the three points it counts. Where no rule refuses, the decision says
 * what comes next: a page, or the code.
 * Source: spec.md 0.4, 2.2, 3.2, 4.4, 4.6-4.9, 5, 6, 7.3, 7.4, and 11.
 */
#ifndef TPA_CORE_FLOW_H
#define TPA_CORE_FLOW_H

#include "base/err.h"
#include "base/json.h"
#include "core/details.h"
#include "core/model.h"
#include "core/params.h"
#include "core/rules.h"

/** Points at which the decision is made; a rule counts at one or more. */
typedef enum tpa_point_t {
    TPA_AT_AUTHORIZE = 1,
    TPA_AT_EXCHANGE = 2,
    TPA_AT_REFRESH = 4
} tpa_point_t;

/** organization_require_behavior (spec.md 4.6). */
typedef enum tpa_org_prompt_t {
    TPA_PROMPT_NONE, TPA_PROMPT_PRE_LOGIN, TPA_PROMPT_POST_LOGIN
} tpa_org_prompt_t;

/** subject_type_authorization.user.policy (spec.md 2.2). */
typedef enum tpa_user_policy_t {
    TPA_USERS_ALLOW_ALL, TPA_USERS_NEED_GRANT, TPA_USERS_DENY_ALL
} tpa_user_policy_t;

/** What the user flow looks at beyond model.h's client. */
typedef struct tpa_app_t {
    apr_array_header_t *callbacks;
    apr_array_header_t *web_origins;
    apr_array_header_t *allowed_origins;
    const char *app_type;            /* NULL: not set */
    const char *logo_uri;
    apr_time_t created_at;
    int redirects_errors;            /* redirection_policy is allow_always */
    tpa_org_usage_t org_usage;       /* unset counts as deny */
    tpa_org_prompt_t org_prompt;
    apr_array_header_t *org_discovery;  /* email, organization_name */
    int skips_confirmation;          /* skip_non_verifiable_callback_uri_... */
    int token_lifetime_s;            /* jwt_configuration.lifetime_in_seconds */
    int refresh_rotates;
    int refresh_leeway_s;
    int refresh_lifetime_s;          /* 0: never ends */
    int refresh_idle_s;              /* 0: never ends */
    apr_time_t document_expires_at;  /* nobody registered it, and its metadata
                                        document is to be fetched again then;
                                        0: somebody did */
    const char *document_hash;       /* of what consent rests on; NULL: it has
                                        no document */
} tpa_app_t;

/** A connection as one request sees it (spec.md 4.4). */
typedef struct tpa_connection_t {
    const char *id;
    const char *name;
    const char *strategy;            /* "auth0": we hold the passwords */
    const char *display_name;        /* NULL: none */
    int domain_level;                /* is_domain_connection */
    int for_client;                  /* enabled for the application */
    int for_org;                     /* enabled for the Organization in play */
    int joins;                       /* assign_membership_on_login, of it */
    int show_as_button;
} tpa_connection_t;

/** An Organization as the user flow sees it. */
typedef struct tpa_flow_org_t {
    const char *id;                  /* NULL: there is none, or none in play */
    const char *name;
    const char *display_name;        /* NULL: none */
    const char *logo_url;
    const char *primary_color;
    const char *page_background;
    int by_name;                     /* found by its name, not by its id */
    int admits_third_party;          /* third_party_client_access is allow */
    int lists_clients;               /* is_app_entitlement_active */
    int listed;                      /* it has an entry for the application */
    int listed_for_members;          /* use_for_member_access of that entry */
    int member;                      /* the user is a member */
    int uses_connection;             /* the user's connection is enabled */
    int joins;                       /* assign_membership_on_login for that
                                        connection */
} tpa_flow_org_t;

/** Who the user is; id is NULL when nobody logged in. */
typedef struct tpa_flow_user_t {
    const char *id;
    const char *name;
    const char *email;
    const char *picture;
    int blocked;
    const char *connection_id;       /* the login came by */
    apr_time_t authenticated_at;
    apr_array_header_t *permissions; /* on the API, in the Organization in play;
                                        gathered when enforce_policies is set */
    apr_array_header_t *consented;   /* scopes of the stored consent; NULL:
                                        there is none */
    const char *consent_id;          /* of the stored consent, or NULL */
} tpa_flow_user_t;

/** What of an API counts for users, beyond model.h's API. */
typedef struct tpa_flow_api_t {
    const char *name;
    tpa_user_policy_t user_policy;
    int allows_offline;              /* allow_offline_access */
    int enforces_policies;           /* RBAC (spec.md 2.4) */
    int skips_consent;               /* for verifiable first-party clients */
    int user_needs_pop;              /* a proof is required of this client */
    apr_array_header_t *details_types;  /* authorization_details; gathered
                                           where there are details */
} tpa_flow_api_t;

/** Settings of the tenant the user flow looks at, beyond model.h's tenant. */
typedef struct tpa_flow_tenant_t {
    const char *name;
    const char *error_page_url;
    const char *default_directory;
    int session_s;                   /* absolute lifetime of a session */
    int idle_session_s;
    int scope_descriptions;          /* show them on the consent page */
    int skips_confirmation;
    int reads_documents;             /* client_id_metadata_document_supported */
    int revoke_takes_consent;        /* flags.revoke_refresh_token_grant */
} tpa_flow_tenant_t;

/** What a code or a refresh token holds, at exchange and refresh. */
typedef struct tpa_flow_held_t {
    const char *redirect_uri;        /* of a code */
    const char *code_challenge;      /* of a code; NULL: none was sent */
    const char *dpop_jkt;
    apr_array_header_t *scopes;      /* granted then */
    apr_array_header_t *details;     /* of tpa_detail_t, granted then */
    const char *org_id;              /* NULL: no Organization */
    const char *session_hash;
    apr_time_t expires_at;           /* of a code */
    int used;                        /* a code: exchanged before */
    const char *family_id;           /* of a refresh token */
    int generation;                  /* of the token that was sent */
    int latest;                      /* newest generation of the family */
    apr_time_t exchanged_at;         /* of the token that was sent; 0: never */
    const char *successor;           /* sealed; NULL: none */
    int ended;                       /* family revoked, or its time is over */
} tpa_flow_held_t;

/** Everything the decision depends on. */
typedef struct tpa_flow_facts_t {
    tpa_authz_t asked;               /* at TPA_AT_AUTHORIZE */
    apr_array_header_t *asked_scopes;   /* parsed; NULL: none asked for */
    const char *proof_jkt;           /* thumbprint of the key that the request
                                        proved (RFC 9449), at the token
                                        endpoint; NULL: none */
    apr_array_header_t *asked_details;  /* of tpa_detail_t; NULL: none */
    tpa_tenant_t tenant;
    tpa_flow_tenant_t flow_tenant;
    tpa_client_t client;
    tpa_app_t app;
    tpa_api_t api;
    tpa_flow_api_t flow_api;
    tpa_client_grant_t own_grant;    /* of subject type user */
    tpa_client_grant_t default_grant;
    tpa_flow_org_t org;              /* asked for, chosen, or held */
    apr_array_header_t *connections; /* of tpa_connection_t: domain-level ones,
                                        the application's, and those of the
                                        Organization in play */
    tpa_flow_user_t user;
    apr_array_header_t *orgs;        /* of tpa_flow_org_t: where the user is a
                                        member, or may become one by login; only
                                        when no Organization is in play */
    apr_array_header_t *scope_texts; /* of tpa_scope_text_t */
    tpa_flow_held_t held;            /* at TPA_AT_EXCHANGE and TPA_AT_REFRESH */
} tpa_flow_facts_t;

/** A scope and its description, of those asked for that have one. */
typedef struct tpa_scope_text_t {
    const char *value;
    const char *description;
} tpa_scope_text_t;

/** How far the user has come; carried by the ticket between pages. */
typedef struct tpa_progress_t {
    apr_time_t started_at;           /* when the application sent the user */
    int org_settled;                 /* asked and answered, perhaps "none" */
    const char *org;                 /* id that was chosen; NULL: none */
    int consented;                   /* consent was given in this run */
    int confirmed;                   /* the redirect was, in this run */
    int page_shown;                  /* the user saw a page in this run */
} tpa_progress_t;

/** What comes next at the authorization endpoint. */
typedef enum tpa_step_t {
    TPA_STEP_ORGANIZATION,           /* ask for it by name or e-mail address */
    TPA_STEP_LOGIN,
    TPA_STEP_PICK,                   /* let the user pick among candidates */
    TPA_STEP_CHOSEN,                 /* org_id is the only one there can be:
                                        gather the facts again with it */
    TPA_STEP_CONSENT,
    TPA_STEP_CONFIRM,                /* confirm where the redirect goes */
    TPA_STEP_ISSUE
} tpa_step_t;

/** What was decided. */
typedef struct tpa_flow_decision_t {
    tpa_step_t step;                 /* at TPA_AT_AUTHORIZE */
    const tpa_client_grant_t *grant; /* own or default; NULL: none is needed */
    const char *org_id;              /* in play; NULL: none */
    int joins;                       /* the user becomes a member by it */
    apr_array_header_t *scopes;      /* of the token; offline_access among them
                                        when a refresh token comes with it */
    apr_array_header_t *unconsented; /* of these, what the stored consent does
                                        not cover; all with prompt=consent; none
                                        where no consent is needed */
    const apr_array_header_t *details;  /* of tpa_detail_t, of the token; NULL:
                                           none */
    int offline;                     /* a refresh token is issued */
    apr_int64_t lifetime_s;          /* of the token: spec.md 11 row 12 */
    const char *jkt;                 /* the key it is bound to; NULL: none */
    apr_array_header_t *connections; /* of const tpa_connection_t *: that may be
                                        used to log in */
    apr_array_header_t *candidates;  /* of const tpa_flow_org_t *: for the
                                        picker, at most 20 */
    int may_go_without;              /* the picker or prompt offers "without an
                                        Organization" */
    const char *rule;                /* the rule that refused, NULL: none */
} tpa_flow_decision_t;

/** Everything one decision is made from. */
typedef struct tpa_flow_case_t {
    tpa_point_t point;
    tpa_flow_facts_t facts;
    tpa_progress_t progress;         /* at TPA_AT_AUTHORIZE, and so is now */
    apr_time_t now;
} tpa_flow_case_t;

/**
 * Decide at the authorization endpoint.
 *
 * @param f         the facts; f->asked was approved by tpa_authz_check
 * @param progress  how far the user has come
 * @param now       the time
 * @param out       receives the decision; on refusal its rule is set
 * @param p         pool of the result
 * @return TPA_OK, or the error of the first rule that refuses; with
 *         prompt=none also TPA_E_LOGIN_REQUIRED, TPA_E_CONSENT_REQUIRED,
 *         TPA_E_INTERACTION_REQUIRED where a page would come next
 */
tpa_err_t *tpa_flow_authorize(const tpa_flow_facts_t *f,
                              const tpa_progress_t *progress, apr_time_t now,
                              tpa_flow_decision_t *out, apr_pool_t *p);

/**
 * Decide again when a code is exchanged, or a refresh token is used. What was
 * granted then is held against grants, roles, membership, block, connection
 * and switch of now. Refusals are TPA_E_INVALID_GRANT, save what concerns the
 * application alone.
 *
 * @param point     TPA_AT_EXCHANGE or TPA_AT_REFRESH
 * @param f         f->asked_details are those narrowed to, or NULL: all that
 *                  are held; others are TPA_E_INVALID_AUTHORIZATION_DETAILS
 * @param narrowed  scopes a refresh asks for, or NULL: all that is held; more
 *                  than is held is TPA_E_INVALID_SCOPE
 */
tpa_err_t *tpa_flow_tokens(const tpa_flow_facts_t *f, tpa_point_t point,
                           const apr_array_header_t *narrowed,
                           tpa_flow_decision_t *out, apr_pool_t *p);

/** Tell a decision rule by rule: array of tpa_rule_step_t, the rules of its
 *  point in their order. */
apr_array_header_t *tpa_flow_explain(const tpa_flow_case_t *c, apr_pool_t *p);

/** Make the change that the refusing rule suggests, in a copy of the case; NULL
 *  for an unknown rule. */
tpa_flow_case_t *tpa_flow_turn_around(const tpa_flow_case_t *c,
                                      const char *rule, apr_pool_t *p);

/** Names of all rules in their order, for tests and documentation. */
apr_array_header_t *tpa_flow_rules(apr_pool_t *p);

/** May this Organization be used by the application at all: the switch, or the
 *  entry of the application that overrides it (spec.md 4.8, 4.9). */
int tpa_flow_org_admits(const tpa_client_t *client, const tpa_flow_org_t *org);

/**
 * Facts as JSON, without secrets, for a stored refusal.
 *
 * @param f         asked_scopes are those narrowed to, at a refresh
 * @param progress  NULL: at the token endpoint
 * @param now       the time; 0 at the token endpoint
 */
tpa_json_t *tpa_flow_facts_json(const tpa_flow_facts_t *f,
                                const tpa_progress_t *progress,
                                apr_time_t now, apr_pool_t *p);

/** And back, as they were at that point. */
tpa_flow_case_t *tpa_flow_case_from_json(tpa_point_t point,
                                         const tpa_json_t *o, apr_pool_t *p);

/** Name of the connection the user came by; NULL: nobody did, or it is gone. */
const char *tpa_flow_connection_name(const tpa_flow_facts_t *f);

/**
 * Fill facts from what the database answers: the text of a JSON object whose
 * members are named in the table of flow_facts.c.
 *
 * @param f     receives them; what was asked for is left alone
 * @param text  the object
 * @param p     pool of texts and lists
 * @return 1; 0 when it is malformed, or a member is unknown, of the wrong type,
 *         or there twice
 */
int tpa_flow_facts_fill(tpa_flow_facts_t *f, const char *text, apr_pool_t *p);

#endif
