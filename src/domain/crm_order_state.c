/* which action leads an order from which state where (api.md, section 8) */

#include "crm_change.h"
#include "crm_order.h"


#define DRAFT      (1 << CRM_ORDER_DRAFT)
#define SENT       (1 << CRM_ORDER_SENT)
#define SALE       (1 << CRM_ORDER_SALE)
#define CANCELLED  (1 << CRM_ORDER_CANCELLED)


static const struct {
    unsigned  from;
    int64_t   to;
} crm_order_moves[CRM_ORDER_ACTIONS] = {
    [CRM_ORDER_SEND] = { DRAFT, CRM_ORDER_SENT },
    [CRM_ORDER_CONFIRM] = { DRAFT|SENT, CRM_ORDER_SALE },
    [CRM_ORDER_CANCEL] = { DRAFT|SENT|SALE, CRM_ORDER_CANCELLED },
    [CRM_ORDER_RESET] = { CANCELLED, CRM_ORDER_DRAFT }
};


static int
crm_order_in(const crm_record_t *order, unsigned states)
{
    return (states & (1 << order->v[CRM_ORDER_STATE].num)) != 0;
}


crm_problem_t
crm_order_act(const crm_rule_t *rule, const crm_record_t *old,
    crm_order_action_t action, crm_record_t **order)
{
    if (!crm_order_in(old, crm_order_moves[action].from)) {
        return CRM_P_ORDER_STATE;
    }

    *order = crm_record_copy(rule->arena, old);

    if (*order == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_value_set_num(&(*order)->v[CRM_ORDER_STATE],
                      crm_order_moves[action].to);
    (void) crm_change_touch(rule, old, *order, NULL);

    return CRM_P_NONE;
}


int
crm_order_deletable(const crm_record_t *order)
{
    return crm_order_in(order, DRAFT|CANCELLED);
}


int
crm_order_editable(const crm_record_t *order)
{
    return crm_order_in(order, DRAFT|SENT);
}
