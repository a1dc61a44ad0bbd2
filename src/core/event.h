/**
 * @file event.h
 * @brief The audit record of one event (spec.md 8.5).
 */
#ifndef TPA_CORE_EVENT_H
#define TPA_CORE_EVENT_H

#include <apr_time.h>
#include "base/json.h"

/** NULL members are left out of the record. No secret may stand in any. */
typedef struct tpa_event_t {
    const char *log_id;          /* sortable by time, unique */
    apr_time_t date;
    const char *type;            /* seccft, feccft, ... */
    const char *ref;             /* reference of the refusal */
    const char *description;     /* what the caller was told */
    const char *rule;            /* the rule that refused */
    const char *client_id;
    const char *client_name;
    const char *audience;
    const char *scope;
    const char *organization_id;
    const char *organization_name;
    const char *user_id;
    const char *connection;
    const char *ip;
    const char *user_agent;
    const char *hostname;
    int authenticated;           /* the caller proved who it is */
    const tpa_json_t *details;   /* facts of a refusal; codes of an answer */
} tpa_event_t;

/** The record as JSON, every text cut to a bound fit for the audit table. */
tpa_json_t *tpa_event_json(const tpa_event_t *e, apr_pool_t *p);

#endif
