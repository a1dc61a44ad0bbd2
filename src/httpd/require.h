/**
 * @file require.h
 * @brief Require tpa-scope, tpa-org, tpa-client, tpa-audience: what a token
 *        that AuthType TPABearer verified must say.
 *
 * One word of a line is enough; several lines are joined by RequireAll,
 * RequireAny and RequireNone. A word may be an expression of httpd, whose
 * value counts as a whole and never as several words; an empty one is nobody.
 */
#ifndef TPA_HTTPD_REQUIRE_H
#define TPA_HTTPD_REQUIRE_H

#include <httpd.h>

/** Register the providers. */
void tpa_require_register(apr_pool_t *p);

#endif
