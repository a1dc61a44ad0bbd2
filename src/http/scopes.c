#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/scope.h"
#include "http/scopes.h"

#define OFFLINE "offline_access"

static const char *description_of(const tpa_visit_t *v, const char *scope)
{
    const apr_array_header_t *texts = v->f.scope_texts;
    int i;

    for (i = 0; texts && i < texts->nelts; i++) {
        const tpa_scope_text_t *text
            = &APR_ARRAY_IDX(texts, i, tpa_scope_text_t);

        if (!strcmp(text->value, scope))
            return text->description && *text->description
                ? text->description : NULL;
    }
    return NULL;
}

/* What is behind the one colon of action:resource, else NULL. */
static const char *resource_of(const char *scope)
{
    const char *colon = strchr(scope, ':');

    return colon && colon != scope && colon[1] && !strchr(colon + 1, ':')
        ? colon + 1 : NULL;
}

static void add(tpa_json_t *list, const char *label,
                const apr_array_header_t *items, apr_pool_t *p)
{
    tpa_json_t *item = tpa_json_object(p);

    tpa_json_set_str(item, "label", label);
    if (items)
        tpa_json_set_list(item, "items", items);
    tpa_json_add(list, item);
}

/* "Posts" with "read" and "write", of all scopes that end in :posts. */
static void add_group(const apr_array_header_t *scopes, const char *resource,
                      tpa_json_t *list, apr_pool_t *p)
{
    apr_array_header_t *actions = apr_array_make(p, 4, sizeof(const char *));
    char *title = apr_pstrdup(p, resource);
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        const char *scope = APR_ARRAY_IDX(scopes, i, const char *);
        const char *other = resource_of(scope);

        if (other && !strcmp(other, resource))
            APR_ARRAY_PUSH(actions, const char *)
                = apr_pstrmemdup(p, scope, other - scope - 1);
    }
    title[0] = (char)apr_toupper(title[0]);
    add(list, title, actions, p);
}

static int is_first_of(const apr_array_header_t *scopes, int at,
                       const char *resource)
{
    int i;

    for (i = 0; i < at; i++) {
        const char *other = resource_of(APR_ARRAY_IDX(scopes, i,
                                                      const char *));

        if (other && !strcmp(other, resource))
            return 0;
    }
    return 1;
}

static void show(const tpa_visit_t *v, int at, tpa_json_t *list,
                 apr_pool_t *p)
{
    const apr_array_header_t *scopes = v->decision.scopes;
    const char *scope = APR_ARRAY_IDX(scopes, at, const char *);
    const char *description = v->f.flow_tenant.scope_descriptions
        ? description_of(v, scope) : NULL;
    const char *resource = resource_of(scope);

    if (description)
        add(list, description, NULL, p);
    else if (!resource || v->f.flow_tenant.scope_descriptions)
        add(list, scope, NULL, p);
    else if (is_first_of(scopes, at, resource))
        add_group(scopes, resource, list, p);
}

void tpa_scopes_show(const tpa_visit_t *v, tpa_json_t *view, apr_pool_t *p)
{
    const apr_array_header_t *scopes = v->decision.scopes;
    tpa_json_t *list = tpa_json_array(p);
    int i;

    for (i = 0; scopes && i < scopes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(scopes, i, const char *), OFFLINE))
            show(v, i, list, p);
    }
    tpa_json_set(view, "scopes", list);
    tpa_json_set_bool(view, "offline", tpa_text_in(scopes, OFFLINE));
}
