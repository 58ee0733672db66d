/* the table of bulk actions: what each does to one record; see crm_bulk.h */

#include "crm_actions.h"
#include "crm_activity.h"
#include "crm_bulk.h"
#include "crm_bulk_actions.h"
#include "crm_lead_undo.h"


/* ---- input from params --------------------------------------------------- */

/* an empty patch of a lead */

static ngx_int_t
crm_bulk_patch(crm_flow_t *f, crm_bulk_t *b)
{
    b->input.entity = &crm_entities[CRM_KIND_LEAD];
    b->input.mode = CRM_INPUT_PATCH;
    b->input.values = crm_record_new(&f->arena, b->input.entity);

    return b->input.values != NULL ? NGX_OK : NGX_ERROR;
}


static void
crm_bulk_take(crm_bulk_t *b, unsigned field, unsigned param)
{
    if (crm_mask_has(&b->params.present, param)) {
        b->input.values->v[field] = b->params.values->v[param];
        crm_mask_set(&b->input.present, field);
    }
}


static ngx_int_t
crm_bulk_input_assign(crm_flow_t *f, crm_bulk_t *b)
{
    if (crm_bulk_patch(f, b) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_bulk_take(b, CRM_LEAD_USER_ID, CRM_BULK_USER_ID);
    crm_bulk_take(b, CRM_LEAD_TEAM_ID, CRM_BULK_TEAM_ID);

    if (f->answer.faults.n == 0
        && (b->input.present.bits[0] | b->input.present.bits[1]) == 0)
    {
        crm_fault(&f->answer.faults,
                  &crm_bulk_assign.fields[CRM_BULK_USER_ID].name,
                  CRM_FAULT_REQUIRED, "a user or a team is required");
    }

    return NGX_OK;
}


static ngx_int_t
crm_bulk_input_priority(crm_flow_t *f, crm_bulk_t *b)
{
    if (crm_bulk_patch(f, b) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_bulk_take(b, CRM_LEAD_PRIORITY, CRM_BULK_PRIORITY);

    return NGX_OK;
}


static ngx_int_t
crm_bulk_input_move(crm_flow_t *f, crm_bulk_t *b)
{
    b->input.entity = &crm_action_move;
    b->input.mode = CRM_INPUT_CREATE;
    b->input.values = crm_record_new(&f->arena, &crm_action_move);

    if (b->input.values == NULL) {
        return NGX_ERROR;
    }

    crm_bulk_take(b, CRM_MOVE_STAGE_ID, CRM_BULK_STAGE_ID);

    return NGX_OK;
}


static ngx_int_t
crm_bulk_input_schedule(crm_flow_t *f, crm_bulk_t *b)
{
    b->input.entity = &crm_entities[CRM_KIND_ACTIVITY];
    b->input.mode = CRM_INPUT_CREATE;
    b->input.values = crm_record_new(&f->arena, b->input.entity);

    if (b->input.values == NULL) {
        return NGX_ERROR;
    }

    crm_bulk_take(b, CRM_ACTIVITY_OF_TYPE, CRM_BULK_TYPE_ID);
    crm_bulk_take(b, CRM_ACTIVITY_DUE_DATE, CRM_BULK_DUE_DATE);
    crm_bulk_take(b, CRM_ACTIVITY_SUMMARY, CRM_BULK_SUMMARY);
    crm_bulk_take(b, CRM_ACTIVITY_NOTE, CRM_BULK_NOTE);
    crm_bulk_take(b, CRM_ACTIVITY_USER_ID, CRM_BULK_ASSIGNEE);

    return NGX_OK;
}


/* ---- hooks of the operations --------------------------------------------- */

static const crm_bulk_t *
crm_bulk_of_op(crm_lead_op_t *o)
{
    return crm_bulk_of((crm_child_t *) o->of);
}


/* the record's tags with those of the params, or without */

static ngx_int_t
crm_bulk_tags_of(crm_flow_t *f, crm_lead_op_t *o, unsigned add)
{
    unsigned           i, n;
    int64_t           *id;
    crm_value_t       *v;
    crm_record_t      *values;
    const crm_ids_t   *old = &o->old->v[CRM_LEAD_TAG_IDS].ids;
    const crm_value_t *given;

    given = &crm_bulk_of_op(o)->params.values->v[CRM_BULK_TAG_IDS];

    values = crm_record_new(&f->arena, &crm_entities[CRM_KIND_LEAD]);
    id = crm_arena_alloc(&f->arena, (old->n + given->ids.n + 1)
                                    * sizeof(int64_t));
    if (values == NULL || id == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < old->n; i++) {
        if (add || !crm_ids_has(&given->ids, old->id[i])) {
            id[n++] = old->id[i];
        }
    }

    for (i = 0; add && i < given->ids.n; i++) {
        if (!crm_ids_has(old, given->ids.id[i])) {
            id[n++] = given->ids.id[i];
        }
    }

    if (n > (unsigned) values->entity->fields[CRM_LEAD_TAG_IDS].max) {
        (void) crm_flow_problem(f, CRM_P_TOO_MANY, NULL);
        return NGX_DECLINED;
    }

    v = &values->v[CRM_LEAD_TAG_IDS];
    v->set = n > 0;
    v->ids.id = n > 0 ? id : NULL;
    v->ids.n = n;

    o->input.entity = values->entity;
    o->input.mode = CRM_INPUT_PATCH;
    o->input.values = values;
    crm_mask_set(&o->input.present, CRM_LEAD_TAG_IDS);

    return NGX_OK;
}


static ngx_int_t
crm_bulk_tag_add(crm_flow_t *f, crm_lead_op_t *o)
{
    return crm_bulk_tags_of(f, o, 1);
}


static ngx_int_t
crm_bulk_tag_remove(crm_flow_t *f, crm_lead_op_t *o)
{
    return crm_bulk_tags_of(f, o, 0);
}


/* a message; nothing else of the record changes */

static crm_problem_t
crm_bulk_send(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    crm_value_t         *v;
    const crm_value_t   *to = &o->old->v[CRM_LEAD_EMAIL];
    const crm_value_t   *given = crm_bulk_of_op(o)->params.values->v;
    crm_child_t         *child = o->of;

    (void) f;

    if (!to->set) {
        return CRM_P_NO_ADDRESS;
    }

    o->lead = crm_record_copy(rule->arena, o->old);

    if (o->lead == NULL) {
        return CRM_P_INTERNAL;
    }

    o->message = crm_message_new(rule, o->lead, CRM_MESSAGE_EMAIL,
                                 given[CRM_BULK_BODY].str);

    if (o->message == NULL) {
        return CRM_P_INTERNAL;
    }

    v = o->message->v;
    crm_value_set_str(&v[CRM_MESSAGE_SUBJECT], given[CRM_BULK_SUBJECT].str);
    crm_value_set_str(&v[CRM_MESSAGE_TO], to->str);

    return crm_arena_dup(&child->of->parent->arena,
                         &crm_bulk_item(child)->email, to->str.data,
                         to->str.len) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


static crm_problem_t
crm_bulk_schedule_one(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    crm_record_t   *activity;
    crm_problem_t   problem;

    o->lead = crm_record_copy(rule->arena, o->old);

    if (o->lead == NULL) {
        return CRM_P_INTERNAL;
    }

    problem = crm_activity_create(rule, &o->input, &activity);

    return problem == CRM_P_NONE ? crm_lead_acts_add(f, o, rule, activity)
                                 : problem;
}


/* where not everything could be taken back, the rest is */

static crm_problem_t
crm_bulk_take_back(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    int               kept;
    crm_problem_t     problem;
    crm_bulk_item_t  *item = crm_bulk_item((crm_child_t *) o->of);

    (void) f;

    problem = crm_lead_undo(rule, o->old, &item->text, &o->lead, &kept);

    item->problem = kept ? CRM_P_CHANGED_SINCE : CRM_P_NONE;

    return problem;
}


/* ---- the table ---------------------------------------------------------- */

static const crm_bulk_action_t  crm_bulk_table[] = {

    { .name = crm_string("lost"), .params = &crm_action_lost,
      .op = CRM_OP_LOST, .kind = &crm_bulk_job },

    { .name = crm_string("won"), .params = &crm_action_none,
      .op = CRM_OP_WON, .kind = &crm_bulk_job },

    { .name = crm_string("restore"), .params = &crm_action_none,
      .op = CRM_OP_RESTORE, .kind = &crm_bulk_job },

    { .name = crm_string("archive"), .params = &crm_action_none,
      .op = CRM_OP_ARCHIVE, .kind = &crm_bulk_job },

    { .name = crm_string("assign"), .params = &crm_bulk_assign,
      .op = CRM_OP_PATCH, .kind = &crm_bulk_job,
      .input = crm_bulk_input_assign },

    { .name = crm_string("move"), .params = &crm_bulk_move,
      .op = CRM_OP_MOVE, .kind = &crm_bulk_job,
      .input = crm_bulk_input_move },

    { .name = crm_string("tag_add"), .params = &crm_bulk_tags,
      .op = CRM_OP_PATCH, .kind = &crm_bulk_job, .input = crm_bulk_patch,
      .amend = crm_bulk_tag_add },

    { .name = crm_string("tag_remove"), .params = &crm_bulk_tags,
      .op = CRM_OP_PATCH, .kind = &crm_bulk_job, .input = crm_bulk_patch,
      .amend = crm_bulk_tag_remove },

    { .name = crm_string("priority"), .params = &crm_bulk_priority,
      .op = CRM_OP_PATCH, .kind = &crm_bulk_job,
      .input = crm_bulk_input_priority },

    { .name = crm_string("email"), .params = &crm_bulk_email,
      .op = CRM_OP_OTHER, .kind = &crm_bulk_final_job, .mails = 1,
      .apply = crm_bulk_send },

    { .name = crm_string("schedule_activity"), .params = &crm_bulk_schedule,
      .op = CRM_OP_OTHER, .kind = &crm_bulk_final_job,
      .input = crm_bulk_input_schedule, .apply = crm_bulk_schedule_one },

    { .name = crm_string("convert"), .params = &crm_bulk_convert,
      .op = CRM_OP_OTHER, .kind = &crm_bulk_final_job, .serial = 1,
      .start = crm_bulk_convert_start },

    { .name = crm_string("delete"), .params = &crm_action_none,
      .op = CRM_OP_DELETE, .kind = &crm_bulk_final_job, .manager = 1 }
};


const crm_bulk_action_t  crm_bulk_undo_action = {
    .name = crm_string("undo"), .params = &crm_action_none,
    .op = CRM_OP_OTHER, .kind = &crm_bulk_undo_job,
    .apply = crm_bulk_take_back
};


const crm_bulk_action_t *
crm_bulk_action(const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(crm_bulk_table) / sizeof(crm_bulk_table[0]); i++) {
        if (name != NULL && crm_str_is(&crm_bulk_table[i].name, name)) {
            return &crm_bulk_table[i];
        }
    }

    return NULL;
}


/* a user_id that is null says nobody, as it does in a POST */

static int
crm_bulk_nobody(const crm_entity_t *params)
{
    unsigned  i;

    for (i = 0; i < params->nfields; i++) {
        if (params->fields[i].type == CRM_T_ID
            && params->fields[i].ref == CRM_KIND_USER)
        {
            return i;
        }
    }

    return -1;
}


ngx_int_t
crm_bulk_params(crm_flow_t *f, crm_bulk_t *b, json_t *params)
{
    int      rc;
    json_t  *empty;

    empty = params == NULL ? json_object() : NULL;

    rc = crm_input_parse(&f->arena, b->action->params,
                         empty != NULL ? empty : params, CRM_INPUT_CREATE,
                         crm_bulk_nobody(b->action->params), &b->params,
                         &f->answer.faults);
    json_decref(empty);

    if (rc != CRM_OK) {
        return NGX_ERROR;
    }

    b->params.body = NULL;
    crm_action_check(b->params.values, &f->answer.faults);
    crm_input_refs(f->conf, &b->params, &f->answer.faults);

    if (b->action->input != NULL) {
        return b->action->input(f, b);
    }

    b->input = b->params;

    return NGX_OK;
}
