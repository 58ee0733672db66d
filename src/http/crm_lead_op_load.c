/*
 * One write to one lead: what it needs is read in one round trip, two where a
 * contact has a company or a neighbour is named; see crm_lead_op.h.
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_idem.h"
#include "crm_lead_orders.h"
#include "crm_respond.h"
#include "crm_take.h"


static ngx_int_t crm_lead_op_load(crm_flow_t *f);
static ngx_int_t crm_lead_op_loaded(crm_flow_t *f);
static ngx_int_t crm_lead_op_company(crm_flow_t *f);


/* ---- a column's first rank ------------------------------------------------ */

void
crm_column_ask(crm_flow_t *f, int64_t type, int64_t stage)
{
    crm_str_t  argv[5];

    argv[0] = crm_str("ZRANGE");
    argv[2] = crm_str("0");
    argv[3] = crm_str("0");
    argv[4] = crm_str("WITHSCORES");

    if (crm_lead_board_key(&f->arena, &f->tenant->prefix, "b", type, stage,
                           CRM_BOARD_ALL, CRM_BOARD_ALL, &argv[1])
        == CRM_OK)
    {
        crm_flow_cmd(f, 5, argv);
    }
}


void
crm_column_take(const crm_reply_t *reply, crm_column_t *column)
{
    column->empty = !(crm_reply_is_array(reply) && reply->n == 2
                      && crm_str_int(&reply->item[1].str, &column->top)
                         == CRM_OK);
}


/* ---- reading: everything that may matter, in one round trip --------------- */

static void
crm_lead_op_ask_top(crm_flow_t *f, crm_lead_op_t *o, int64_t type,
    int64_t stage, ngx_uint_t *n)
{
    ngx_uint_t  i;

    for (i = 0; i < o->ntops; i++) {
        if (o->top[i].type == type && o->top[i].stage == stage) {
            return;
        }
    }

    if (o->ntops == CRM_OP_TOPS) {
        return;
    }

    o->top[o->ntops].type = type;
    o->top[o->ntops].stage = stage;
    o->top[o->ntops++].reply = (*n)++;

    crm_column_ask(f, type, stage);
}


static void
crm_lead_op_ask_tops(crm_flow_t *f, crm_lead_op_t *o, int64_t stage,
    ngx_uint_t *n)
{
    crm_lead_op_ask_top(f, o, CRM_TYPE_OPPORTUNITY, stage, n);
    crm_lead_op_ask_top(f, o, CRM_TYPE_LEAD, stage, n);
}


/* the columns in which a change of this kind could end */

static void
crm_lead_op_columns(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n)
{
    ngx_uint_t              i;
    const crm_value_t      *v = o->input.values ? o->input.values->v : NULL;
    const crm_conf_list_t  *stages = &f->conf->list[CRM_KIND_STAGE];
    crm_record_t           *first;

    if (o->op == CRM_OP_PATCH && v[CRM_LEAD_STAGE_ID].set) {
        crm_lead_op_ask_tops(f, o, v[CRM_LEAD_STAGE_ID].num, n);
    }

    if (o->op == CRM_OP_PATCH
        && crm_mask_has(&o->input.present, CRM_LEAD_TEAM_ID))
    {
        first = crm_stage_first(f->conf, v[CRM_LEAD_TEAM_ID].num);

        if (first != NULL) {
            crm_lead_op_ask_tops(f, o, crm_record_id(first), n);
        }
    }

    if (o->op == CRM_OP_MOVE && v[CRM_MOVE_STAGE_ID].set) {
        crm_lead_op_ask_tops(f, o, v[CRM_MOVE_STAGE_ID].num, n);
    }

    for (i = 0; o->op == CRM_OP_WON && i < stages->n; i++) {
        if (stages->rec[i]->v[CRM_STAGE_IS_WON].num) {
            crm_lead_op_ask_tops(f, o, crm_record_id(stages->rec[i]), n);
        }
    }
}


static void
crm_lead_op_ask_record(crm_flow_t *f, const char *name, int64_t id)
{
    const crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGETALL",
                  crm_change_key(&f->arena, &f->tenant->prefix, name, id),
                  none, none, none);
}


/* what hangs on the lead, and what goes with it */

static void
crm_lead_op_ask_family(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n)
{
    if (o->op != CRM_OP_CREATE) {
        crm_lead_acts_ask(f, o, n);
        crm_lead_orders_ask(f, o, n);
    }

    if (o->op == CRM_OP_DELETE) {
        crm_lead_tombs_ask(f, o->id);
        o->tombs_reply = ++*n;
        crm_lead_mids_ask(f, o->id);
        o->mids_reply = ++*n;
    }
}


/* a new lead's column, and its id unless it is known to come to nothing */

static void
crm_lead_op_ask_place(crm_flow_t *f, crm_lead_op_t *o, ngx_uint_t *n)
{
    crm_rule_t  rule;

    crm_write_rule(f, &rule);

    if (crm_lead_column(&rule, &o->input, NULL, &o->column) == CRM_OK) {
        o->has_column = 1;
        crm_lead_op_ask_top(f, o, o->column.type, o->column.stage, n);
    }

    if (f->answer.faults.n == 0 && crm_take_ask(f, CRM_KIND_LEAD)) {
        o->take_reply = ++*n;
    }
}


static ngx_int_t
crm_lead_op_load(crm_flow_t *f)
{
    ngx_uint_t      n;
    crm_lead_op_t  *o = f->data;

    n = 0;

    if (f->idem_key.len > 0 && !o->use_header) {
        crm_flow_call(f, "GET", f->idem_key, (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
        o->idem_reply = ++n;
    }

    if (o->op == CRM_OP_CREATE) {
        crm_lead_op_ask_place(f, o, &n);

    } else {
        crm_lead_op_ask_record(f, "lead", o->id);
        n++;
        crm_lead_op_columns(f, o, &n);
    }

    if ((o->op == CRM_OP_CREATE || o->op == CRM_OP_PATCH)
        && o->input.values->v[CRM_LEAD_CONTACT_ID].set)
    {
        crm_lead_op_ask_record(f, "contact",
                               o->input.values->v[CRM_LEAD_CONTACT_ID].num);
        o->contact_reply = ++n;
    }

    if (o->place.id != 0) {
        crm_lead_op_ask_record(f, "lead", o->place.id);
        o->place.reply = ++n;
    }

    if (o->op == CRM_OP_LOST && o->input.values->v[CRM_LOST_REASON_NAMED].set)
    {
        crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lost_reason"),
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
        o->counter_reply = ++n;
    }

    crm_lead_op_ask_family(f, o, &n);

    return n > 0 ? crm_flow_wait(f, crm_lead_op_loaded)
                 : crm_lead_op_decide(f);
}


ngx_int_t
crm_lead_op_start(crm_flow_t *f)
{
    crm_lead_op_t  *o = f->data;

    if (o->op == CRM_OP_MOVE) {
        o->place.id = o->input.values->v[CRM_MOVE_BEFORE_ID].num;

        if (o->input.values->v[CRM_MOVE_AFTER_ID].set) {
            o->place.id = o->input.values->v[CRM_MOVE_AFTER_ID].num;
            o->place.after = 1;
        }
    }

    if (o->op == CRM_OP_CREATE) {
        return crm_lead_op_load(f);
    }

    return crm_gate_enter(f, crm_lead_key(&f->arena, &f->tenant->prefix,
                                          o->id),
                          crm_lead_op_load);
}


/* ---- what was read -------------------------------------------------------- */

ngx_int_t
crm_lead_op_match(crm_flow_t *f, crm_lead_op_t *o)
{
    if (o->use_header) {
        return crm_write_match(f, o->old);
    }

    if (o->expected != 0 && o->expected != crm_record_version(o->old)) {
        (void) crm_flow_problem(f, CRM_P_PRECONDITION_FAILED, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* the first rank of the column from its reply, if it was asked for */

static void
crm_lead_op_take_top(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_uint_t  i;

    for (i = 0; i < o->ntops; i++) {

        if (o->top[i].type == o->column.type
            && o->top[i].stage == o->column.stage)
        {
            crm_column_take(&f->reply[o->top[i].reply], &o->column);
            o->topped = 1;
        }
    }
}


static void
crm_lead_op_take_column(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_rule_t          rule;
    crm_problem_t       problem;
    const crm_value_t  *to;

    crm_write_rule(f, &rule);

    switch (o->op) {

    case CRM_OP_PATCH:
        if (crm_lead_column(&rule, &o->input, o->old, &o->column) == CRM_OK) {
            o->has_column = 1;
        }
        break;

    case CRM_OP_WON:
        problem = crm_lead_won_column(&rule, o->old, &o->column);
        o->has_column = problem == CRM_P_NONE;
        break;

    case CRM_OP_MOVE:
        to = &o->input.values->v[CRM_MOVE_STAGE_ID];
        o->column.type = o->old->v[CRM_LEAD_TYPE].num;
        o->column.stage = to->set ? to->num
                                  : o->old->v[CRM_LEAD_STAGE_ID].num;
        o->has_column = 1;
        break;

    default:
        break;
    }

    if (o->has_column) {
        crm_lead_op_take_top(f, o);
    }
}


static ngx_int_t
crm_lead_op_topped(crm_flow_t *f)
{
    crm_lead_op_t  *o = f->data;

    crm_column_take(&f->reply[0], &o->column);

    return crm_lead_op_decide(f);
}


/* a batch record that was done already, before a crash or in a copy of the
   request: its outcome stands under its own key */

static ngx_int_t
crm_lead_op_done_before(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_int_t  rc;

    if (o->idem_reply == 0) {
        return NGX_DECLINED;
    }

    if (crm_idem_replay(f, &f->reply[o->idem_reply - 1], &rc) != NGX_OK) {
        return NGX_DECLINED;
    }

    crm_idem_result(f);

    return NGX_OK;
}


/* faults of the body come before what is hidden or not there */

static ngx_int_t
crm_lead_op_hidden(crm_flow_t *f)
{
    return f->answer.faults.n > 0
           ? crm_answer_faults(f)
           : crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
}


static ngx_int_t
crm_lead_op_next(crm_flow_t *f, crm_lead_op_t *o)
{
    if (o->contact_reply != 0) {
        return crm_lead_op_company(f);
    }

    if (o->place.id != 0) {
        return crm_lead_place_find(f);
    }

    /* the column that it is in, or one of more than could be asked for */

    if (o->has_column && !o->topped) {
        crm_column_ask(f, o->column.type, o->column.stage);
        return crm_flow_wait(f, crm_lead_op_topped);
    }

    return crm_lead_op_decide(f);
}


/* the record is there: may it be seen, and what hangs on it */

static ngx_int_t
crm_lead_op_take(crm_flow_t *f, crm_lead_op_t *o)
{
    ngx_int_t  rc;

    rc = crm_lead_visible(f, o->old);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    rc = o->amend != NULL ? o->amend(f, o) : NGX_OK;

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_lead_op_take_column(f, o);

    if (crm_lead_acts_take(f, o) != NGX_OK
        || crm_lead_orders_take(f, o) != NGX_OK
        || (o->tombs_reply != 0 && crm_lead_tombs_take(f, o) != NGX_OK))
    {
        return NGX_ERROR;
    }

    if (o->mids_reply != 0) {
        o->mids = &f->reply[o->mids_reply - 1];
    }

    return crm_lead_op_next(f, o);
}


static ngx_int_t
crm_lead_op_loaded(crm_flow_t *f)
{
    ngx_int_t       rc;
    crm_lead_op_t  *o = f->data;

    if (crm_lead_op_done_before(f, o) == NGX_OK) {
        return NGX_OK;
    }

    if (o->op == CRM_OP_CREATE) {
        crm_lead_op_take_top(f, o);

        if (o->take_reply != 0) {
            o->taken = crm_take_id(f, CRM_KIND_LEAD,
                                   &f->reply[o->take_reply - 1]);
        }

        return crm_lead_op_next(f, o);
    }

    rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], o->id,
                         &f->reply[o->idem_reply], &o->old);

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (o->found && (rc == NGX_DECLINED
                     || o->old->v[CRM_LEAD_MERGED_INTO].set))
    {
        return crm_flow_retry(f);
    }

    if (rc == NGX_DECLINED
        || (f->answer.faults.n > 0
            && (o->old->v[CRM_LEAD_MERGED_INTO].set
                || !crm_may_see(f, o->old))))
    {
        return crm_lead_op_hidden(f);
    }

    return crm_lead_op_take(f, o);
}


/* the contact is there; its company may be one more look away */

static ngx_int_t
crm_lead_op_company_loaded(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_lead_op_t      *o = f->data;
    const crm_value_t  *parent = &o->contact->v[CRM_CONTACT_PARENT_ID];

    rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT], parent->num,
                         &f->reply[0], &o->company);

    return rc == NGX_ERROR ? rc : crm_lead_op_decide(f);
}


static ngx_int_t
crm_lead_op_company(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_lead_op_t      *o = f->data;
    const crm_value_t  *v = &o->input.values->v[CRM_LEAD_CONTACT_ID];
    const crm_field_t  *field;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_CONTACT], v->num,
                         &f->reply[o->contact_reply - 1], &o->contact);

    if (rc == NGX_DECLINED && o->found) {
        return crm_flow_retry(f);
    }

    if (rc == NGX_DECLINED) {
        field = &crm_entities[CRM_KIND_LEAD].fields[CRM_LEAD_CONTACT_ID];
        crm_fault(&f->answer.faults, &field->name, CRM_FAULT_NOT_FOUND,
                  "there is no such record");
        return crm_lead_op_decide(f);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    if (!o->contact->v[CRM_CONTACT_PARENT_ID].set) {
        return crm_lead_op_decide(f);
    }

    crm_lead_op_ask_record(f, "contact",
                           o->contact->v[CRM_CONTACT_PARENT_ID].num);

    return crm_flow_wait(f, crm_lead_op_company_loaded);
}
