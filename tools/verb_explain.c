#include <stdio.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "base/text.h"
#include "core/flow.h"
#include "core/m2m.h"
#include "store/events.h"
#include "checks.h"
#include "tpactl.h"

#define SHOWN_MAX 600
#define LABEL 16     /* columns before the facts of the event */
#define ASKS 40      /* columns before what a rule asks and saw */

/* A decision that explains itself; facts are of its own type. */
typedef struct decision_t {
    const char *flow;              /* as the event names it */
    void *(*read)(const tpa_json_t *o, apr_pool_t *p);
    apr_array_header_t *(*explain)(const void *facts, apr_pool_t *p);
    void *(*turn)(const void *facts, const char *rule, apr_pool_t *p);
    apr_array_header_t *(*rules)(apr_pool_t *p);
    const tpa_client_t *(*client)(const void *facts);
    /* The Organization as it was named, and its name when that is known. */
    const char *(*org)(const void *facts, const char **name);
} decision_t;

/* One refusal: its event, and what follows from the facts stored with it. */
typedef struct story_t {
    const tpa_json_t *event;
    const decision_t *by;          /* NULL: it was no decision of policy, and
                                      there is nothing of what follows */
    const tpa_ctl_check_t *check;  /* that refused beside it; else NULL */
    const void *facts;
    apr_array_header_t *steps;     /* of tpa_rule_step_t */
    apr_array_header_t *changes;   /* texts, in the order to be made */
    int turned;                    /* with all changes made, it passes */
} story_t;

/* ---- the decisions ------------------------------------------------------ */

static void *m2m_read(const tpa_json_t *o, apr_pool_t *p)
{
    return tpa_m2m_facts_from_json(o, p);
}

static apr_array_header_t *m2m_explain(const void *facts, apr_pool_t *p)
{
    return tpa_m2m_explain(facts, p);
}

static void *m2m_turn(const void *facts, const char *rule, apr_pool_t *p)
{
    return tpa_m2m_turn_around(facts, rule, p);
}

static const tpa_client_t *m2m_client(const void *facts)
{
    const tpa_m2m_facts_t *f = facts;

    return &f->client;
}

static const char *m2m_org(const void *facts, const char **name)
{
    const tpa_m2m_facts_t *f = facts;
    const char *id = f->asked_org ? f->asked_org : f->default_org.id;

    *name = id && f->org.id && !strcmp(id, f->org.id) ? f->org.name : NULL;
    return id;
}

static void *authorize_read(const tpa_json_t *o, apr_pool_t *p)
{
    return tpa_flow_case_from_json(TPA_AT_AUTHORIZE, o, p);
}

static void *exchange_read(const tpa_json_t *o, apr_pool_t *p)
{
    return tpa_flow_case_from_json(TPA_AT_EXCHANGE, o, p);
}

static void *refresh_read(const tpa_json_t *o, apr_pool_t *p)
{
    return tpa_flow_case_from_json(TPA_AT_REFRESH, o, p);
}

static apr_array_header_t *flow_explain(const void *facts, apr_pool_t *p)
{
    return tpa_flow_explain(facts, p);
}

static void *flow_turn(const void *facts, const char *rule, apr_pool_t *p)
{
    return tpa_flow_turn_around(facts, rule, p);
}

static const tpa_client_t *flow_client(const void *facts)
{
    const tpa_flow_case_t *c = facts;

    return &c->facts.client;
}

static const char *flow_org(const void *facts, const char **name)
{
    const tpa_flow_case_t *c = facts;
    const tpa_flow_facts_t *f = &c->facts;

    *name = f->org.id ? f->org.name : NULL;
    if (f->org.id)
        return f->org.id;
    return f->held.org_id ? f->held.org_id
        : c->progress.org ? c->progress.org : f->asked.organization;
}

#define FLOW flow_explain, flow_turn, tpa_flow_rules, flow_client, flow_org
static const decision_t decisions[] = {
    { "client_credentials", m2m_read, m2m_explain, m2m_turn, tpa_m2m_rules,
      m2m_client, m2m_org },
    { "authorize", authorize_read, FLOW },
    { "authorization_code", exchange_read, FLOW },
    { "refresh_token", refresh_read, FLOW },
    { NULL }
};

static const decision_t *decision_of(const char *flow)
{
    const decision_t *row;

    for (row = decisions; flow && row->flow; row++) {
        if (!strcmp(row->flow, flow))
            return row;
    }
    return NULL;
}

/* ---- the way out -------------------------------------------------------- */

static const tpa_rule_step_t *refusal(const apr_array_header_t *steps)
{
    int i;

    for (i = 0; i < steps->nelts; i++) {
        const tpa_rule_step_t *step = &APR_ARRAY_IDX(steps, i, tpa_rule_step_t);

        if (step->passed == 0)
            return step;
    }
    return NULL;
}

/* Make the change, decide again, until the decision passes. A rule that still
 * refuses after its own change ends it: there is nothing more to suggest. */
static void find_way_out(story_t *story, apr_pool_t *p)
{
    const void *facts = story->facts;
    const tpa_rule_step_t *refused = refusal(story->steps);
    int left = story->by->rules(p)->nelts;

    while (refused && left-- > 0) {
        const char *rule = refused->rule;

        APR_ARRAY_PUSH(story->changes, const char *) = refused->change;
        facts = story->by->turn(facts, rule, p);
        if (!facts)
            return;
        refused = refusal(story->by->explain(facts, p));
        if (refused && !strcmp(refused->rule, rule))
            return;
    }
    story->turned = !refused;
}

static void read_story(story_t *story, const tpa_json_t *event, apr_pool_t *p)
{
    const tpa_json_t *details = tpa_json_get(event, "details");
    const tpa_json_t *facts = tpa_json_get(details, "facts");

    memset(story, 0, sizeof(*story));
    story->event = event;
    story->changes = apr_array_make(p, 4, sizeof(const char *));
    story->check = tpa_ctl_check(tpa_json_get_str(event, "rule"));
    if (story->check) {
        APR_ARRAY_PUSH(story->changes, const char *) = story->check->change;
        return;
    }
    story->by = facts ? decision_of(tpa_json_get_str(details, "flow")) : NULL;
    if (!story->by)
        return;
    story->facts = story->by->read(facts, p);
    story->steps = story->by->explain(story->facts, p);
    find_way_out(story, p);
}

/* ---- for people --------------------------------------------------------- */

static const char *safe(const char *s, apr_pool_t *p)
{
    return tpa_text_loggable(s, SHOWN_MAX, p);
}

static void line(const char *label, const char *text, apr_pool_t *p)
{
    if (text)
        tpa_ctl_wrap(printf("  %-*s", LABEL - 2, label), LABEL, safe(text, p),
                     p);
}

/* Microseconds since the epoch, or the text the database made of them. */
static const char *time_text(const tpa_json_t *event, apr_pool_t *p)
{
    const tpa_json_t *date = tpa_json_get(event, "date");
    apr_int64_t us;
    apr_time_exp_t t;

    if (!tpa_json_int(date, &us))
        return tpa_json_str(date);
    apr_time_exp_gmt(&t, us);
    return apr_psprintf(p, "%04d-%02d-%02d %02d:%02d:%02d UTC",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
}

static const char *party(const story_t *story)
{
    if (!story->by)
        return "";
    return story->by->client(story->facts)->is_first_party
        ? ", first-party" : ", third-party";
}

static const char *client_text(const story_t *story, apr_pool_t *p)
{
    const char *id = tpa_json_get_str(story->event, "client_id");
    const char *name = tpa_json_get_str(story->event, "client_name");

    if (!id && !name)
        return NULL;
    if (!name)
        return apr_pstrcat(p, id, party(story), NULL);
    return apr_psprintf(p, "%s (%s)%s", name, id ? id : "-",
                        party(story));
}

/* As the event names it; its name may be known from the facts alone. */
static const char *org_text(const story_t *story, apr_pool_t *p)
{
    const char *id = tpa_json_get_str(story->event, "organization_id");
    const char *name = tpa_json_get_str(story->event, "organization_name");
    const char *known = NULL, *named
        = story->by ? story->by->org(story->facts, &known) : NULL;

    if (!id)
        id = named;
    if (!name && id && named && !strcmp(id, named))
        name = known;
    if (!id || !name || !name[0])
        return id ? id : name;
    return apr_psprintf(p, "%s (%s)", id, name);
}

static void print_event(const story_t *story, apr_pool_t *p)
{
    const tpa_json_t *e = story->event;
    const char *org = org_text(story, p);

    printf("Refusal %s\n\n", safe(tpa_json_get_str(e, "ref"), p));
    line("time", time_text(e, p), p);
    line("application", client_text(story, p), p);
    line("API", tpa_json_get_str(e, "audience"), p);
    line("Organization", story->by && !org ? "none" : org, p);
    line("user", tpa_json_get_str(e, "user_id"), p);
    line("scopes", tpa_json_get_str(e, "scope"), p);
    line("from", tpa_json_get_str(e, "ip"), p);
    line("was told", tpa_json_get_str(e, "description"), p);
}

static void print_rule(const tpa_rule_step_t *step, apr_pool_t *p)
{
    const char *mark = step->passed > 0   ? "passed"
                       : step->passed < 0 ? "not reached"
                                          : "REFUSED";
    const char *on = tpa_ctl_colour(step->passed ? "" : "\033[1;31m");

    printf("%s  %-11s%s", on, mark, on[0] ? "\033[0m" : "");
    tpa_ctl_wrap(13 + printf("  %-23s  ", step->rule), ASKS, step->asks, p);
    if (step->passed >= 0)
        tpa_ctl_wrap(printf("%*ssaw: ", ASKS, ""), ASKS + 5, step->saw, p);
}

/* What is known when no rule decided: the caller did not prove who it is, or
 * the request could not be read. */
static void print_bare(const story_t *story, apr_pool_t *p)
{
    const tpa_json_t *details = tpa_json_get(story->event, "details");

    line("refused by", tpa_json_get_str(story->event, "rule"), p);
    if (tpa_json_size(details))
        line("details", tpa_json_print(details, p), p);
    printf("\n");
    tpa_ctl_wrap(0, 0, "The request was refused before any rule of access was"
                 " asked.", p);
}

static const char *reason(const story_t *story)
{
    return tpa_json_get_str(tpa_json_get(story->event, "details"), "reason");
}

static void print_check(const story_t *story, apr_pool_t *p)
{
    line("refused by", story->check->rule, p);
    line("which asks", story->check->asks, p);
    line("because", reason(story), p);
    printf("\n");
    tpa_ctl_wrap(printf("To turn it around: "), 19, story->check->change, p);
}

static void print_story(const story_t *story, apr_pool_t *p)
{
    int i;

    print_event(story, p);
    if (story->check) {
        print_check(story, p);
        return;
    }
    if (!story->by) {
        print_bare(story, p);
        return;
    }
    printf("\nThe rules, in order:\n");
    for (i = 0; i < story->steps->nelts; i++)
        print_rule(&APR_ARRAY_IDX(story->steps, i, tpa_rule_step_t), p);
    printf("\n");
    for (i = 0; i < story->changes->nelts; i++)
        tpa_ctl_wrap(printf("%s", i ? "After that: " : "To turn it around: "),
                     i ? 12 : 19,
                     APR_ARRAY_IDX(story->changes, i, const char *), p);
    if (story->turned)
        printf("Then the same request is granted.\n");
}

/* ---- for programs ------------------------------------------------------- */

static const char *const event_members[] = {
    "ref", "date", "type", "client_id", "client_name", "audience", "scope",
    "organization_id", "organization_name", "user_id", "ip", "description",
    "rule", NULL
};

static tpa_json_t *rules_json(const apr_array_header_t *steps, apr_pool_t *p)
{
    tpa_json_t *rules = tpa_json_array(p);
    int i;

    for (i = 0; i < steps->nelts; i++) {
        const tpa_rule_step_t *step = &APR_ARRAY_IDX(steps, i, tpa_rule_step_t);
        tpa_json_t *o = tpa_json_object(p);

        tpa_json_set_str(o, "rule", step->rule);
        tpa_json_set_str(o, "result", step->passed > 0   ? "passed"
                                      : step->passed < 0 ? "not_reached"
                                                         : "refused");
        tpa_json_set_str(o, "asks", step->asks);
        if (step->passed >= 0)
            tpa_json_set_str(o, "saw", step->saw);
        tpa_json_add(rules, o);
    }
    return rules;
}

static tpa_json_t *story_json(const story_t *story, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    int i;

    for (i = 0; event_members[i]; i++) {
        const tpa_json_t *value
            = tpa_json_get(story->event, event_members[i]);

        if (tpa_json_type(value) != TPA_JSON_NULL)
            tpa_json_set(o, event_members[i], value);
    }
    if (story->check) {
        tpa_json_set_str(o, "asks", story->check->asks);
        tpa_json_set_str(o, "reason", reason(story));
        tpa_json_set_list(o, "changes", story->changes);
        return o;
    }
    if (!story->by) {
        tpa_json_set(o, "details", tpa_json_get(story->event, "details"));
        return o;
    }
    tpa_json_set_bool(o, "first_party",
                      story->by->client(story->facts)->is_first_party);
    tpa_json_set(o, "rules", rules_json(story->steps, p));
    tpa_json_set_list(o, "changes", story->changes);
    tpa_json_set_bool(o, "granted_after_changes", story->turned);
    return o;
}

/* The newest refusal, of one application when it is named. */
static tpa_err_t *latest_event(tpa_ctl_t *ctl, tpa_json_t **out)
{
    static const tpa_fn_t fn = { "event_latest_refusal", 1, 1 };
    const char *text;
    tpa_rows_t *rows;

    TPA_TRY(tpa_store_call(ctl->store, &fn, &ctl->client, &rows, ctl->p));
    text = tpa_rows_get(rows, 0, "event");
    if (!text)
        return tpa_err(ctl->p, TPA_E_NOT_FOUND, "no refusal is recorded");
    return tpa_json_parse(text, strlen(text), out, ctl->p);
}

static tpa_err_t *find_event(tpa_ctl_t *ctl, tpa_json_t **out)
{
    return ctl->latest ? latest_event(ctl, out)
                       : tpa_store_event_by_ref(ctl->store, ctl->arg, out,
                                                ctl->p);
}

/* ---- the verb ----------------------------------------------------------- */

static int check_question(const tpa_ctl_t *ctl)
{
    if (ctl->arg && ctl->latest)
        return tpa_ctl_say(TPA_CTL_USAGE, "either a reference or --latest, not"
                           " both");
    if (!ctl->arg && !ctl->latest)
        return tpa_ctl_say(TPA_CTL_USAGE, "which refusal? tpactl explain REF,"
                           " with the reference out of httpd's error log, or"
                           " tpactl explain --latest");
    if (ctl->client && !ctl->latest)
        return tpa_ctl_say(TPA_CTL_USAGE, "--client goes with --latest");
    return TPA_CTL_DONE;
}

static int not_there(tpa_ctl_t *ctl)
{
    if (ctl->arg)
        return tpa_ctl_say(TPA_CTL_NOT_FOUND, "no refusal %s is recorded in"
                           " this database; copy the reference from the line"
                           " in httpd's error log, or try tpactl explain"
                           " --latest", tpa_text_loggable(ctl->arg, 60,
                                                          ctl->p));
    if (ctl->client)
        return tpa_ctl_say(TPA_CTL_NOT_FOUND, "no refusal of application %s is"
                           " recorded in this database",
                           tpa_text_loggable(ctl->client, 60, ctl->p));
    return tpa_ctl_say(TPA_CTL_NOT_FOUND, "no refusal is recorded in this"
                       " database");
}

int tpa_ctl_explain(tpa_ctl_t *ctl)
{
    tpa_json_t *event;
    story_t story;
    tpa_err_t *e;
    int rc = check_question(ctl);

    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_open(ctl);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = find_event(ctl, &event);
    if (e)
        return e->kind == TPA_E_NOT_FOUND ? not_there(ctl)
                                          : tpa_ctl_fail(ctl, e);
    read_story(&story, event, ctl->p);
    if (ctl->json)
        tpa_ctl_print_json(story_json(&story, ctl->p), ctl->p);
    else
        print_story(&story, ctl->p);
    return TPA_CTL_DONE;
}
