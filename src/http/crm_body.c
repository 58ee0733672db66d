/*
 * The request's body as a JSON object: bounded, strict, every refusal a
 * problem of its own (api.md, "Bodies").
 */

#include "crm_request.h"


#define CRM_BODY_DEPTH      16
#define CRM_BODY_OVERFLOWS  64


/* wherever nginx has put it: buffers, a temporary file, both */

ngx_int_t
crm_body_collect(crm_request_t *q)
{
    size_t        size, n;
    u_char       *p;
    ssize_t       got;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    q->body_text = crm_str("");

    if (q->r->request_body == NULL) {
        return NGX_OK;
    }

    for (size = 0, cl = q->r->request_body->bufs; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);
    }

    if (size > q->conf->body_limit) {
        (void) crm_flow_problem(&q->flow, CRM_P_TOO_LARGE, NULL);
        return NGX_DECLINED;
    }

    p = crm_arena_bytes(&q->flow.arena, size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    q->body_text.data = p;

    for (cl = q->r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;
        n = ngx_buf_size(b);

        if (n > 0 && !ngx_buf_in_memory(b)) {
            got = ngx_read_file(b->file, p, n, b->file_pos);

            if (got != (ssize_t) n) {
                return NGX_ERROR;
            }

        } else if (n > 0) {
            ngx_memcpy(p, b->pos, n);
        }

        p += n;
    }

    q->body_text.len = size;

    return NGX_OK;
}


/* Jansson recurses: the depth is bounded before it sees the text */

static ngx_uint_t
crm_body_too_deep(const crm_str_t *text)
{
    size_t      i;
    u_char      c;
    ngx_uint_t  depth, quoted;

    depth = 0;
    quoted = 0;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (quoted) {
            if (c == '\\') {
                i++;

            } else if (c == '"') {
                quoted = 0;
            }

            continue;
        }

        if (c == '"') {
            quoted = 1;

        } else if (c == '{' || c == '[') {
            if (++depth > CRM_BODY_DEPTH) {
                return 1;
            }

        } else if (c == '}' || c == ']') {
            depth--;
        }
    }

    return 0;
}


static ngx_uint_t
crm_body_is_number(u_char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+'
           || c == 'e' || c == 'E';
}


/*
 * A number beyond int64 or double is well-formed JSON with a value out of
 * range: 422, not 400.  Jansson refuses the text, so the literal becomes one
 * that every field's range refuses.
 */

static ngx_int_t
crm_body_cut_number(crm_str_t *text, int position)
{
    u_char  *p, *start, *end;

    if (position <= 0 || (size_t) position > text->len) {
        return NGX_DECLINED;
    }

    p = text->data + position - 1;
    end = text->data + text->len;

    while (p > text->data && !crm_body_is_number(*p)) {
        p--;
    }

    for (start = p; start > text->data && crm_body_is_number(start[-1]);
         start--)
    {
        /* void */
    }

    while (p < end && crm_body_is_number(*p)) {
        p++;
    }

    if (p - start < 5) {
        return NGX_DECLINED;
    }

    ngx_memset(start, ' ', p - start);
    ngx_memcpy(start, "1e308", 5);

    return NGX_OK;
}


static json_t *
crm_body_load(crm_str_t *text)
{
    json_t        *json;
    ngx_uint_t     i;
    json_error_t   error;

    for (i = 0; i < CRM_BODY_OVERFLOWS; i++) {
        json = json_loadb((char *) text->data, text->len,
                          JSON_REJECT_DUPLICATES, &error);

        if (json != NULL
            || json_error_code(&error) != json_error_numeric_overflow
            || crm_body_cut_number(text, error.position) != NGX_OK)
        {
            return json;
        }
    }

    return NULL;
}


static ngx_uint_t
crm_body_is_json(ngx_http_request_t *r)
{
    ngx_str_t  *type;

    static const ngx_str_t  json = ngx_string("application/json");

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    return type->len >= json.len
           && ngx_strncasecmp(type->data, json.data, json.len) == 0
           && (type->len == json.len || type->data[json.len] == ';'
               || type->data[json.len] == ' ');
}


ngx_int_t
crm_body_parse(crm_request_t *q, ngx_uint_t optional)
{
    ngx_int_t   rc;
    crm_str_t   copy;

    if (q->body != NULL) {
        return NGX_OK;                  /* a retry */
    }

    if (q->body_problem != CRM_P_NONE) {
        (void) crm_flow_problem(&q->flow, q->body_problem, NULL);
        return NGX_DECLINED;
    }

    if (q->body_text.data == NULL) {
        rc = crm_body_collect(q);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (q->body_text.len == 0 && optional) {
        return NGX_OK;
    }

    if (!crm_body_is_json(q->r) && q->body_text.len > 0) {
        q->body_problem = CRM_P_UNSUPPORTED_MEDIA_TYPE;

    } else if (crm_body_too_deep(&q->body_text)) {
        q->body_problem = CRM_P_MALFORMED_JSON;

    } else {
        copy = q->body_text;
        q->body = crm_body_load(&copy);

        if (!json_is_object(q->body)) {
            json_decref(q->body);
            q->body = NULL;
            q->body_problem = CRM_P_MALFORMED_JSON;
        }
    }

    if (q->body_problem != CRM_P_NONE) {
        (void) crm_flow_problem(&q->flow, q->body_problem, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}
