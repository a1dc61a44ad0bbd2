#include <httpd.h>
#include <http_config.h>

#include "httpd/config.h"
#include "httpd/request.h"

tpa_request_t *tpa_request_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &tpa_orgs_module);
}

tpa_request_t *tpa_request_make(request_rec *r)
{
    tpa_request_t *known = tpa_request_of(r);

    if (!known) {
        known = apr_pcalloc(r->pool, sizeof(*known));
        ap_set_module_config(r->request_config, &tpa_orgs_module, known);
    }
    return known;
}
