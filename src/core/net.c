#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "core/net.h"

#define MOST_TEXT 49   /* an address, a slash, three digits */

static int read_address(const char *text, tpa_net_t *out)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, text, out->addr) == 1)
        out->len = 4;
    else if (inet_pton(AF_INET6, text, out->addr) == 1)
        out->len = 16;
    out->bits = 8 * out->len;
    return out->len > 0;
}

/* The bits of a byte that belong to the network. */
static unsigned char mask_of(int bits, int byte)
{
    int n = bits - 8 * byte;

    return n >= 8 ? 0xff : n <= 0 ? 0 : (unsigned char)(0xff << (8 - n));
}

int tpa_net_parse(const char *text, tpa_net_t *out)
{
    const char *slash = strchr(text, '/');
    apr_size_t len = slash ? (apr_size_t)(slash - text) : strlen(text);
    char address[MOST_TEXT + 1] = "";
    apr_int64_t bits;
    int i;

    if (len > MOST_TEXT)
        return 0;
    memcpy(address, text, len);
    if (!read_address(address, out))
        return 0;
    if (!slash)
        return 1;
    if (!tpa_text_number(slash + 1, 0, out->bits, &bits))
        return 0;
    out->bits = (int)bits;
    for (i = 0; i < out->len; i++) {
        if (out->addr[i] & ~mask_of(out->bits, i))
            return 0;
    }
    return 1;
}

int tpa_net_holds(const tpa_net_t *net, const tpa_net_t *addr)
{
    int i;

    if (net->len != addr->len)
        return 0;
    for (i = 0; i < net->len; i++) {
        if ((net->addr[i] ^ addr->addr[i]) & mask_of(net->bits, i))
            return 0;
    }
    return 1;
}

/* IANA's registries of special addresses (RFC 6890 and what followed). */
static const struct {
    const char *net, *what;
} specials[] = {
    /* clang-format off */
    { "0.0.0.0/8",       "this network" },
    { "10.0.0.0/8",      "private" },
    { "100.64.0.0/10",   "shared by providers" },
    { "127.0.0.0/8",     "loopback" },
    { "169.254.0.0/16",  "link-local" },
    { "172.16.0.0/12",   "private" },
    { "192.0.0.0/24",    "of protocols" },
    { "192.0.2.0/24",    "for documentation" },
    { "192.88.99.0/24",  "a relay" },
    { "192.168.0.0/16",  "private" },
    { "198.18.0.0/15",   "for benchmarks" },
    { "198.51.100.0/24", "for documentation" },
    { "203.0.113.0/24",  "for documentation" },
    { "224.0.0.0/4",     "multicast" },
    { "240.0.0.0/4",     "reserved" },
    { "2001::/23",       "of protocols" },
    { "2001:db8::/32",   "for documentation" },
    { "2002::/16",       "a version 4 address" },
    { "3fff::/20",       "for documentation" },
    { NULL, NULL }
    /* clang-format on */
};

const char *tpa_net_special(const tpa_net_t *addr)
{
    tpa_net_t net;
    int i;

    for (i = 0; specials[i].net; i++) {
        if (!tpa_net_parse(specials[i].net, &net)
            || tpa_net_holds(&net, addr))
            return specials[i].what;
    }
    if (addr->len == 16)   /* loopback, mapped, NAT64, local, multicast */
        return tpa_net_parse("2000::/3", &net) && tpa_net_holds(&net, addr)
            ? NULL : "not given out";
    return addr->len == 4 ? NULL : "no address";
}
