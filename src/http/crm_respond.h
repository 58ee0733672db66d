/*
 * Answers: what handlers say, and how it becomes an HTTP response.
 */

#ifndef CRM_RESPOND_H
#define CRM_RESPOND_H

#include "crm_request.h"


/* f->answer as a response: header, body; the rc is for finalize */
ngx_int_t crm_respond(crm_request_t *q);

/* the problem for a status that nginx itself came to */
crm_problem_t crm_respond_problem_of(ngx_uint_t status);

/* 200 (or another) with an empty body buffer to write JSON into */
crm_out_t *crm_answer_json(crm_flow_t *f, ngx_uint_t status);

/* 204 */
ngx_int_t crm_answer_nothing(crm_flow_t *f);

/* Location: prefix + path */
void crm_answer_location(crm_flow_t *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ETag "version", or "version-hash" where part != 0 */
void crm_answer_etag(crm_flow_t *f, int64_t version, uint64_t part);

/* 422 from the faults; NGX_OK where there are none and nothing was done */
ngx_int_t crm_answer_faults(crm_flow_t *f);

/* a problem's JSON into out */
void crm_problem_json(crm_out_t *out, const crm_answer_t *answer,
    const crm_str_t *request_id);

/* ,"errors":[...] */
void crm_faults_json(crm_out_t *out, const crm_faults_t *faults);

/* 400 on a query parameter; nearest: may be NULL */
ngx_int_t crm_answer_bad_param(crm_flow_t *f, const crm_str_t *name,
    const crm_str_t *nearest, ngx_uint_t unknown);

/* no query parameter is left unused; NGX_DECLINED: 400 is prepared */
ngx_int_t crm_answer_no_params(crm_flow_t *f);

#endif /* CRM_RESPOND_H */
