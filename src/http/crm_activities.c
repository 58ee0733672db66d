/*
 * Activities over HTTP: create, read, patch, delete, cancel (api.md, section
 * 4).  Completion is in crm_activities_done.c.
 */

#include "crm_actions.h"
#include "crm_activity_op.h"
#include "crm_handlers.h"
#include "crm_record_read.h"
#include "crm_respond.h"
#include "crm_route.h"


static const crm_entity_t  *const crm_activity_entity
    = &crm_entities[CRM_KIND_ACTIVITY];


/* ---- GET ---------------------------------------------------------------- */

ngx_int_t
crm_activity_read(crm_flow_t *f)
{
    static const crm_record_reader_t  reader = {
        .kind = CRM_KIND_ACTIVITY,
        .key = crm_activity_hash_key,
        .visible = crm_activity_visible,
        .compute = crm_activity_view,
        .moment = crm_activity_moment
    };

    return crm_record_read(f, &reader);
}


/* ---- what writes have alike --------------------------------------------- */

ngx_int_t
crm_activity_begin(crm_flow_t *f, crm_activity_op_t **o)
{
    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_DECLINED;
    }

    *o = crm_arena_calloc(&f->arena, sizeof(crm_activity_op_t));
    f->data = *o;

    return *o != NULL ? NGX_OK : NGX_ERROR;
}


/* who sees an activity because it is theirs may do no more than complete it */

static ngx_int_t
crm_activity_may_write(crm_flow_t *f, const crm_activity_op_t *o)
{
    if (crm_activity_writable(f, o->old)) {
        return NGX_OK;
    }

    return crm_write_declined(f, CRM_P_FORBIDDEN);
}


/* ---- POST --------------------------------------------------------------- */

static ngx_int_t
crm_activity_create_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    crm_problem_t  problem;

    if (f->answer.faults.n > 0) {
        return crm_write_declined(f, CRM_P_VALIDATION);
    }

    if (o->lead_field.len == 0
        && crm_write_match(f, o->old_lead ? o->old_lead : o->contact)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    o->added = crm_arena_alloc(&f->arena, sizeof(crm_record_t *));
    if (o->added == NULL) {
        return NGX_ERROR;
    }

    problem = crm_activity_create(rule, &o->input, &o->added[0]);
    if (problem != CRM_P_NONE) {
        return crm_write_declined(f, problem);
    }

    o->nadded = 1;

    return NGX_OK;
}


static ngx_int_t
crm_activity_create_answer(crm_flow_t *f, crm_activity_op_t *o)
{
    crm_activity_answer(f, NGX_HTTP_CREATED, o->added[0]);

    return NGX_OK;
}


/* a body may repeat what the path says */

static void
crm_activity_create_named(crm_flow_t *f, crm_activity_op_t *o,
    unsigned field, unsigned other, int64_t id)
{
    crm_value_t  *v = o->input.values->v;

    if (v[field].set && v[field].num != id) {
        crm_fault(&f->answer.faults, &crm_activity_entity->fields[field].name,
                  CRM_FAULT_INVALID, "the path names another record");
    }

    if (v[other].set) {
        crm_fault(&f->answer.faults, &crm_activity_entity->fields[other].name,
                  CRM_FAULT_INVALID, "only one of lead_id and contact_id");
    }

    crm_value_set_num(&v[field], id);
}


static void
crm_activity_create_free(crm_flow_t *f, crm_activity_op_t *o)
{
    unsigned            field;
    const crm_mask_t   *refused = &o->input.refused;
    const crm_value_t  *v = o->input.values->v;
    const crm_field_t  *fields = crm_activity_entity->fields;

    if (v[CRM_ACTIVITY_LEAD_ID].set && v[CRM_ACTIVITY_CONTACT_ID].set) {
        crm_fault(&f->answer.faults, &fields[CRM_ACTIVITY_CONTACT_ID].name,
                  CRM_FAULT_INVALID, "only one of lead_id and contact_id");

    } else if (!v[CRM_ACTIVITY_LEAD_ID].set
               && !v[CRM_ACTIVITY_CONTACT_ID].set
               && !crm_mask_has(refused, CRM_ACTIVITY_LEAD_ID)
               && !crm_mask_has(refused, CRM_ACTIVITY_CONTACT_ID))
    {
        crm_fault(&f->answer.faults, &fields[CRM_ACTIVITY_LEAD_ID].name,
                  CRM_FAULT_REQUIRED, "one of lead_id and contact_id");
    }

    field = v[CRM_ACTIVITY_CONTACT_ID].set ? CRM_ACTIVITY_CONTACT_ID
                                           : CRM_ACTIVITY_LEAD_ID;
    o->lead_field = fields[field].name;
}


static ngx_int_t
crm_activity_post(crm_flow_t *f, unsigned field)
{
    ngx_int_t           rc;
    crm_rule_t          rule;
    crm_value_t        *v;
    crm_record_t       *unused;
    crm_activity_op_t  *o;

    rc = crm_activity_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_collect(f, crm_activity_entity, CRM_INPUT_CREATE,
                               CRM_ACTIVITY_USER_ID, &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (field == 0) {
        crm_activity_create_free(f, o);

    } else {
        crm_activity_create_named(f, o, field,
                                  field == CRM_ACTIVITY_LEAD_ID
                                  ? CRM_ACTIVITY_CONTACT_ID
                                  : CRM_ACTIVITY_LEAD_ID,
                                  crm_request(f)->id[0]);
    }

    v = o->input.values->v;

    o->lead_id = v[CRM_ACTIVITY_LEAD_ID].num;
    o->contact_id = v[CRM_ACTIVITY_CONTACT_ID].num;

    if (f->answer.faults.n > 0) {
        crm_write_rule(f, &rule);
        (void) crm_activity_create(&rule, &o->input, &unused);

        /* a record that the body names and nobody has is one more */

        if (field != 0 || (o->lead_id == 0) == (o->contact_id == 0)) {
            return crm_answer_faults(f);
        }
    }

    o->decide = crm_activity_create_decide;
    o->answer = crm_activity_create_answer;

    return crm_activity_op_start(f);
}


ngx_int_t
crm_activity_create_handler(crm_flow_t *f)
{
    return crm_activity_post(f, 0);
}


ngx_int_t
crm_activity_create_on_lead(crm_flow_t *f)
{
    return crm_activity_post(f, CRM_ACTIVITY_LEAD_ID);
}


ngx_int_t
crm_activity_create_on_contact(crm_flow_t *f)
{
    return crm_activity_post(f, CRM_ACTIVITY_CONTACT_ID);
}


/* ---- PATCH -------------------------------------------------------------- */

static ngx_int_t
crm_activity_patch_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    int            touched;
    crm_problem_t  problem;

    touched = 0;
    problem = crm_activity_update(rule, o->old, &o->input, &o->rec, &touched);

    if (problem == CRM_P_VALIDATION || problem == CRM_P_INTERNAL) {
        return crm_write_declined(f, problem);
    }

    if (crm_activity_may_write(f, o) != NGX_OK
        || crm_write_match(f, o->old) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (problem != CRM_P_NONE) {
        return crm_write_declined(f, problem);
    }

    o->unchanged = !touched;

    return NGX_OK;
}


static ngx_int_t
crm_activity_rec_answer(crm_flow_t *f, crm_activity_op_t *o)
{
    crm_activity_answer(f, NGX_HTTP_OK, o->rec);

    return NGX_OK;
}


ngx_int_t
crm_activity_patch(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_activity_op_t  *o;

    rc = crm_activity_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_collect(f, crm_activity_entity, CRM_INPUT_PATCH, -1,
                               &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->decide = crm_activity_patch_decide;
    o->answer = crm_activity_rec_answer;

    return crm_activity_op_start(f);
}


/* ---- DELETE ------------------------------------------------------------- */

static ngx_int_t
crm_activity_delete_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    (void) rule;

    if (crm_activity_may_write(f, o) != NGX_OK
        || crm_write_match(f, o->old) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_activity_delete_answer(crm_flow_t *f, crm_activity_op_t *o)
{
    f->answer.id = o->id;

    return crm_answer_nothing(f);
}


ngx_int_t
crm_activity_delete(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_activity_op_t  *o;

    rc = crm_activity_begin(f, &o);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->decide = crm_activity_delete_decide;
    o->answer = crm_activity_delete_answer;

    return crm_activity_op_start(f);
}


/* ---- cancel ------------------------------------------------------------- */

static ngx_int_t
crm_activity_cancel_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule)
{
    crm_problem_t  problem;

    if (crm_activity_may_write(f, o) != NGX_OK
        || crm_write_match(f, o->old) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    problem = crm_activity_cancel(rule, o->old, &o->rec);

    return problem != CRM_P_NONE ? crm_write_declined(f, problem) : NGX_OK;
}


ngx_int_t
crm_activity_cancel_handler(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_activity_op_t  *o;

    rc = crm_activity_begin(f, &o);

    if (rc == NGX_OK) {
        rc = crm_write_action(f, &crm_action_none, &o->input);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    o->id = crm_request(f)->id[0];
    o->decide = crm_activity_cancel_decide;
    o->answer = crm_activity_rec_answer;

    return crm_activity_op_start(f);
}
