/* cross-origin requests; see crm_cors.h */

#include "crm_cors.h"
#include "crm_respond.h"


static const ngx_str_t *
crm_cors_allowed(crm_request_t *q)
{
    ngx_str_t   *origin;
    ngx_uint_t   i;

    if (q->conf->cors_origins == NULL || q->headers.origin.len == 0) {
        return NULL;
    }

    origin = q->conf->cors_origins->elts;

    for (i = 0; i < q->conf->cors_origins->nelts; i++) {

        if (origin[i].len == 1 && origin[i].data[0] == '*') {
            return &origin[i];
        }

        if (origin[i].len == q->headers.origin.len
            && ngx_strncmp(origin[i].data, q->headers.origin.data,
                           origin[i].len)
               == 0)
        {
            return &origin[i];
        }
    }

    return NULL;
}


static ngx_int_t
crm_cors_header(crm_request_t *q, const char *name, ngx_str_t value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&q->r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = value;

    return NGX_OK;
}


ngx_int_t
crm_cors_headers(crm_request_t *q)
{
    const ngx_str_t  *allowed;

    static const ngx_str_t  vary = ngx_string("Origin");
    static const ngx_str_t  expose = ngx_string(
        "ETag, Location, Retry-After, X-Request-Id, Idempotency-Replayed");
    static const ngx_str_t  methods = ngx_string(
        "GET, HEAD, POST, PATCH, DELETE");
    static const ngx_str_t  headers = ngx_string(
        "Authorization, Content-Type, If-Match, If-None-Match, "
        "Idempotency-Key, X-Request-Id");
    static const ngx_str_t  age = ngx_string("86400");

    /* also without a header of ours: a cache must not give that to another */

    if (q->conf->cors_origins != NULL
        && crm_cors_header(q, "Vary", vary) != NGX_OK)
    {
        return NGX_ERROR;
    }

    allowed = crm_cors_allowed(q);

    if (allowed == NULL) {
        return NGX_OK;
    }

    if (crm_cors_header(q, "Access-Control-Allow-Origin", *allowed) != NGX_OK
        || crm_cors_header(q, "Access-Control-Expose-Headers", expose)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (q->headers.preflight.len == 0) {
        return NGX_OK;
    }

    if (crm_cors_header(q, "Access-Control-Allow-Methods", methods) != NGX_OK
        || crm_cors_header(q, "Access-Control-Allow-Headers", headers)
           != NGX_OK
        || crm_cors_header(q, "Access-Control-Max-Age", age) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
crm_cors_preflight(crm_request_t *q)
{
    if (q->r->method != NGX_HTTP_OPTIONS || q->headers.preflight.len == 0
        || crm_cors_allowed(q) == NULL)
    {
        return NGX_DECLINED;
    }

    return crm_answer_nothing(&q->flow);
}
