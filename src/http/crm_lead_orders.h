/*
 * What an operation on a lead does to its orders: whose they are goes with
 * the lead, a deletion leaves them behind, unlinked (semantics.md).
 */

#ifndef CRM_LEAD_ORDERS_H
#define CRM_LEAD_ORDERS_H

#include "crm_lead_op.h"


/* queues the look at what the lead has; counts replies */
void crm_lead_orders_ask(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n);

/* takes the replies */
ngx_int_t crm_lead_orders_take(crm_flow_t *f, crm_lead_op_t *o);

/* reads those that the change from o->old to o->lead touches, then `next' */
ngx_int_t crm_lead_orders_load(crm_flow_t *f, crm_step_pt next);

/* their writes */
ngx_int_t crm_lead_orders_commit(crm_lead_op_t *o, const crm_rule_t *rule);

#endif /* CRM_LEAD_ORDERS_H */
