#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/uri.h"
#include "core/user.h"

#define MAX_EMAIL 320
#define MAX_NAME 300

/* ---- values ------------------------------------------------------------- */

static int has_control_or_blank(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s <= 0x20 || *s == 0x7f)
            return 1;
    }
    return 0;
}

/* Whether mail arrives there is another question. */
static const char *an_address(const char *value, apr_pool_t *p)
{
    const char *at = strrchr(value, '@');

    return !at || at == value || !at[1] || has_control_or_blank(value)
        ? "It is no e-mail address" : NULL;
}

static const char *an_id(const char *value, apr_pool_t *p)
{
    return !*value || has_control_or_blank(value)
        ? "An id has no blanks and no control characters" : NULL;
}

static const char *a_username(const char *value, apr_pool_t *p)
{
    return has_control_or_blank(value) || strchr(value, '@')
        ? "A username has no blanks, no control characters and no @" : NULL;
}

/* More would be cut off unseen. */
static const char *a_password(const char *value, apr_pool_t *p)
{
    return strlen(value) > TPA_PASSWORD_MOST_BYTES
        ? apr_psprintf(p, "It is longer than %d bytes",
                       TPA_PASSWORD_MOST_BYTES) : NULL;
}

static const char *a_role_name(const char *value, apr_pool_t *p)
{
    return strpbrk(value, "<>") ? "A name holds no < and no >" : NULL;
}

/* ---- tables ------------------------------------------------------------- */

/* clang-format off */
#define BOTH TPA_ON_BOTH
#define TELLS (TPA_FIXED | TPA_ANSWERED)
#define MAY_GO (TPA_ON_BOTH | TPA_NULLABLE)

static const tpa_prop_t identity_props[] = {
    { "connection", TPA_P_STRING, 0, 0, 128, .doc = "Name of the connection" },
    { "provider", TPA_P_STRING, 0, 0, 255, .doc = "Strategy of it" },
    { "user_id", TPA_P_STRING, 0, 0, 255,
      .doc = "What the connection calls the user" },
    { "isSocial", TPA_P_BOOL, 0, .doc = "Always false" },
    { NULL }
};

const tpa_prop_t tpa_user_props[] = {
    { "user_id", TPA_P_STRING, TPA_ON_CREATE | TELLS, 1, 255, .each = an_id,
      .doc = "Id of the user; what is sent is put behind its strategy and |" },
    { "connection", TPA_P_STRING, BOTH | TPA_REQUIRED, 1, 128,
      .doc = "Name of the connection the user logs in with" },
    { "email", TPA_P_STRING, BOTH, 3, MAX_EMAIL, .each = an_address,
      .doc = "E-mail address" },
    { "email_verified", TPA_P_BOOL, BOTH,
      .doc = "Whether the address is known to be the user's" },
    { "verify_email", TPA_P_BOOL, BOTH,
      .doc = "Whether to send a message to verify the address: false" },
    { "username", TPA_P_STRING, BOTH, 1, 128, .each = a_username,
      .doc = "Another name to log in with" },
    { "password", TPA_P_STRING, BOTH, 8, TPA_PASSWORD_MOST_BYTES,
      .each = a_password, .doc = "Password, of databases only" },
    { "name", TPA_P_STRING, BOTH, 1, MAX_NAME, .doc = "Full name" },
    { "given_name", TPA_P_STRING, MAY_GO, 1, 150, .doc = "Given name" },
    { "family_name", TPA_P_STRING, MAY_GO, 1, 150, .doc = "Family name" },
    { "nickname", TPA_P_STRING, BOTH, 1, 300, .doc = "Nickname" },
    { "picture", TPA_P_STRING, MAY_GO, 1, 2048, .each = tpa_uri_wrong_web,
      .doc = "URL of a picture" },
    { "blocked", TPA_P_BOOL, BOTH, .doc = "Whether logins are refused" },
    { "user_metadata", TPA_P_ANY, BOTH, .doc = "What the user may see and"
      " change; a change sets its outermost members, null takes one out" },
    { "app_metadata", TPA_P_ANY, BOTH, .doc = "What only applications may see"
      " and change; changed like user_metadata" },
    { "identities", TPA_P_OBJECTS, TELLS, 0, 10, .inner = identity_props,
      .doc = "The connection, and what it calls the user" },
    { "created_at", TPA_P_STRING, TELLS, 0, 64, .doc = "When it was created" },
    { "updated_at", TPA_P_STRING, TELLS, 0, 64, .doc = "When it was changed" },
    { "last_password_reset", TPA_P_STRING, TELLS, 0, 64,
      .doc = "When the password was changed" },
    { "last_login", TPA_P_STRING, TELLS, 0, 64,
      .doc = "Time of the last login" },
    { "last_ip", TPA_P_STRING, TELLS, 0, 64,
      .doc = "IP address of the last login" },
    { "logins_count", TPA_P_INT, TELLS, .doc = "Number of logins" },
    { NULL }
};

const tpa_prop_t tpa_role_props[] = {
    { "id", TPA_P_STRING, TELLS, 0, 64, .doc = "Id of the role" },
    { "name", TPA_P_STRING, BOTH | TPA_REQUIRED, 1, 255, .each = a_role_name,
      .doc = "Name of the role; there are no two of one name" },
    { "description", TPA_P_STRING, MAY_GO, 0, 255,
      .doc = "What the role is for" },
    { NULL }
};
/* clang-format on */

/* ---- rules -------------------------------------------------------------- */

static tpa_err_t *refused(apr_pool_t *p, const char *what, const char *name)
{
    return tpa_err_by(tpa_err_text(p, TPA_E_INVALID_BODY, "Payload validation"
                                   " error: '%s' on property %s (%s).", what,
                                   name, tpa_props_find(tpa_user_props,
                                                        name)->doc), "body");
}

static tpa_err_t *take_verify_email(tpa_json_t *o, apr_pool_t *p)
{
    if (tpa_json_get_true(o, "verify_email"))
        return refused(p, "This server sends no messages", "verify_email");
    tpa_json_remove(o, "verify_email");
    return TPA_OK;
}

static int set_member(void *into, const char *name, const tpa_json_t *value)
{
    tpa_json_set(into, name, value);
    return 0;
}

tpa_err_t *tpa_user_check_new(const tpa_json_t *body, tpa_json_t **out,
                              apr_pool_t *p)
{
    const char *email = tpa_json_get_str(body, "email");
    tpa_json_t *o = tpa_json_object(p);

    tpa_json_each(body, set_member, o);
    TPA_TRY(take_verify_email(o, p));
    tpa_json_remove(o, "user_id");
    if (email && !tpa_json_get(o, "name"))
        tpa_json_set_str(o, "name", email);
    if (email && !tpa_json_get(o, "nickname"))
        tpa_json_set_str(o, "nickname",
                         apr_pstrmemdup(p, email, (apr_size_t)(
                             strrchr(email, '@') - email)));
    *out = o;
    return TPA_OK;
}

void tpa_user_drop_fixed(const tpa_prop_t *table, tpa_json_t *patch)
{
    for (; table->name; table++) {
        if (table->flags & TPA_FIXED)
            tpa_json_remove(patch, table->name);
    }
}

/* The first of identities: there is one. */
static const tpa_json_t *identity_of(const tpa_json_t *user)
{
    return tpa_json_at(tpa_json_get(user, "identities"), 0);
}

/* Named to say whose password or address it is; nobody moves. */
static tpa_err_t *take_connection(const tpa_json_t *now, tpa_json_t *patch,
                                  apr_pool_t *p)
{
    const char *is = tpa_json_get_str(identity_of(now), "connection");
    const char *sent = tpa_json_get_str(patch, "connection");

    if (sent && (!is || strcmp(is, sent)))
        return refused(p, "It is not the connection of this user",
                       "connection");
    tpa_json_remove(patch, "connection");
    return TPA_OK;
}

static void check_new_address(const tpa_json_t *now, tpa_json_t *patch)
{
    const char *is = tpa_json_get_str(now, "email");
    const char *sent = tpa_json_get_str(patch, "email");

    if (sent && (!is || strcasecmp(is, sent))
        && !tpa_json_get(patch, "email_verified"))
        tpa_json_set_bool(patch, "email_verified", 0);
}

tpa_err_t *tpa_user_check_change(const tpa_json_t *now, tpa_json_t *patch,
                                 apr_pool_t *p)
{
    const char *strategy = tpa_json_get_str(identity_of(now), "provider");

    TPA_TRY(take_connection(now, patch, p));
    TPA_TRY(take_verify_email(patch, p));
    tpa_user_drop_fixed(tpa_user_props, patch);
    if (tpa_json_get(patch, "password")
        && (!strategy || strcmp(strategy, TPA_STRATEGY_DATABASE)))
        return refused(p, "The password of this user is kept elsewhere",
                       "password");
    check_new_address(now, patch);
    return TPA_OK;
}

/* ---- logins from outside ------------------------------------------------ */

/* Several values come as one text: "a@example.com; b@example.com". */
const char *tpa_user_told_email(const char *told)
{
    return told && strlen(told) <= MAX_EMAIL && tpa_text_is_utf8(told)
        && !an_address(told, NULL) && !strpbrk(told, ",;<>\"")
        && strchr(told, '@') == strrchr(told, '@') ? told : NULL;
}

const char *tpa_user_told_name(const char *told)
{
    const char *c;

    if (!told || !*told || strlen(told) > MAX_NAME || !tpa_text_is_utf8(told))
        return NULL;
    for (c = told; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return NULL;
    }
    return told;
}
