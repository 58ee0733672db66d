/*
 * An HTTP request as a flow.
 *
 * crm_request.c owns what nginx wants to hear about waiting: count, cleanup,
 * log context, finalize, posted requests; nothing else touches it.
 */

#ifndef CRM_REQUEST_H
#define CRM_REQUEST_H

#include <ngx_http.h>
#include <jansson.h>
#include "crm_flow.h"
#include "crm_params.h"


/* per location; filled by the directives of ngx_http_crm_module.c */
typedef struct {
    ngx_flag_t                 enable;          /* crm on */
    ngx_flag_t                 operator;        /* crm_operator on */
    ngx_flag_t                 problem;         /* crm_problem */
    ngx_http_complex_value_t  *tenant;
    ngx_array_t               *cors_origins;    /* of ngx_str_t; "*" alone */
    ngx_str_t                  operator_key;    /* SHA-256 text of the key */
    size_t                     body_limit;      /* bytes, of JSON */
    size_t                     mail_limit;
    ngx_thread_pool_t         *mail_threads;
    ngx_uint_t                 result_limit;    /* objects of a page */
    ngx_msec_t                 deadline;        /* of a request */
    ngx_str_t                  prefix;          /* the location's name */
} crm_loc_conf_t;


/* headers that nginx does not parse by itself */
typedef struct {
    ngx_str_t                  request_id;
    ngx_str_t                  idempotency_key;
    ngx_str_t                  origin;
    ngx_str_t                  preflight;       /* method asked for */
    ngx_str_t                  accept;
} crm_headers_t;

#define CRM_PATH_IDS  3

typedef struct {
    crm_flow_t                 flow;
    ngx_http_request_t        *r;
    crm_loc_conf_t            *conf;
    const crm_route_t         *route;           /* NULL: none matches */
    ngx_uint_t                 allowed;         /* methods of the path */
    ngx_str_t                  slug;            /* in operator paths */
    int64_t                    id[CRM_PATH_IDS];
    ngx_str_t                  args;            /* as sent: r->args may hide
                                                   what is secret */
    crm_params_t               params;
    crm_headers_t              headers;
    crm_str_t                  request_id;
    json_t                    *body;            /* NULL: none sent */
    crm_str_t                  body_text;
    crm_problem_t              body_problem;
    crm_str_t                  token;           /* as sent; empty: none */
    u_char                     token_hash[CRM_SHA256_TEXT + 1];
    ngx_uint_t                 replay_status;   /* of a replay whose body is
                                                   read anew; 0: none */
    uint64_t                   shared;          /* number of the look-up that
                                                   proves the caller */
    ngx_msec_t                 started;
    unsigned                   head:1;
    unsigned                   async:1;         /* handler has returned */
    unsigned                   follows:1;       /* another request asked */
    unsigned                   approved:1;      /* caller is proven */
} crm_request_t;


#define crm_request(f)  ((crm_request_t *) (f)->owner)


/* content handler of every location with `crm on` or `crm_operator on` */
ngx_int_t crm_request_handler(ngx_http_request_t *r);

/*
 * Phase handler, as early as the location is known: a calendar program can
 * send its token in the query only, and nginx writes the request line into
 * the error log with whatever happens to the request, also with what other
 * modules refuse.  The values of such a query are kept for us and blotted out
 * in all that nginx may log ($request, $request_uri, $args).
 */
ngx_int_t crm_request_hide(ngx_http_request_t *r);

/* content handler of `crm_problem`: nginx's own errors as problem+json */
ngx_int_t crm_request_problem_handler(ngx_http_request_t *r);

/* the request's flow, for variables; NULL outside of our locations */
crm_request_t *crm_request_get(ngx_http_request_t *r);

/* the module's context slot: set by ngx_http_crm_module.c */
extern ngx_module_t  ngx_http_crm_module;


/*
 * The body as a JSON object.  NGX_OK also when none was sent and `optional`
 * (q->body is then NULL); otherwise the flow has its problem and the caller
 * returns NGX_OK from its step: NGX_DECLINED.
 */
ngx_int_t crm_body_parse(crm_request_t *q, ngx_uint_t optional);

/* only its bytes into q->body_text, for hashing; NGX_DECLINED: problem set */
ngx_int_t crm_body_collect(crm_request_t *q);

/* If-Match against a version: NGX_OK or NGX_DECLINED (412) */
ngx_int_t crm_request_if_match(crm_request_t *q, int64_t version);

/* whether the header names this tag (weak comparison) or is "*" */
ngx_uint_t crm_etag_match(const ngx_str_t *header, const crm_str_t *etag);

#endif /* CRM_REQUEST_H */
