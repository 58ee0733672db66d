/* What the routes of duplicates share: their query strings, their JSON. */

#ifndef CRM_DUP_HTTP_H
#define CRM_DUP_HTTP_H

#include "crm_dup_find.h"
#include "crm_query.h"


typedef struct {
    crm_query_t    query;               /* page and view; no filters */
    crm_cursor_t   after;
    unsigned       begun:1;             /* a cursor was given */
    unsigned       archived:1;          /* active=any */
} crm_dup_query_t;


/* limit, cursor, total, fields, include, and active where that is known.
   NGX_OK; NGX_DECLINED: 400 is prepared */
ngx_int_t crm_dup_query(crm_flow_t *f, crm_dup_query_t *q,
    ngx_uint_t active);

/* crm_dup_seal.c: the tenant's secret from the last reply to what is queued;
   NGX_AGAIN: there was none, it is made and queued */
void crm_dup_seal_ask(crm_flow_t *f);
ngx_int_t crm_dup_seal_take(crm_flow_t *f, crm_str_t *secret);

/* a cursor that tells its reader nothing, and back in its place.
   NGX_DECLINED: it is none of these, 400 is prepared */
ngx_int_t crm_dup_seal(crm_flow_t *f, const crm_str_t *secret,
    const crm_cursor_t *after, crm_cursor_t *sealed);
ngx_int_t crm_dup_unseal(crm_flow_t *f, const crm_str_t *secret,
    crm_cursor_t *cursor);

/* crm_dup_count.c: fills view->counted for n leads, then next */
ngx_int_t crm_dup_count(crm_flow_t *f, crm_view_t *view, crm_record_t **lead,
    ngx_uint_t n, crm_step_pt next);

/* computed fields, and what `include' names, of n leads; then next */
ngx_int_t crm_dup_view(crm_flow_t *f, crm_view_t *view, crm_record_t **lead,
    ngx_uint_t n, crm_step_pt next);

/* ,"next_cursor":... (NULL: the end) */
ngx_int_t crm_dup_cursor_json(crm_flow_t *f, const crm_dup_query_t *q,
    crm_out_t *out, const crm_cursor_t *after);

/* {"rule_id":1,"field":"email","key":"..."} */
void crm_dup_reason_json(crm_out_t *out, int64_t rule, unsigned word,
    const crm_str_t *key);

/* {"lead":{...},"confidence":95,"matched":[...]} */
void crm_dup_match_json(crm_flow_t *f, const crm_view_t *view,
    crm_out_t *out, const crm_dup_match_t *m);

#endif /* CRM_DUP_HTTP_H */
