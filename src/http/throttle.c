#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "crypto/secret.h"
#include "http/throttle.h"

#define NETWORK_BYTES 8   /* of an IPv6 address */

static int bucket(const char *kind, const void *bytes, apr_size_t len,
                  apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(kind) + len);
    const char *hash;
    char first[9] = "";

    memcpy(text, kind, strlen(kind));
    memcpy(text + strlen(kind), bytes, len);
    hash = tpa_sha256_hex(text, strlen(kind) + len, p);
    if (hash)
        memcpy(first, hash, 8);
    return (int)(strtoul(first, NULL, 16) % TPA_THROTTLE_BUCKETS);
}

int tpa_throttle_account(const char *connection_id, const char *identifier,
                         apr_pool_t *p)
{
    char *name = apr_pstrcat(p, connection_id, " ", identifier, NULL), *c;

    for (c = name; *c; c++)
        *c = (char)apr_tolower(*c);
    return bucket("account ", name, strlen(name), p);
}

int tpa_throttle_address(const char *ip, apr_pool_t *p)
{
    unsigned char v6[16];

    if (ip && inet_pton(AF_INET6, ip, v6) == 1)
        return bucket("address ", v6, NETWORK_BYTES, p);
    return bucket("address ", ip ? ip : "", ip ? strlen(ip) : 0, p);
}
