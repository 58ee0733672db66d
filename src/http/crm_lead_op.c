/* one write to one lead: the rules and the commit; see crm_lead_op.h */

#include "crm_actions.h"
#include "crm_activity.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_config.h"
#include "crm_idem.h"
#include "crm_lead_orders.h"
#include "crm_respond.h"
#include "crm_take.h"
#include "crm_text.h"


static ngx_int_t crm_lead_op_orders(crm_flow_t *f);
static ngx_int_t crm_lead_op_committed(crm_flow_t *f);


/* ---- the rules ---------------------------------------------------------- */

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

            if (note.len - i >= 2
                && ngx_memcmp(note.data + i, "\xc2\xa0", 2) == 0)
            {
                i++;
                continue;
            }

            return note;
        }
    }

    return markup ? note : crm_str("");
}


/* its id, and its place above those that are created at the same time */

static void
crm_lead_op_number(crm_flow_t *f, crm_lead_op_t *o)
{
    int64_t       column;
    crm_value_t  *v;

    if (o->op != CRM_OP_CREATE) {
        return;
    }

    v = o->lead->v;
    column = v[CRM_LEAD_STAGE_ID].num << 1 | v[CRM_LEAD_TYPE].num;

    crm_value_set_num(&v[CRM_ID],
                      crm_take_or_next(f, CRM_KIND_LEAD, o->taken, 0));
    crm_value_set_num(&v[CRM_LEAD_RANK],
                      crm_tenant_top(f->tenant, column, v[CRM_LEAD_RANK].num,
                                     CRM_RANK_STEP));
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
        return crm_lead_acts_load(f, crm_lead_op_orders);
    }

    crm_lead_op_number(f, o);

    if (o->compose != NULL && o->compose(f, o, &rule) != NGX_OK) {
        return NGX_ERROR;
    }

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

    return crm_lead_acts_load(f, crm_lead_op_orders);
}


/* ---- the commit --------------------------------------------------------- */

static ngx_int_t
crm_lead_op_orders(crm_flow_t *f)
{
    return crm_lead_orders_load(f, crm_lead_tombs_load);
}


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

    if (o->answer != NULL) {
        return o->answer(f, o);
    }

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

    return o->after == crm_lead_columns ? crm_lead_columns_keep(f, o)
                                        : NGX_OK;
}


ngx_int_t
crm_lead_op_commit(crm_flow_t *f)
{
    crm_rule_t      rule;
    crm_lead_op_t  *o = f->data;

    crm_write_rule(f, &rule);
    crm_take_rule(&rule, CRM_KIND_LEAD, o->taken);

    if (crm_lead_acts_commit(f, o, &rule) != NGX_OK
        || crm_lead_orders_commit(o, &rule) != NGX_OK
        || crm_lead_tombs_commit(o, &rule) != NGX_OK
        || crm_lead_commit(&o->ops, &rule, o->old, o->lead, o->message)
           != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (o->activity != NULL
        && crm_activity_commit(&o->ops, &rule, NULL, o->activity) != CRM_OK)
    {
        return NGX_ERROR;
    }

    if (o->lead == NULL
        && crm_lead_mids_commit(o, &rule, o->id, o->mids) != NGX_OK)
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
        crm_tenant_seen_id(f->tenant, o->activity != NULL ? CRM_KIND_ACTIVITY
                                                          : CRM_KIND_LEAD,
                           &current);
    }

    return crm_flow_retry(f);
}
