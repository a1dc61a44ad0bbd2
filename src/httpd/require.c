#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <ap_expr.h>
#include <ap_provider.h>
#include <mod_auth.h>
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/bearer.h"
#include "httpd/guard.h"
#include "httpd/require.h"

APLOG_USE_MODULE(tpa_orgs);

typedef struct word_t {
    const char *text;
    ap_expr_info_t *expr;    /* NULL: the text itself */
} word_t;

typedef int matches_fn(const tpa_access_t *a, const char *word);

static int is_org(const tpa_access_t *a, const char *word)
{
    return a->org_id && !strcmp(a->org_id, word);
}

static int is_client(const tpa_access_t *a, const char *word)
{
    return a->client_id && !strcmp(a->client_id, word);
}

/* ---- at start ----------------------------------------------------------- */

static const char *add_word(cmd_parms *cmd, apr_array_header_t *words,
                            const char *text)
{
    word_t *word = apr_array_push(words);
    const char *wrong = NULL;

    word->text = text;
    word->expr = NULL;
    if (!strchr(text, '%'))
        return NULL;
    word->expr = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_STRING_RESULT,
                                   &wrong, NULL);
    return wrong ? apr_psprintf(cmd->pool, "Require: the expression \"%s\""
                                " cannot be read: %s",
                                tpa_text_loggable(text, 200, cmd->pool), wrong)
                 : NULL;
}

static const char *parse(cmd_parms *cmd, const char *line, const void **parsed)
{
    apr_array_header_t *words = apr_array_make(cmd->pool, 2, sizeof(word_t));

    while (*line) {
        const char *text = ap_getword_conf(cmd->pool, &line);
        const char *wrong = *text ? add_word(cmd, words, text) : NULL;

        if (wrong)
            return wrong;
    }
    *parsed = words;
    return words->nelts ? NULL : "Require: at least one value is needed;"
                                 " write for instance Require tpa-scope"
                                 " read:posts";
}

/* The metadata of the API tell clients what to ask for. */
static const char *parse_scope(cmd_parms *cmd, const char *line,
                               const void **parsed)
{
    const char *wrong = parse(cmd, line, parsed);
    const apr_array_header_t *words = *parsed;
    int i;

    for (i = 0; !wrong && i < words->nelts; i++) {
        const word_t *word = &APR_ARRAY_IDX(words, i, word_t);

        if (word->text[strcspn(word->text, " \"\\")])
            return "Require tpa-scope: a scope has no blanks, quotes or"
                   " backslashes";
        if (!word->expr)
            tpa_guard_add_scope(cmd, word->text);
    }
    return wrong;
}

/* ---- requests ----------------------------------------------------------- */

static const char *value_of(request_rec *r, const word_t *word)
{
    const char *wrong = NULL, *value;

    if (!word->expr)
        return word->text;
    value = ap_expr_str_exec(r, word->expr, &wrong);
    if (!wrong)
        return value ? value : "";
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "TPA0016: the expression \"%s\""
                  " of Require failed: %s",
                  tpa_text_loggable(word->text, 200, r->pool), wrong);
    return "";
}

static authz_status check(request_rec *r, const char *what,
                          const void *parsed, matches_fn *matches)
{
    const apr_array_header_t *words = parsed;
    const tpa_access_t *access = tpa_bearer_of(r);
    int i;

    if (!access)
        return r->user ? AUTHZ_DENIED : AUTHZ_DENIED_NO_USER;
    for (i = 0; i < words->nelts; i++) {
        const char *value = value_of(r, &APR_ARRAY_IDX(words, i, word_t));

        if (*value && matches(access, value))
            return AUTHZ_GRANTED;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "TPA0017: Require %s is not"
                  " met: client=%s organization=%s", what,
                  tpa_text_loggable(access->client_id, 200, r->pool),
                  tpa_text_loggable(access->org_id, 200, r->pool));
    return AUTHZ_DENIED;
}

static authz_status check_scope(request_rec *r, const char *line,
                                const void *parsed)
{
    authz_status status = check(r, "tpa-scope", parsed, tpa_access_has_scope);
    const apr_array_header_t *words = parsed;

    if (status == AUTHZ_DENIED)
        tpa_bearer_lacks(r, value_of(r, &APR_ARRAY_IDX(words, 0, word_t)));
    return status;
}

static authz_status check_org(request_rec *r, const char *line,
                              const void *parsed)
{
    return check(r, "tpa-org", parsed, is_org);
}

static authz_status check_client(request_rec *r, const char *line,
                                 const void *parsed)
{
    return check(r, "tpa-client", parsed, is_client);
}

static authz_status check_audience(request_rec *r, const char *line,
                                   const void *parsed)
{
    return check(r, "tpa-audience", parsed, tpa_access_has_audience);
}

static const struct {
    const char *name;
    authz_provider provider;
} providers[] = {
    { "tpa-scope", { check_scope, parse_scope } },
    { "tpa-org", { check_org, parse } },
    { "tpa-client", { check_client, parse } },
    { "tpa-audience", { check_audience, parse } },
    { NULL, { NULL, NULL } }
};

void tpa_require_register(apr_pool_t *p)
{
    int i;

    for (i = 0; providers[i].name; i++)
        ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, providers[i].name,
                                  AUTHZ_PROVIDER_VERSION,
                                  &providers[i].provider,
                                  AP_AUTH_INTERNAL_PER_CONF);
}
