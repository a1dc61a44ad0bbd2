#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "core/m2m.h"

/* The names are those of the columns of tpa.m2m_facts, and of the members of
 * a stored refusal; what is secret, or asked for by the request alone, is in
 * one of the two only. */

typedef enum { TEXT, LIST, FLAG, NUMBER, ENUM, SECRET } field_type_t;

typedef struct field_t {
    const char *name;
    field_type_t type;
    apr_size_t offset;
    const char *const *names;   /* of an ENUM, NULL behind the last */
} field_t;

static const char *const usages[] = { "deny", "allow", "require", NULL };
static const char *const vias[] = { "manual", "dynamic", "cimd", NULL };
static const char *const dialects[] = {
    "access_token", "access_token_authz", "rfc9068_profile",
    "rfc9068_profile_authz", NULL
};

#define F(name, type, member) \
    { name, type, offsetof(tpa_m2m_facts_t, member), NULL }
#define E(name, member, names) \
    { name, ENUM, offsetof(tpa_m2m_facts_t, member), names }
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

static const field_t fields[] = {
    F("asked_audience", TEXT, asked_audience),
    F("asked_org", TEXT, asked_org),
    F("asked_scopes", LIST, asked_scopes),
    F("tenant_default_audience", TEXT, tenant.default_audience),
    F("tenant_org_names", FLAG, tenant.org_names),
    F("tenant_resource_compat", FLAG, tenant.resource_compat),
    F("tenant_third_party_m2m", FLAG, tenant.third_party_m2m),
    F("client_id", TEXT, client.id),
    F("client_name", TEXT, client.name),
    F("client_auth_method", TEXT, client.auth_method),
    F("client_secret_hash", SECRET, client.secret_hash),
    F("client_credentials", SECRET, client.credentials),
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
    F("api_requires_pop", FLAG, api.requires_pop),
    F("api_token_lifetime", NUMBER, api.token_lifetime_s),
    E("api_dialect", api.dialect, dialects),
    GRANT("own_grant", own_grant),
    GRANT("default_grant", default_grant),
    ORG("org", org),
    F("org_by_name", FLAG, org.by_name),
    ORG("default_org", default_org),
    { NULL }
};

static int enum_of(const char *const *names, const char *word)
{
    int i;

    for (i = 0; word && names[i]; i++) {
        if (!strcmp(names[i], word))
            return i;
    }
    return 0;
}

tpa_json_t *tpa_m2m_facts_json(const tpa_m2m_facts_t *f, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    const field_t *row;

    for (row = fields; row->name; row++) {
        const char *at = (const char *)f + row->offset;

        switch (row->type) {
        case TEXT:
            tpa_json_set_str(o, row->name, *(const char *const *)at);
            break;
        case LIST:
            if (*(apr_array_header_t *const *)at)
                tpa_json_set_list(o, row->name,
                                  *(apr_array_header_t *const *)at);
            break;
        case FLAG:
            tpa_json_set_bool(o, row->name, *(const int *)at);
            break;
        case NUMBER:
            tpa_json_set_int(o, row->name, *(const int *)at);
            break;
        case ENUM:
            tpa_json_set_str(o, row->name, row->names[*(const int *)at]);
            break;
        case SECRET:
            break;
        }
    }
    return o;
}

tpa_m2m_facts_t *tpa_m2m_facts_from_json(const tpa_json_t *o, apr_pool_t *p)
{
    tpa_m2m_facts_t *f = apr_pcalloc(p, sizeof(*f));
    const field_t *row;
    apr_int64_t n;

    for (row = fields; row->name; row++) {
        char *at = (char *)f + row->offset;
        const tpa_json_t *v = tpa_json_get(o, row->name);

        switch (row->type) {
        case TEXT:
            *(const char **)at = tpa_json_str(v);
            break;
        case LIST:
            *(apr_array_header_t **)at = tpa_json_list(v, p);
            break;
        case FLAG:
            *(int *)at = tpa_json_get_true(o, row->name);
            break;
        case NUMBER:
            *(int *)at = tpa_json_int(v, &n) ? (int)n : 0;
            break;
        case ENUM:
            *(int *)at = enum_of(row->names, tpa_json_str(v));
            break;
        case SECRET:
            break;
        }
    }
    return f;
}

/* Columns come in the order of the table, so the next row is the likely one. */
static const field_t *field_of(const char *name, const field_t *likely)
{
    const field_t *row;

    for (row = likely; row->name; row++) {
        if (!strcmp(row->name, name))
            return row;
    }
    for (row = fields; row != likely; row++) {
        if (!strcmp(row->name, name))
            return row;
    }
    return NULL;
}

static int take(const field_t *row, const char *text, char *at, apr_pool_t *p)
{
    apr_int64_t n = 0;

    switch (row->type) {
    case TEXT:
    case SECRET:
        *(const char **)at = text;
        return 1;
    case LIST:
        *(apr_array_header_t **)at
            = text && *text ? tpa_text_split(text, ' ', p) : NULL;
        return 1;
    case FLAG:
        *(int *)at = text && !strcmp(text, "t");
        return 1;
    case NUMBER:
        if (text && !tpa_text_number(text, 0, 0x7fffffff, &n))
            return 0;
        *(int *)at = (int)n;
        return 1;
    case ENUM:
        *(int *)at = enum_of(row->names, text);
        return 1;
    }
    return 0;
}

int tpa_m2m_facts_fill(tpa_m2m_facts_t *f, const char *const *names,
                       const char *const *texts, int count, apr_pool_t *p)
{
    const field_t *likely = fields;
    int i;

    for (i = 0; i < count; i++) {
        const field_t *row = field_of(names[i], likely);

        if (!row || !take(row, texts[i], (char *)f + row->offset, p))
            return 0;
        likely = row + 1;
    }
    /* All but what only the request knows: asked_org and asked_scopes. */
    return count == (int)(sizeof(fields) / sizeof(fields[0])) - 1 - 2;
}
