#include <string.h>

#include <httpd.h>
#include <http_protocol.h>
#include <util_filter.h>
#include <apr_strings.h>

#include "base/form.h"
#include "httpd/body.h"

#define FIRST_READ 1024      /* bytes, when no length is announced */

static tpa_err_t *too_large(request_rec *r, int max)
{
    return tpa_err_by(tpa_err(r->pool, TPA_E_TOO_LARGE,
                              "The body of the request is longer than %d bytes",
                              max), "body_size");
}

static tpa_err_t *read_error(request_rec *r, apr_status_t rv, int max)
{
    if (ap_map_http_request_error(rv, HTTP_BAD_REQUEST)
        == HTTP_REQUEST_ENTITY_TOO_LARGE)
        return too_large(r, max);
    return tpa_err_by(tpa_err(r->pool, TPA_E_INVALID_REQUEST,
                              "The body of the request could not be read"),
                      "body_read");
}

/* What has been read so far; one byte more is always there, for a NUL. */
typedef struct bytes_t {
    char *bytes;
    apr_size_t len, size;
    int max;
} bytes_t;

static void append(request_rec *r, bytes_t *b, const char *data, apr_size_t n)
{
    if (b->len + n > b->size) {
        char *more;

        b->size = 2 * b->size > b->len + n ? 2 * b->size : b->len + n;
        more = apr_palloc(r->pool, b->size + 1);
        memcpy(more, b->bytes, b->len);
        b->bytes = more;
    }
    memcpy(b->bytes + b->len, data, n);
    b->len += n;
}

/* Append what is in a brigade; more than max bytes are not kept. */
static tpa_err_t *take(request_rec *r, apr_bucket_brigade *bb, bytes_t *into,
                       int *seen_eos)
{
    apr_bucket *b;

    for (b = APR_BRIGADE_FIRST(bb); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t n;
        apr_status_t rv;

        if (APR_BUCKET_IS_EOS(b)) {
            *seen_eos = 1;
            return TPA_OK;
        }
        if (APR_BUCKET_IS_METADATA(b))
            continue;
        rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);
        if (rv != APR_SUCCESS)
            return read_error(r, rv, into->max);
        if (n > (apr_size_t)into->max - into->len)
            return too_large(r, into->max);
        append(r, into, data, n);
    }
    return TPA_OK;
}

static tpa_err_t *read_bytes(request_rec *r, int max, bytes_t *into)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t announced = FIRST_READ;
    apr_bucket_brigade *bb;
    int eos = 0;

    if (length && (apr_strtoff(&announced, length, NULL, 10) != APR_SUCCESS
                   || announced > max))
        return too_large(r, max);
    into->max = max;
    into->len = 0;
    into->size = (apr_size_t)announced;
    into->bytes = apr_palloc(r->pool, into->size + 1);
    bb = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    while (!eos) {
        apr_status_t rv = ap_get_brigade(r->input_filters, bb,
                                         AP_MODE_READBYTES, APR_BLOCK_READ,
                                         HUGE_STRING_LEN);

        if (rv != APR_SUCCESS)
            return read_error(r, rv, max);
        TPA_TRY(take(r, bb, into, &eos));
        apr_brigade_cleanup(bb);
    }
    into->bytes[into->len] = '\0';
    return TPA_OK;
}

/* Does the Content-Type say this media type, with or without parameters? */
static int is_type(const char *header, const char *type)
{
    apr_size_t len = strlen(type);

    return header && !strncasecmp(header, type, len)
        && (!header[len] || header[len] == ';' || header[len] == ' ');
}

static int is_encoded(request_rec *r)
{
    const char *coding = apr_table_get(r->headers_in, "Content-Encoding");

    return coding && strcasecmp(coding, "identity");
}

static tpa_err_t *parse(request_rec *r, const char *bytes, apr_size_t len,
                        tpa_req_t *req)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");

    req->form = apr_table_make(r->pool, 8);
    if (!len)
        return TPA_OK;
    if (is_type(type, "application/x-www-form-urlencoded"))
        return tpa_form_parse(bytes, len, req->form, r->pool);
    return tpa_form_parse_json(bytes, len, req->form, r->pool);
}

/* One name, one value, wherever it stands: RFC 6749 3.1. */
static tpa_err_t *no_repeats(request_rec *r, const tpa_req_t *req)
{
    const apr_array_header_t *names = apr_table_elts(req->query);
    int i;

    for (i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, apr_table_entry_t).key;

        if (apr_table_get(req->form, name))
            return tpa_err_by(tpa_form_repeated(r->pool, name,
                ", in the URL and in the body"), "parameters");
    }
    return TPA_OK;
}

static tpa_err_t *read_params(request_rec *r, int max, tpa_req_t *req)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    bytes_t body;

    if (is_encoded(r) || (type
        && !is_type(type, "application/x-www-form-urlencoded")
        && !is_type(type, "application/json")))
        return tpa_err_by(tpa_err(r->pool, TPA_E_MEDIA_TYPE,
            "Send the parameters as application/x-www-form-urlencoded or"
            " application/json, without a content coding"), "media_type");
    TPA_TRY(read_bytes(r, max, &body));
    if (body.len && !type)
        return tpa_err_by(tpa_err(r->pool, TPA_E_MEDIA_TYPE,
            "Say Content-Type: application/x-www-form-urlencoded or"
            " application/json"), "media_type");
    if (r->args)
        TPA_TRY(tpa_err_by(tpa_form_parse(r->args, strlen(r->args),
                                          req->query, r->pool),
                           "parameters"));
    TPA_TRY(tpa_err_by(parse(r, body.bytes, body.len, req), "parameters"));
    return no_repeats(r, req);
}

/* The endpoint looks at the bytes; here only what they say they are. */
static tpa_err_t *read_raw(request_rec *r, const tpa_conf_t *conf,
                           int max, tpa_req_t *req)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    bytes_t body;

    req->raw_path = r->uri + strlen(conf->issuer_path);
    req->raw_query = r->args;
    TPA_TRY(read_bytes(r, max, &body));
    req->body = body.bytes;
    req->body_len = body.len;
    if (req->body_len && (is_encoded(r) || !is_type(type, "application/json")))
        return tpa_err_by(tpa_err(r->pool, TPA_E_MEDIA_TYPE,
            "Send the body as application/json, without a content coding"),
            "media_type");
    return TPA_OK;
}

tpa_err_t *tpa_body_read(request_rec *r, const tpa_conf_t *conf,
                         const tpa_route_t *route, tpa_req_t *req)
{
    req->method = r->method;
    req->path = r->uri;
    req->headers = r->headers_in;
    req->remote_ip = r->useragent_ip;
    req->host = r->hostname;
    req->query = apr_table_make(r->pool, 4);
    if (!tpa_route_admits(route, r->method))
        return tpa_err_by(tpa_err(r->pool, TPA_E_METHOD_NOT_ALLOWED,
                                  "This path answers to %s", route->methods),
                          "method");
    if (r->method_number == M_OPTIONS || route->takes == TPA_TAKES_NOTHING)
        return TPA_OK;
    if (route->takes == TPA_TAKES_RAW)
        return read_raw(r, conf, conf->settings.max_management_body, req);
    return route->takes == TPA_TAKES_JSON
        ? read_raw(r, conf, conf->settings.max_body, req)
        : read_params(r, conf->settings.max_body, req);
}
