/*
 * Changes of the configuration that a job carries to the leads: a stage's
 * probability, is_won or team, and lost reasons that are merged (api.md,
 * "Changing what many records depend on").
 *
 * The configuration changes at once; the jobs are bulk changes over the
 * leads with a value of a facet.
 */

#include "crm_actions.h"
#include "crm_bulk.h"
#include "crm_change.h"
#include "crm_config.h"
#include "crm_handlers.h"
#include "crm_respond.h"


static crm_problem_t crm_stage_apply(crm_flow_t *f, crm_lead_op_t *o,
    const crm_rule_t *rule);
static crm_problem_t crm_reason_apply(crm_flow_t *f, crm_lead_op_t *o,
    const crm_rule_t *rule);
static void crm_reason_ask(crm_flow_t *f, crm_bulk_t *b);
static ngx_int_t crm_reason_close(crm_flow_t *f, crm_bulk_t *b,
    crm_ops_t *ops);
static ngx_int_t crm_reason_merge_begin(crm_flow_t *f);


const crm_job_kind_t  crm_stage_job = {
    .name = crm_string("stage_change"),
    .slice = crm_bulk_slice,
    .carries = 1
};

const crm_job_kind_t  crm_reason_job = {
    .name = crm_string("reason_merge"),
    .slice = crm_bulk_slice
};

const crm_bulk_action_t  crm_stage_action = {
    .name = crm_string("stage_change"), .params = &crm_action_none,
    .op = CRM_OP_OTHER, .kind = &crm_stage_job, .facet = "stage",
    .apply = crm_stage_apply
};

const crm_bulk_action_t  crm_reason_action = {
    .name = crm_string("reason_merge"), .params = &crm_action_none,
    .op = CRM_OP_OTHER, .kind = &crm_reason_job, .facet = "reason",
    .apply = crm_reason_apply, .ask = crm_reason_ask, .close = crm_reason_close
};


static int64_t
crm_carry_param(const crm_job_t *job, const char *name)
{
    return json_integer_value(json_object_get(job->params, name));
}


static crm_job_t *
crm_carry_job(crm_lead_op_t *o)
{
    return crm_bulk_of((crm_child_t *) o->of)->job;
}


/* ---- stages ------------------------------------------------------------- */

ngx_uint_t
crm_stage_carries(const crm_record_t *old, const crm_record_t *stage)
{
    ngx_uint_t  i;

    static const unsigned  fields[] = {
        CRM_STAGE_PROBABILITY, CRM_STAGE_IS_WON, CRM_STAGE_TEAM_ID
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!crm_value_eq(stage->entity->fields[fields[i]].type,
                          &old->v[fields[i]], &stage->v[fields[i]]))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
crm_stage_carry(crm_flow_t *f, const crm_record_t *stage,
    const crm_reply_t *asked, crm_ops_t *ops)
{
    crm_str_t  params;

    params = crm_arena_printf(&f->arena, "{\"id\":%lld}",
                              (long long) crm_record_id(stage));

    return params.data != NULL
           && crm_job_create(f, &crm_stage_job, params, -1, asked, ops)
              != NULL
           ? NGX_OK : NGX_ERROR;
}


/* a lost record stays lost; one that the stage does not fit any more goes to
   the first of its team, as when its team had changed */

static crm_problem_t
crm_stage_apply(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    int64_t        id;
    crm_record_t  *stage;

    (void) f;

    id = crm_carry_param(crm_carry_job(o), "id");
    stage = crm_conf_find(rule->conf, CRM_KIND_STAGE, id);

    o->lead = crm_record_copy(rule->arena, o->old);

    if (o->lead == NULL) {
        return CRM_P_INTERNAL;
    }

    if (stage == NULL || o->old->v[CRM_LEAD_STAGE_ID].num != id) {
        return CRM_P_NONE;
    }

    if (!crm_stage_fits(stage, o->old->v[CRM_LEAD_TEAM_ID].num)) {
        stage = crm_stage_first(rule->conf,
                                o->old->v[CRM_LEAD_TEAM_ID].num);
        if (stage == NULL) {
            return CRM_P_NONE;
        }
    }

    if (o->old->v[CRM_LEAD_STATE].num == CRM_STATE_LOST
        && crm_record_id(stage) == id)
    {
        crm_lead_settle(o->lead, stage);
        return CRM_P_NONE;
    }

    return crm_lead_enter(rule, o->lead, stage) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


/* ---- lost reasons ------------------------------------------------------- */

static crm_problem_t
crm_reason_apply(crm_flow_t *f, crm_lead_op_t *o, const crm_rule_t *rule)
{
    int64_t       into;
    crm_value_t  *reason;
    crm_job_t    *job = crm_carry_job(o);

    (void) f;

    /* deleted meanwhile, or merged itself: to go on would never end */

    into = crm_carry_param(job, "into");

    if (crm_conf_find(rule->conf, CRM_KIND_LOST_REASON, into) == NULL) {
        return CRM_P_NOT_FOUND;
    }

    o->lead = crm_record_copy(rule->arena, o->old);

    if (o->lead == NULL) {
        return CRM_P_INTERNAL;
    }

    reason = &o->lead->v[CRM_LEAD_LOST_REASON_ID];

    if (reason->num == crm_carry_param(job, "id")) {
        crm_value_set_num(reason, into);
    }

    return CRM_P_NONE;
}


/* how many still have the reason: somebody may have named it meanwhile */

static void
crm_reason_ask(crm_flow_t *f, crm_bulk_t *b)
{
    crm_str_t  none = crm_null_string;

    crm_flow_call(f, "HGET", crm_flow_key(f, "count:lost_reason"),
                  crm_arena_printf(&f->arena, "%lld",
                                   (long long) crm_carry_param(b->job,
                                                               "id")),
                  none, none);
}


/* the merged one goes; the commit proves that nobody uses it */

static ngx_int_t
crm_reason_close(crm_flow_t *f, crm_bulk_t *b, crm_ops_t *ops)
{
    int64_t        id, used;
    crm_str_t      key, field;
    crm_rule_t     rule;
    crm_record_t  *old;

    id = crm_carry_param(b->job, "id");
    old = crm_conf_find(f->conf, CRM_KIND_LOST_REASON, id);

    if (old == NULL || b->job->failed > 0) {
        return NGX_OK;
    }

    if (crm_reply_is_string(&f->reply[1])
        && crm_str_int(&f->reply[1].str, &used) == CRM_OK && used > 0)
    {
        return NGX_DECLINED;
    }

    key = crm_flow_key(f, "count:lost_reason");
    field = crm_arena_printf(&f->arena, "%lld", (long long) id);

    crm_change_check(ops, CRM_CHECK_FIELD_BELOW, key, field, crm_str("1"),
                     CRM_FAILED_VERSION);

    crm_write_rule(f, &rule);

    if (crm_config_commit(ops, &rule, old, NULL) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_ops_put(ops, "HDEL", key, field, (crm_str_t) crm_null_string,
                (crm_str_t) crm_null_string);

    return NGX_OK;
}


ngx_int_t
crm_reason_merge_handler(crm_flow_t *f)
{
    ngx_int_t     rc;
    crm_input_t  *input;

    input = crm_arena_calloc(&f->arena, sizeof(crm_input_t));
    if (input == NULL) {
        return NGX_ERROR;
    }

    f->data = input;

    rc = crm_write_input(f, &crm_reason_merge, CRM_INPUT_CREATE, -1, input);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_job_ask(f, &crm_reason_job);

    return crm_flow_wait(f, crm_reason_merge_begin);
}


static ngx_int_t
crm_reason_merge_begin(crm_flow_t *f)
{
    int64_t        into;
    crm_ops_t      ops;
    crm_str_t      params;
    crm_rule_t     rule;
    crm_input_t   *input = f->data;
    crm_record_t  *old, *rec, *job;

    old = crm_conf_find(f->conf, CRM_KIND_LOST_REASON, crm_request(f)->id[0]);

    if (old == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    into = input->values->v[0].num;

    if (into == crm_record_id(old)) {
        crm_fault(&f->answer.faults, &crm_reason_merge.fields[0].name,
                  CRM_FAULT_INVALID, "must be another reason");
        return crm_answer_faults(f);
    }

    if (crm_write_match(f, old) != NGX_OK) {
        return NGX_OK;
    }

    crm_write_rule(f, &rule);
    crm_ops_init(&ops, &f->arena);

    /* out of the pickers at once */

    rec = crm_record_copy(&f->arena, old);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&rec->v[CRM_LOST_REASON_ACTIVE], 0);
    (void) crm_change_touch(&rule, old, rec, NULL);

    if (crm_config_commit(&ops, &rule, old, rec) != CRM_OK) {
        return NGX_ERROR;
    }

    params = crm_arena_printf(&f->arena, "{\"id\":%lld,\"into\":%lld}",
                              (long long) crm_record_id(old),
                              (long long) into);

    job = crm_job_create(f, &crm_reason_job, params, -1, &f->reply[0], &ops);

    return crm_job_submit(f, &ops, job);
}
