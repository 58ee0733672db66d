/*
 * How many messages a query's filters want: they have no index, so all lists
 * are looked through, up to a bound.
 */

#ifndef CRM_MESSAGES_COUNT_H
#define CRM_MESSAGES_COUNT_H

#include "crm_query.h"


typedef struct {
    int64_t              lead;
    int64_t              left;      /* not yet looked at, of its list */
} crm_messages_part_t;

typedef struct {
    const crm_query_t    *query;
    crm_messages_part_t  *part;
    ngx_uint_t            nparts;
    ngx_uint_t            at;
    int64_t               looked;
    int64_t               total;    /* of those looked at */
    unsigned              more:1;   /* others were not */
    crm_step_pt           next;
    void                 *data;     /* f->data again, for `next' */
} crm_messages_count_t;


/* NGX_OK or what the flow waits for; then `next' */
ngx_int_t crm_messages_count(crm_flow_t *f, crm_messages_count_t *count);

#endif /* CRM_MESSAGES_COUNT_H */
