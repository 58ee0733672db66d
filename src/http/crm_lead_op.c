/* one write to one lead; see crm_lead_op.h */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_config.h"
#include "crm_idem.h"
#include "crm_lead_op.h"
#include "crm_respond.h"
#include "crm_text.h"


static ngx_int_t crm_lead_op_load(crm_flow_t *f);
static ngx_int_t crm_lead_op_loaded(crm_flow_t *f);
static ngx_int_t crm_lead_op_company(crm_flow_t *f);
static ngx_int_t crm_lead_op_committed(crm_flow_t *f);


/* ---- reading: everything that may matter, in one round trip ----------------- */

static void
crm_lead_op_ask_top(crm_flow_t *f, crm_lead_op_t *o, int64_t type,
    int64_t stage, ngx_uint_t *n)
{
    ngx_uint_t  i;
    crm_str_t   argv[5];

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


static ngx_int_t
crm_lead_op_load(crm_flow_t *f)
{
    ngx_uint_t      n;
    crm_rule_t      rule;
    crm_lead_op_t  *o = f->data;

    n = 0;

    if (f->idem_key.len > 0 && !o->use_header) {
        crm_flow_call(f, "GET", f->idem_key, (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string,
                      (crm_str_t) crm_null_string);
        o->idem_reply = ++n;
    }

    if (o->op == CRM_OP_CREATE) {
        crm_write_rule(f, &rule);

        if (crm_lead_column(&rule, &o->input, NULL, &o->column) == CRM_OK) {
            o->has_column = 1;
            crm_lead_op_ask_top(f, o, o->column.type, o->column.stage, &n);
        }

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

    if (o->op != CRM_OP_CREATE) {
        crm_lead_acts_ask(f, o, &n);
    }

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


/* ---- what was read ------------------------------------------------------------ */

ngx_int_t
crm_lead_visible(crm_flow_t *f, const crm_record_t *lead)
{
    if (!crm_may_see(f, lead)) {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    if (lead->v[CRM_LEAD_MERGED_INTO].set) {
        (void) crm_flow_problem(f, CRM_P_MERGED, NULL);
        f->answer.members = crm_arena_printf(&f->arena,
                     "\"survivor_id\":%lld",
                     (long long) lead->v[CRM_LEAD_MERGED_INTO].num);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
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


/* the columns' first ranks from their replies */

static void
crm_lead_op_take_top(crm_flow_t *f, crm_lead_op_t *o, crm_column_t *column)
{
    ngx_uint_t          i;
    const crm_reply_t  *reply;

    column->empty = 1;
    column->top = 0;

    for (i = 0; i < o->ntops; i++) {

        if (o->top[i].type != column->type
            || o->top[i].stage != column->stage)
        {
            continue;
        }

        reply = &f->reply[o->top[i].reply];

        if (crm_reply_is_array(reply) && reply->n == 2
            && crm_str_int(&reply->item[1].str, &column->top) == CRM_OK)
        {
            column->empty = 0;
        }
    }
}


static ngx_int_t
crm_lead_op_take_column(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_rule_t     rule;
    crm_problem_t  problem;
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
        crm_lead_op_take_top(f, o, &o->column);
    }

    return NGX_OK;
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
crm_lead_op_hidden(crm_flow_t *f, ngx_uint_t absent)
{
    if (f->answer.faults.n > 0) {
        f->answer.members = crm_str("");
        return crm_answer_faults(f);
    }

    return absent ? crm_flow_problem(f, CRM_P_NOT_FOUND, NULL) : NGX_OK;
}


static ngx_int_t
crm_lead_op_loaded(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          base;
    crm_lead_op_t      *o = f->data;

    if (crm_lead_op_done_before(f, o) == NGX_OK) {
        return NGX_OK;
    }

    base = o->idem_reply;

    if (o->op == CRM_OP_CREATE) {
        if (o->has_column) {
            crm_lead_op_take_top(f, o, &o->column);
        }

    } else {
        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], o->id,
                             &f->reply[base], &o->old);

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc == NGX_DECLINED || crm_lead_visible(f, o->old) != NGX_OK) {
            return crm_lead_op_hidden(f, rc == NGX_DECLINED);
        }

        rc = o->amend != NULL ? o->amend(f, o) : NGX_OK;

        if (rc != NGX_OK) {
            return rc == NGX_DECLINED ? NGX_OK : rc;
        }

        (void) crm_lead_op_take_column(f, o);

        if (crm_lead_acts_take(f, o) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (o->contact_reply != 0) {
        return crm_lead_op_company(f);
    }

    if (o->place.id != 0) {
        return crm_lead_place_find(f);
    }

    return crm_lead_op_decide(f);
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


/* ---- the rules ----------------------------------------------------------------- */

/* the reason given by id, or by a name that is found folded or created */

static ngx_int_t
crm_lead_op_reason(crm_flow_t *f, crm_lead_op_t *o)
{
    int64_t              seen;
    crm_str_t            folded;
    crm_rule_t           rule;
    const crm_value_t   *v = o->input.values->v;
    const crm_record_t  *found;

    if (v[CRM_LOST_REASON_ID_GIVEN].set) {
        o->reason_id = v[CRM_LOST_REASON_ID_GIVEN].num;
        return NGX_OK;
    }

    if (!v[CRM_LOST_REASON_NAMED].set) {
        return NGX_OK;
    }

    if (crm_text_fold(&f->arena, &v[CRM_LOST_REASON_NAMED].str, &folded)
        != CRM_OK)
    {
        return NGX_ERROR;
    }

    found = crm_conf_find_folded(&f->arena, f->conf, CRM_KIND_LOST_REASON,
                                 CRM_LOST_REASON_NAME, &folded);
    if (found != NULL) {
        o->reason_id = crm_record_id(found);
        return NGX_OK;
    }

    crm_write_rule(f, &rule);

    if (crm_str_int(&f->reply[o->counter_reply - 1].str, &seen) != CRM_OK) {
        seen = 0;
    }

    o->reason = crm_record_new(&f->arena,
                               &crm_entities[CRM_KIND_LOST_REASON]);

    if (o->reason == NULL
        || crm_record_defaults(&f->arena, o->reason) != CRM_OK)
    {
        return NGX_ERROR;
    }

    crm_value_set_str(&o->reason->v[CRM_LOST_REASON_NAME],
                      v[CRM_LOST_REASON_NAMED].str);
    crm_change_created(&rule, o->reason);

    o->reason_id = crm_tenant_next_id(f->tenant, CRM_KIND_LOST_REASON, seen);
    crm_value_set_num(&o->reason->v[CRM_ID], o->reason_id);

    return NGX_OK;
}


static crm_problem_t
crm_lead_op_create(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    return crm_lead_create(rule, &o->input, o->contact, o->company,
                           o->has_column ? &o->column : NULL, &o->lead);
}


static crm_problem_t
crm_lead_op_patch(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    /* read-only fields may be repeated, computed ones too */

    if (crm_lead_view(&f->arena, o->old, f->conf, f->now) != CRM_OK) {
        return CRM_P_INTERNAL;
    }

    return crm_lead_update(rule, o->old, &o->input, o->contact, o->company,
                           o->has_column ? &o->column : NULL, &o->lead);
}


static crm_problem_t
crm_lead_op_delete(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;
    (void) o;
    (void) rule;

    return CRM_P_NONE;
}


static crm_problem_t
crm_lead_op_move(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    return crm_lead_move(rule, o->old, o->column.stage,
                         o->place.id ? o->place.rank
                                     : crm_rank_top(&o->column),
                         &o->lead);
}


static crm_problem_t
crm_lead_op_won(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    if (!o->has_column) {
        return o->old->v[CRM_LEAD_STATE].num == CRM_STATE_WON
               ? CRM_P_ALREADY_WON : CRM_P_NO_WON_STAGE;
    }

    return crm_lead_won(rule, o->old, &o->column, &o->lead);
}


static crm_problem_t
crm_lead_op_lost(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    if (crm_lead_op_reason(f, o) != NGX_OK) {
        return CRM_P_INTERNAL;
    }

    return crm_lead_lost(rule, o->old, o->reason_id, &o->lead);
}


static crm_problem_t
crm_lead_op_restore(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    return crm_lead_restore(rule, o->old, &o->lead);
}


static crm_problem_t
crm_lead_op_archive(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    (void) f;

    return crm_lead_archive(rule, o->old, &o->lead);
}


static crm_problem_t
crm_lead_op_other(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    return o->apply(f, o, rule);
}


static crm_problem_t  (*const crm_lead_op_rules[CRM_OP_MAX])(crm_flow_t *f,
    crm_lead_op_t *o, const crm_rule_t *rule) =
{
    [CRM_OP_CREATE] = crm_lead_op_create,
    [CRM_OP_PATCH] = crm_lead_op_patch,
    [CRM_OP_DELETE] = crm_lead_op_delete,
    [CRM_OP_MOVE] = crm_lead_op_move,
    [CRM_OP_WON] = crm_lead_op_won,
    [CRM_OP_LOST] = crm_lead_op_lost,
    [CRM_OP_RESTORE] = crm_lead_op_restore,
    [CRM_OP_ARCHIVE] = crm_lead_op_archive,
    [CRM_OP_OTHER] = crm_lead_op_other
};


/* a closing note of blanks or empty markup is none (semantics.md) */

static crm_str_t
crm_lead_op_note(crm_lead_op_t *o)
{
    size_t      i;
    ngx_uint_t  markup;
    crm_str_t   note;

    if (o->op != CRM_OP_LOST) {
        return crm_str("");
    }

    note = o->input.values->v[CRM_LOST_NOTE].str;
    markup = 0;

    for (i = 0; i < note.len; i++) {

        if (note.data[i] == '<') {
            markup = 1;

        } else if (note.data[i] == '>') {
            markup = 0;

        } else if (!markup && note.data[i] > ' ') {

            if (note.len - i >= 6
                && ngx_strncmp(note.data + i, "&nbsp;", 6) == 0)
            {
                i += 5;
                continue;
            }

            return note;
        }
    }

    return markup ? note : crm_str("");
}


static ngx_int_t
crm_lead_op_number(crm_flow_t *f, crm_lead_op_t *o)
{
    if (o->op == CRM_OP_CREATE) {
        crm_value_set_num(&o->lead->v[CRM_ID],
                          crm_tenant_next_id(f->tenant, CRM_KIND_LEAD, 0));
    }

    return NGX_OK;
}


ngx_int_t
crm_lead_op_decide(crm_flow_t *f)
{
    crm_rule_t      rule;
    crm_problem_t   problem;
    crm_lead_op_t  *o = f->data;

    crm_write_rule(f, &rule);

    problem = crm_lead_op_rules[o->op](f, o, &rule);

    if (f->answer.faults.n > 0) {
        problem = CRM_P_VALIDATION;

    } else if (o->old != NULL && crm_lead_op_match(f, o) != NGX_OK) {
        return NGX_OK;
    }

    if (problem != CRM_P_NONE) {
        return crm_write_refused(f, problem);
    }

    crm_ops_init(&o->ops, &f->arena);

    if (o->lead == NULL) {
        return crm_lead_acts_load(f, crm_lead_op_commit);
    }

    (void) crm_lead_op_number(f, o);

    if (o->op != CRM_OP_CREATE) {
        (void) crm_lead_touch(&rule, o->old, o->lead);

        if (o->message == NULL
            && crm_lead_log(&rule, o->old, o->lead, crm_lead_op_note(o),
                            &o->message)
               != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    if (o->message != NULL && o->job_id != 0) {
        crm_value_set_num(&o->message->v[CRM_MESSAGE_JOB_ID], o->job_id);
    }

    return crm_lead_acts_load(f, crm_lead_op_commit);
}


/* ---- the commit ------------------------------------------------------------------ */

/* restoring a lost record says which activities it lost with it */

static void
crm_lead_op_cancelled(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_out_t  *out = &f->answer.body;

    if (o->op != CRM_OP_RESTORE
        || o->old->v[CRM_LEAD_STATE].num != CRM_STATE_LOST)
    {
        return;
    }

    out->chunk->last--;                 /* the closing brace */
    crm_lead_acts_cancelled(f, o, out);
    crm_out_char(out, '}');
}


static ngx_int_t
crm_lead_op_prepare(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_record_t  *shown;

    if (o->lead == NULL) {
        f->answer.id = o->id;
        return crm_answer_nothing(f);
    }

    if (o->quiet) {
        f->answer.status = o->op == CRM_OP_CREATE ? NGX_HTTP_CREATED
                                                  : NGX_HTTP_OK;
        f->answer.id = crm_record_id(o->lead);
        f->answer.version = crm_record_version(o->lead);
        f->answer.location = crm_arena_printf(&f->arena, "%lld",
                                              (long long) f->answer.id);
        f->answer.etag = crm_arena_printf(&f->arena, "%lld",
                                          (long long) f->answer.version);
        return NGX_OK;
    }

    /* computed fields are no part of what is stored */

    shown = crm_record_copy(&f->arena, o->lead);

    if (shown == NULL
        || crm_lead_answer(f, o->op == CRM_OP_CREATE ? NGX_HTTP_CREATED
                                                     : NGX_HTTP_OK, shown)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    crm_lead_op_cancelled(f, o);

    return NGX_OK;
}


ngx_int_t
crm_lead_op_commit(crm_flow_t *f)
{
    crm_rule_t      rule;
    crm_lead_op_t  *o = f->data;

    crm_write_rule(f, &rule);

    if (crm_lead_acts_commit(f, o, &rule) != NGX_OK
        || crm_lead_commit(&o->ops, &rule, o->old, o->lead, o->message)
           != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (o->reason != NULL
        && crm_config_commit(&o->ops, &rule, NULL, o->reason) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (o->extend != NULL && o->extend(f, o) != NGX_OK) {
        return NGX_ERROR;
    }

    if (crm_lead_op_prepare(f, o) != NGX_OK) {
        return NGX_ERROR;
    }

    if (o->ops.nwrites == 0 && f->idem_key.len == 0) {
        return o->after != NULL ? o->after(f, o) : NGX_OK;
    }

    crm_idem_commit(f, &o->ops);
    crm_ops_counters_first(&o->ops);

    if (o->ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &o->ops);

    return crm_flow_wait(f, crm_lead_op_committed);
}


static ngx_int_t
crm_lead_op_committed(crm_flow_t *f)
{
    int              tag;
    crm_str_t        current;
    ngx_uint_t       failed;
    crm_lead_op_t   *o = f->data;

    switch (crm_commit_reply(&f->reply[0], &failed, &current)) {

    case NGX_OK:
        return o->after != NULL ? o->after(f, o) : NGX_OK;

    case NGX_DECLINED:
        break;

    default:
        return NGX_ERROR;
    }

    tag = failed < o->ops.nchecks ? o->ops.checks[failed].tag : 0;

    if (o->stop_tag != 0 && tag == o->stop_tag) {
        return crm_flow_problem(f, CRM_P_CONFLICT, NULL);
    }

    /* somebody else has the id: theirs is the newest one known now */

    if (tag == CRM_FAILED_ID) {
        (void) crm_tenant_seen_id(f->tenant, CRM_KIND_LEAD, &current);
    }

    return crm_flow_retry(f);
}
