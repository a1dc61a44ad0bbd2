#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "core/params.h"

#define PKCE_METHOD "S256"
#define HASH_LENGTH 43   /* base64url of 32 bytes: RFC 7636 4.2, RFC 9449 10 */
#define MOST_AGE 0x7fffffff

/* Who may send a parameter. */
enum { NOBODY, PERMISSIVE, EVERYBODY };

typedef struct param_t {
    const char *name;        /* one that ends in "*" stands for all that start
                                like it */
    int who;
    apr_size_t max;          /* bytes */
    const char *(*wrong)(const char *value);   /* what is wrong, or NULL */
    int kept;                /* it has a member in tpa_authz_t */
    apr_size_t offset;
} param_t;

/* ---- forms -------------------------------------------------------------- */

static const char *wrong_response_mode(const char *value)
{
    return !strcmp(value, "query") || !strcmp(value, "form_post")
        || !strcmp(value, "web_message") ? NULL
        : "must be query, form_post or web_message";
}

static const char *wrong_hash(const char *value)
{
    return tpa_text_is_id(value, HASH_LENGTH, HASH_LENGTH) ? NULL
        : "must be 43 characters of base64url: a SHA-256";
}

static const char *wrong_method(const char *value)
{
    return strcmp(value, PKCE_METHOD) ? "must be " PKCE_METHOD : NULL;
}

static const char *wrong_max_age(const char *value)
{
    apr_int64_t n;

    return tpa_text_number(value, 0, MOST_AGE, &n) && *value != '-' ? NULL
        : "must be a whole number of seconds";
}

/* spec.md 5.2: ^[-\w.*~@+/:]{1,64}$; the table knows the length. */
static const char *wrong_correlation_id(const char *value)
{
    const char *c;

    for (c = value; *c; c++) {
        if (!strchr("_-.*~@+/:", *c) && !(*c >= '0' && *c <= '9')
            && !(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z'))
            return "may hold letters, digits and _-.*~@+/: only";
    }
    return NULL;
}

static const struct {
    const char *word;
    int asks;
} prompts[] = {
    { "none", TPA_ASK_NONE },
    { "login", TPA_ASK_LOGIN },
    { "consent", TPA_ASK_CONSENT },
    { "select_account", TPA_ASK_SELECT_ACCOUNT },
    { NULL }
};

/* What one word asks for, 0 when it is no such word. */
static int prompt_word(const char *word, apr_size_t len)
{
    int i;

    for (i = 0; prompts[i].word; i++) {
        if (strlen(prompts[i].word) == len
            && !strncmp(prompts[i].word, word, len))
            return prompts[i].asks;
    }
    return 0;
}

/* All that prompt asks for; -1 when one of its words is unknown. */
static int prompt_asks(const char *value)
{
    int asks = 0;

    while (value && *value) {
        apr_size_t len = strcspn(value, " ");
        int word = prompt_word(value, len);

        if (len && !word)
            return -1;
        asks |= word;
        value += len;
        value += strspn(value, " ");
    }
    return asks;
}

static const char *wrong_prompt(const char *value)
{
    int asks = prompt_asks(value);

    if (asks < 0)
        return "may hold none, login, consent and select_account only";
    if (asks & TPA_ASK_NONE && asks != TPA_ASK_NONE)
        return "must not hold anything besides none";
    return NULL;
}

/* ---- the table ---------------------------------------------------------- */

#define AT(member) 1, offsetof(tpa_authz_t, member)
#define NOWHERE 0, 0

static const param_t params[] = {
    /* clang-format off */
    { "client_id",             EVERYBODY,   255, NULL, AT(client_id) },
    { "redirect_uri",          EVERYBODY,  2048, NULL, AT(redirect_uri) },
    { "response_type",         EVERYBODY,   128, NULL, AT(response_type) },
    { "response_mode",         EVERYBODY,    64, wrong_response_mode,
      AT(response_mode) },
    { "scope",                 EVERYBODY,  8192, NULL, AT(scope) },
    { "audience",              EVERYBODY,   600, NULL, AT(audience) },
    { "resource",              EVERYBODY,   600, NULL, AT(resource) },
    { "organization",          EVERYBODY,    64, NULL, AT(organization) },
    { "connection",            EVERYBODY,   128, NULL, AT(connection) },
    { "state",                 EVERYBODY,  4096, NULL, AT(state) },
    { "code_challenge",        EVERYBODY,   128, wrong_hash,
      AT(code_challenge) },
    { "code_challenge_method", EVERYBODY,    64, wrong_method,
      AT(code_challenge_method) },
    { "prompt",                EVERYBODY,    64, wrong_prompt, AT(prompt) },
    { "max_age",               EVERYBODY,    16, wrong_max_age, AT(max_age) },
    { "login_hint",            EVERYBODY,   320, NULL, AT(login_hint) },
    { "ui_locales",            EVERYBODY,   128, NULL, AT(ui_locales) },
    { "nonce",                 EVERYBODY,  1024, NULL, AT(nonce) },
    { "dpop_jkt",              EVERYBODY,   128, wrong_hash, AT(dpop_jkt) },
    { "authorization_details", EVERYBODY,  4096, NULL,
      AT(authorization_details) },
    { "correlation_id",        EVERYBODY,    64, wrong_correlation_id,
      AT(correlation_id) },
    { "acr_values",            EVERYBODY,   512, NULL, NOWHERE },
    { "display",               EVERYBODY,    64, NULL, NOWHERE },
    { "ext-*",                 EVERYBODY,   512, NULL, NOWHERE },
    { "auth0Client",           EVERYBODY,  4096, NULL, NOWHERE },
    { "request",               NOBODY,        0, NULL, NOWHERE },
    { "request_uri",           NOBODY,        0, NULL, NOWHERE },
    { NULL }
    /* clang-format on */
};

/* A parameter the table does not know: RFC 6749 3.1 has us ignore it. */
static const param_t unknown = { "", PERMISSIVE, (apr_size_t)-1, NULL,
                                 NOWHERE };

static const param_t *row_of(const char *name)
{
    const param_t *row;

    for (row = params; row->name; row++) {
        apr_size_t len = strlen(row->name) - 1;

        if (row->name[len] == '*' ? !strncmp(row->name, name, len)
                                  : !strcmp(row->name, name))
            return row;
    }
    return &unknown;
}

static const char **member(tpa_authz_t *a, const param_t *row)
{
    return (const char **)(void *)((char *)a + row->offset);
}

void tpa_authz_read(const apr_table_t *query, tpa_authz_t *out)
{
    const apr_array_header_t *pairs = apr_table_elts(query);
    int i;

    memset(out, 0, sizeof(*out));
    out->max_age_s = -1;
    for (i = 0; i < pairs->nelts; i++) {
        const apr_table_entry_t *pair
            = &APR_ARRAY_IDX(pairs, i, apr_table_entry_t);
        const param_t *row = row_of(pair->key);

        if (row->kept && *pair->val)
            *member(out, row) = pair->val;
    }
}

/* ---- the check ---------------------------------------------------------- */

/* A name is shown when it is plain text, as base/form.c does; values never. */
static int is_plain(const char *name)
{
    for (; *name; name++) {
        if (*name <= ' ' || *name > '~' || *name == '"' || *name == '\\')
            return 0;
    }
    return 1;
}

static tpa_err_t *refuse(apr_pool_t *p, const char *name, const char *why)
{
    tpa_err_t *e = is_plain(name)
        ? tpa_err(p, TPA_E_INVALID_REQUEST, "Parameter %s %s", name, why)
        : tpa_err(p, TPA_E_INVALID_REQUEST, "A parameter %s", why);

    return tpa_err_by(e, "parameters");
}

static int has_control(const char *value)
{
    for (; *value; value++) {
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return 1;
    }
    return 0;
}

static tpa_err_t *check_pair(const apr_table_entry_t *pair, int is_strict,
                             apr_pool_t *p)
{
    const param_t *row = row_of(pair->key);
    const char *what;

    if (row->who == NOBODY)
        return refuse(p, pair->key, "is not supported");
    if (is_strict && row->who != EVERYBODY)
        return refuse(p, pair->key,
                      "is not supported for third-party clients");
    if (row == &unknown)
        return TPA_OK;
    if (strlen(pair->val) > row->max)
        return refuse(p, pair->key, "is too long");
    if (has_control(pair->val))
        return refuse(p, pair->key, "has a control character");
    what = row->wrong ? row->wrong(pair->val) : NULL;
    return what ? refuse(p, pair->key, what) : TPA_OK;
}

static tpa_err_t *check_response_type(const tpa_authz_t *a, apr_pool_t *p)
{
    if (!a->response_type)
        return refuse(p, "response_type", "is required");
    if (strcmp(a->response_type, "code"))
        return tpa_err_by(tpa_err(p, TPA_E_UNSUPPORTED_RESPONSE_TYPE,
                                  "Parameter response_type must be code"),
                          "parameters");
    return TPA_OK;
}

/* A challenge without a method would be "plain": RFC 7636 4.3. */
static tpa_err_t *check_pkce(const tpa_authz_t *a, int is_strict,
                             apr_pool_t *p)
{
    if (!is_strict && !a->code_challenge && !a->code_challenge_method)
        return TPA_OK;
    if (!a->code_challenge)
        return refuse(p, "code_challenge", "is required");
    if (!a->code_challenge_method)
        return refuse(p, "code_challenge_method", "must be " PKCE_METHOD);
    return TPA_OK;
}

void tpa_authz_derive(tpa_authz_t *a)
{
    int asks = prompt_asks(a->prompt);

    a->asks = asks > 0 ? asks : 0;
    if (!a->max_age || !tpa_text_number(a->max_age, 0, MOST_AGE,
                                        &a->max_age_s))
        a->max_age_s = -1;
}

tpa_err_t *tpa_authz_check(const apr_table_t *query, int is_strict,
                           tpa_authz_t *a, apr_pool_t *p)
{
    const apr_array_header_t *pairs = apr_table_elts(query);
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        const apr_table_entry_t *pair
            = &APR_ARRAY_IDX(pairs, i, apr_table_entry_t);

        /* An empty value counts as not sent: RFC 6749 3.1. */
        if (*pair->val)
            TPA_TRY(check_pair(pair, is_strict, p));
    }
    TPA_TRY(check_response_type(a, p));
    TPA_TRY(check_pkce(a, is_strict, p));
    tpa_authz_derive(a);
    return TPA_OK;
}

/* ---- JSON --------------------------------------------------------------- */

tpa_json_t *tpa_authz_json(const tpa_authz_t *a, apr_pool_t *p)
{
    tpa_json_t *o = tpa_json_object(p);
    const param_t *row;

    for (row = params; row->name; row++) {
        if (row->kept)
            tpa_json_set_str(o, row->name,
                             *(const char *const *)(const void *)(
                                 (const char *)a + row->offset));
    }
    return o;
}

void tpa_authz_from_json(const tpa_json_t *o, tpa_authz_t *out)
{
    const param_t *row;

    memset(out, 0, sizeof(*out));
    for (row = params; row->name; row++) {
        if (row->kept)
            *member(out, row) = tpa_json_get_str(o, row->name);
    }
    tpa_authz_derive(out);
}

apr_array_header_t *tpa_authz_names(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 32, sizeof(const char *));
    const param_t *row;

    for (row = params; row->name; row++) {
        if (row->who != NOBODY)
            APR_ARRAY_PUSH(names, const char *) = row->name;
    }
    return names;
}
