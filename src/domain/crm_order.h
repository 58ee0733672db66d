/*
 * Orders: from quotation to sales order.
 *
 * As crm_lead.h: pure functions over records, with the same crm_rule_t and
 * the same meaning of crm_problem_t.  An order may belong to a lead; who may
 * see it follows from the lead's user, which it keeps a copy of: a commit
 * that gives a lead away takes its orders along, and one that puts an order
 * on a lead counts in CRM_LEAD_ACTIVITIES, so that neither misses the other.
 */

#ifndef CRM_ORDER_H
#define CRM_ORDER_H

#include "crm_lead.h"


/* of one lead, so that whatever touches all of them is bounded */
#define CRM_ORDERS_MAX  100

/* leads or contacts whose orders are in one sorted set */
#define CRM_ORDER_SHIFT  6


typedef enum {
    CRM_ORDER_SEND = 0,
    CRM_ORDER_CONFIRM,
    CRM_ORDER_CANCEL,
    CRM_ORDER_RESET,
    CRM_ORDER_ACTIONS
} crm_order_action_t;


/*
 * From a body (parsed with CRM_ORDER_USER_ID as `nobody'): contact, team and
 * user are the lead's (NULL: none is named) where the body does not name
 * them, without a lead the actor's.  The caller sets the id, and then the
 * number (crm_order_number).
 */
crm_problem_t crm_order_create(const crm_rule_t *rule,
    const crm_input_t *input, const crm_record_t *lead,
    crm_record_t **order);

/* lead: the one that the patch names, else NULL; CRM_P_ORDER_LOCKED where
   lines would change in a state that does not allow it */
crm_problem_t crm_order_update(const crm_rule_t *rule,
    const crm_record_t *old, const crm_input_t *input,
    const crm_record_t *lead, crm_record_t **order, int *touched);

/* CRM_P_ORDER_STATE where the state does not allow the action */
crm_problem_t crm_order_act(const crm_rule_t *rule, const crm_record_t *old,
    crm_order_action_t action, crm_record_t **order);

/* whether it may be deleted in its state: it was never sent, or called off */
int crm_order_deletable(const crm_record_t *order);

/* whether its lines may change; such an order is a quotation */
int crm_order_editable(const crm_record_t *order);

/* takes the order off its lead, which is deleted; in place */
void crm_order_unlink(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *order);

/* copies whose the order is from its lead (NULL: none), in place */
void crm_order_place(crm_record_t *order, const crm_record_t *lead);

/* "S00007" from the id, which has no gaps; in place */
int crm_order_number(crm_arena_t *a, crm_record_t *order);

/* the reverse, folded or not; 0: no order has such a number */
int64_t crm_order_number_id(const crm_str_t *number);

/* the total of the lines, as faults by line where it is beyond money */
int crm_order_total(crm_faults_t *faults, const crm_record_t *order,
    int64_t *total);

/* fills `expired' as of now, in place */
void crm_order_view(crm_record_t *order, const crm_conf_t *conf,
    int64_t now);

/* a confirmed order raises what its lead is expected to bring, in place */
void crm_order_raise(crm_record_t *lead, const crm_record_t *order);

/* "S00007: sent", the log message of a lead whose order changes its state */
crm_str_t crm_order_note(crm_arena_t *a, const crm_record_t *order);


/* ---- keys (crm_order_index.c) -------------------------------------------- */

/* P order:{id} */
crm_str_t crm_order_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id);

/* P o:l:{lead >> 6}, o:c:{contact >> 6}: orders by the id of the record */
crm_str_t crm_order_bucket(crm_arena_t *a, const crm_str_t *prefix,
    crm_kind_t kind, int64_t id);

/* every index entry of the order (keys.md) */
void crm_order_index(crm_ix_list_t *list, const crm_record_t *order);

/*
 * Checks (CRM_FAILED_*) and writes that turn old (NULL: creation) into order
 * (NULL: deletion); the lead's part is crm_lead_commit().  A creation checks
 * that its id follows the last one given.  No writes where nothing differs.
 */
int crm_order_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *order);

#endif /* CRM_ORDER_H */
