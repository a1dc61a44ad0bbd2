#include <string.h>

#include "core/event.h"
#include "mgmt/mgmt_int.h"

#define MOST_RECORDED 16384  /* bytes of a body */

static int holds_secret(const char *name, const tpa_json_t *value)
{
    static const char *const parts[] = { "secret", "password", "passphrase",
                                         "private_key", "api_key", "ticket",
                                         NULL };
    static const char *const names[] = { "key", "token", "access_token", NULL };
    tpa_json_type_t type = tpa_json_type(value);
    int i;

    if (type != TPA_JSON_STRING && type != TPA_JSON_ARRAY
        && type != TPA_JSON_OBJECT)
        return 0;
    for (i = 0; parts[i]; i++) {
        if (strcasestr(name, parts[i]))
            return 1;
    }
    for (i = 0; names[i]; i++) {
        if (!strcasecmp(name, names[i]))
            return 1;
    }
    return 0;
}

typedef struct mask_t {
    tpa_json_t *out;
    apr_pool_t *p;
} mask_t;

static const tpa_json_t *masked(const tpa_json_t *v, apr_pool_t *p);

static int mask_member(void *baton, const char *name, const tpa_json_t *value)
{
    mask_t *m = baton;

    if (holds_secret(name, value))
        tpa_json_set_str(m->out, name, "*****");
    else
        tpa_json_set(m->out, name, masked(value, m->p));
    return 0;
}

static const tpa_json_t *masked(const tpa_json_t *v, apr_pool_t *p)
{
    tpa_json_type_t type = tpa_json_type(v);
    mask_t m = { NULL, p };
    apr_size_t i;

    if (type == TPA_JSON_OBJECT) {
        m.out = tpa_json_object(p);
        tpa_json_each(v, mask_member, &m);
        return m.out;
    }
    if (type != TPA_JSON_ARRAY)
        return v;
    m.out = tpa_json_array(p);
    for (i = 0; i < tpa_json_size(v); i++)
        tpa_json_add(m.out, masked(tpa_json_at(v, i), p));
    return m.out;
}

static tpa_json_t *request_json(tpa_mg_call_t *c)
{
    tpa_json_t *o = tpa_json_object(c->p);
    const tpa_json_t *body = masked(c->body, c->p);

    tpa_json_set_str(o, "method", c->t->req->method);
    tpa_json_set_str(o, "path", c->t->req->path);
    if (!body || !tpa_json_size(body))
        return o;
    if (strlen(tpa_json_print(body, c->p)) > MOST_RECORDED)
        tpa_json_set_bool(o, "body_left_out", 1);
    else
        tpa_json_set(o, "body", body);
    return o;
}

tpa_json_t *tpa_mg_event(tpa_mg_call_t *c)
{
    tpa_json_t *details = tpa_json_object(c->p);
    tpa_json_t *response = tpa_json_object(c->p);
    tpa_event_t *event = c->t->event;
    tpa_json_t *o;

    tpa_json_set_int(response, "statusCode", c->route->status);
    tpa_json_set(details, "request", request_json(c));
    tpa_json_set(details, "response", response);
    event->type = "sapi";
    event->description = c->route->summary;
    event->details = details;
    if (!strncmp(c->route->path, "organizations/{", 15))
        event->organization_id = c->ids[0];
    o = tpa_event_json(event, c->p);
    event->type = NULL;   /* the log has no type for a refusal */
    return o;
}
