/*
 * How much of an object is shown: `fields' and `include' (api.md, "Lists").
 *
 * Referenced configuration comes from the flow's snapshot; contacts and leads
 * are read in one more round trip for a whole page.  A lead that the caller
 * may not see is null.
 */

#ifndef CRM_INCLUDE_H
#define CRM_INCLUDE_H

#include "crm_request.h"


/* records of one kind, looked up, by id */
typedef struct {
    crm_kind_t           kind;
    crm_record_t       **rec;
    int64_t             *id;
    ngx_uint_t           n;
} crm_view_found_t;

#define CRM_VIEW_KINDS  2

typedef struct {
    int64_t              id;
    ngx_uint_t           n;
} crm_view_count_t;

typedef struct {
    const crm_entity_t  *entity;
    crm_mask_t           visible;       /* what the caller may see */
    crm_mask_t           mask;          /* fields to show */
    crm_mask_t           include;       /* fields whose objects to show */
    unsigned             nincluded;
    unsigned             stage_times:1;
    unsigned             duplicates:1;  /* duplicate_count */
    crm_view_count_t    *counted;       /* duplicates, by id: crm_dup_count()
                                           fills it */
    ngx_uint_t           ncounted;
    crm_view_found_t     found[CRM_VIEW_KINDS];
} crm_view_t;


/* what `include' calls the field's object: contact of contact_id, tags of
   tag_ids; 0: the field refers to nothing that can be shown */
size_t crm_view_include_name(const crm_field_t *field, u_char *name);

/* everything that the caller may see of the kind, nothing included */
void crm_view_init(crm_flow_t *f, const crm_entity_t *entity,
    crm_view_t *view);

/* takes `fields' or `include'.  NGX_OK; NGX_DECLINED: 400 is prepared */
ngx_int_t crm_view_param(crm_flow_t *f, crm_view_t *view,
    const crm_param_t *param);

/* the query string of a single object: these two and nothing else */
ngx_int_t crm_view_parse(crm_flow_t *f, const crm_entity_t *entity,
    crm_view_t *view);

/* queues the look-ups for n records; 0: there is nothing to wait for */
ngx_uint_t crm_view_look_up(crm_flow_t *f, crm_view_t *view,
    crm_record_t **rec, ngx_uint_t n);

/* takes the replies to them, which begin at f->reply[0] */
ngx_int_t crm_view_looked_up(crm_flow_t *f, crm_view_t *view);

/* the object with what it includes */
void crm_view_json(crm_flow_t *f, const crm_view_t *view, crm_out_t *out,
    const crm_record_t *rec);

/* hash of what the objects beside the ids show, for the ETag; 0: nothing */
uint64_t crm_view_hash(crm_flow_t *f, const crm_view_t *view,
    const crm_record_t *rec);

#endif /* CRM_INCLUDE_H */
