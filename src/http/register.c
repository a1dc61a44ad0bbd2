#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "base/limit.h"
#include "base/reply.h"
#include "core/event.h"
#include "core/register.h"
#include "crypto/secret.h"
#include "http/register.h"
#include "store/objects.h"
#include "store/tenant.h"

#define DESCRIPTION "Dynamic client registration"

/* One way an application could be registered; the tenant says which. */
typedef struct candidate_t {
    const char *mode;           /* third_party_security_mode */
    unsigned party;
    const char *prefix;         /* of its id */
    int id_chars;
    const char *id;
    tpa_json_t *answer;
} candidate_t;

/* ---- refusals ----------------------------------------------------------- */

static tpa_err_t *closed(const tpa_txn_t *t)
{
    return tpa_err_by(tpa_err(t->p, TPA_E_CLOSED, "Applications cannot"
                              " register themselves here: the operator of this"
                              " tenant has not set the flag"
                              " enable_dynamic_client_registration; ask to be"
                              " registered by hand"), "registration_open");
}

/* Who knocks at a closed door is told so, whatever is in the parcel. What was
 * seen seconds ago is good enough for "open" only: whoever has just opened it
 * wants to know what is wrong. */
static tpa_err_t *or_closed(const tpa_txn_t *t, tpa_err_t *e)
{
    unsigned open = t->open;

    if (!(open & TPA_OPEN_REGISTRATION))
        TPA_TRY(tpa_store_open_doors(t->store, &open, NULL, t->p));
    return open & TPA_OPEN_REGISTRATION ? e : closed(t);
}

static tpa_err_t *read_body(const tpa_txn_t *t, tpa_json_t **said)
{
    tpa_json_t *body;
    tpa_err_t *e = tpa_json_parse(t->req->body, t->req->body_len, &body, t->p);

    if (e)
        return tpa_err_by(tpa_err(t->p, TPA_E_INVALID_CLIENT_METADATA, "The"
                                  " body must be a JSON object: %s", e->text),
                          "registration");
    return tpa_register_read(body, said, t->p);
}

/* ---- the record --------------------------------------------------------- */

/* What is recorded is what was registered; its secret is masked. */
static tpa_json_t *details_of(const tpa_txn_t *t, const tpa_json_t *answer)
{
    tpa_json_t *details = tpa_json_object(t->p);
    tpa_json_t *request = tpa_json_object(t->p);
    tpa_json_t *response = tpa_json_object(t->p), *body;

    tpa_json_set_str(request, "method", t->req->method);
    tpa_json_set_str(request, "path", t->req->path);
    tpa_json_parse(tpa_json_print(answer, t->p),
                   strlen(tpa_json_print(answer, t->p)), &body, t->p);
    if (tpa_json_get(body, "client_secret"))
        tpa_json_set_str(body, "client_secret", "*****");
    tpa_json_set_int(response, "statusCode", 201);
    tpa_json_set(response, "body", body);
    tpa_json_set(details, "request", request);
    tpa_json_set(details, "response", response);
    return details;
}

static tpa_json_t *event_of(tpa_txn_t *t, const candidate_t *c)
{
    tpa_event_t event = *t->event;

    event.type = "sapi";
    event.description = DESCRIPTION;
    event.client_id = c->id;
    event.client_name = tpa_json_get_str(c->answer, "client_name");
    event.details = details_of(t, c->answer);
    return tpa_event_json(&event, t->p);
}

/* ---- registering -------------------------------------------------------- */

static tpa_err_t *add_secret(candidate_t *c, tpa_json_t *client, apr_pool_t *p)
{
    const char *secret;

    if (!strcmp(tpa_json_get_str(client, "token_endpoint_auth_method"), "none"))
        return TPA_OK;
    TPA_TRY(tpa_random_secret(&secret, p));
    tpa_json_set_str(client, "secret_hash",
                     tpa_sha256_hex(secret, strlen(secret), p));
    tpa_json_set_str(c->answer, "client_secret", secret);
    tpa_json_set_int(c->answer, "client_secret_expires_at", 0);
    return TPA_OK;
}

static tpa_err_t *prepare(tpa_txn_t *t, const tpa_json_t *said, candidate_t *c,
                          tpa_json_t *arg)
{
    tpa_json_t *client, *both = tpa_json_object(t->p);

    TPA_TRY(tpa_register_client(said, c->party, &client, t->p));
    tpa_register_organizations(client, t->newcomers);
    c->answer = tpa_register_answer(client, apr_time_sec(t->now), t->p);
    TPA_TRY(tpa_random_id(c->prefix, c->id_chars, &c->id, t->p));
    TPA_TRY(add_secret(c, client, t->p));
    tpa_json_set_str(client, "client_id", c->id);
    tpa_json_set_str(c->answer, "client_id", c->id);
    tpa_json_set(both, "client", client);
    tpa_json_set(both, "event", event_of(t, c));
    tpa_json_set(arg, c->mode, both);
    return TPA_OK;
}

tpa_err_t *tpa_ep_register(tpa_txn_t *t, tpa_reply_t *reply)
{
    candidate_t ways[] = {
        { "strict", TPA_STRICT, "tpc_", 22 },
        { "permissive", TPA_PERMISSIVE, "", 32 },
    };
    tpa_json_t *said, *arg = tpa_json_object(t->p);
    tpa_outcome_t out;
    tpa_err_t *e;
    apr_size_t i;

    TPA_TRY(tpa_limit_take(t, TPA_COUNT_REGISTER, NULL));
    e = read_body(t, &said);
    if (e)
        return or_closed(t, e);
    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        TPA_TRY(prepare(t, said, &ways[i], arg));
    TPA_TRY(tpa_store_write(t->store, "client_register", arg, NULL, &out,
                            t->p));
    if (!strcmp(out.result, "closed"))
        return closed(t);
    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (out.id && !strcmp(out.id, ways[i].id)) {
            tpa_reply_json(reply, 201, ways[i].answer, t->p);
            return TPA_OK;
        }
    }
    return tpa_err_private(t->p, TPA_E_INTERNAL, "tpa.client_register answers"
                           " %s", out.result);
}
