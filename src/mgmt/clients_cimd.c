#include <apr_strings.h>

#include "base/text.h"
#include "cimd/cimd.h"
#include "mgmt/mgmt.h"

/* clang-format off */
static const tpa_prop_t props[] = {
    { "external_client_id", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED, 1,
      TPA_CIMD_MAX_URL, NULL, NULL, tpa_cimd_wrong_url,
      "Address of a Client ID Metadata Document" },
    { NULL }
};

static const tpa_mg_result_t results[] = {
    { "conflict", TPA_E_CONFLICT, "client_conflict",
      "The application was registered by somebody else at the same time." },
    { "not_found", TPA_E_NOT_FOUND, NULL, NULL },
    { NULL }
};
/* clang-format on */

static const char *url_of(const tpa_mg_call_t *c)
{
    return tpa_json_get_str(c->body, "external_client_id");
}

/* ---- preview ------------------------------------------------------------ */

static tpa_err_t *preview(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *o = tpa_json_object(c->p), *errors = tpa_json_array(c->p);
    tpa_cimd_found_t found;
    tpa_outcome_t known;

    TPA_TRY(tpa_store_read(c->t->store, "cimd_find", c->body, &known, c->p));
    TPA_TRY(tpa_mg_error_of(&known, results, c->p));
    TPA_TRY(tpa_cimd_retrieve(c->t, url_of(c), &found));
    tpa_json_set_str(o, "client_id", known.id);
    if (found.failure) {
        tpa_json_add_str(errors, found.failure);
        tpa_json_set(o, "errors", errors);
    }
    else {
        tpa_json_set(o, "mapped_fields", tpa_cimd_mapped(&found, c->p));
        tpa_json_set(o, "validation", tpa_cimd_validation(&found, c->p));
    }
    tpa_mg_reply(c, o, reply);
    return TPA_OK;
}

/* ---- registration ------------------------------------------------------- */

static tpa_err_t *refused(tpa_mg_call_t *c, const char *why)
{
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_BODY, NULL,
                                 "Payload validation error: '%s' on property"
                                 " external_client_id.", why), "document");
}

static tpa_err_t *check_valid(tpa_mg_call_t *c, const tpa_cimd_found_t *found)
{
    if (found->failure)
        return refused(c, found->failure);
    return tpa_cimd_is_valid(found) ? TPA_OK
        : refused(c, tpa_text_join(tpa_json_list(found->says.violations, c->p),
                                   "; ", c->p));
}

/* Again is a refresh, and says so by its status. */
static tpa_err_t *put(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    tpa_json_t *o = tpa_json_object(c->p), *row;
    tpa_cimd_found_t found;
    tpa_outcome_t done;

    TPA_TRY(tpa_cimd_retrieve(c->t, url_of(c), &found));
    TPA_TRY(check_valid(c, &found));
    TPA_TRY(tpa_cimd_row(&found, NULL, &row, c->p));
    TPA_TRY(tpa_store_write(c->t->store, "cimd_put", row, tpa_mg_event(c),
                            &done, c->p));
    TPA_TRY(tpa_mg_error_of(&done, results, c->p));
    tpa_json_set_str(o, "client_id", done.id);
    tpa_json_set(o, "mapped_fields", tpa_cimd_mapped(&found, c->p));
    tpa_json_set(o, "validation", tpa_cimd_validation(&found, c->p));
    tpa_mg_reply(c, o, reply);
    if (!strcmp(done.result, "updated"))
        reply->status = 200;
    return TPA_OK;
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_clients_cimd[] = {
    { "POST", "clients/cimd/preview", "read:clients", 200, preview,
      "Look at a Client ID Metadata Document", props, TPA_ON_CREATE },
    { "POST", "clients/cimd/register", "create:clients update:clients", 201,
      put, "Register an application by its metadata document, or refresh it",
      props, TPA_ON_CREATE },
    { NULL }
};
/* clang-format on */
