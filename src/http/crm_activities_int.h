/* What the files of the lists of activities share, and nobody else sees. */

#ifndef CRM_ACTIVITIES_INT_H
#define CRM_ACTIVITIES_INT_H

#include "crm_activity.h"
#include "crm_scan.h"


#define CRM_ACTS_OPEN    ((1 << CRM_ACT_OVERDUE) | (1 << CRM_ACT_TODAY)       \
                          | (1 << CRM_ACT_PLANNED))


typedef struct {
    crm_scan_t           scan;          /* first: f->data is one */
    crm_kind_t           kind;          /* of the record in the path */
    int64_t              record;        /* lead or contact; 0: none */
    unsigned             states;        /* set of 1 << CRM_ACT_* */
    unsigned             by_record:1;   /* of one record */
    unsigned             twice:1;       /* sources overlap */
    unsigned             inexact:1;     /* sources hold more than is meant */
    ngx_uint_t           covered;       /* filters that the sources hold */
    int64_t              last;          /* id seen before */
    int64_t             *id;            /* crm_activities_total.c */
    ngx_uint_t           nids;
} crm_acts_t;


/* crm_activities_total.c: how many there are, where the sources hold some of it
   twice or more than is meant */
void crm_acts_total(crm_acts_t *acts);

/* the sorted sets that hold what is asked for, by states and filters; says
   in the scan how exact they are */
ngx_int_t crm_acts_sources(crm_flow_t *f, crm_acts_t *acts);

#endif /* CRM_ACTIVITIES_INT_H */
