#include <string.h>

#include "core/flow_int.h"

/* The names are those of the members that tpa.authorize_facts, tpa.code_facts
 * and tpa.refresh_facts answer (docs/dev/user-flow.md), and of a stored
 * refusal. Secrets and what only pages need are never stored; what only the
 * request knows is never answered. */

static const char *const usages[] = { "deny", "allow", "require", NULL };
static const char *const vias[] = { "manual", "dynamic", "cimd", NULL };
static const char *const dialects[] = {
    "access_token", "access_token_authz", "rfc9068_profile",
    "rfc9068_profile_authz", NULL
};
static const char *const prompts[] = {
    "no_prompt", "pre_login_prompt", "post_login_prompt", NULL
};
static const char *const policies[] = {
    "allow_all", "require_client_grant", "deny_all", NULL
};

/* ---- elements of arrays ------------------------------------------------- */

#define PART(name, type, member) TPA_FIELD(name, type, tpa_connection_t, member)
static const tpa_field_t connection_parts[] = {
    PART("id", TEXT, id),
    PART("name", TEXT, name),
    PART("strategy", TEXT, strategy),
    PART("display_name", TEXT, display_name),
    PART("domain_level", FLAG, domain_level),
    PART("for_client", FLAG, for_client),
    PART("for_org", FLAG, for_org),
    PART("joins", FLAG, joins),
    PART("show_as_button", FLAG, show_as_button),
    { NULL }
};
#undef PART

#define ORG(prefix, of, start) \
    TPA_FIELD(prefix "id", TEXT, of, start id), \
    TPA_FIELD(prefix "name", TEXT, of, start name), \
    TPA_FIELD(prefix "display_name", TEXT, of, start display_name), \
    TPA_FIELD_HIDDEN(prefix "logo_url", TEXT, of, start logo_url), \
    TPA_FIELD_HIDDEN(prefix "primary_color", TEXT, of, start primary_color), \
    TPA_FIELD_HIDDEN(prefix "page_background", TEXT, of, \
                     start page_background), \
    TPA_FIELD(prefix "by_name", FLAG, of, start by_name), \
    TPA_FIELD(prefix "admits_third_party", FLAG, of, \
              start admits_third_party), \
    TPA_FIELD(prefix "lists_clients", FLAG, of, start lists_clients), \
    TPA_FIELD(prefix "listed", FLAG, of, start listed), \
    TPA_FIELD(prefix "listed_for_members", FLAG, of, \
              start listed_for_members), \
    TPA_FIELD(prefix "member", FLAG, of, start member), \
    TPA_FIELD(prefix "uses_connection", FLAG, of, start uses_connection), \
    TPA_FIELD(prefix "joins", FLAG, of, start joins)

static const tpa_field_t org_parts[] = {
    ORG("", tpa_flow_org_t, ),
    { NULL }
};

static const tpa_field_t text_parts[] = {
    TPA_FIELD("value", TEXT, tpa_scope_text_t, value),
    TPA_FIELD("description", TEXT, tpa_scope_text_t, description),
    { NULL }
};

static const tpa_field_t detail_parts[] = {
    TPA_FIELD("type", TEXT, tpa_detail_t, type),
    TPA_FIELD("text", TEXT, tpa_detail_t, text),
    { NULL }
};

/* ---- the facts ---------------------------------------------------------- */

#define F(name, type, member) \
    TPA_FIELD(name, type, tpa_flow_case_t, facts.member)
#define HIDDEN(name, type, member) \
    TPA_FIELD_HIDDEN(name, type, tpa_flow_case_t, facts.member)
#define ASKED(name, type, member) \
    TPA_FIELD_ASKED(name, type, tpa_flow_case_t, member)
#define E(name, member, names) \
    TPA_FIELD_WORD(name, tpa_flow_case_t, facts.member, names)
#define A(name, where, parts, type) \
    TPA_FIELD_ARRAY(#name, where, tpa_flow_case_t, facts.name, parts, type)
#define DETAILS(name, where, member) \
    TPA_FIELD_ARRAY(name, where, tpa_flow_case_t, facts.member, detail_parts, \
                    tpa_detail_t)
#define GRANT(prefix, member) \
    F(prefix "_id", TEXT, member.id), \
    F(prefix "_scopes", LIST, member.scopes), \
    F(prefix "_all_scopes", FLAG, member.all_scopes), \
    E(prefix "_org_usage", member.org_usage, usages), \
    F(prefix "_any_org", FLAG, member.any_org), \
    F(prefix "_details_types", LIST, member.details_types)

const tpa_field_t tpa_flow_fields[] = {
    ASKED("asked_redirect_uri", TEXT, facts.asked.redirect_uri),
    ASKED("asked_audience", TEXT, facts.asked.audience),
    ASKED("asked_resource", TEXT, facts.asked.resource),
    ASKED("asked_organization", TEXT, facts.asked.organization),
    ASKED("asked_connection", TEXT, facts.asked.connection),
    ASKED("asked_prompt", TEXT, facts.asked.prompt),
    ASKED("asked_max_age", TEXT, facts.asked.max_age),
    ASKED("asked_scopes", LIST, facts.asked_scopes),
    ASKED("asked_jkt", TEXT, facts.proof_jkt),
    DETAILS("asked_details", TPA_FIELD_STORED, asked_details),

    F("tenant_default_audience", TEXT, tenant.default_audience),
    F("tenant_org_names", FLAG, tenant.org_names),
    F("tenant_resource_compat", FLAG, tenant.resource_compat),
    F("tenant_third_party_m2m", FLAG, tenant.third_party_m2m),
    HIDDEN("tenant_name", TEXT, flow_tenant.name),
    HIDDEN("tenant_error_page_url", TEXT, flow_tenant.error_page_url),
    HIDDEN("tenant_default_directory", TEXT, flow_tenant.default_directory),
    HIDDEN("tenant_session", NUMBER, flow_tenant.session_s),
    HIDDEN("tenant_idle_session", NUMBER, flow_tenant.idle_session_s),
    HIDDEN("tenant_scope_descriptions", FLAG, flow_tenant.scope_descriptions),
    F("tenant_skips_confirmation", FLAG, flow_tenant.skips_confirmation),
    F("tenant_reads_documents", FLAG, flow_tenant.reads_documents),
    HIDDEN("tenant_revoke_takes_consent", FLAG,
           flow_tenant.revoke_takes_consent),

    F("client_id", TEXT, client.id),
    F("client_external_id", TEXT, client.external_id),
    F("client_name", TEXT, client.name),
    F("client_auth_method", TEXT, client.auth_method),
    HIDDEN("client_secret_hash", TEXT, client.secret_hash),
    HIDDEN("client_credentials", TEXT, client.credentials),
    F("client_grant_types", LIST, client.grant_types),
    F("client_first_party", FLAG, client.is_first_party),
    F("client_strict", FLAG, client.is_strict),
    F("client_requires_pop", FLAG, client.requires_pop),
    E("client_via", client.via, vias),
    HIDDEN("client_callbacks", LIST, app.callbacks),
    HIDDEN("client_web_origins", LIST, app.web_origins),
    HIDDEN("client_allowed_origins", LIST, app.allowed_origins),
    F("client_app_type", TEXT, app.app_type),
    HIDDEN("client_logo_uri", TEXT, app.logo_uri),
    HIDDEN("client_created_at", TIME, app.created_at),
    F("client_redirects_errors", FLAG, app.redirects_errors),
    E("client_org_usage", app.org_usage, usages),
    E("client_org_prompt", app.org_prompt, prompts),
    HIDDEN("client_org_discovery", LIST, app.org_discovery),
    F("client_skips_confirmation", FLAG, app.skips_confirmation),
    HIDDEN("client_token_lifetime", NUMBER, app.token_lifetime_s),
    HIDDEN("client_refresh_rotates", FLAG, app.refresh_rotates),
    HIDDEN("client_refresh_leeway", NUMBER, app.refresh_leeway_s),
    HIDDEN("client_refresh_lifetime", NUMBER, app.refresh_lifetime_s),
    HIDDEN("client_refresh_idle", NUMBER, app.refresh_idle_s),

    HIDDEN("client_document_expires_at", TIME, app.document_expires_at),
    HIDDEN("client_document_hash", TEXT, app.document_hash),

    F("api_id", TEXT, api.id),
    F("api_audience", TEXT, api.audience),
    F("api_name", TEXT, flow_api.name),
    F("api_scopes", LIST, api.scopes),
    F("api_system", FLAG, api.is_system),
    E("api_user_policy", flow_api.user_policy, policies),
    F("api_allows_offline", FLAG, flow_api.allows_offline),
    F("api_enforces_policies", FLAG, flow_api.enforces_policies),
    F("api_skips_consent", FLAG, flow_api.skips_consent),
    F("api_takes_dpop", FLAG, api.takes_dpop),
    F("api_user_needs_pop", FLAG, flow_api.user_needs_pop),
    F("api_details_types", LIST, flow_api.details_types),
    HIDDEN("api_token_lifetime", NUMBER, api.token_lifetime_s),
    E("api_dialect", api.dialect, dialects),

    GRANT("own_grant", own_grant),
    GRANT("default_grant", default_grant),

    ORG("org_", tpa_flow_case_t, facts.org.),

    F("user_id", TEXT, user.id),
    HIDDEN("user_name", TEXT, user.name),
    HIDDEN("user_email", TEXT, user.email),
    HIDDEN("user_picture", TEXT, user.picture),
    F("user_blocked", FLAG, user.blocked),
    F("user_connection_id", TEXT, user.connection_id),
    F("user_authenticated_at", TIME, user.authenticated_at),
    F("user_permissions", LIST, user.permissions),
    F("user_consented", LIST, user.consented),
    F("user_consent_id", TEXT, user.consent_id),

    HIDDEN("held_redirect_uri", TEXT, held.redirect_uri),
    HIDDEN("held_code_challenge", TEXT, held.code_challenge),
    HIDDEN("held_dpop_jkt", TEXT, held.dpop_jkt),
    F("held_scopes", LIST, held.scopes),
    DETAILS("held_details", TPA_FIELD_ANSWERED | TPA_FIELD_STORED,
            held.details),
    F("held_org_id", TEXT, held.org_id),
    HIDDEN("held_session_hash", TEXT, held.session_hash),
    HIDDEN("held_expires_at", TIME, held.expires_at),
    HIDDEN("held_used", FLAG, held.used),
    HIDDEN("held_family_id", TEXT, held.family_id),
    HIDDEN("held_generation", NUMBER, held.generation),
    HIDDEN("held_latest", NUMBER, held.latest),
    HIDDEN("held_exchanged_at", TIME, held.exchanged_at),
    HIDDEN("held_successor", TEXT, held.successor),
    HIDDEN("held_ended", FLAG, held.ended),

    A(connections, TPA_FIELD_ANSWERED | TPA_FIELD_STORED, connection_parts,
      tpa_connection_t),
    A(orgs, TPA_FIELD_ANSWERED | TPA_FIELD_STORED, org_parts, tpa_flow_org_t),
    A(scope_texts, TPA_FIELD_ANSWERED, text_parts, tpa_scope_text_t),

    ASKED("progress_started_at", TIME, progress.started_at),
    ASKED("progress_org_settled", FLAG, progress.org_settled),
    ASKED("progress_org", TEXT, progress.org),
    ASKED("progress_consented", FLAG, progress.consented),
    ASKED("progress_confirmed", FLAG, progress.confirmed),
    ASKED("progress_page_shown", FLAG, progress.page_shown),
    ASKED("now", TIME, now),
    { NULL }
};

int tpa_flow_facts_fill(tpa_flow_facts_t *f, const char *text, apr_pool_t *p)
{
    tpa_flow_case_t c;
    int fine;

    c.facts = *f;
    fine = tpa_fields_fill(tpa_flow_fields, &c, text, p);
    *f = c.facts;
    return fine;
}

tpa_json_t *tpa_flow_facts_json(const tpa_flow_facts_t *f,
                                const tpa_progress_t *progress,
                                apr_time_t now, apr_pool_t *p)
{
    tpa_flow_case_t c;

    memset(&c, 0, sizeof(c));
    c.facts = *f;
    if (progress)
        c.progress = *progress;
    c.now = now;
    return tpa_fields_json(tpa_flow_fields, &c, p);
}

tpa_flow_case_t *tpa_flow_case_from_json(tpa_point_t point,
                                         const tpa_json_t *o, apr_pool_t *p)
{
    tpa_flow_case_t *c = apr_pcalloc(p, sizeof(*c));

    c->point = point;
    tpa_fields_from_json(tpa_flow_fields, c, o, p);
    tpa_authz_derive(&c->facts.asked);
    return c;
}
