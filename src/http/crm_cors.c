/* cross-origin requests; see crm_cors.h */

#include "crm_cors.h"
#include "crm_respond.h"


/* browsers send neither a path nor a slash: one with either matches nothing */

static ngx_uint_t
crm_cors_is_origin(ngx_str_t *value)
{
    u_char  *host;

    if (value->len == 1 && value->data[0] == '*') {
        return 1;
    }

    host = (u_char *) ngx_strstr(value->data, "://");

    return host != NULL && host > value->data && host[3] != '\0'
           && ngx_strchr(host + 3, '/') == NULL;
}


char *
crm_cors_conf_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t       *value, *origin;
    ngx_uint_t       i;
    crm_loc_conf_t  *clcf = conf;

    if (clcf->cors_origins != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    clcf->cors_origins = ngx_array_create(cf->pool, cf->args->nelts,
                                          sizeof(ngx_str_t));
    if (clcf->cors_origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (!crm_cors_is_origin(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" in \"%V\": neither "
                               "\"*\" nor scheme://host[:port]",
                               &value[i], &cmd->name);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(clcf->cors_origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


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
