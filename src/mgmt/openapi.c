#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "core/settings.h"
#include "mgmt/mgmt_int.h"

/* The document follows from the tables that serve and check: OpenAPI 3.1, with
 * schemas of JSON Schema 2020-12. */

static tpa_json_t *ref(const char *what, apr_pool_t *p)
{
    return tpa_mg_object_of("$ref", apr_pstrcat(p, "#/components/", what,
                                                NULL), p);
}

/* ---- parameters --------------------------------------------------------- */

static void add_params(tpa_json_t *list, const tpa_mg_param_t *params,
                       apr_pool_t *p)
{
    for (; params && params->name; params++) {
        tpa_prop_t row = { params->name, params->type, 0, params->lo,
                           params->hi, params->words };
        tpa_json_t *o = tpa_mg_object_of("name", params->name, p);

        tpa_json_set_str(o, "in", "query");
        tpa_json_set_str(o, "description", params->doc);
        tpa_json_set(o, "schema", tpa_mg_value_schema(&row, p));
        tpa_json_add(list, o);
    }
}

static void add_path_params(tpa_json_t *list, const char *path, apr_pool_t *p)
{
    for (; (path = strchr(path, '{')) != NULL; path++) {
        tpa_json_t *o = tpa_mg_object_of("name",
            apr_pstrmemdup(p, path + 1, strcspn(path + 1, "}")), p);

        tpa_json_set_str(o, "in", "path");
        tpa_json_set_bool(o, "required", 1);
        tpa_json_set(o, "schema", tpa_mg_object_of("type", "string", p));
        tpa_json_add(list, o);
    }
}

static tpa_json_t *params_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p);

    add_path_params(list, route->path, p);
    add_params(list, route->query, p);
    if (route->pages & TPA_MG_OFFSET)
        add_params(list, tpa_mg_offset_params, p);
    if (route->pages & TPA_MG_CHECKPOINT)
        add_params(list, tpa_mg_checkpoint_params, p);
    if (route->fields)
        add_params(list, tpa_mg_fields_params, p);
    return list;
}

/* ---- an operation ------------------------------------------------------- */

static tpa_json_t *json_content(const tpa_json_t *schema, apr_pool_t *p)
{
    tpa_json_t *media = tpa_json_object(p), *o = tpa_json_object(p);

    tpa_json_set(media, "schema", schema);
    tpa_json_set(o, "application/json", media);
    return o;
}

static tpa_json_t *body_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    const tpa_json_t *schema = route->body
        ? tpa_mg_schema(route->body, route->when, p) : tpa_json_object(p);

    tpa_json_set(o, "content", json_content(schema, p));
    tpa_json_set_bool(o, "required", !route->free_body);
    return o;
}

/* The list itself, the list in an object, or one object. */
static tpa_json_t *answer_schema(const tpa_mg_route_t *route, apr_pool_t *p)
{
    tpa_json_t *object = tpa_mg_object_of("type", "object", p);
    tpa_json_t *list = tpa_mg_object_of("type", "array", p), *either, *members;

    tpa_json_set(list, "items", tpa_mg_object_of("type", "object", p));
    if (!route->list_key)
        return route->pages & TPA_MG_ARRAY ? list : object;
    members = tpa_json_object(p);
    tpa_json_set(members, route->list_key, list);
    if (route->pages & TPA_MG_CHECKPOINT)
        tpa_json_set(members, "next", tpa_mg_object_of("type", "string", p));
    if (route->pages & TPA_MG_OFFSET) {
        tpa_json_set(members, "start", tpa_mg_object_of("type", "integer", p));
        tpa_json_set(members, "limit", tpa_mg_object_of("type", "integer", p));
        tpa_json_set(members, "total", tpa_mg_object_of("type", "integer", p));
    }
    tpa_json_set(object, "properties", members);
    if (!(route->pages & TPA_MG_OFFSET))
        return object;
    either = tpa_json_array(p);
    tpa_json_add(either, list);
    tpa_json_add(either, object);
    object = tpa_json_object(p);
    tpa_json_set(object, "oneOf", either);
    return object;
}

static tpa_json_t *responses_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    tpa_json_t *all = tpa_json_object(p), *good;

    good = tpa_mg_object_of("description", "Done", p);
    if (route->status != 204 && route->status != 202)
        tpa_json_set(good, "content", json_content(answer_schema(route, p),
                                                   p));
    tpa_json_set(all, apr_itoa(p, route->status), good);
    tpa_json_set(all, "4XX", ref("responses/Refused", p));
    tpa_json_set(all, "503", ref("responses/Unavailable", p));
    return all;
}

/* Any of the requirements will do; none at all for an open route. */
static tpa_json_t *security_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    apr_array_header_t *any = tpa_text_split(route->scopes, ' ', p);
    tpa_json_t *list = tpa_json_array(p), *o;
    int i;

    for (i = 0; i < any->nelts; i++) {
        o = tpa_json_object(p);
        tpa_json_set_list(o, "bearer",
                          tpa_text_split(APR_ARRAY_IDX(any, i, const char *),
                                         '+', p));
        tpa_json_add(list, o);
    }
    if (route->scopes && !any->nelts) {
        o = tpa_json_object(p);
        tpa_json_set(o, "bearer", tpa_json_array(p));
        tpa_json_add(list, o);
    }
    return list;
}

/* get_clients_id_credentials: unique, as method and path are. */
static const char *id_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    char *id = apr_pstrcat(p, route->method, "_", route->path, NULL);
    char *from = id, *to = id;

    for (; *from; from++) {
        if (apr_isalnum(*from))
            *to++ = (char)apr_tolower(*from);
        else if (to > id && to[-1] != '_' && from[1])
            *to++ = '_';
    }
    *to = '\0';
    return id;
}

static tpa_json_t *operation_of(const tpa_mg_route_t *route, apr_pool_t *p)
{
    tpa_json_t *o = tpa_mg_object_of("operationId", id_of(route, p), p);
    tpa_json_t *tags = tpa_json_array(p);

    tpa_json_set_str(o, "summary", route->summary);
    tpa_json_add_str(tags, apr_pstrmemdup(p, route->path,
                                          strcspn(route->path, "/")));
    tpa_json_set(o, "tags", tags);
    tpa_json_set(o, "security", security_of(route, p));
    tpa_json_set(o, "parameters", params_of(route, p));
    if (route->body || route->free_body)
        tpa_json_set(o, "requestBody", body_of(route, p));
    tpa_json_set(o, "responses", responses_of(route, p));
    return o;
}

/* ---- the document ------------------------------------------------------- */

typedef struct paths_t {
    tpa_json_t *paths;
    apr_pool_t *p;
} paths_t;

static int add_route(void *baton, const tpa_mg_route_t *route)
{
    paths_t *all = baton;
    const char *path = apr_pstrcat(all->p, "/", route->path, NULL);
    tpa_json_t *methods = tpa_json_object(all->p);
    char *method = apr_pstrdup(all->p, route->method), *c;

    for (c = method; *c; c++)
        *c = (char)apr_tolower(*c);
    tpa_mg_add_members(methods, tpa_json_get(all->paths, path));
    tpa_json_set(methods, method, operation_of(route, all->p));
    tpa_json_set(all->paths, path, methods);
    return 0;
}

static const char components[] =
    "{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
    "\"bearerFormat\":\"JWT\",\"description\":\"An access token for the"
    " audience of this API\"}},"
    "\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"statusCode\","
    "\"error\",\"message\"],\"properties\":{\"statusCode\":{\"type\":"
    "\"integer\"},\"error\":{\"type\":\"string\"},\"message\":{\"type\":"
    "\"string\"},\"errorCode\":{\"type\":\"string\"}}}},"
    "\"responses\":{\"Refused\":{\"description\":\"What is wrong with the"
    " request\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
    "\"#/components/schemas/Error\"}}}},\"Unavailable\":{\"description\":"
    "\"Try again after the seconds of Retry-After; nothing was done\","
    "\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
    "\"#/components/schemas/Error\"}}}}}}";

static tpa_err_t *serve(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *doc = tpa_json_object(c->p), *info, *servers, *shared;
    paths_t all = { tpa_json_object(c->p), c->p };
    const char *url;

    TPA_TRY(tpa_json_parse(components, sizeof(components) - 1, &shared, c->p));
    tpa_json_set_str(doc, "openapi", "3.1.0");
    info = tpa_mg_object_of("title", "Management API", c->p);
    tpa_json_set_str(info, "version", "2");
    tpa_json_set(doc, "info", info);
    servers = tpa_json_array(c->p);
    url = apr_pstrcat(c->p, c->t->issuer, "api/v2", NULL);
    tpa_json_add(servers, tpa_mg_object_of("url", url, c->p));
    tpa_json_set(doc, "servers", servers);
    tpa_mg_each_route(add_route, &all);
    tpa_json_set(doc, "paths", all.paths);
    tpa_json_set(doc, "components", shared);
    tpa_reply_json(reply, 200, doc, c->p);
    apr_table_unset(reply->headers, "Pragma");
    apr_table_setn(reply->headers, "Cache-Control",
                   apr_psprintf(c->p, "public, max-age=%d",
                                c->t->settings->metadata_max_age_s));
    return TPA_OK;
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_openapi[] = {
    { "GET", "openapi.json", NULL, 200, serve,
      "Get this description of the Management API" },
    { NULL }
};
/* clang-format on */
