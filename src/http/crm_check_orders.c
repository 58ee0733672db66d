/*
 * Orders, and what they keep of their leads; see crm_check_int.h.  They are
 * walked before the leads and remembered by lead.
 */

#include "crm_check_int.h"
#include "crm_order.h"


static ngx_int_t
crm_check_order_add(crm_checker_t *c, const crm_record_t *rec)
{
    uint32_t            cap, place;
    crm_check_order_t  *order;

    place = crm_check_ids_have(&c->leads, rec->v[CRM_ORDER_LEAD_ID].num);

    if (place == 0) {
        return NGX_OK;
    }

    if (c->norders == c->orders_cap) {
        cap = c->orders_cap == 0 ? 256 : c->orders_cap * 2;
        order = realloc(c->order, cap * sizeof(crm_check_order_t));

        if (order == NULL) {
            return NGX_ERROR;
        }

        c->order = order;
        c->orders_cap = cap;
    }

    order = &c->order[c->norders++];

    order->id = crm_record_id(rec);
    order->owner = rec->v[CRM_ORDER_OWNER].num;
    order->next = c->first_order[place - 1];

    c->first_order[place - 1] = c->norders;

    return NGX_OK;
}


static void
crm_check_order_owned(crm_flow_t *f, int64_t id, int64_t owner)
{
    crm_str_t           name, none = crm_null_string;
    const crm_field_t  *field
        = &crm_entities[CRM_KIND_ORDER].fields[CRM_ORDER_OWNER];

    crm_check_fault(crm_checker(f), crm_check_mix((uint64_t) id, 'W'),
                    "order %lld does not know whose it is", (long long) id);

    name = crm_arena_printf(&f->arena, "order:%lld", (long long) id);

    if (owner == 0) {
        crm_check_put(f, "HDEL", &name, field->stored, none);
    } else {
        crm_check_put(f, "HSET", &name, field->stored,
                      crm_arena_printf(&f->arena, "%lld",
                                       (long long) owner));
    }
}


/* of one without a lead; and a lead that is gone is none */

static void
crm_check_order_free(crm_flow_t *f, const crm_record_t *order)
{
    int64_t             id = crm_record_id(order);
    crm_str_t           name, none = crm_null_string;
    crm_checker_t      *c = crm_checker(f);
    const crm_value_t  *v = order->v;

    if (v[CRM_ORDER_LEAD_ID].set) {

        if (crm_check_ids_have(&c->leads, v[CRM_ORDER_LEAD_ID].num)) {
            return;
        }

        name = crm_arena_printf(&f->arena, "order:%lld", (long long) id);

        crm_check_fault(c, crm_check_mix((uint64_t) id, 'R'),
                        "%.*s is of a lead that is not there",
                        (int) name.len, name.data);
        crm_check_put(f, "HDEL", &name,
                      order->entity->fields[CRM_ORDER_LEAD_ID].stored, none);
    }

    if (v[CRM_ORDER_OWNER].num != v[CRM_ORDER_USER_ID].num) {
        crm_check_order_owned(f, id, v[CRM_ORDER_USER_ID].num);
    }
}


/* what is kept of the lines */

static void
crm_check_order_total(crm_flow_t *f, const crm_record_t *order)
{
    int64_t             total, id = crm_record_id(order);
    crm_str_t           name;
    crm_faults_t        faults;
    const crm_field_t  *field = &order->entity->fields[CRM_ORDER_TOTAL];

    crm_faults_init(&faults, &f->arena);

    if (crm_order_total(&faults, order, &total) != CRM_OK
        || total == order->v[CRM_ORDER_TOTAL].num)
    {
        return;
    }

    name = crm_arena_printf(&f->arena, "order:%lld", (long long) id);

    crm_check_fault(crm_checker(f), crm_check_mix((uint64_t) id, 'S'),
                    "order %lld has another total than its lines say",
                    (long long) id);
    crm_check_put(f, "HSET", &name, field->stored,
                  crm_arena_printf(&f->arena, "%lld", (long long) total));
}


ngx_int_t
crm_check_order_take(crm_flow_t *f, int64_t id, const crm_reply_t *replies)
{
    ngx_int_t       rc;
    crm_record_t   *order;
    crm_checker_t  *c = crm_checker(f);
    crm_ix_list_t   list;

    rc = crm_check_load(f, CRM_KIND_ORDER, id, replies, &order);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_check_count(c, CRM_KIND_ORDER, id, 1);

    if (c->mode == CRM_CHECK_TALLY) {
        crm_check_order_free(f, order);
        crm_check_order_total(f, order);

        if (order->v[CRM_ORDER_LEAD_ID].set
            && crm_check_order_add(c, order) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    crm_ix_init(&list, &f->arena, f->tenant->prefix);
    crm_order_index(&list, order);

    return crm_check_entries(f, "order", id, &list);
}


void
crm_check_lead_orders(crm_flow_t *f, const crm_record_t *lead)
{
    uint32_t            i;
    crm_checker_t      *c = crm_checker(f);
    crm_check_order_t  *order;

    i = c->first_order[crm_check_ids_have(&c->leads, crm_record_id(lead)) - 1];

    for ( /* void */ ; i != 0; i = order->next) {
        order = &c->order[i - 1];

        if (order->owner != lead->v[CRM_LEAD_USER_ID].num) {
            crm_check_order_owned(f, order->id,
                                  lead->v[CRM_LEAD_USER_ID].num);
        }
    }
}
