/*
 * POST /leads/{id}/activity-plans/{plan_id} (api.md, section 4): every step of
 * a plan becomes an activity of the lead, or none does.
 */

#include "crm_actions.h"
#include "crm_activity_op.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_respond.h"


static ngx_int_t crm_plan_decide(crm_flow_t *f, crm_activity_op_t *o,
    const crm_rule_t *rule);
static ngx_int_t crm_plan_answer(crm_flow_t *f, crm_activity_op_t *o);


typedef struct {
    crm_input_t    input;
    crm_record_t  *plan;
} crm_plan_launch_t;


ngx_int_t
crm_plan_launch(crm_flow_t *f)
{
    ngx_int_t           rc;
    crm_request_t      *q = crm_request(f);
    crm_activity_op_t  *o;
    crm_plan_launch_t  *launch;

    o = crm_arena_calloc(&f->arena, sizeof(crm_activity_op_t));
    launch = crm_arena_calloc(&f->arena, sizeof(crm_plan_launch_t));

    if (o == NULL || launch == NULL) {
        return NGX_ERROR;
    }

    rc = crm_write_action(f, &crm_action_plan, &launch->input);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    launch->plan = crm_conf_find(f->conf, CRM_KIND_ACTIVITY_PLAN, q->id[1]);

    if (launch->plan == NULL) {
        return crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
    }

    o->lead_id = q->id[0];
    o->decide = crm_plan_decide;
    o->answer = crm_plan_answer;
    o->data = launch;

    f->data = o;

    return crm_activity_op_start(f);
}


/* the step's own user; else the one named at launch (null: nobody), the
   type's, the caller */

static int64_t
crm_plan_user(const crm_rule_t *rule, const crm_plan_launch_t *launch,
    const crm_record_t *step, const crm_record_t *type)
{
    const crm_value_t  *v;

    v = &step->v[CRM_PLAN_STEP_USER_ID];

    if (v->set) {
        return v->num;
    }

    v = &launch->input.values->v[CRM_PLAN_LAUNCH_USER_ID];

    if (crm_mask_has(&launch->input.present, CRM_PLAN_LAUNCH_USER_ID)) {
        return v->set ? v->num : 0;
    }

    v = &type->v[CRM_ACTIVITY_TYPE_DEFAULT_USER_ID];

    return v->set ? v->num : rule->actor;
}


/* `before' counts back from the plan's date */

static int64_t
crm_plan_day(const crm_record_t *step, int64_t date)
{
    int64_t  count = step->v[CRM_PLAN_STEP_DELAY_COUNT].num;

    if (step->v[CRM_PLAN_STEP_WHEN].num == CRM_WHEN_BEFORE) {
        count = -count;
    }

    return crm_activity_delay(date, count,
                              step->v[CRM_PLAN_STEP_DELAY_UNIT].num);
}


static ngx_int_t
crm_plan_decide(crm_flow_t *f, crm_activity_op_t *o, const crm_rule_t *rule)
{
    int64_t               date;
    unsigned              i;
    crm_record_t         *step, *type;
    crm_plan_launch_t    *launch = o->data;
    const crm_value_t    *given;
    const crm_objects_t  *steps;

    if (crm_write_match(f, o->old_lead) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (!launch->plan->v[CRM_ACTIVITY_PLAN_ACTIVE].num) {
        (void) crm_flow_problem(f, CRM_P_NOT_ACTIVE, NULL);
        return NGX_DECLINED;
    }

    given = &launch->input.values->v[CRM_PLAN_LAUNCH_DATE];
    date = given->set ? given->num : crm_activity_today(rule, rule->actor);

    steps = &launch->plan->v[CRM_ACTIVITY_PLAN_STEPS].objects;

    o->added = crm_arena_calloc(&f->arena, steps->n
                                           * sizeof(crm_record_t *));
    if (o->added == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < steps->n; i++) {
        step = steps->rec[i];
        type = crm_conf_find(rule->conf, CRM_KIND_ACTIVITY_TYPE,
                             step->v[CRM_PLAN_STEP_TYPE_ID].num);

        if (type == NULL) {
            return NGX_ERROR;
        }

        o->added[i] = crm_activity_new(rule, type,
                                       crm_plan_user(rule, launch, step,
                                                     type),
                                       crm_plan_day(step, date));
        if (o->added[i] == NULL) {
            return NGX_ERROR;
        }
    }

    o->nadded = steps->n;

    return NGX_OK;
}


static ngx_int_t
crm_plan_answer(crm_flow_t *f, crm_activity_op_t *o)
{
    ngx_uint_t   i;
    crm_out_t   *out;

    out = crm_answer_json(f, NGX_HTTP_CREATED);

    crm_out_lit(out, "{\"data\":[");

    for (i = 0; i < o->nadded; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_activity_json(f, out, o->added[i]);
    }

    crm_out_lit(out, "]}");

    crm_answer_location(f, "/leads/%lld/activities", (long long) o->lead_id);

    return NGX_OK;
}
