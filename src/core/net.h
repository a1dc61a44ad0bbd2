/**
 * @file net.h
 * @brief Networks, and which addresses are of the public Internet.
 */
#ifndef TPA_CORE_NET_H
#define TPA_CORE_NET_H

/** An address, or a network: the addresses that begin with the same bits. */
typedef struct tpa_net_t {
    unsigned char addr[16];
    int len;                   /* bytes of an address: 4 or 16 */
    int bits;                  /* of the network; 8 * len: one address */
} tpa_net_t;

/**
 * Read "192.0.2.0/24", "2001:db8::/32", or an address without bits.
 *
 * @return 1 and *out set; 0 for anything else, such as bits set behind the
 *         network, or an address not written in full
 */
int tpa_net_parse(const char *text, tpa_net_t *out);

/** Is an address (bits are not looked at) in a network? A version 4 address
 *  is never in a version 6 network, nor the reverse. */
int tpa_net_holds(const tpa_net_t *net, const tpa_net_t *addr);

/**
 * What an address is for, when it is not one of the public Internet: the
 * special blocks of IANA for versions 4 and 6. Of version 6 only what was
 * given out is public (2000::/3), and nothing that holds a version 4 address.
 *
 * @return NULL: it is public
 */
const char *tpa_net_special(const tpa_net_t *addr);

#endif
