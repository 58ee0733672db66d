/*
 * Between nginx and a flow: start, body, cleanup, the end; see crm_request.h
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_metrics.h"
#include "crm_operator.h"
#include "crm_respond.h"
#include "crm_route.h"


static void crm_request_body_read(ngx_http_request_t *r);
static void crm_request_finish(crm_flow_t *f);
static void crm_request_detach(void *data);
static void crm_request_free(void *data);


crm_request_t *
crm_request_get(ngx_http_request_t *r)
{
    return ngx_http_get_module_ctx(r->main, ngx_http_crm_module);
}


/* the headers that nginx leaves in the list, in one pass */

static void
crm_request_headers(crm_request_t *q)
{
    ngx_str_t        *slot;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    static const struct {
        ngx_str_t  name;
        size_t     offset;
    } wanted[] = {
        { ngx_string("x-request-id"), offsetof(crm_headers_t, request_id) },
        { ngx_string("idempotency-key"),
          offsetof(crm_headers_t, idempotency_key) },
        { ngx_string("origin"), offsetof(crm_headers_t, origin) },
        { ngx_string("access-control-request-method"),
          offsetof(crm_headers_t, preflight) },
        { ngx_string("accept"), offsetof(crm_headers_t, accept) }
    };

    const ngx_uint_t  n = sizeof(wanted) / sizeof(wanted[0]);

    for (part = &q->r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts * n; i++) {
            const ngx_str_t  *name = &wanted[i % n].name;
            ngx_table_elt_t  *h = &header[i / n];

            if (h->key.len == name->len
                && ngx_strncasecmp(h->lowcase_key, name->data, name->len)
                   == 0)
            {
                slot = (ngx_str_t *) ((u_char *) &q->headers
                                      + wanted[i % n].offset);
                *slot = h->value;
            }
        }
    }
}


/* taken where it is sane, else made (api.md, "Around it") */

static ngx_int_t
crm_request_make_id(crm_request_t *q)
{
    u_char      c;
    size_t      i;
    ngx_str_t  *id = &q->headers.request_id;

    static uint64_t  worker, count;

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= '0' && c <= '9')
              || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
              || c == '-' || c == '_' || c == '.' || c == ':'))
        {
            break;
        }
    }

    if (id->len > 0 && id->len <= 128 && i == id->len) {
        q->request_id.data = id->data;
        q->request_id.len = id->len;
        return NGX_OK;
    }

    q->request_id.data = ngx_pnalloc(q->r->pool, 32);
    if (q->request_id.data == NULL) {
        return NGX_ERROR;
    }

    /* unique, not secret: one random half for the life of the worker */

    if (count++ == 0) {
        crm_random_bytes(&worker, sizeof(worker));
    }

    q->request_id.len = ngx_sprintf(q->request_id.data, "%016xL%016xL",
                                    worker,
                                    count * 0x9e3779b97f4a7c15ULL)
                        - q->request_id.data;

    return NGX_OK;
}


static crm_request_t *
crm_request_create(ngx_http_request_t *r)
{
    crm_request_t       *q;
    ngx_http_cleanup_t  *detach;
    ngx_pool_cleanup_t  *release;

    q = ngx_pcalloc(r->pool, sizeof(crm_request_t));
    release = ngx_pool_cleanup_add(r->pool, 0);
    detach = ngx_http_cleanup_add(r, 0);

    if (q == NULL || release == NULL || detach == NULL) {
        return NULL;
    }

    q->r = r;
    q->conf = ngx_http_get_module_loc_conf(r, ngx_http_crm_module);
    q->args = r->args;
    q->head = r->method == NGX_HTTP_HEAD;
    q->started = ngx_current_msec;

    crm_flow_init(&q->flow, crm_worker, crm_request_finish, q);
    q->flow.of_request = 1;
    q->flow.deadline = ngx_current_msec + q->conf->deadline;

    detach->handler = crm_request_detach;
    detach->data = q;
    release->handler = crm_request_free;
    release->data = q;

    ngx_http_set_ctx(r, q, ngx_http_crm_module);

    crm_request_headers(q);

    return crm_request_make_id(q) == NGX_OK ? q : NULL;
}


/* every value of the query within this text */

static void
crm_request_blot(const ngx_str_t *text, ngx_uint_t inside)
{
    u_char  *p, *end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        if (*p == ' ' && inside) {
            return;                     /* of a request line: the protocol */
        }

        if (*p == '?' || *p == '&') {
            inside = *p == '&' ? inside : 1;

        } else if (*p == '=' && inside) {
            while (p + 1 < end && p[1] != '&' && p[1] != ' ') {
                *++p = '-';
            }
        }
    }
}


ngx_int_t
crm_request_hide(ngx_http_request_t *r)
{
    u_char          *path;
    crm_request_t   *q;
    crm_loc_conf_t  *conf;

    static const ngx_str_t  feed = ngx_string("/calendar.ics");

    conf = ngx_http_get_module_loc_conf(r, ngx_http_crm_module);

    if (!conf->enable || r->args.len == 0 || r != r->main
        || r->uri.len != conf->prefix.len + feed.len)
    {
        return NGX_DECLINED;
    }

    path = r->uri.data + conf->prefix.len;

    if (ngx_memcmp(path, feed.data, feed.len) != 0
        || ngx_http_get_module_ctx(r, ngx_http_crm_module) != NULL)
    {
        return NGX_DECLINED;
    }

    q = crm_request_create(r);
    if (q == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    q->args.data = ngx_pstrdup(r->pool, &r->args);
    if (q->args.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    crm_request_blot(&r->request_line, 0);
    crm_request_blot(&r->unparsed_uri, 0);
    crm_request_blot(&r->args, 1);

    return NGX_DECLINED;
}


static void
crm_request_start(crm_request_t *q)
{
    crm_flow_start(&q->flow, q->conf->operator ? crm_operator_start
                                               : crm_auth_start);
}


/*
 * nginx's own limit is that of the largest body of all routes: what another
 * one cannot take is refused before it is sent.
 */

static ngx_uint_t
crm_request_too_large(crm_request_t *q)
{
    off_t  length;

    length = q->r->headers_in.content_length_n;

    if (length <= (off_t) q->conf->body_limit) {
        return 0;
    }

    crm_route_match(q, q->conf->operator ? crm_operator_routes : crm_routes,
                    &q->r->uri);

    return q->route == NULL || q->route->input != &crm_action_mail
           || length > (off_t) q->conf->mail_limit;
}


ngx_int_t
crm_request_handler(ngx_http_request_t *r)
{
    ngx_int_t       rc;
    crm_request_t  *q;

    r->disable_not_modified = 1;        /* pitfalls 26a */

    q = ngx_http_get_module_ctx(r, ngx_http_crm_module);

    if (q == NULL) {
        q = crm_request_create(r);
    }

    if (q == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* a rewrite, or an "if", may have led to another location since */

    q->conf = ngx_http_get_module_loc_conf(r, ngx_http_crm_module);

    if (r->method & (NGX_HTTP_POST|NGX_HTTP_PATCH|NGX_HTTP_PUT)) {

        if (crm_request_too_large(q)) {

            /* as nginx does it: nobody asks for the body, or looks at its
               length again */

            r->expect_tested = 1;
            (void) ngx_http_discard_request_body(r);

            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        rc = ngx_http_read_client_request_body(r, crm_request_body_read);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->main->count++;

    crm_request_start(q);

    if (!q->flow.finished) {
        q->async = 1;
        r->read_event_handler = ngx_http_test_reading;
    }

    return NGX_DONE;
}


static void
crm_request_body_read(ngx_http_request_t *r)
{
    crm_request_t  *q;

    /* of a subrequest its own, not the main request's */

    q = ngx_http_get_module_ctx(r, ngx_http_crm_module);

    /* an answer at once ends the request: held until q was looked at */

    r->main->count++;

    crm_request_start(q);

    if (!q->flow.finished) {
        q->async = 1;

        /* the reader left the connection blocked for reading: without this a
           client that goes away would be noticed only by the answer */

        r->read_event_handler = ngx_http_test_reading;

        if (r->connection->read->ready) {
            ngx_post_event(r->connection->read, &ngx_posted_events);
        }
    }

    ngx_http_finalize_request(r, NGX_DONE);
}


static void
crm_request_finish(crm_flow_t *f)
{
    ngx_int_t            rc;
    crm_request_t       *q = crm_request(f);
    ngx_http_request_t  *r = q->r;
    ngx_connection_t    *c = r->connection;

    ngx_http_set_log_request(c->log, r);

    rc = crm_respond(q);

    crm_metrics_request(q);

    if (!q->async) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


/* the request ends, before or after its answer: nobody may call it back */

static void
crm_request_detach(void *data)
{
    crm_request_t  *q = data;

    crm_flow_abandon(&q->flow);
}


/* the answer lives in the flow's arena: released with the pool, after the
   last byte was sent */

static void
crm_request_free(void *data)
{
    crm_request_t  *q = data;

    json_decref(q->body);
    q->body = NULL;

    crm_flow_destroy(&q->flow);
}


ngx_int_t
crm_request_problem_handler(ngx_http_request_t *r)
{
    ngx_int_t       rc;
    crm_request_t  *q;

    r->disable_not_modified = 1;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK && rc != NGX_HTTP_BAD_REQUEST) {
        return rc;
    }

    q = crm_request_create(r);
    if (q == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    q->flow.finished = 1;

    (void) crm_flow_problem(&q->flow, crm_respond_problem_of(
                                          r->err_status
                                          ? (ngx_uint_t) r->err_status
                                          : NGX_HTTP_NOT_FOUND),
                            NULL);

    return crm_respond(q);
}


ngx_uint_t
crm_etag_match(const ngx_str_t *header, const crm_str_t *etag)
{
    u_char  *p, *end, *start;

    p = header->data;
    end = p + header->len;

    while (p < end) {

        if (*p == ' ' || *p == ',' || *p == '\t') {
            p++;
            continue;
        }

        if (*p == '*') {
            return 1;
        }

        if (end - p > 2 && p[0] == 'W' && p[1] == '/') {
            p += 2;
        }

        start = p;

        if (*p == '"') {
            p++;
        }

        while (p < end && *p != '"' && *p != ',') {
            p++;
        }

        if (p < end && *p == '"') {
            p++;
        }

        if ((size_t) (p - start) == etag->len
            && ngx_memcmp(start, etag->data, etag->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the version stands at the start of the tag: "7", "7-1f00ba5e", W/"7" */

ngx_int_t
crm_request_if_match(crm_request_t *q, int64_t version)
{
    u_char           *p, *end, *start;
    int64_t           named;
    crm_str_t         digits;
    ngx_table_elt_t  *header = q->r->headers_in.if_match;

    if (header == NULL) {
        return NGX_OK;
    }

    p = header->value.data;
    end = p + header->value.len;

    while (p < end) {

        if (*p == '*') {
            return NGX_OK;
        }

        if (*p++ != '"') {
            continue;
        }

        for (start = p; p < end && *p >= '0' && *p <= '9'; p++) { /* void */ }

        digits.data = start;
        digits.len = p - start;

        if (p < end && (*p == '"' || *p == '-')
            && crm_str_int(&digits, &named) == CRM_OK && named == version)
        {
            return NGX_OK;
        }

        while (p < end && *p++ != '"') { /* void */ }
    }

    return NGX_DECLINED;
}
