/*
 * A merge under way: for POST /leads/merge, and for conversions that merge
 * first.
 */

#ifndef CRM_MERGE_H
#define CRM_MERGE_H

#include "crm_lead_family.h"


typedef struct {
    crm_family_t    *family;            /* first: crm_lead_family.c */
    crm_input_t      input;
    crm_merge_t      m;
    crm_column_t     column;
    crm_record_t    *survivor;
    crm_record_t    *message;           /* its id is that of the merge */
    crm_ops_t        ops;
    unsigned         has_column:1;
    unsigned         dry:1;
} crm_merging_t;


/* all leads are there and may be seen, and none was merged before: NGX_OK;
   else the answer is prepared (NGX_DECLINED), or asked for (CRM_WAIT).  The
   field that names them is `name'. */
ngx_int_t crm_merge_visible(crm_flow_t *f, const crm_family_t *family,
    const crm_str_t *name);

/* g->m from the family's leads, all of which may be seen; NGX_DECLINED: too
   many, the problem is set */
ngx_int_t crm_merge_begin(crm_flow_t *f, crm_merging_t *g);

/* survivor and message */
ngx_int_t crm_merge_make(crm_merging_t *g, const crm_rule_t *rule);

/* everything to be written but the survivor itself: the caller may go on with
   that */
ngx_int_t crm_merge_write(crm_flow_t *f, crm_merging_t *g,
    const crm_rule_t *rule);

/* its part for activities and orders of g->survivor's family */
ngx_int_t crm_merge_move(crm_flow_t *f, crm_merging_t *g);

/* the survivor with merge_id as the answer */
ngx_int_t crm_merge_answer(crm_flow_t *f, crm_record_t *lead, int64_t merge);

#endif /* CRM_MERGE_H */
