/* what an operation on a lead does to its orders; see crm_lead_orders.h */

#include "crm_lead_orders.h"
#include "crm_order.h"
#include "crm_scan.h"


struct crm_lead_orders_s {
    int64_t        *id;
    ngx_uint_t      nids;
    crm_record_t  **rec;
    ngx_uint_t      n;              /* of rec */
    crm_step_pt     next;
};


static ngx_int_t crm_lead_orders_loaded(crm_flow_t *f);


void
crm_lead_orders_ask(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n)
{
    crm_str_t  id, none = crm_null_string;

    id = crm_arena_printf(&f->arena, "%lld", (long long) o->id);

    crm_flow_call(f, "ZRANGEBYSCORE",
                  crm_order_bucket(&f->arena, &f->tenant->prefix,
                                   CRM_KIND_LEAD, o->id),
                  id, id, none);

    o->orders_reply = (*n)++;
}


ngx_int_t
crm_lead_orders_take(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[o->orders_reply];
    crm_lead_orders_t  *orders;

    o->orders = NULL;

    if (reply->n == 0) {
        return NGX_OK;
    }

    orders = crm_arena_calloc(&f->arena, sizeof(crm_lead_orders_t));
    if (orders == NULL) {
        return NGX_ERROR;
    }

    orders->id = crm_arena_alloc(&f->arena, reply->n * sizeof(int64_t));
    orders->rec = crm_arena_alloc(&f->arena, reply->n
                                             * sizeof(crm_record_t *));
    if (orders->id == NULL || orders->rec == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        orders->id[i] = crm_walk_id(&reply->item[i].str);
    }

    orders->nids = reply->n;
    o->orders = orders;

    return NGX_OK;
}


ngx_int_t
crm_lead_orders_load(crm_flow_t *f, crm_step_pt next)
{
    ngx_uint_t      i;
    crm_str_t       none = crm_null_string;
    crm_lead_op_t  *o = f->data;

    if (o->orders == NULL
        || (o->lead != NULL && o->lead->v[CRM_LEAD_USER_ID].num
                               == o->old->v[CRM_LEAD_USER_ID].num))
    {
        return next(f);
    }

    for (i = 0; i < o->orders->nids; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_order_key(&f->arena, &f->tenant->prefix,
                                    o->orders->id[i]),
                      none, none, none);
    }

    o->orders->next = next;

    return crm_flow_wait(f, crm_lead_orders_loaded);
}


static ngx_int_t
crm_lead_orders_loaded(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    crm_lead_op_t      *o = f->data;
    crm_lead_orders_t  *orders = o->orders;

    for (orders->n = 0, i = 0; i < f->nreply; i++) {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_ORDER], orders->id[i],
                             &f->reply[i], &orders->rec[orders->n]);

        if (rc == NGX_ERROR) {
            return rc;
        }

        /* it may have gone to another lead meanwhile */

        orders->n += rc == NGX_OK
                     && orders->rec[orders->n]->v[CRM_ORDER_LEAD_ID].num
                        == o->id;
    }

    return orders->next(f);
}


ngx_int_t
crm_lead_orders_commit(crm_lead_op_t *o, const crm_rule_t *rule)
{
    ngx_uint_t     i;
    crm_record_t  *old, *rec;

    for (i = 0; o->orders != NULL && i < o->orders->n; i++) {
        old = o->orders->rec[i];
        rec = crm_record_copy(rule->arena, old);

        if (rec == NULL) {
            return NGX_ERROR;
        }

        if (o->lead == NULL) {
            crm_order_unlink(rule, old, rec);
        } else {
            crm_order_place(rec, o->lead);
        }

        if (crm_order_commit(&o->ops, rule, old, rec) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
