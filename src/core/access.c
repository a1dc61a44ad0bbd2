#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "core/access.h"

#define SKEW_S 10            /* clocks of our own nodes may differ by it */
#define MOST_AUDIENCES 32

/* Where the texts of a token stand: for what is done with each of them. */
static const apr_size_t texts[] = {
    offsetof(tpa_access_t, issuer), offsetof(tpa_access_t, subject),
    offsetof(tpa_access_t, client_id), offsetof(tpa_access_t, org_id),
    offsetof(tpa_access_t, org_name), offsetof(tpa_access_t, scope),
    offsetof(tpa_access_t, audiences), offsetof(tpa_access_t, jkt),
    offsetof(tpa_access_t, kid), offsetof(tpa_access_t, key)
};

#define TEXTS ((int)(sizeof(texts) / sizeof(texts[0])))

static const char **text_at(const tpa_access_t *a, int i)
{
    return (const char **)((char *)a + texts[i]);
}

/* ---- the header --------------------------------------------------------- */

static const struct {
    const char *name;
    tpa_scheme_t scheme;
} schemes[] = {
    { "Bearer", TPA_SCHEME_BEARER },
    { "DPoP", TPA_SCHEME_DPOP },
    { NULL, TPA_SCHEME_NONE }
};

/* b64token of RFC 6750 2.1, without looking at where "=" stands. */
static int is_token(const char *s)
{
    return *s && !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz"
                              "0123456789-._~+/=")];
}

/* A header that came twice reaches us as one, with a comma; no token holds
 * one. What is of another scheme alone is none of ours. */
static int names_ours(const char *value)
{
    int i;

    for (; value; value = strchr(value, ',')) {
        value += strspn(value, ", \t");
        for (i = 0; schemes[i].name; i++) {
            if (!strncasecmp(value, schemes[i].name, strlen(schemes[i].name)))
                return 1;
        }
    }
    return 0;
}

tpa_scheme_t tpa_access_scheme(const char *value, const char **token)
{
    apr_size_t len = value ? strcspn(value, " ") : 0;
    int i;

    *token = NULL;
    if (value && strchr(value, ','))
        return names_ours(value) ? TPA_SCHEME_SEVERAL : TPA_SCHEME_NONE;
    for (i = 0; len && schemes[i].name; i++) {
        if (strlen(schemes[i].name) != len
            || strncasecmp(value, schemes[i].name, len))
            continue;
        value += len + strspn(value + len, " ");
        if (!is_token(value))
            return TPA_SCHEME_BROKEN;
        *token = value;
        return schemes[i].scheme;
    }
    return TPA_SCHEME_NONE;
}

/* ---- claims ------------------------------------------------------------- */

static int has_control(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return 1;
    }
    return 0;
}

static int is_text(const tpa_json_t *value)
{
    const char *s = tpa_json_str(value);

    return s && *s && !has_control(s);
}

/* "\na\nb\n"; NULL when it is neither a text nor a list of texts. */
static const char *audiences_of(const tpa_json_t *aud, apr_pool_t *p)
{
    apr_size_t i, n = tpa_json_type(aud) == TPA_JSON_ARRAY
        ? tpa_json_size(aud) : 0;
    const char *list = "\n";

    if (is_text(aud))
        return apr_pstrcat(p, "\n", tpa_json_str(aud), "\n", NULL);
    if (!n || n > MOST_AUDIENCES)
        return NULL;
    for (i = 0; i < n; i++) {
        if (!is_text(tpa_json_at(aud, i)))
            return NULL;
        list = apr_pstrcat(p, list, tpa_json_str(tpa_json_at(aud, i)), "\n",
                           NULL);
    }
    return list;
}

/* A claim that is there is a text that says something. */
static int optional(const tpa_json_t *claims, const char *name,
                    const char **out)
{
    const tpa_json_t *value = tpa_json_get(claims, name);

    *out = value ? tpa_json_str(value) : NULL;
    return !value || is_text(value);
}

static const char *read_texts(const tpa_json_t *claims, tpa_access_t *out)
{
    const char *azp, *scope = tpa_json_get_str(claims, "scope");

    if (!is_text(tpa_json_get(claims, "iss"))
        || !is_text(tpa_json_get(claims, "sub")))
        return "iss or sub is no text";
    out->issuer = tpa_json_get_str(claims, "iss");
    out->subject = tpa_json_get_str(claims, "sub");
    if (!optional(claims, "client_id", &out->client_id)
        || !optional(claims, "azp", &azp))
        return "client_id or azp is no text";
    if (!out->client_id)
        out->client_id = azp;
    if (!optional(claims, "org_id", &out->org_id)
        || !optional(claims, "org_name", &out->org_name))
        return "org_id or org_name is no text";
    if (tpa_json_get(claims, "scope") && (!scope || has_control(scope)))
        return "scope is no text";
    out->scope = scope;
    return NULL;
}

static const char *read_times(const tpa_json_t *claims, tpa_access_t *out)
{
    if (!tpa_json_get_int(claims, "exp", &out->exp_s))
        return "exp is no number";
    out->nbf_s = 0;
    if (tpa_json_get(claims, "nbf")
        && !tpa_json_get_int(claims, "nbf", &out->nbf_s))
        return "nbf is no number";
    return NULL;
}

/* Any other binding than a DPoP key (RFC 9449 6.1) is one we cannot check. */
static const char *read_binding(const tpa_json_t *claims, tpa_access_t *out)
{
    const tpa_json_t *cnf = tpa_json_get(claims, "cnf");

    out->jkt = NULL;
    if (!cnf)
        return NULL;
    out->jkt = tpa_json_get_str(cnf, "jkt");
    if (!out->jkt || tpa_json_size(cnf) != 1
        || !tpa_text_is_id(out->jkt, 43, 43))
        return "the token is bound by other means than DPoP";
    return NULL;
}

/* RFC 9068 4, and "JWT" of our own default dialect. */
static int is_access_token(const char *typ)
{
    static const char *const types[] = {
        "at+jwt", "application/at+jwt", "JWT", NULL
    };
    int i;

    for (i = 0; typ && types[i]; i++) {
        if (!strcasecmp(typ, types[i]))
            return 1;
    }
    return 0;
}

const char *tpa_access_read(const char *typ, const tpa_json_t *claims,
                            tpa_access_t *out, apr_pool_t *p)
{
    const char *wrong;

    if (!is_access_token(typ))
        return "typ is not that of an access token";
    wrong = read_texts(claims, out);
    if (!wrong)
        wrong = read_times(claims, out);
    if (!wrong)
        wrong = read_binding(claims, out);
    if (wrong)
        return wrong;
    out->audiences = audiences_of(tpa_json_get(claims, "aud"), p);
    return out->audiences ? NULL : "aud is no text and no list of texts";
}

/* ---- is it good? -------------------------------------------------------- */

/* Is word between two of sep? */
static int is_within(const char *list, const char *word, const char *sep)
{
    apr_size_t len = strlen(word);
    const char *at = list;

    if (!len || word[strcspn(word, sep)])
        return 0;
    for (; (at = strstr(at, word)); at++) {
        if ((at == list || strchr(sep, at[-1]))
            && (!at[len] || strchr(sep, at[len])))
            return 1;
    }
    return 0;
}

int tpa_access_has_scope(const tpa_access_t *a, const char *scope)
{
    return a->scope && is_within(a->scope, scope, " ");
}

int tpa_access_has_audience(const tpa_access_t *a, const char *audience)
{
    return is_within(a->audiences, audience, "\n");
}

static int is_for(const tpa_access_t *a, const apr_array_header_t *audiences)
{
    int i;

    for (i = 0; i < audiences->nelts; i++) {
        if (tpa_access_has_audience(a, APR_ARRAY_IDX(audiences, i,
                                                     const char *)))
            return 1;
    }
    return 0;
}

const char *tpa_access_wrong(const tpa_access_t *a, const char *issuer,
                             const apr_array_header_t *audiences,
                             apr_int64_t now_s)
{
    if (strcmp(a->issuer, issuer))
        return "iss is not the issuer whose tokens are taken here";
    if (!is_for(a, audiences))
        return "aud is not this API";
    if (a->exp_s <= now_s)
        return "the token is expired";
    if (a->nbf_s > now_s + SKEW_S)
        return "the token is not valid yet";
    return NULL;
}

/* ---- bytes -------------------------------------------------------------- */

/* The struct itself, then its texts, one NUL behind each; in the struct a
 * text is the distance from the first byte. */
char *tpa_access_pack(const tpa_access_t *a, apr_size_t *len, apr_pool_t *p)
{
    apr_size_t at = sizeof(*a);
    char *bytes;
    int i;

    *len = sizeof(*a);
    for (i = 0; i < TEXTS; i++)
        *len += *text_at(a, i) ? strlen(*text_at(a, i)) + 1 : 0;
    bytes = apr_palloc(p, *len);
    memcpy(bytes, a, sizeof(*a));
    for (i = 0; i < TEXTS; i++) {
        const char *text = *text_at(a, i);
        apr_size_t n = text ? strlen(text) + 1 : 0;

        if (!n)
            continue;
        memcpy(bytes + at, text, n);
        *text_at((tpa_access_t *)bytes, i) = (const char *)at;
        at += n;
    }
    return bytes;
}

void tpa_access_unpack(const char *bytes, tpa_access_t *out)
{
    int i;

    memcpy(out, bytes, sizeof(*out));
    for (i = 0; i < TEXTS; i++) {
        if (*text_at(out, i))
            *text_at(out, i) = bytes + (apr_size_t)*text_at(out, i);
    }
}
