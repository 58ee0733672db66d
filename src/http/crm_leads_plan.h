/* How a query about leads is answered from their indexes (keys.md). */

#ifndef CRM_LEADS_PLAN_H
#define CRM_LEADS_PLAN_H

#include "crm_scan.h"


/*
 * Fills what the planner says in a scan whose query is parsed.  What the
 * caller may not see is left out by the plan and again by `admit'.
 */
ngx_int_t crm_leads_plan(crm_flow_t *f, crm_scan_t *scan);

/* computed fields; NGX_DECLINED for what the caller may not see */
ngx_int_t crm_leads_admit(crm_flow_t *f, crm_record_t *lead);


/* ids that a filter asks for, 0 for none; n is 0 and `all' set without */
typedef struct {
    int64_t     *id;
    ngx_uint_t   n;
    unsigned     all:1;
} crm_id_set_t;

/* of the filter on a field, with the caller's rights in that on user_id */
ngx_int_t crm_leads_ids(crm_flow_t *f, const crm_query_t *query,
    unsigned field, crm_id_set_t *set);


/* what a planner knows while it works */
typedef struct {
    crm_flow_t          *flow;
    crm_scan_t          *scan;
    const crm_query_t   *query;
    crm_id_set_t         types;
    crm_id_set_t         actives;
    crm_id_set_t         users;
    crm_id_set_t         teams;
    crm_id_set_t         stages;
    unsigned             by_user:1;     /* the sources hold only these users' */
    unsigned             by_team:1;
    unsigned             by_stage:1;
} crm_leads_plan_t;

/* who and what a parsed query is about; scan->empty where that is nothing */
ngx_int_t crm_leads_plan_init(crm_flow_t *f, crm_scan_t *scan,
    crm_leads_plan_t *p);

/* crm_leads_source.c: the sorted sets in the order of the query */
ngx_int_t crm_leads_sources(crm_leads_plan_t *p);

/* crm_leads_term.c: all conditions of the query */
ngx_int_t crm_leads_terms(crm_leads_plan_t *p);

/* bitmap of the types asked for, in these states */
crm_term_t *crm_leads_segment_term(crm_leads_plan_t *p,
    const crm_id_set_t *actives);

/* P l:s:{t}{a}:{letter} of each type and state asked for, as ranges */
void crm_leads_segments(crm_leads_plan_t *p, crm_term_t *term,
    const char *letter, int64_t low, int64_t high);

/* columns of the board that hold what is asked for: everybody's where there
   are too many, by_user and by_team say so */
typedef struct {
    crm_id_set_t         stages;
    crm_id_set_t         users;
    crm_id_set_t         teams;
} crm_leads_columns_t;

ngx_int_t crm_leads_column_scopes(crm_leads_plan_t *p,
    crm_leads_columns_t *columns);

/* crm_leads_total.c: how an exact total is counted, after the terms */
void crm_leads_total(crm_leads_plan_t *p);

/* stages that the query is about; all of them and 0 without a filter */
ngx_int_t crm_leads_stages(crm_leads_plan_t *p, crm_id_set_t *stages);

/* bounds of the start of the due day for the states asked for; NGX_DECLINED
   where records without an activity are asked for, too.  *exact: nothing
   else lies within them */
ngx_int_t crm_leads_due(crm_leads_plan_t *p, int64_t *low, int64_t *high,
    ngx_uint_t *exact);

#endif /* CRM_LEADS_PLAN_H */
