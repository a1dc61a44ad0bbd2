/**
 * @file issuer.h
 * @brief What an issuer may look like.
 */
#ifndef TPA_CORE_ISSUER_H
#define TPA_CORE_ISSUER_H

#include <apr_pools.h>

/**
 * Is it fit to be an issuer? Clients compare issuers byte by byte, so nothing
 * in one may be written in two ways.
 *
 * @param issuer  the text, not NULL
 * @param p       pool of the answer
 * @return NULL, or what is wrong with it and what to write instead
 *
 * Source: RFC 8414 2; spec.md 8.3 (the slash at the end).
 */
const char *tpa_issuer_wrong(const char *issuer, apr_pool_t *p);

#endif
