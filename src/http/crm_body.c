/*
 * The request's body as a JSON object: bounded, strict, every refusal a
 * problem of its own (api.md, "Bodies").
 */

#include "crm_request.h"


#define CRM_BODY_DEPTH   16
#define CRM_BODY_VALUES  200000     /* a batch of 1,000 full records has less */


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


/*
 * Jansson recurses, and takes a hundred times the bytes of an empty value: both
 * the depth and the number of values are bounded before it sees the text.
 */

static crm_problem_t
crm_body_check(const crm_str_t *text)
{
    size_t      i;
    u_char      c;
    ngx_uint_t  depth, quoted, values;

    depth = 0;
    quoted = 0;
    values = 0;

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

        switch (c) {

        case '"':
            quoted = 1;
            break;

        case '{':
        case '[':
            values++;

            if (++depth > CRM_BODY_DEPTH) {
                return CRM_P_MALFORMED_JSON;
            }
            break;

        case '}':
        case ']':
            depth--;
            break;

        case ',':
            values++;
            break;

        default:
            break;
        }
    }

    return values > CRM_BODY_VALUES ? CRM_P_TOO_LARGE : CRM_P_NONE;
}


static u_char *
crm_body_digits(u_char *p, u_char *end)
{
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


/* the end of a number that has the form of JSON's; NULL: it has not */

static u_char *
crm_body_number(u_char *p, u_char *end, ngx_uint_t *real)
{
    u_char  *start;

    *real = 0;

    if (p < end && *p == '-') {
        p++;
    }

    start = p;
    p = crm_body_digits(p, end);

    if (p == start || (*start == '0' && p - start > 1)) {
        return NULL;
    }

    if (p < end && *p == '.') {
        *real = 1;
        start = ++p;
        p = crm_body_digits(p, end);

        if (p == start) {
            return NULL;
        }
    }

    if (p < end && (*p == 'e' || *p == 'E')) {
        *real = 1;

        if (++p < end && (*p == '-' || *p == '+')) {
            p++;
        }

        start = p;
        p = crm_body_digits(p, end);

        if (p == start) {
            return NULL;
        }
    }

    return p;
}


/* something always follows the number: there is a brace at the end */

static ngx_uint_t
crm_body_overflows(const u_char *p, ngx_uint_t real)
{
    double  num;

    errno = 0;

    if (real) {
        num = strtod((const char *) p, NULL);
        return errno == ERANGE && (num > 1 || num < -1);
    }

    (void) strtoll((const char *) p, NULL, 10);

    return errno == ERANGE;
}


/*
 * A number beyond int64 or double is well-formed JSON with a value out of
 * range: 422, not 400.  Jansson refuses the text, so such a literal becomes
 * one that every field's range refuses.  All of them at once: a text with
 * many would else be read again for each.
 */

static void
crm_body_cut_numbers(crm_str_t *text)
{
    u_char      *p, *end, *last;
    ngx_uint_t   quoted, real;

    quoted = 0;
    end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        if (*p == '"') {
            quoted = !quoted;

        } else if (quoted) {
            p += *p == '\\';

        } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
            last = crm_body_number(p, end, &real);

            if (last == NULL || last == end) {
                return;                 /* malformed: Jansson says so */
            }

            if (last - p >= 5 && crm_body_overflows(p, real)) {
                ngx_memset(p, ' ', last - p);
                ngx_memcpy(p, "1e308", 5);
            }

            p = last - 1;
        }
    }
}


static json_t *
crm_body_load(crm_str_t *text)
{
    json_t        *json;
    json_error_t   error;

    json = json_loadb((char *) text->data, text->len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL && json_error_code(&error) == json_error_numeric_overflow)
    {
        crm_body_cut_numbers(text);

        json = json_loadb((char *) text->data, text->len,
                          JSON_REJECT_DUPLICATES, &error);
    }

    return json;
}


/* no other charset than the one that JSON has */

static ngx_uint_t
crm_body_is_utf8(const u_char *p, const u_char *last)
{
    size_t         len;
    const u_char  *end;

    static const ngx_str_t  charset = ngx_string("charset=");
    static const ngx_str_t  utf8 = ngx_string("utf-8");

    for ( /* void */ ; p < last; p = end + 1) {

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        end = ngx_strlchr((u_char *) p, (u_char *) last, ';');
        if (end == NULL) {
            end = last;
        }

        for (len = end - p; len > 0 && p[len - 1] == ' '; len--) { /* void */ }

        if (len < charset.len
            || ngx_strncasecmp((u_char *) p, charset.data, charset.len) != 0)
        {
            continue;
        }

        p += charset.len;
        len -= charset.len;

        if (len == utf8.len + 2 && p[0] == '"' && p[len - 1] == '"') {
            p++;
            len -= 2;
        }

        if (len != utf8.len
            || ngx_strncasecmp((u_char *) p, utf8.data, utf8.len) != 0)
        {
            return 0;
        }
    }

    return 1;
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
               || type->data[json.len] == ' ')
           && crm_body_is_utf8(type->data + json.len,
                               type->data + type->len);
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

    } else {
        q->body_problem = crm_body_check(&q->body_text);
    }

    if (q->body_problem == CRM_P_NONE) {
        copy = q->body_text;
        q->body = crm_body_load(&copy);

        if (!json_is_object(q->body)) {
            json_decref(q->body);
            q->body = NULL;
            q->body_problem = CRM_P_MALFORMED_JSON;
        }
    }

    if (q->body_problem != CRM_P_NONE) {
        (void) crm_flow_problem(&q->flow, q->body_problem,
                                q->body_problem == CRM_P_TOO_LARGE
                                ? "more than 200,000 values" : NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}
