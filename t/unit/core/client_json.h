/* Applications to check, out of JSON. */
#ifndef TPA_UNIT_CLIENT_JSON_H
#define TPA_UNIT_CLIENT_JSON_H

#include <string.h>

#include <apr_strings.h>

#include "tap.h"
#include "core/client.h"

#define FIRST ""
#define STRICT "\"is_first_party\": false"
#define PERMISSIVE "\"is_first_party\": false," \
                   " \"third_party_security_mode\": \"permissive\""

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static inline tpa_json_t *json(const char *text)
{
    tpa_json_t *v;
    tpa_err_t *e = tpa_json_parse(text, strlen(text), &v, p);

    ck_assert_msg(!e, "%s", text);
    return v;
}

/* Make an application out of its kind and these members. */
static inline tpa_err_t *make(const char *members, const char *kind,
                              tpa_json_t **out)
{
    return tpa_client_check_new(json(apr_pstrcat(
        p, "{\"name\": \"n\"", *kind ? ", " : "", kind,
        *members ? ", " : "", members, "}", NULL)), out, p);
}

#endif
