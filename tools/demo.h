/**
 * @file demo.h
 * @brief What the files of "tpactl demo load" share: tables of what the
 *        demonstration holds (demo_data.c), making it (demo_machines.c,
 *        demo_people.c), and printing it (demo_print.c).
 *
 * Everything is made by the functions the Management API calls. What is there
 * already is left as it is, so that a run which was cut off can be taken up.
 */
#ifndef TPA_TOOLS_DEMO_H
#define TPA_TOOLS_DEMO_H

#include "tpactl.h"

#define TPA_DEMO_ORGS 3
#define TPA_DEMO_MACHINES 2
#define TPA_DEMO_USERS 2

typedef struct tpa_demo_scope_t {
    const char *value;
    const char *description;
} tpa_demo_scope_t;

typedef struct tpa_demo_org_t {
    const char *name;
    const char *display_name;
    const char *primary;             /* colours of its pages */
    const char *page_background;
    const char *domain;              /* people of it are found by */
    const char *access;              /* third_party_client_access */
} tpa_demo_org_t;

typedef struct tpa_demo_machine_t {
    const char *name;
    const char *prefix;              /* of its id */
    int random;                      /* characters behind it */
    int third_party;
    const char *scope;               /* the only one granted; NULL: all */
    const char *usage;               /* organization_usage of its grant */
    int any_org;
    int org;                         /* the Organization its grant is good for,
                                        or -1 */
} tpa_demo_machine_t;

typedef struct tpa_demo_user_t {
    const char *email;
    const char *name;
    int member[TPA_DEMO_ORGS];       /* of which Organizations */
} tpa_demo_user_t;

extern const tpa_demo_scope_t tpa_demo_scopes[];   /* ends with NULL */
extern const tpa_demo_org_t tpa_demo_orgs[TPA_DEMO_ORGS];
extern const tpa_demo_machine_t tpa_demo_machines[TPA_DEMO_MACHINES];
extern const tpa_demo_user_t tpa_demo_users[TPA_DEMO_USERS];

#define TPA_DEMO_CONNECTION "demo-users"
#define TPA_DEMO_APP "Post Planner"

/** One run: what was asked for, and what was made or found. */
typedef struct tpa_demo_t {
    tpa_ctl_t *ctl;
    const char *identifier;          /* of the API */
    const char *app_url;             /* where the application is */
    const char *api_id;
    const char *connection_id;
    const char *org_id[TPA_DEMO_ORGS];
    const char *client_id[TPA_DEMO_MACHINES];
    const char *secret[TPA_DEMO_MACHINES];   /* NULL: it was there before */
    const char *user_id[TPA_DEMO_USERS];
    const char *password[TPA_DEMO_USERS];    /* likewise */
    const char *app_id;
    int made;                        /* how many things were made now */
} tpa_demo_t;

/**
 * An id that follows from that of the API, so that a later run finds what an
 * earlier one made.
 *
 * @param what    which thing of the demonstration
 * @param prefix  of the id
 * @param n       characters behind it, at most 32
 */
const char *tpa_demo_id(const tpa_demo_t *demo, const char *what,
                        const char *prefix, int n);

/**
 * Make one thing; one that is there already is as good.
 *
 * @param fn     function of schema tpa
 * @param arg    its argument
 * @param id     receives the id of the thing, unless NULL
 * @param fresh  receives whether it was made now, unless NULL
 */
tpa_err_t *tpa_demo_make(tpa_demo_t *demo, const char *fn,
                         const tpa_json_t *arg, const char **id, int *fresh);

/** A client grant for the API, with one scope or (NULL) all. */
tpa_json_t *tpa_demo_grant(const tpa_demo_t *demo, const char *grant_id,
                           const char *client_id, const char *subject_type,
                           const char *scope);

/** The API, the Organizations, and the machines with their grants. */
tpa_err_t *tpa_demo_make_machines(tpa_demo_t *demo);

/** Behind those: users, their memberships, and the application. */
tpa_err_t *tpa_demo_make_people(tpa_demo_t *demo);

void tpa_demo_print_json(const tpa_demo_t *demo);
void tpa_demo_print_text(const tpa_demo_t *demo);

#endif
