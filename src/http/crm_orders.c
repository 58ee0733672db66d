/*
 * Orders over HTTP: create, read, patch, delete, and the actions that change
 * their state (api.md, sections 2 and 8).
 *
 * Who may see an order may work with it.  Deletion is the manager's, but for
 * a draft of one's own, and nothing is deleted that the customer may hold.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_order_op.h"
#include "crm_record_read.h"
#include "crm_respond.h"


static const crm_entity_t  *const crm_order_entity
    = &crm_entities[CRM_KIND_ORDER];


/* part of an ETag: what the clock changes */

static uint64_t
crm_order_moment(const crm_record_t *order)
{
    return 1 + (uint64_t) order->v[CRM_ORDER_EXPIRED].num;
}


/* ---- GET ---------------------------------------------------------------- */

ngx_int_t
crm_order_read(crm_flow_t *f)
{
    static const crm_record_reader_t  reader = {
        .kind = CRM_KIND_ORDER,
        .key = crm_order_key,
        .visible = crm_order_visible,
        .compute = crm_order_view,
        .moment = crm_order_moment
    };

    return crm_record_read(f, &reader);
}


/* ---- POST and PATCH ----------------------------------------------------- */

static ngx_int_t
crm_order_answer(crm_flow_t *f, crm_order_op_t *o)
{
    crm_order_view(o->rec, f->conf, f->now);
    crm_write_answer(f, o->id == 0 ? NGX_HTTP_CREATED : NGX_HTTP_OK, o->rec,
                     NULL);
    crm_answer_etag(f, crm_record_version(o->rec), crm_order_moment(o->rec));

    return NGX_OK;
}


static ngx_int_t
crm_order_create_decide(crm_flow_t *f, crm_order_op_t *o,
    const crm_rule_t *rule)
{
    crm_problem_t  problem;

    problem = crm_order_create(rule, &o->input, o->old_lead, &o->rec);

    return problem == CRM_P_NONE ? NGX_OK : crm_write_declined(f, problem);
}


static ngx_int_t
crm_order_patch_decide(crm_flow_t *f, crm_order_op_t *o,
    const crm_rule_t *rule)
{
    int            touched;
    crm_problem_t  problem;

    crm_order_view(o->old, f->conf, f->now);

    touched = 0;
    problem = crm_order_update(rule, o->old, &o->input, o->old_lead, &o->rec,
                               &touched);

    if (problem == CRM_P_VALIDATION || problem == CRM_P_INTERNAL) {
        return crm_write_declined(f, problem);
    }

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (problem != CRM_P_NONE) {
        return crm_write_declined(f, problem);
    }

    o->unchanged = !touched;

    return NGX_OK;
}


static ngx_int_t
crm_order_write(crm_flow_t *f, crm_input_mode_t mode)
{
    ngx_int_t        rc;
    crm_order_op_t  *o;

    rc = crm_order_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_collect(f, crm_order_entity, mode,
                               mode == CRM_INPUT_CREATE ? CRM_ORDER_USER_ID
                                                        : -1,
                               &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->answer = crm_order_answer;

    if (mode == CRM_INPUT_CREATE) {
        o->decide = crm_order_create_decide;

    } else {
        o->id = crm_request(f)->id[0];
        o->decide = crm_order_patch_decide;
    }

    return crm_order_op_start(f);
}


ngx_int_t
crm_order_create_handler(crm_flow_t *f)
{
    return crm_order_write(f, CRM_INPUT_CREATE);
}


ngx_int_t
crm_order_patch(crm_flow_t *f)
{
    return crm_order_write(f, CRM_INPUT_PATCH);
}


/* ---- DELETE ------------------------------------------------------------- */

static ngx_uint_t
crm_order_own_draft(crm_flow_t *f, const crm_record_t *order)
{
    int64_t             me = crm_record_id(f->user);
    const crm_value_t  *v = order->v;

    return v[CRM_ORDER_STATE].num == CRM_ORDER_DRAFT
           && (v[CRM_ORDER_USER_ID].num == me || v[CRM_CREATED_BY].num == me);
}


static ngx_int_t
crm_order_delete_decide(crm_flow_t *f, crm_order_op_t *o,
    const crm_rule_t *rule)
{
    (void) rule;

    if (!crm_sees_all(f) && !crm_order_own_draft(f, o->old)) {
        return crm_write_declined(f, CRM_P_FORBIDDEN);
    }

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_DECLINED;
    }

    return crm_order_deletable(o->old)
           ? NGX_OK : crm_write_declined(f, CRM_P_ORDER_STATE);
}


static ngx_int_t
crm_order_delete_answer(crm_flow_t *f, crm_order_op_t *o)
{
    f->answer.id = o->id;

    return crm_answer_nothing(f);
}


ngx_int_t
crm_order_delete(crm_flow_t *f)
{
    ngx_int_t        rc;
    crm_order_op_t  *o;

    rc = crm_order_begin(f, &o);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->decide = crm_order_delete_decide;
    o->answer = crm_order_delete_answer;

    return crm_order_op_start(f);
}


/* ---- actions ------------------------------------------------------------ */

static ngx_int_t
crm_order_act_decide(crm_flow_t *f, crm_order_op_t *o, const crm_rule_t *rule)
{
    crm_str_t      note;
    crm_problem_t  problem;

    if (crm_write_match(f, o->old) != NGX_OK) {
        return NGX_DECLINED;
    }

    problem = crm_order_act(rule, o->old, o->action, &o->rec);

    if (problem != CRM_P_NONE) {
        return crm_write_declined(f, problem);
    }

    if (o->old_lead == NULL) {
        return NGX_OK;
    }

    o->lead = crm_record_copy(&f->arena, o->old_lead);
    if (o->lead == NULL) {
        return NGX_ERROR;
    }

    if (o->action == CRM_ORDER_CONFIRM) {
        crm_order_raise(o->lead, o->rec);
    }

    (void) crm_lead_touch(rule, o->old_lead, o->lead);
    note = crm_order_note(&f->arena, o->rec);

    return crm_lead_log(rule, o->old_lead, o->lead, note, &o->message)
           == CRM_OK ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
crm_order_action(crm_flow_t *f, crm_order_action_t action)
{
    ngx_int_t        rc;
    crm_order_op_t  *o;

    rc = crm_order_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_action(f, &crm_action_none, &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->acts = 1;
    o->action = action;
    o->decide = crm_order_act_decide;
    o->answer = crm_order_answer;

    return crm_order_op_start(f);
}


ngx_int_t
crm_order_send_handler(crm_flow_t *f)
{
    return crm_order_action(f, CRM_ORDER_SEND);
}


ngx_int_t
crm_order_confirm_handler(crm_flow_t *f)
{
    return crm_order_action(f, CRM_ORDER_CONFIRM);
}


ngx_int_t
crm_order_cancel_handler(crm_flow_t *f)
{
    return crm_order_action(f, CRM_ORDER_CANCEL);
}


ngx_int_t
crm_order_reset_handler(crm_flow_t *f)
{
    return crm_order_action(f, CRM_ORDER_RESET);
}
