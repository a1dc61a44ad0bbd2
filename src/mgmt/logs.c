#include "mgmt/search.h"

#define MOST_PAGED 10000     /* entries that pages by number reach */

/* clang-format off */
#define SEARCH "name:value, joined by AND; names are type, client_id," \
    " user_id, organization_id, log_id"

static const tpa_mg_param_t list_params[] = {
    { "q", TPA_P_STRING, 0, 1024, NULL, SEARCH },
    { "search", TPA_P_STRING, 0, 1024, NULL, SEARCH },
    { "sort", TPA_P_ENUM, 0, 0, "date:1|date:-1",
      "Order of pages by number, date:-1 unless told; by from and take the"
      " oldest comes first" },
    { NULL }
};

static const tpa_mg_term_t terms[] = {
    { "type", "type" }, { "client_id", "client_id" }, { "user_id", "user_id" },
    { "organization_id", "organization_id" }, { "log_id", "log_id" }, { NULL }
};

static const tpa_mg_result_t results[] = {
    { "not_found", TPA_E_NOT_FOUND, "", "The log entry does not exist." },
    { NULL }
};
/* clang-format on */

/* A log grows without end, and so would the time to skip its entries. */
static tpa_err_t *check_reach(tpa_mg_call_t *c)
{
    apr_int64_t page = 0, per_page = 50;

    tpa_json_get_int(c->query, "page", &page);
    tpa_json_get_int(c->query, "per_page", &per_page);
    if (page * per_page < MOST_PAGED || tpa_json_get(c->query, "take")
        || tpa_json_get(c->query, "from"))
        return TPA_OK;
    return tpa_err_by(tpa_mg_err(c->p, TPA_E_INVALID_QUERY, "invalid_paging",
                                 "You can only page through the first %d"
                                 " records; from and take reach all of them.",
                                 MOST_PAGED), "query");
}

static tpa_err_t *list(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    TPA_TRY(tpa_mg_search(c, "q", terms));
    TPA_TRY(tpa_mg_search(c, "search", terms));
    TPA_TRY(check_reach(c));
    return tpa_mg_list(c, "log_list", results, reply);
}

static tpa_err_t *get(tpa_mg_call_t *c, tpa_reply_t *reply)
{
    return tpa_mg_get(c, "log_get", results, reply);
}

/* clang-format off */
const tpa_mg_route_t tpa_mg_logs[] = {
    { "GET", "logs", "read:logs read:logs_users", 200, list,
      "Get entries of the log", .query = list_params,
      .pages = TPA_MG_OFFSET | TPA_MG_CHECKPOINT, .list_key = "logs",
      .fields = 1 },
    { "GET", "logs/{id}", "read:logs read:logs_users", 200, get,
      "Get an entry of the log", .fields = 1 },
    { NULL }
};
/* clang-format on */
