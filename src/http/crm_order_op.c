/* writes of orders; see crm_order_op.h */

#include "crm_auth.h"
#include "crm_change.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_order_op.h"
#include "crm_respond.h"


static ngx_int_t crm_order_op_load(crm_flow_t *f);
static ngx_int_t crm_order_op_loaded(crm_flow_t *f);
static ngx_int_t crm_order_op_lead(crm_flow_t *f);
static ngx_int_t crm_order_op_decide(crm_flow_t *f);


static const crm_entity_t  *const crm_order_entity
    = &crm_entities[CRM_KIND_ORDER];


ngx_uint_t
crm_order_visible(crm_flow_t *f, const crm_record_t *order)
{
    const crm_value_t  *owner = &order->v[CRM_ORDER_OWNER];

    return crm_sees_all(f) || !owner->set
           || owner->num == crm_record_id(f->user);
}


ngx_int_t
crm_order_begin(crm_flow_t *f, crm_order_op_t **o)
{
    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_DECLINED;
    }

    *o = crm_arena_calloc(&f->arena, sizeof(crm_order_op_t));
    f->data = *o;

    return *o != NULL ? NGX_OK : NGX_ERROR;
}


/* ---- reading ------------------------------------------------------------ */

/* creations of one tenant go one after another, as each id follows the last */

ngx_int_t
crm_order_op_start(crm_flow_t *f)
{
    crm_order_op_t  *o = f->data;

    return crm_gate_enter(f, crm_order_key(&f->arena, &f->tenant->prefix,
                                           o->id),
                          crm_order_op_load);
}


static void
crm_order_op_read(crm_flow_t *f, const char *command, crm_str_t key)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, command, key, none, none, none);
}


/* the lead, and how many orders it has */

static void
crm_order_op_ask_lead(crm_flow_t *f, int64_t id)
{
    crm_str_t  text, none = crm_null_string;

    text = crm_arena_printf(&f->arena, "%lld", (long long) id);

    crm_order_op_read(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix, id));
    crm_flow_call(f, "ZCOUNT",
                  crm_order_bucket(&f->arena, &f->tenant->prefix,
                                   CRM_KIND_LEAD, id),
                  text, text, none);
}


static ngx_int_t
crm_order_op_load(crm_flow_t *f)
{
    ngx_uint_t          n = 1;
    crm_str_t           none = crm_null_string;
    crm_arena_t        *a = &f->arena;
    crm_order_op_t     *o = f->data;
    const crm_value_t  *v = o->input.values ? o->input.values->v : NULL;

    if (o->id == 0) {
        crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:order"), none,
                      none);
    } else {
        crm_order_op_read(f, "HGETALL",
                          crm_order_key(a, &f->tenant->prefix, o->id));
    }

    if (!o->acts && v != NULL && v[CRM_ORDER_LEAD_ID].set) {
        crm_order_op_ask_lead(f, v[CRM_ORDER_LEAD_ID].num);
        o->lead_reply = n;
        n += 2;
    }

    if (!o->acts && v != NULL && v[CRM_ORDER_CONTACT_ID].set) {
        crm_order_op_read(f, "EXISTS",
                          crm_change_key(a, &f->tenant->prefix, "contact",
                                         v[CRM_ORDER_CONTACT_ID].num));
        o->contact_reply = n;
    }

    return crm_flow_wait(f, crm_order_op_loaded);
}


/* faults of the body come before what is hidden or not there; NGX_DECLINED */

static ngx_int_t
crm_order_op_hidden(crm_flow_t *f)
{
    if (f->answer.faults.n > 0) {
        (void) crm_answer_faults(f);
    } else {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    return NGX_DECLINED;
}


static void
crm_order_op_lacks(crm_flow_t *f, unsigned field)
{
    crm_fault(&f->answer.faults, &crm_order_entity->fields[field].name,
              CRM_FAULT_NOT_FOUND, "there is no such record");
}


/* named by a body: a lead that may not be seen is none (api.md, roles) */

static ngx_int_t
crm_order_op_named(crm_flow_t *f, crm_order_op_t *o)
{
    int64_t             id;
    ngx_int_t           rc;
    const crm_reply_t  *reply = &f->reply[o->lead_reply];

    id = o->input.values->v[CRM_ORDER_LEAD_ID].num;

    if (o->old != NULL && o->old->v[CRM_ORDER_LEAD_ID].num == id) {
        return NGX_OK;
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], id, reply,
                         &o->old_lead);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED || !crm_may_see(f, o->old_lead)) {
        o->old_lead = NULL;

        if (!crm_sees_all(f)) {
            return crm_order_op_hidden(f);
        }

        crm_order_op_lacks(f, CRM_ORDER_LEAD_ID);

        return NGX_OK;
    }

    rc = crm_lead_visible(f, o->old_lead);

    if (rc != NGX_OK) {
        return rc;                      /* merged */
    }

    if (reply[1].num >= CRM_ORDERS_MAX) {
        (void) crm_flow_problem(f, CRM_P_TOO_MANY,
                                "the record has too many orders");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_order_op_take(crm_flow_t *f, crm_order_op_t *o)
{
    ngx_int_t  rc;

    if (o->id == 0) {
        if (crm_str_int(&f->reply[0].str, &o->last) != CRM_OK) {
            o->last = 0;
        }

    } else {
        rc = crm_read_record(f, crm_order_entity, o->id, &f->reply[0],
                             &o->old);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED || !crm_order_visible(f, o->old)) {
            return crm_order_op_hidden(f);
        }
    }

    if (o->contact_reply != 0 && f->reply[o->contact_reply].num == 0) {
        crm_order_op_lacks(f, CRM_ORDER_CONTACT_ID);
    }

    return o->lead_reply != 0 ? crm_order_op_named(f, o) : NGX_OK;
}


static ngx_int_t
crm_order_op_loaded(crm_flow_t *f)
{
    int64_t          lead;
    ngx_int_t        rc;
    crm_order_op_t  *o = f->data;

    rc = crm_order_op_take(f, o);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    lead = o->acts ? o->old->v[CRM_ORDER_LEAD_ID].num : 0;

    if (lead == 0) {
        return crm_order_op_decide(f);
    }

    crm_order_op_read(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix, lead));

    return crm_flow_wait(f, crm_order_op_lead);
}


/* the order's lead; where it was deleted or merged since, so was the link */

static ngx_int_t
crm_order_op_lead(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_order_op_t  *o = f->data;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD],
                         o->old->v[CRM_ORDER_LEAD_ID].num, &f->reply[0],
                         &o->old_lead);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (rc == NGX_DECLINED || o->old_lead->v[CRM_LEAD_MERGED_INTO].set) {
        return crm_flow_retry(f);
    }

    return crm_order_op_decide(f);
}


/* ---- the commit --------------------------------------------------------- */

/* an order that comes to a lead must be seen by who gives the lead away */

static ngx_int_t
crm_order_op_link(crm_flow_t *f, crm_order_op_t *o)
{
    crm_value_t  *count;

    if (o->old_lead == NULL || o->acts) {
        return NGX_OK;
    }

    o->lead = crm_record_copy(&f->arena, o->old_lead);

    if (o->lead == NULL) {
        return NGX_ERROR;
    }

    count = &o->lead->v[CRM_LEAD_ACTIVITIES];
    crm_value_set_num(count, count->num + 1);

    return NGX_OK;
}


static ngx_int_t
crm_order_op_write(crm_flow_t *f, crm_order_op_t *o, const crm_rule_t *rule)
{
    if (crm_order_op_link(f, o) != NGX_OK) {
        return NGX_ERROR;
    }

    if (o->lead != NULL
        && crm_lead_commit(&o->ops, rule, o->old_lead, o->lead, o->message)
           != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (o->id == 0) {
        crm_value_set_num(&o->rec->v[CRM_ID], o->last + 1);

        if (crm_order_number(&f->arena, o->rec) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    if (crm_order_commit(&o->ops, rule, o->old, o->rec) != CRM_OK
        || o->answer(f, o) != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_idem_commit(f, &o->ops);
    crm_ops_counters_first(&o->ops);

    return NGX_OK;
}


static ngx_int_t
crm_order_op_decide(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_rule_t       rule;
    crm_order_op_t  *o = f->data;

    crm_write_rule(f, &rule);
    crm_ops_init(&o->ops, &f->arena);

    rc = o->decide(f, o, &rule);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (o->unchanged) {
        return o->answer(f, o);
    }

    if (crm_order_op_write(f, o, &rule) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_write_send(f, &o->ops);
}
