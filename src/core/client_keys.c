#include <string.h>

#include "base/text.h"
#include "core/client_keys.h"

#define MOST_PEM 16384

static const char *a_time(const char *value, apr_pool_t *p)
{
    apr_time_t at;

    return tpa_client_key_time(value, &at) ? NULL
        : "It is no date and time like 2027-01-31T12:00:00Z";
}

static const char *a_kid(const char *value, apr_pool_t *p)
{
    return tpa_text_is_id(value, 10, 64) ? NULL
        : "A kid has 10 to 64 letters, digits, - and _";
}

/* clang-format off */
const tpa_prop_t tpa_client_key_props[] = {
    { "id", TPA_P_STRING, TPA_ON_UPDATE | TPA_REQUIRED, 1, 64, NULL, NULL,
      NULL, "Id of a stored credential" },
    { "credential_type", TPA_P_ENUM, TPA_ON_CREATE, 0, 0, "public_key", NULL,
      NULL, "What it is" },
    { "name", TPA_P_STRING, TPA_ON_CREATE, 0, 128, NULL, NULL, NULL,
      "A name, for people" },
    { "pem", TPA_P_STRING, TPA_ON_CREATE | TPA_REQUIRED, 1, MOST_PEM, NULL,
      NULL, NULL, "RSA public key of 2048 to 4096 bits, or a certificate" },
    { "alg", TPA_P_ENUM, TPA_ON_CREATE, 0, 0, "RS256|RS384|PS256", NULL, NULL,
      "Algorithm of the assertions; RS256 unless told" },
    { "kid", TPA_P_STRING, TPA_ON_CREATE, 0, 64, NULL, NULL, a_kid,
      "Name of the key in assertions; its thumbprint unless told" },
    { "expires_at", TPA_P_STRING, TPA_ON_CREATE | TPA_NULLABLE, 0, 64, NULL,
      NULL, a_time, "When it ends to be good" },
    { "parse_expiry_from_cert", TPA_P_BOOL, TPA_ON_CREATE, 0, 0, NULL, NULL,
      NULL, "Let it end with its certificate; not beside expires_at" },
    { NULL }
};

const tpa_prop_t tpa_client_key_change_props[] = {
    { "id", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64, NULL, NULL, NULL,
      "Id of the credential" },
    { "credential_type", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 0, NULL,
      NULL, NULL, "What it is" },
    { "name", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 128, NULL, NULL,
      NULL, "A name, for people" },
    { "alg", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 0, NULL, NULL, NULL,
      "Algorithm of the assertions" },
    { "kid", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64, NULL, NULL, NULL,
      "Name of the key in assertions" },
    { "created_at", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64, NULL, NULL,
      NULL, "When it was stored" },
    { "updated_at", TPA_P_STRING, TPA_FIXED | TPA_ANSWERED, 0, 64, NULL, NULL,
      NULL, "When it was changed" },
    { "expires_at", TPA_P_STRING, TPA_ON_UPDATE | TPA_NULLABLE, 0, 64, NULL,
      NULL, a_time, "When it ends to be good" },
    { NULL }
};
/* clang-format on */

/* ---- times -------------------------------------------------------------- */

/* n digits at *s as a number within bounds; *s is moved behind them. */
static int digits(const char **s, int n, int lo, int hi, int *out)
{
    int i, value = 0;

    for (i = 0; i < n; i++) {
        if (**s < '0' || **s > '9')
            return 0;
        value = 10 * value + *(*s)++ - '0';
    }
    *out = value;
    return value >= lo && value <= hi;
}

static int days_of(int month, int year)
{
    static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                 31 };
    int is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && is_leap);
}

static int mark(const char **s, const char *any)
{
    if (!**s || !strchr(any, **s))
        return 0;
    (*s)++;
    return 1;
}

/* "Z", or a distance from it; seconds to take off. */
static int read_zone(const char **s, int *offset)
{
    int is_minus = **s == '-', hours, minutes;

    *offset = 0;
    if (mark(s, "Zz"))
        return 1;
    if (!mark(s, "+-") || !digits(s, 2, 0, 23, &hours) || !mark(s, ":")
        || !digits(s, 2, 0, 59, &minutes))
        return 0;
    *offset = (is_minus ? -1 : 1) * 60 * (60 * hours + minutes);
    return 1;
}

int tpa_client_key_time(const char *text, apr_time_t *out)
{
    apr_time_exp_t t;
    const char *s = text;

    memset(&t, 0, sizeof(t));
    if (!digits(&s, 4, 1970, 9999, &t.tm_year) || !mark(&s, "-")
        || !digits(&s, 2, 1, 12, &t.tm_mon) || !mark(&s, "-")
        || !digits(&s, 2, 1, days_of(t.tm_mon, t.tm_year), &t.tm_mday)
        || !mark(&s, "Tt") || !digits(&s, 2, 0, 23, &t.tm_hour)
        || !mark(&s, ":") || !digits(&s, 2, 0, 59, &t.tm_min)
        || !mark(&s, ":") || !digits(&s, 2, 0, 59, &t.tm_sec))
        return 0;
    if (mark(&s, ".")) {
        if (!strspn(s, "0123456789"))
            return 0;
        s += strspn(s, "0123456789");
    }
    if (!read_zone(&s, &t.tm_gmtoff) || *s)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon--;
    return apr_time_exp_gmt_get(out, &t) == APR_SUCCESS;
}
