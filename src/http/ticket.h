/**
 * @file ticket.h
 * @brief A login in progress, carried by the browser instead of a database
 *        row: a sealed box that forms and links hand back.
 *
 * A ticket holds what the application asked for and what the user chose so
 * far, never what was decided. It is good for one kind of page, for
 * TPALoginLifetime, in the browser that got it: that one has a cookie whose
 * hash stands in the ticket.
 */
#ifndef TPA_HTTP_TICKET_H
#define TPA_HTTP_TICKET_H

#include "core/flow.h"
#include "crypto/seal.h"

#define TPA_SEAL_TICKET "ticket"

/** Longest box that can come back in a form. */
#define TPA_TICKET_MAX 16000

/** What page a ticket was made for: the names of the table in ticket.c. */
typedef enum tpa_ticket_for_t {
    TPA_FOR_ORGANIZATION, TPA_FOR_LOGIN, TPA_FOR_PICK, TPA_FOR_CONSENT,
    TPA_FOR_CONFIRM, TPA_FOR_CONTINUE,
    TPA_FOR_COUNT
} tpa_ticket_for_t;

typedef struct tpa_ticket_t {
    tpa_ticket_for_t page;
    const char *id;              /* random; what is used up by a consent */
    const char *issuer;
    const char *browser_hash;    /* of the browser's cookie */
    apr_time_t expires_at;
    const tpa_json_t *asked;     /* parameters the application sent */
    tpa_progress_t progress;
    const char *login_hint;      /* address typed on the way, or NULL */
    /* What a page showed; NULL where it showed no such thing. */
    const char *session_hash;
    const char *api_id;
    const char *org_id;
    apr_array_header_t *scopes;
} tpa_ticket_t;

/** Does a page of this kind belong to a session? */
int tpa_ticket_of_session(tpa_ticket_for_t page);

/** The error when the request of the application is too long to be carried. */
tpa_err_t *tpa_ticket_too_long(apr_pool_t *p);

/**
 * Seal a ticket.
 *
 * @param s    the tenant's sealer
 * @param k    the ticket
 * @param out  receives the box
 * @param p    pool of the box
 * @return TPA_OK; TPA_E_INVALID_REQUEST when the request of the application
 *         is too long to be carried; TPA_E_INTERNAL
 */
tpa_err_t *tpa_ticket_seal(const tpa_sealer_t *s, const tpa_ticket_t *k,
                           const char **out, apr_pool_t *p);

/** What has to be true of a ticket that comes back. */
typedef struct tpa_ticket_check_t {
    tpa_ticket_for_t page;
    const char *issuer;
    const char *browser;         /* the browser's cookie, NULL: none came */
    apr_time_t now;
} tpa_ticket_check_t;

/**
 * Open a ticket.
 *
 * @param s      the tenant's sealer
 * @param box    as it came, or NULL
 * @param check  what has to be true of it
 * @param out    receives the ticket
 * @param p      pool of it
 * @return TPA_OK; TPA_E_NOWHERE_TO_GO, with a text for people, when there is
 *         none, or it is not ours, of another browser, another page, or old
 */
tpa_err_t *tpa_ticket_open(const tpa_sealer_t *s, const char *box,
                           const tpa_ticket_check_t *check,
                           tpa_ticket_t *out, apr_pool_t *p);

/**
 * Read what is inside the box.
 *
 * @return 1; 0 when a member is missing, unknown to its list, or of the wrong
 *         type
 */
int tpa_ticket_read(const char *bytes, apr_size_t len, tpa_ticket_t *out,
                    apr_pool_t *p);

#endif
