#include <stdarg.h>

#include <apr_strings.h>

#include "base/err.h"

/* RFC 6749 5.2 names the codes and says 400 unless told otherwise; what it does
 * not know of has the status of RFC 9110. */
static const tpa_ekind_info_t kinds[TPA_E_COUNT] = {
    /* clang-format off */
    [TPA_E_INVALID_REQUEST]        = { "invalid_request",         400 },
    [TPA_E_INVALID_CLIENT]         = { "invalid_client",          401 },
    [TPA_E_INVALID_GRANT]          = { "invalid_grant",           400 },
    [TPA_E_UNAUTHORIZED_CLIENT]    = { "unauthorized_client",     400 },
    [TPA_E_UNSUPPORTED_GRANT_TYPE] = { "unsupported_grant_type",  400 },
    [TPA_E_INVALID_SCOPE]          = { "invalid_scope",           400 },
    [TPA_E_INVALID_TARGET]         = { "invalid_target",          400 },
    [TPA_E_INVALID_AUTHORIZATION_DETAILS]
                                   = { "invalid_authorization_details", 400 },
    [TPA_E_INVALID_DPOP_PROOF]     = { "invalid_dpop_proof",      400 },
    [TPA_E_USE_DPOP_NONCE]         = { "use_dpop_nonce",          400 },
    [TPA_E_ACCESS_DENIED]          = { "access_denied",           400 },
    [TPA_E_NOWHERE_TO_GO]          = { "invalid_request",         400 },
    [TPA_E_UNSUPPORTED_RESPONSE_TYPE] = { "unsupported_response_type", 400 },
    [TPA_E_LOGIN_REQUIRED]         = { "login_required",          400 },
    [TPA_E_CONSENT_REQUIRED]       = { "consent_required",        400 },
    [TPA_E_INTERACTION_REQUIRED]   = { "interaction_required",    400 },
    [TPA_E_INVALID_REDIRECT_URI]   = { "invalid_redirect_uri",    400 },
    [TPA_E_INVALID_CLIENT_METADATA] = { "invalid_client_metadata", 400 },
    [TPA_E_CLOSED]                 = { "access_denied",           403 },
    [TPA_E_TOO_MANY]               = { "too_many_requests",       429 },
    [TPA_E_METHOD_NOT_ALLOWED]     = { "invalid_request",         405 },
    [TPA_E_TOO_LARGE]              = { "invalid_request",         413 },
    [TPA_E_MEDIA_TYPE]             = { "invalid_request",         415 },
    [TPA_E_INVALID_BODY]           = { "invalid_body",            400 },
    [TPA_E_INVALID_QUERY]          = { "invalid_query_string",    400 },
    [TPA_E_INVALID_URI]            = { "invalid_uri",             400 },
    [TPA_E_INVALID_TOKEN]          = { "invalid_token",           401 },
    [TPA_E_INSUFFICIENT_SCOPE]     = { "insufficient_scope",      403 },
    [TPA_E_NOT_SUPPORTED]          = { "operation_not_supported", 400 },
    [TPA_E_NOT_FOUND]              = { "not_found",               404 },
    [TPA_E_CONFLICT]               = { "conflict",                409 },
    [TPA_E_UNAVAILABLE]            = { "temporarily_unavailable", 503 },
    [TPA_E_INTERNAL]               = { "server_error",            500 },
    /* clang-format on */
};

const tpa_ekind_info_t *tpa_ekind_info(tpa_ekind_t kind)
{
    return &kinds[(unsigned)kind < TPA_E_COUNT ? kind : TPA_E_INTERNAL];
}

/* RFC 6749 5.2: %x20-21 / %x23-5B / %x5D-7E. */
static int is_public(unsigned char c)
{
    return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

static tpa_err_t *make(apr_pool_t *p, tpa_ekind_t kind)
{
    tpa_err_t *e = apr_pcalloc(p, sizeof(*e));

    e->kind = (unsigned)kind < TPA_E_COUNT ? kind : TPA_E_INTERNAL;
    return e;
}

static int is_no_control(unsigned char c)
{
    return c >= 0x20 && c != 0x7f;
}

static const char *only(char *text, int (*is_allowed)(unsigned char))
{
    char *c;

    for (c = text; *c; c++) {
        if (!is_allowed((unsigned char)*c))
            *c = '?';
    }
    return text;
}

tpa_err_t *tpa_err(apr_pool_t *p, tpa_ekind_t kind, const char *fmt, ...)
{
    tpa_err_t *e = make(p, kind);
    va_list args;

    va_start(args, fmt);
    e->text = only(apr_pvsprintf(p, fmt, args), is_public);
    va_end(args);
    return e;
}

tpa_err_t *tpa_err_text(apr_pool_t *p, tpa_ekind_t kind, const char *fmt, ...)
{
    tpa_err_t *e = make(p, kind);
    va_list args;

    va_start(args, fmt);
    e->text = only(apr_pvsprintf(p, fmt, args), is_no_control);
    va_end(args);
    return e;
}

tpa_err_t *tpa_err_private(apr_pool_t *p, tpa_ekind_t kind, const char *fmt,
                           ...)
{
    int passing = kind == TPA_E_UNAVAILABLE;
    tpa_err_t *e = make(p, passing ? TPA_E_UNAVAILABLE : TPA_E_INTERNAL);
    va_list args;

    e->text = passing ? "temporarily unavailable" : "internal error";
    va_start(args, fmt);
    e->detail = apr_pvsprintf(p, fmt, args);
    va_end(args);
    return e;
}

tpa_err_t *tpa_err_by(tpa_err_t *e, const char *rule)
{
    if (e)
        e->rule = rule;
    return e;
}

tpa_err_t *tpa_err_coded(tpa_err_t *e, const char *code)
{
    if (e)
        e->code = code;
    return e;
}
