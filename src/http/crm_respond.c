/* answers as HTTP responses; see crm_respond.h */

#include <stdarg.h>
#include <stdio.h>
#include "crm_cors.h"
#include "crm_respond.h"
#include "crm_route.h"


crm_out_t *
crm_answer_json(crm_flow_t *f, ngx_uint_t status)
{
    f->answer.status = status;
    f->answer.has_body = 1;
    f->answer.content_type = crm_str("application/json");

    crm_out_init(&f->answer.body, &f->arena, 1024);

    return &f->answer.body;
}


ngx_int_t
crm_answer_nothing(crm_flow_t *f)
{
    f->answer.status = NGX_HTTP_NO_CONTENT;
    f->answer.has_body = 0;

    return NGX_OK;
}


void
crm_answer_location(crm_flow_t *f, const char *fmt, ...)
{
    int             n;
    va_list         args;
    char            path[256];
    ngx_str_t      *prefix = &crm_request(f)->conf->prefix;

    va_start(args, fmt);
    n = vsnprintf(path, sizeof(path), fmt, args);
    va_end(args);

    f->answer.location = crm_arena_printf(&f->arena, "%.*s%.*s",
                                          (int) prefix->len, prefix->data,
                                          n, path);
}


void
crm_answer_etag(crm_flow_t *f, int64_t version, uint64_t part)
{
    f->answer.version = version;

    f->answer.etag = part == 0
                     ? crm_arena_printf(&f->arena, "\"%lld\"",
                                        (long long) version)
                     : crm_arena_printf(&f->arena, "\"%lld-%016llx\"",
                                        (long long) version,
                                        (unsigned long long) part);
}


ngx_int_t
crm_answer_faults(crm_flow_t *f)
{
    if (f->answer.faults.failed) {
        return crm_flow_error(f);
    }

    if (f->answer.faults.n > 0) {
        return crm_flow_problem(f, CRM_P_VALIDATION, NULL);
    }

    return NGX_OK;
}


ngx_int_t
crm_answer_bad_param(crm_flow_t *f, const crm_str_t *name,
    const crm_str_t *nearest, ngx_uint_t unknown)
{
    (void) crm_flow_problem(f, unknown ? CRM_P_UNKNOWN_PARAMETER
                                       : CRM_P_INVALID_PARAMETER, NULL);

    f->answer.detail = nearest != NULL
        ? crm_arena_printf(&f->arena, "there is no parameter \"%.*s\"; "
                           "the nearest one is \"%.*s\"",
                           (int) name->len, name->data,
                           (int) nearest->len, nearest->data)
        : crm_arena_printf(&f->arena, unknown
                           ? "there is no parameter \"%.*s\""
                           : "the value of \"%.*s\" is not valid here",
                           (int) ngx_min(name->len, 200), name->data);

    return NGX_OK;
}


ngx_int_t
crm_answer_no_params(crm_flow_t *f)
{
    crm_param_t  *param;

    param = crm_param_unknown(&crm_request(f)->params);

    if (param == NULL) {
        return NGX_OK;
    }

    (void) crm_answer_bad_param(f, &param->name, NULL, 1);

    return NGX_DECLINED;
}


void
crm_faults_json(crm_out_t *out, const crm_faults_t *faults)
{
    const crm_fault_t  *fault;

    crm_out_lit(out, ",\"errors\":[");

    for (fault = faults->first; fault != NULL; fault = fault->next) {
        if (fault != faults->first) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"field\":");
        crm_out_json(out, &fault->field);
        crm_out_lit(out, ",\"code\":");
        crm_out_json(out, &crm_fault_codes[fault->code]);
        crm_out_lit(out, ",\"message\":");
        crm_out_json(out, &fault->message);
        crm_out_char(out, '}');
    }

    crm_out_char(out, ']');
}


void
crm_problem_json(crm_out_t *out, const crm_answer_t *answer,
    const crm_str_t *request_id)
{
    crm_str_t                  detail;
    const crm_problem_info_t  *info = &crm_problems[answer->problem];

    detail = answer->detail.len > 0 ? answer->detail : info->title;

    crm_out_lit(out, "{\"type\":\"/problems/");
    crm_out_str(out, &info->code);
    crm_out_lit(out, "\",\"title\":");
    crm_out_json(out, &info->title);
    crm_out_lit(out, ",\"status\":");
    crm_out_int(out, info->status);
    crm_out_lit(out, ",\"code\":");
    crm_out_json(out, &info->code);
    crm_out_lit(out, ",\"detail\":");
    crm_out_json(out, &detail);
    crm_out_lit(out, ",\"request_id\":");
    crm_out_json(out, request_id);

    if (answer->problem == CRM_P_VALIDATION) {
        crm_faults_json(out, &answer->faults);
    }

    if (answer->members.len > 0) {
        crm_out_char(out, ',');
        crm_out_str(out, &answer->members);
    }

    crm_out_char(out, '}');
}


crm_problem_t
crm_respond_problem_of(ngx_uint_t status)
{
    ngx_uint_t  i;

    static const struct {
        ngx_uint_t     status;
        crm_problem_t  problem;
    } map[] = {
        { 400, CRM_P_BAD_REQUEST },
        { 401, CRM_P_UNAUTHORIZED },
        { 403, CRM_P_FORBIDDEN },
        { 404, CRM_P_NOT_FOUND },
        { 405, CRM_P_METHOD_NOT_ALLOWED },
        { 408, CRM_P_REQUEST_TIMEOUT },
        { 413, CRM_P_TOO_LARGE },
        { 414, CRM_P_URI_TOO_LONG },
        { 415, CRM_P_UNSUPPORTED_MEDIA_TYPE },
        { 421, CRM_P_MISDIRECTED },
        { 429, CRM_P_TOO_MANY_REQUESTS },
        { 431, CRM_P_HEADERS_TOO_LARGE },
        { 494, CRM_P_HEADERS_TOO_LARGE },
        { 501, CRM_P_NOT_IMPLEMENTED },
        { 502, CRM_P_BAD_GATEWAY },
        { 503, CRM_P_STORE_UNAVAILABLE },
        { 504, CRM_P_GATEWAY_TIMEOUT },
        { 505, CRM_P_HTTP_VERSION }
    };

    for (i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (map[i].status == status) {
            return map[i].problem;
        }
    }

    return status < 500 ? CRM_P_BAD_REQUEST : CRM_P_INTERNAL;
}


static ngx_int_t
crm_respond_header(ngx_http_request_t *r, const char *name,
    const crm_str_t *value)
{
    ngx_table_elt_t  *h;

    if (value->len == 0) {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = value->data;
    h->value.len = value->len;

    return NGX_OK;
}


/* one that other modules look for in its own place */

static ngx_int_t
crm_respond_known(ngx_http_request_t *r, const char *name,
    const crm_str_t *value, ngx_table_elt_t **place)
{
    ngx_list_part_t  *last;

    if (value->len == 0) {
        return NGX_OK;
    }

    if (crm_respond_header(r, name, value) != NGX_OK) {
        return NGX_ERROR;
    }

    last = r->headers_out.headers.last;
    *place = (ngx_table_elt_t *) last->elts + last->nelts - 1;

    return NGX_OK;
}


static ngx_int_t
crm_respond_headers(crm_request_t *q)
{
    u_char              *p;
    crm_str_t            text;
    crm_answer_t        *answer = &q->flow.answer;
    ngx_http_request_t  *r = q->r;

    static const crm_str_t  bearer = crm_string("Bearer");
    static const crm_str_t  yes = crm_string("true");

    if (crm_respond_header(r, "X-Request-Id", &q->request_id) != NGX_OK
        || crm_respond_header(r, "Location", &answer->location) != NGX_OK
        || crm_respond_header(r, "Cache-Control", &answer->cache_control)
           != NGX_OK
        || crm_respond_header(r, "Vary", &answer->vary) != NGX_OK
        || crm_respond_known(r, "ETag", &answer->etag, &r->headers_out.etag)
           != NGX_OK
        || crm_cors_headers(q) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* an error page for auth_basic has that one's already */

    if (answer->status == NGX_HTTP_UNAUTHORIZED
        && r->headers_out.www_authenticate == NULL
        && crm_respond_known(r, "WWW-Authenticate", &bearer,
                             &r->headers_out.www_authenticate)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (answer->replayed
        && crm_respond_header(r, "Idempotency-Replayed", &yes) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (answer->status == NGX_HTTP_NOT_ALLOWED || answer->retry_after > 0) {
        p = ngx_pnalloc(r->pool, 128);
        if (p == NULL) {
            return NGX_ERROR;
        }

        text.data = p;

        if (answer->retry_after > 0) {
            text.len = ngx_sprintf(p, "%ui", answer->retry_after) - p;
            return crm_respond_header(r, "Retry-After", &text);
        }

        text.len = crm_route_allow(p, q->allowed) - p;
        return crm_respond_header(r, "Allow", &text);
    }

    return NGX_OK;
}


/* the output's chunks as nginx buffers, without a copy */

static ngx_chain_t *
crm_respond_chain(ngx_http_request_t *r, crm_out_t *out)
{
    ngx_buf_t     *b;
    crm_chunk_t   *chunk;
    ngx_chain_t   *first, *cl, **last;

    first = NULL;
    last = &first;
    b = NULL;

    for (chunk = out->first; chunk != NULL; chunk = chunk->next) {

        if (chunk->last == chunk->start) {
            continue;
        }

        b = ngx_calloc_buf(r->pool);
        cl = ngx_alloc_chain_link(r->pool);

        if (b == NULL || cl == NULL) {
            return NULL;
        }

        b->pos = chunk->start;
        b->last = chunk->last;
        b->memory = 1;

        cl->buf = b;
        cl->next = NULL;
        *last = cl;
        last = &cl->next;
    }

    if (b != NULL) {
        b->last_buf = (r == r->main) ? 1 : 0;
        b->last_in_chain = 1;
    }

    return first;
}


static ngx_int_t
crm_respond_not_modified(crm_request_t *q)
{
    crm_answer_t        *answer = &q->flow.answer;
    ngx_http_request_t  *r = q->r;

    return r == r->main && answer->status == NGX_HTTP_OK
           && answer->etag.len > 0
           && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
           && r->headers_in.if_none_match != NULL
           && crm_etag_match(&r->headers_in.if_none_match->value,
                             &answer->etag);
}


static ngx_int_t
crm_respond_send(crm_request_t *q)
{
    ngx_int_t            rc;
    ngx_chain_t         *chain;
    crm_answer_t        *answer = &q->flow.answer;
    ngx_http_request_t  *r = q->r;

    chain = answer->has_body ? crm_respond_chain(r, &answer->body) : NULL;

    if (answer->has_body && chain == NULL && crm_out_size(&answer->body) > 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = answer->status;

    if (answer->status == 422) {
        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    /* of a subrequest whose answer nobody wants to see it is set: the body of
       one of auth_request would come before the header of the main request */

    if (chain == NULL) {
        r->header_only = 1;
    }

    r->headers_out.content_length_n = chain ? crm_out_size(&answer->body) : 0;

    if (answer->status == NGX_HTTP_NO_CONTENT
        || answer->status == NGX_HTTP_NOT_MODIFIED)
    {
        r->headers_out.content_length_n = -1;
    }

    if (chain != NULL) {
        r->headers_out.content_type.data = answer->content_type.data;
        r->headers_out.content_type.len = answer->content_type.len;
        r->headers_out.content_type_len = answer->content_type.len;
    }

    if (crm_respond_headers(q) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* from here on a failure is NGX_ERROR: the header may be out */

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, chain);
}


ngx_int_t
crm_respond(crm_request_t *q)
{
    crm_answer_t  *answer = &q->flow.answer;

    if (answer->problem != CRM_P_NONE) {
        crm_out_init(&answer->body, &q->flow.arena, 512);
        crm_problem_json(&answer->body, answer, &q->request_id);
        answer->content_type = crm_str("application/problem+json");
        answer->has_body = 1;
    }

    if (answer->has_body && answer->body.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (q->replay_status != 0 && answer->status == NGX_HTTP_OK) {
        answer->status = q->replay_status;
        answer->replayed = 1;
    }

    if (crm_respond_not_modified(q)) {
        answer->status = NGX_HTTP_NOT_MODIFIED;
        answer->has_body = 0;
    }

    return crm_respond_send(q);
}
