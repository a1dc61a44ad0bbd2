#include <string.h>

#include "base/text.h"
#include "core/renew.h"

/* A clock that was set back makes no wait longer. */
static int is_within(apr_time_t since, apr_int64_t seconds, apr_time_t now)
{
    return since && now >= since
        && now - since < seconds * APR_USEC_PER_SEC;
}

int tpa_renew_may(const tpa_renew_t *r, apr_time_t now)
{
    return !is_within(r->tried, TPA_RENEW_GAP_S, now);
}

int tpa_renew_is_due(const tpa_renew_t *r, apr_time_t now)
{
    return tpa_renew_may(r, now) && !is_within(r->got, r->lifetime_s, now);
}

/* What a clock that was set back takes for the future is as good as new; it is
 * due at once. */
int tpa_renew_is_good(const tpa_renew_t *r, int stale_s, apr_time_t now)
{
    return r->got
        && (now < r->got
            || is_within(r->got, (apr_int64_t)r->lifetime_s + stale_s, now));
}

/* ---- how long ----------------------------------------------------------- */

static int is_directive(const char *at, const char *name)
{
    apr_size_t len = strlen(name);

    return !strncasecmp(at, name, len)
        && (!at[len] || strchr(" \t,=", at[len]));
}

/* A number that is none, or too large to be read, is a long time. */
static apr_int64_t seconds_at(const char *at, int most_s)
{
    char digits[12] = "";
    apr_size_t n = strspn(at, "0123456789");
    apr_int64_t said;

    memcpy(digits, at, n < sizeof(digits) ? n : sizeof(digits) - 1);
    return tpa_text_number(digits, 0, APR_INT32_MAX, &said) ? said : most_s;
}

int tpa_renew_lifetime(const char *cache_control, int least_s, int usual_s,
                       int most_s)
{
    const char *at = cache_control ? cache_control : "";
    apr_int64_t age = usual_s;

    while (*at) {
        at += strspn(at, " \t,");
        if (is_directive(at, "no-store") || is_directive(at, "no-cache"))
            return least_s;
        if (is_directive(at, "max-age") && at[7] == '=')
            age = seconds_at(at + 8, most_s);
        at += strcspn(at, ",");
    }
    return age < least_s ? least_s : age > most_s ? most_s : (int)age;
}
