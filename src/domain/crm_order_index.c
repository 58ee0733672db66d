/*
 * The keys of orders and their index entries (keys.md).
 *
 *   P order:{id}                 hash    fields
 *   P o:s:{state}:{c u t e}      zset    id10 / created, updated, total, valid
 *                                        until
 *   P o:f:{facet}:{value}:{chunk}  bitmap  state team user owner; `until' only
 *                                        `none'
 *   P o:l:{lead >> 6}            zset    id10 / lead
 *   P o:c:{contact >> 6}         zset    id10 / contact
 */

#include "crm_change.h"
#include "crm_order.h"
#include "crm_team_index.h"


crm_str_t
crm_order_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id)
{
    return crm_change_key(a, prefix, "order", id);
}


crm_str_t
crm_order_bucket(crm_arena_t *a, const crm_str_t *prefix, crm_kind_t kind,
    int64_t id)
{
    return crm_change_key(a, prefix, kind == CRM_KIND_LEAD ? "o:l" : "o:c",
                          id >> CRM_ORDER_SHIFT);
}


static void
crm_order_ix_bucket(crm_ixr_t *x, crm_kind_t kind, const crm_value_t *of)
{
    crm_str_t  key;

    if (!of->set) {
        return;
    }

    key = crm_order_bucket(x->list->arena, &x->list->prefix, kind, of->num);

    if (key.data == NULL) {
        x->list->failed = 1;
        return;
    }

    crm_ix_zset(x->list, key, x->id10, of->num);
}


void
crm_order_index(crm_ix_list_t *list, const crm_record_t *order)
{
    crm_ixr_t           x;
    crm_str_t           state, none = crm_str("none");
    const crm_value_t  *v = order->v;

    state = crm_words_order_state.word[v[CRM_ORDER_STATE].num];

    if (crm_ixr_init(&x, list, "o", order, state) != CRM_OK) {
        return;
    }

    crm_ixr_sort(&x, 'c', &v[CRM_CREATED_AT]);
    crm_ixr_sort(&x, 'u', &v[CRM_UPDATED_AT]);
    crm_ixr_sort(&x, 't', &v[CRM_ORDER_TOTAL]);
    crm_ixr_sort(&x, 'e', &v[CRM_ORDER_VALID_UNTIL]);

    crm_ixr_bit(&x, "f:state", &state);
    crm_ixr_bit_number(&x, "f:team", v[CRM_ORDER_TEAM_ID].num);
    crm_ixr_bit_number(&x, "f:user", v[CRM_ORDER_USER_ID].num);
    crm_ixr_bit_number(&x, "f:owner", v[CRM_ORDER_OWNER].num);

    if (!v[CRM_ORDER_VALID_UNTIL].set) {
        crm_ixr_bit(&x, "f:until", &none);
    }

    crm_order_ix_bucket(&x, CRM_KIND_LEAD, &v[CRM_ORDER_LEAD_ID]);
    crm_order_ix_bucket(&x, CRM_KIND_CONTACT, &v[CRM_ORDER_CONTACT_ID]);

    crm_team_ix_order(&x);
}
