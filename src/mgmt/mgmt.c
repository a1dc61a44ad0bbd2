#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "mgmt/mgmt_int.h"

#define MOST_SEGMENTS 12
#define MOST_DEPTH 24        /* of a body: the audit record wraps it, and a
                                list of records that once more */

static const tpa_mg_route_t *const tables[] = {
    tpa_mg_clients, tpa_mg_clients_cimd, tpa_mg_client_credentials,
    tpa_mg_resource_servers,
    tpa_mg_client_grants, tpa_mg_organizations, tpa_mg_organization_members,
    tpa_mg_organization_connections, tpa_mg_organization_grants,
    tpa_mg_organization_domains, tpa_mg_organization_clients,
    tpa_mg_invitations, tpa_mg_connections, tpa_mg_users, tpa_mg_roles,
    tpa_mg_grants, tpa_mg_logs, tpa_mg_keys, tpa_mg_tenant, tpa_mg_openapi
};

#define TABLES (int)(sizeof(tables) / sizeof(tables[0]))

int tpa_mg_each_route(int (*visit)(void *baton, const tpa_mg_route_t *route),
                      void *baton)
{
    const tpa_mg_route_t *route;
    int i, result = 0;

    for (i = 0; i < TABLES && !result; i++) {
        for (route = tables[i]; route->method && !result; route++)
            result = visit(baton, route);
    }
    return result;
}

/* ---- paths -------------------------------------------------------------- */

/* A segment, decoded once; other than in a form '+' is a plus sign. NULL: it
 * has a broken escape, a NUL byte, or is not UTF-8. */
static const char *decoded(const char *segment, apr_size_t len, apr_pool_t *p)
{
    char *escaped = apr_palloc(p, 3 * len + 1), *at = escaped;
    const char *text;
    apr_size_t i;

    for (i = 0; i < len; i++) {
        if (segment[i] == '+') {
            memcpy(at, "%2B", 3);
            at += 3;
        }
        else
            *at++ = segment[i];
    }
    text = tpa_text_form_decode(escaped, (apr_size_t)(at - escaped), p);
    return text && tpa_text_is_utf8(text) ? text : NULL;
}

typedef struct search_t {
    tpa_mg_call_t *c;
    const char *method;
    const char *segments[MOST_SEGMENTS];
    int n;
    apr_array_header_t *allowed;     /* methods of this path */
    unsigned best;                   /* how literal the row found is */
} search_t;

static tpa_err_t *split(search_t *s, const char *path)
{
    const char *segment;
    apr_size_t len;

    for (s->n = 0; path && s->n < MOST_SEGMENTS; s->n++) {
        len = strcspn(path, "/");
        segment = decoded(path, len, s->c->p);
        if (!segment)
            return tpa_err_by(tpa_mg_err(s->c->p, TPA_E_INVALID_URI, NULL,
                "Path validation error: 'A segment has a broken percent"
                " escape, a NUL byte or text that is not UTF-8'."), "path");
        s->segments[s->n] = segment;
        path = path[len] ? path + len + 1 : NULL;
    }
    if (path)
        s->n = 0;   /* longer than any of ours */
    return TPA_OK;
}

/* 0: no match; else a number that is greater the earlier the pattern is
 * literal. ids, unless NULL, receives what the {names} stand for. */
static unsigned match(const search_t *s, const char *pattern,
                      const char **ids)
{
    unsigned rank = 1;
    int i, n = 0;

    for (i = 0; i < s->n; i++) {
        apr_size_t len = strcspn(pattern, "/");
        int is_id = *pattern == '{';

        if (is_id ? !*s->segments[i]
                  : strlen(s->segments[i]) != len
                    || strncmp(pattern, s->segments[i], len))
            return 0;
        if (is_id && ids)
            ids[n++] = s->segments[i];
        rank = rank << 1 | !is_id;
        pattern += len;
        if (!*pattern != (i == s->n - 1))
            return 0;
        pattern += *pattern == '/';
    }
    return s->n ? rank : 0;
}

static int consider(void *baton, const tpa_mg_route_t *route)
{
    search_t *s = baton;
    unsigned rank = match(s, route->path, NULL);

    if (!rank)
        return 0;
    if (!tpa_text_in(s->allowed, route->method))
        APR_ARRAY_PUSH(s->allowed, const char *) = route->method;
    if (!strcmp(route->method, s->method) && rank > s->best) {
        s->best = rank;
        s->c->route = route;
    }
    return 0;
}

static tpa_err_t *find_route(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    const char *path = c->t->req->raw_path;
    search_t s = { c };

    /* A HEAD is a GET whose body is not sent. */
    s.method = strcmp(c->t->req->method, "HEAD") ? c->t->req->method : "GET";
    s.allowed = apr_array_make(c->p, 4, sizeof(const char *));
    TPA_TRY(split(&s, path + strlen(TPA_MG_BASE)));
    tpa_mg_each_route(consider, &s);
    if (c->route) {
        match(&s, c->route->path, c->ids);
        return TPA_OK;
    }
    if (!s.allowed->nelts)
        return tpa_err_by(tpa_mg_err(c->p, TPA_E_NOT_FOUND, "", "Not Found"),
                          "path");
    if (tpa_text_in(s.allowed, "GET"))
        APR_ARRAY_PUSH(s.allowed, const char *) = "HEAD";
    APR_ARRAY_PUSH(s.allowed, const char *) = "OPTIONS";
    apr_table_setn(reply->headers, "Allow",
                   tpa_text_join(s.allowed, ", ", c->p));
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_METHOD_NOT_ALLOWED, NULL,
                                 "This path answers to %s",
                                 tpa_text_join(s.allowed, ", ", c->p)),
                      "method");
}

/* ---- bodies ------------------------------------------------------------- */

static int depth_of(const tpa_json_t *v);

static int deepest(void *baton, const char *name, const tpa_json_t *value)
{
    int *most = baton, depth = depth_of(value);

    if (depth > *most)
        *most = depth;
    return 0;
}

static int depth_of(const tpa_json_t *v)
{
    int most = 0;
    apr_size_t i;

    if (tpa_json_type(v) == TPA_JSON_ARRAY) {
        for (i = 0; i < tpa_json_size(v); i++)
            deepest(&most, NULL, tpa_json_at(v, i));
        return most + 1;
    }
    if (tpa_json_type(v) != TPA_JSON_OBJECT)
        return 0;
    tpa_json_each(v, deepest, &most);
    return most + 1;
}

static tpa_err_t *parse_body(tpa_mg_call_t *c)
{
    const tpa_req_t *req = c->t->req;
    tpa_json_t *body;
    tpa_err_t *e;

    e = tpa_json_parse(req->body, req->body_len, &body, c->p);
    if (e)
        return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_BODY, NULL,
                                     "Invalid request payload JSON format: %s",
                                     e->text), "body");
    if (depth_of(body) > MOST_DEPTH)
        return tpa_mg_bad_body(c->p, "The body is nested deeper than %d"
                               " levels", MOST_DEPTH);
    c->body = body;
    return c->route->body && !c->route->free_body ? TPA_OK
        : tpa_props_any(NULL, body, c->p);
}

static tpa_err_t *read_body(tpa_mg_call_t *c)
{
    const tpa_mg_route_t *route = c->route;

    if (!route->body && !route->free_body)
        return TPA_OK;
    if (c->t->req->body_len)
        TPA_TRY(parse_body(c));
    if (route->free_body)
        return TPA_OK;
    if (!c->body)
        c->body = tpa_json_object(c->p);
    return tpa_props_check(route->body, c->body, route->when, 0, c->p);
}

/* ---- the endpoint ------------------------------------------------------- */

tpa_err_t *tpa_ep_mgmt(tpa_txn_t *t, tpa_reply_t *reply)
{
    tpa_mg_call_t *c = apr_pcalloc(t->p, sizeof(*c));

    c->t = t;
    c->p = t->p;
    TPA_TRY(find_route(c, reply));
    TPA_TRY(tpa_mg_bearer_read(c, reply));
    TPA_TRY(tpa_mg_query_read(c));
    TPA_TRY(read_body(c));
    return c->route->serve(c, reply);
}

/* RFC 9110 15.5 and 15.6; the code is what programs look at. */
static const struct {
    int status;
    const char *phrase, *code;
} statuses[] = {
    /* clang-format off */
    { 400, "Bad Request",            NULL },
    { 401, "Unauthorized",           NULL },
    { 403, "Forbidden",              NULL },
    { 404, "Not Found",              NULL },
    { 405, "Method Not Allowed",     "method_not_allowed" },
    { 409, "Conflict",               NULL },
    { 413, "Payload Too Large",      "payload_too_large" },
    { 415, "Unsupported Media Type", "unsupported_media_type" },
    { 429, "Too Many Requests",      NULL },
    { 503, "Service Unavailable",    NULL },
    { 500, "Internal Server Error",  NULL },
    { 0 }
    /* clang-format on */
};

void tpa_mg_reply_error(const tpa_txn_t *t, tpa_reply_t *reply,
                        const tpa_err_t *e, int retry_after)
{
    const tpa_ekind_info_t *info = tpa_ekind_info(e->kind);
    const char *code = e->code;
    tpa_json_t *body = tpa_json_object(t->p);
    int i;

    for (i = 0; statuses[i].status && statuses[i].status != info->http; i++)
        ;
    if (!code)
        code = statuses[i].code ? statuses[i].code : info->oauth;
    tpa_json_set_int(body, "statusCode", info->http);
    tpa_json_set_str(body, "error", statuses[i].phrase);
    tpa_json_set_str(body, "message", e->text);
    if (*code)
        tpa_json_set_str(body, "errorCode", code);
    tpa_reply_json(reply, info->http, body, t->p);
    tpa_reply_retry_after(reply, e, retry_after, t->p);
}
