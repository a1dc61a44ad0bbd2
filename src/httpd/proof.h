/**
 * @file proof.h
 * @brief DPoP at APIs (RFC 9449 7): the proof that comes with a bound token.
 *
 * A proof is good once. Which were seen is remembered in memory that all
 * processes of the machine share, over graceful restarts, until the proofs are
 * too old to be taken anyway. Other machines do not know of them.
 */
#ifndef TPA_HTTPD_PROOF_H
#define TPA_HTTPD_PROOF_H

#include <httpd.h>

#include "httpd/guard.h"

/** Make the memory, in the parent process; 0, or 1 when there is none. */
int tpa_proof_prepare(server_rec *first);

/**
 * Check the proof of a request.
 *
 * @param token  the token it came with
 * @param jkt    the thumbprint the token is bound to
 * @param why    receives what is wrong, for the log
 * @return OK; HTTP_UNAUTHORIZED; HTTP_SERVICE_UNAVAILABLE when there is no
 *         memory left to remember it
 */
int tpa_proof_check(request_rec *r, const tpa_guard_t *g, const char *token,
                    const char *jkt, const char **why);

#endif
