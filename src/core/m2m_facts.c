#include "core/fields.h"
#include "core/m2m.h"

/* The names are those of the columns of tpa.m2m_facts, and of the members of
 * a stored refusal; what is secret, or asked for by the request alone, is in
 * one of the two only. */

static const char *const usages[] = { "deny", "allow", "require", NULL };
static const char *const vias[] = { "manual", "dynamic", "cimd", NULL };
static const char *const dialects[] = {
    "access_token", "access_token_authz", "rfc9068_profile",
    "rfc9068_profile_authz", NULL
};

#define F(name, type, member) \
    TPA_FIELD(name, type, tpa_m2m_facts_t, member)
#define HIDDEN(name, type, member) \
    TPA_FIELD_HIDDEN(name, type, tpa_m2m_facts_t, member)
#define ASKED(name, type, member) \
    TPA_FIELD_ASKED(name, type, tpa_m2m_facts_t, member)
#define E(name, member, names) \
    TPA_FIELD_WORD(name, tpa_m2m_facts_t, member, names)
#define GRANT(prefix, member) \
    F(prefix "_id", TEXT, member.id), \
    F(prefix "_scopes", LIST, member.scopes), \
    F(prefix "_all_scopes", FLAG, member.all_scopes), \
    E(prefix "_org_usage", member.org_usage, usages), \
    F(prefix "_any_org", FLAG, member.any_org)
#define ORG(prefix, member) \
    F(prefix "_id", TEXT, member.id), \
    F(prefix "_name", TEXT, member.name), \
    F(prefix "_granted", FLAG, member.granted)

static const tpa_field_t detail_parts[] = {
    TPA_FIELD("type", TEXT, tpa_detail_t, type),
    TPA_FIELD("text", TEXT, tpa_detail_t, text),
    { NULL }
};

static const tpa_field_t fields[] = {
    F("asked_audience", TEXT, asked_audience),
    ASKED("asked_org", TEXT, asked_org),
    ASKED("asked_scopes", LIST, asked_scopes),
    ASKED("asked_jkt", TEXT, proof_jkt),
    HIDDEN("proof_fresh", FLAG, proof_fresh),
    TPA_FIELD_ARRAY("asked_details", TPA_FIELD_STORED, tpa_m2m_facts_t,
                    asked_details, detail_parts, tpa_detail_t),
    F("tenant_default_audience", TEXT, tenant.default_audience),
    F("tenant_org_names", FLAG, tenant.org_names),
    F("tenant_resource_compat", FLAG, tenant.resource_compat),
    F("tenant_third_party_m2m", FLAG, tenant.third_party_m2m),
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
    F("api_id", TEXT, api.id),
    F("api_audience", TEXT, api.audience),
    F("api_scopes", LIST, api.scopes),
    F("api_system", FLAG, api.is_system),
    F("api_client_denied", FLAG, api.client_denied),
    F("api_takes_dpop", FLAG, api.takes_dpop),
    F("api_requires_pop", FLAG, api.requires_pop),
    F("api_token_lifetime", NUMBER, api.token_lifetime_s),
    E("api_dialect", api.dialect, dialects),
    GRANT("own_grant", own_grant),
    GRANT("default_grant", default_grant),
    ORG("org", org),
    F("org_by_name", FLAG, org.by_name),
    ORG("default_org", default_org),
    HIDDEN("quota", TEXT, quota),
    { NULL }
};

tpa_json_t *tpa_m2m_facts_json(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    return tpa_fields_json(fields, f, p);
}

tpa_m2m_facts_t *tpa_m2m_facts_from_json(const tpa_json_t *o, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = apr_pcalloc(p, sizeof(*f));

    tpa_fields_from_json(fields, f, o, p);
    return f;
}

int tpa_m2m_facts_fill(tpa_m2m_facts_t *f, const char *const *names,
                       const char *const *texts, int count, apr_pool_t *p)
{
    return tpa_fields_fill_row(fields, f, names, texts, count, p);
}
