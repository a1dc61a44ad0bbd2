#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "mgmt/mgmt_int.h"

#define PER_PAGE 50
#define PAGED (TPA_MG_OFFSET | TPA_MG_CHECKPOINT)
#define MOST_TRIES 64   /* of a PATCH that others keep overtaking */

/* ---- errors ------------------------------------------------------------- */

static tpa_err_t *vmake(apr_pool_t *p, tpa_ekind_t kind, const char *code,
                        const char *fmt, va_list args)
{
    return tpa_err_coded(tpa_err_text(p, kind, "%s",
                                      apr_pvsprintf(p, fmt, args)), code);
}

tpa_err_t *tpa_mg_err(apr_pool_t *p, tpa_ekind_t kind, const char *code,
                      const char *fmt, ...)
{
    va_list args;
    tpa_err_t *e;

    va_start(args, fmt);
    e = vmake(p, kind, code, fmt, args);
    va_end(args);
    return e;
}

tpa_err_t *tpa_mg_bad_body(apr_pool_t *p, const char *fmt, ...)
{
    va_list args;
    tpa_err_t *e;

    va_start(args, fmt);
    e = tpa_mg_err(p, TPA_E_INVALID_BODY, NULL,
                   "Payload validation error: '%s'.",
                   apr_pvsprintf(p, fmt, args));
    va_end(args);
    return tpa_err_by(e, "body");
}

static int is_happy(const char *result)
{
    static const char *const words[] = { "found", "created", "updated",
                                         "deleted", "unchanged", "ok", NULL };
    int i;

    for (i = 0; words[i]; i++) {
        if (!strcmp(words[i], result))
            return 1;
    }
    return 0;
}

tpa_err_t *tpa_mg_error_of(const tpa_outcome_t *outcome,
                           const tpa_mg_result_t *results, apr_pool_t *p)
{
    for (; results && results->result; results++) {
        if (!strcmp(results->result, outcome->result))
            return results->text
                ? tpa_err_by(tpa_mg_err(p, results->kind, results->code, "%s",
                                        results->text), "object")
                : TPA_OK;
    }
    if (is_happy(outcome->result))
        return TPA_OK;
    return tpa_err_private(p, TPA_E_INTERNAL, "no text for the result %s",
                           outcome->result);
}

/* ---- arguments ---------------------------------------------------------- */

static int add_member(void *into, const char *name, const tpa_json_t *value)
{
    tpa_json_set(into, name, value);
    return 0;
}

void tpa_mg_add_members(tpa_json_t *into, const tpa_json_t *from)
{
    tpa_json_each(from, add_member, into);
}

static tpa_json_t *copy_of(const tpa_json_t *o, apr_pool_t *p)
{
    tpa_json_t *copy = tpa_json_object(p);

    tpa_mg_add_members(copy, o);
    return copy;
}

/* {names} of the route's path, in their order. */
static void add_ids(const tpa_mg_call_t *c, tpa_json_t *arg)
{
    const char *at = c->route->path;
    int i;

    for (i = 0; (at = strchr(at, '{')) != NULL; i++) {
        at++;
        tpa_json_set_str(arg, apr_pstrmemdup(c->p, at, strcspn(at, "}")),
                         c->ids[i]);
    }
}

static void set_default(tpa_json_t *arg, const char *name, int value)
{
    if (!tpa_json_get(arg, name))
        tpa_json_set_int(arg, name, value);
}

tpa_json_t *tpa_mg_argument(tpa_mg_call_t *c)
{
    tpa_json_t *arg = copy_of(c->query, c->p);

    tpa_json_remove(arg, "fields");
    tpa_json_remove(arg, "include_fields");
    add_ids(c, arg);
    if (tpa_mg_is_checkpoint(c)) {
        tpa_json_remove(arg, "page");
        tpa_json_remove(arg, "per_page");
        tpa_json_remove(arg, "include_totals");
        set_default(arg, "take", PER_PAGE);
    }
    else if (c->route->pages & PAGED) {
        set_default(arg, "page", 0);
        set_default(arg, "per_page", PER_PAGE);
    }
    return arg;
}

/* ---- answers ------------------------------------------------------------ */

typedef struct pick_t {
    const tpa_json_t *fields;
    int include;
    tpa_json_t *out;
} pick_t;

static int pick_member(void *baton, const char *name, const tpa_json_t *value)
{
    pick_t *pick = baton;
    int is_named = 0;
    apr_size_t i;

    if (*name == '@' || !strcmp(name, "version"))
        return 0;
    for (i = 0; i < tpa_json_size(pick->fields); i++)
        is_named |= !strcmp(tpa_json_str(tpa_json_at(pick->fields, i)), name);
    if (!tpa_json_size(pick->fields) || is_named == pick->include)
        tpa_json_set(pick->out, name, value);
    return 0;
}

/* What is shown of an object: the fields asked for, nothing of ours. */
static const tpa_json_t *shown(const tpa_mg_call_t *c, const tpa_json_t *o)
{
    const tpa_json_t *all = tpa_json_get(c->query, "include_fields");
    pick_t pick;

    if (tpa_json_type(o) != TPA_JSON_OBJECT)
        return o;
    pick.fields = tpa_json_get(c->query, "fields");
    pick.include = !all || tpa_json_get_true(c->query, "include_fields");
    pick.out = tpa_json_object(c->p);
    tpa_json_each(o, pick_member, &pick);
    return pick.out;
}

void tpa_mg_reply(tpa_mg_call_t *c, const tpa_json_t *body, tpa_reply_t *reply)
{
    if (body && c->route->status != 204 && c->route->status != 202) {
        tpa_reply_json(reply, c->route->status, shown(c, body), c->p);
        return;
    }
    reply->status = c->route->status;
    tpa_reply_no_store(reply);
}

tpa_err_t *tpa_mg_get(tpa_mg_call_t *c, const char *name,
                      const tpa_mg_result_t *results, tpa_reply_t *reply)
{
    tpa_outcome_t out;

    TPA_TRY(tpa_store_read(c->t->store, name, tpa_mg_argument(c), &out, c->p));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    tpa_mg_reply(c, out.body, reply);
    return TPA_OK;
}

/* ---- lists -------------------------------------------------------------- */

static const tpa_json_t *in_an_object(const tpa_mg_call_t *c,
                                      const tpa_json_t *arg,
                                      const tpa_json_t *list,
                                      const tpa_json_t *items)
{
    tpa_json_t *o = tpa_json_object(c->p);
    apr_int64_t page = 0, per_page = 0;

    tpa_json_set(o, c->route->list_key, items);
    if (tpa_mg_is_checkpoint(c))
        tpa_json_set_str(o, "next", tpa_json_get_str(list, "next"));
    else if (c->route->pages & PAGED) {
        tpa_json_get_int(arg, "page", &page);
        tpa_json_get_int(arg, "per_page", &per_page);
        tpa_json_set_int(o, "start", page * per_page);
        tpa_json_set_int(o, "limit", per_page);
        tpa_json_set_int(o, "length", (apr_int64_t)tpa_json_size(items));
        if (tpa_json_get(list, "total"))
            tpa_json_set(o, "total", tpa_json_get(list, "total"));
    }
    return o;
}

tpa_err_t *tpa_mg_list(tpa_mg_call_t *c, const char *name,
                       const tpa_mg_result_t *results, tpa_reply_t *reply)
{
    tpa_json_t *arg = tpa_mg_argument(c), *items = tpa_json_array(c->p);
    const tpa_json_t *found;
    tpa_outcome_t out;
    int is_object = c->route->list_key != NULL;
    apr_size_t i;

    TPA_TRY(tpa_store_read(c->t->store, name, arg, &out, c->p));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    found = tpa_json_get(out.body, "items");
    for (i = 0; i < tpa_json_size(found); i++)
        tpa_json_add(items, shown(c, tpa_json_at(found, i)));
    if (c->route->pages & PAGED && !tpa_mg_is_checkpoint(c))
        is_object = tpa_json_get_true(c->query, "include_totals");
    tpa_reply_json(reply, c->route->status,
                   is_object ? in_an_object(c, arg, out.body, items) : items,
                   c->p);
    return TPA_OK;
}

/* ---- writes ------------------------------------------------------------- */

static tpa_err_t *write_it(tpa_mg_call_t *c, const char *name,
                           const tpa_json_t *arg, tpa_outcome_t *out)
{
    return tpa_store_write(c->t->store, name, arg, tpa_mg_event(c), out, c->p);
}

tpa_err_t *tpa_mg_write(tpa_mg_call_t *c, const char *name,
                        const tpa_json_t *arg, const tpa_json_t *extra,
                        const tpa_mg_result_t *results, tpa_reply_t *reply)
{
    tpa_outcome_t out;
    tpa_json_t *body;

    TPA_TRY(write_it(c, name, arg, &out));
    TPA_TRY(tpa_mg_error_of(&out, results, c->p));
    if (tpa_json_type(out.body) == TPA_JSON_OBJECT) {
        body = copy_of(out.body, c->p);
        tpa_mg_add_members(body, extra);
        out.body = body;
    }
    tpa_mg_reply(c, out.body, reply);
    return TPA_OK;
}

typedef tpa_err_t *(*check_fn)(tpa_mg_call_t *c, const tpa_json_t *now,
                               tpa_json_t *patch);

/* One try of a PATCH; *done is 0 when somebody was faster. */
static tpa_err_t *try_patch(tpa_mg_call_t *c, const char *getter,
                            const char *writer, check_fn check,
                            const tpa_mg_result_t *results,
                            tpa_outcome_t *out, int *done)
{
    tpa_json_t *arg = tpa_mg_argument(c), *patch = copy_of(c->body, c->p);
    const char *version;

    TPA_TRY(tpa_store_read(c->t->store, getter, arg, out, c->p));
    TPA_TRY(tpa_mg_error_of(out, results, c->p));
    version = tpa_json_get_str(out->body, "version");
    if (!version)
        return tpa_err_private(c->p, TPA_E_INTERNAL, "tpa.%s gave no version",
                               getter);
    if (c->route->body)
        TPA_TRY(tpa_props_unchanged(c->route->body, out->body, patch, c->p));
    if (check)
        TPA_TRY(check(c, out->body, patch));
    tpa_json_set_str(arg, "version", version);
    tpa_json_set(arg, "patch", patch);
    TPA_TRY(write_it(c, writer, arg, out));
    *done = strcmp(out->result, "changed") != 0;
    return *done ? tpa_mg_error_of(out, results, c->p) : TPA_OK;
}

tpa_err_t *tpa_mg_patch(tpa_mg_call_t *c, const char *getter,
                        const char *writer, check_fn check,
                        const tpa_mg_result_t *results, tpa_reply_t *reply)
{
    tpa_outcome_t out;
    int tries, done = 0;

    for (tries = 0; !done; tries++) {
        if (tries == MOST_TRIES)
            return tpa_err_private(c->p, TPA_E_UNAVAILABLE, "%s: others change"
                                   " the same object all the time", writer);
        TPA_TRY(try_patch(c, getter, writer, check, results, &out, &done));
    }
    tpa_mg_reply(c, out.body, reply);
    return TPA_OK;
}
