/*
 * The state machine of leads: open, won, lost; active or archived
 * (semantics.md, "Stages, probability, won, lost").
 *
 * Two tables say everything: what entering a stage does in each state, and
 * which actions a state refuses.
 */

#include "crm_lead.h"


#define CRM_PROBABILITY_WON  10000      /* basis points */


typedef void (*crm_enter_pt)(const crm_rule_t *rule, crm_record_t *lead);

typedef enum {
    CRM_ACTION_WON = 0,
    CRM_ACTION_LOST,
    CRM_ACTION_RESTORE,
    CRM_ACTION_ARCHIVE,
    CRM_ACTION_MAX
} crm_action_t;


static void crm_lead_stay(const crm_rule_t *rule, crm_record_t *lead);
static void crm_lead_win(const crm_rule_t *rule, crm_record_t *lead);
static void crm_lead_win_again(const crm_rule_t *rule, crm_record_t *lead);
static void crm_lead_reopen(const crm_rule_t *rule, crm_record_t *lead);


/* by state, and by is_won of the stage that is entered */

static const crm_enter_pt  crm_lead_entering[][2] = {
    [CRM_STATE_OPEN] = { crm_lead_stay, crm_lead_win },
    [CRM_STATE_WON] = { crm_lead_reopen, crm_lead_win_again },
    [CRM_STATE_LOST] = { crm_lead_stay, crm_lead_win }
};


/* by action, by state, and by whether the record is active; a lost one that
   is active does not exist */

static const crm_problem_t  crm_lead_refusals[CRM_ACTION_MAX][3][2] = {
    [CRM_ACTION_WON] = {
        [CRM_STATE_OPEN] = { CRM_P_NONE, CRM_P_NONE },
        [CRM_STATE_WON] = { CRM_P_ALREADY_WON, CRM_P_ALREADY_WON },
        [CRM_STATE_LOST] = { CRM_P_NONE, CRM_P_NONE }
    },
    [CRM_ACTION_LOST] = {
        [CRM_STATE_OPEN] = { CRM_P_NONE, CRM_P_NONE },
        [CRM_STATE_WON] = { CRM_P_IS_WON, CRM_P_IS_WON },
        [CRM_STATE_LOST] = { CRM_P_ALREADY_LOST, CRM_P_ALREADY_LOST }
    },
    [CRM_ACTION_RESTORE] = {
        [CRM_STATE_OPEN] = { CRM_P_NONE, CRM_P_NOT_LOST },
        [CRM_STATE_WON] = { CRM_P_NONE, CRM_P_NOT_LOST },
        [CRM_STATE_LOST] = { CRM_P_NONE, CRM_P_NONE }
    },
    [CRM_ACTION_ARCHIVE] = {
        [CRM_STATE_OPEN] = { CRM_P_ALREADY_ARCHIVED, CRM_P_NONE },
        [CRM_STATE_WON] = { CRM_P_ALREADY_ARCHIVED, CRM_P_NONE },
        [CRM_STATE_LOST] = { CRM_P_IS_LOST, CRM_P_IS_LOST }
    }
};


static const crm_record_t *
crm_lead_stage(const crm_rule_t *rule, const crm_record_t *lead)
{
    return crm_conf_find(rule->conf, CRM_KIND_STAGE,
                         lead->v[CRM_LEAD_STAGE_ID].num);
}


/* a copy to act upon, where the action is allowed */

static crm_problem_t
crm_lead_begin(const crm_rule_t *rule, const crm_record_t *old,
    crm_action_t action, crm_record_t **lead)
{
    crm_problem_t  problem;

    problem = crm_lead_refusals[action][old->v[CRM_LEAD_STATE].num]
                               [old->v[CRM_LEAD_ACTIVE].num];
    if (problem != CRM_P_NONE) {
        return problem;
    }

    *lead = crm_record_copy(rule->arena, old);

    return *lead ? CRM_P_NONE : CRM_P_INTERNAL;
}


crm_problem_t
crm_lead_move(const crm_rule_t *rule, const crm_record_t *old, int64_t stage,
    int64_t rank, crm_record_t **lead)
{
    const crm_record_t  *to;
    const crm_field_t   *f = &old->entity->fields[CRM_LEAD_STAGE_ID];

    to = crm_conf_find(rule->conf, CRM_KIND_STAGE, stage);

    if (to == NULL) {
        crm_fault(rule->faults, &f->name, CRM_FAULT_NOT_FOUND,
                  "there is no such record");
        return CRM_P_VALIDATION;
    }

    if (!crm_stage_fits(to, old->v[CRM_LEAD_TEAM_ID].num)) {
        crm_fault(rule->faults, &f->name, CRM_FAULT_INVALID,
                  "the stage is another team's");
        return CRM_P_VALIDATION;
    }

    *lead = crm_record_copy(rule->arena, old);

    if (*lead == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_value_set_num(&(*lead)->v[CRM_LEAD_RANK], rank);

    if (old->v[CRM_LEAD_STAGE_ID].num == stage) {
        return CRM_P_NONE;
    }

    return crm_lead_enter(rule, *lead, to) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


crm_problem_t
crm_lead_won_column(const crm_rule_t *rule, const crm_record_t *old,
    crm_column_t *column)
{
    const crm_record_t  *stage;

    stage = crm_stage_won(rule->conf, old->v[CRM_LEAD_TEAM_ID].num,
                          crm_lead_stage(rule, old));
    if (stage == NULL) {
        return CRM_P_NO_WON_STAGE;
    }

    column->type = old->v[CRM_LEAD_TYPE].num;
    column->stage = crm_record_id(stage);
    column->empty = 1;
    column->top = 0;

    return CRM_P_NONE;
}


crm_problem_t
crm_lead_won(const crm_rule_t *rule, const crm_record_t *old,
    const crm_column_t *column, crm_record_t **lead)
{
    crm_problem_t        problem;
    const crm_record_t  *stage;

    problem = crm_lead_begin(rule, old, CRM_ACTION_WON, lead);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    stage = crm_conf_find(rule->conf, CRM_KIND_STAGE, column->stage);

    if (stage == NULL) {
        return CRM_P_NO_WON_STAGE;
    }

    if (old->v[CRM_LEAD_STAGE_ID].num != column->stage) {
        crm_value_set_num(&(*lead)->v[CRM_LEAD_RANK], crm_rank_top(column));
    }

    return crm_lead_enter(rule, *lead, stage) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


crm_problem_t
crm_lead_lost(const crm_rule_t *rule, const crm_record_t *old,
    int64_t reason, crm_record_t **lead)
{
    crm_value_t    *v;
    crm_problem_t   problem;

    problem = crm_lead_begin(rule, old, CRM_ACTION_LOST, lead);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    v = (*lead)->v;

    crm_value_set_num(&v[CRM_LEAD_STATE], CRM_STATE_LOST);
    crm_value_set_num(&v[CRM_LEAD_ACTIVE], 0);
    crm_value_set_num(&v[CRM_LEAD_CLOSED_AT], rule->now);
    crm_value_clear(&v[CRM_LEAD_LOST_REASON_ID]);

    if (reason != 0) {
        crm_value_set_num(&v[CRM_LEAD_LOST_REASON_ID], reason);
    }

    crm_lead_settle(*lead, crm_lead_stage(rule, old));

    return CRM_P_NONE;
}


crm_problem_t
crm_lead_restore(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t **lead)
{
    crm_value_t         *v;
    crm_problem_t        problem;
    const crm_record_t  *stage;

    problem = crm_lead_begin(rule, old, CRM_ACTION_RESTORE, lead);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    v = (*lead)->v;
    crm_value_set_num(&v[CRM_LEAD_ACTIVE], 1);

    if (old->v[CRM_LEAD_STATE].num != CRM_STATE_LOST) {
        return CRM_P_NONE;
    }

    crm_value_clear(&v[CRM_LEAD_LOST_REASON_ID]);
    crm_lead_reopen(rule, *lead);

    stage = crm_lead_stage(rule, old);

    if (stage == NULL) {
        return CRM_P_NONE;
    }

    /* its stage may have become a won stage meanwhile */

    return crm_lead_enter(rule, *lead, stage) == CRM_OK
           ? CRM_P_NONE : CRM_P_INTERNAL;
}


crm_problem_t
crm_lead_archive(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t **lead)
{
    crm_problem_t  problem;

    problem = crm_lead_begin(rule, old, CRM_ACTION_ARCHIVE, lead);

    if (problem == CRM_P_NONE) {
        crm_value_set_num(&(*lead)->v[CRM_LEAD_ACTIVE], 0);
    }

    return problem;
}


int
crm_lead_enter(const crm_rule_t *rule, crm_record_t *lead,
    const crm_record_t *stage)
{
    int64_t  state, id;

    id = crm_record_id(stage);
    state = lead->v[CRM_LEAD_STATE].num;

    if (lead->v[CRM_LEAD_STAGE_ID].num != id) {

        if (crm_lead_add_time(rule->arena, lead, rule->now) != CRM_OK) {
            return CRM_ERROR;
        }

        crm_value_set_num(&lead->v[CRM_LEAD_STAGE_ID], id);
        crm_value_set_num(&lead->v[CRM_LEAD_STAGE_CHANGED_AT], rule->now);
    }

    crm_lead_entering[state][stage->v[CRM_STAGE_IS_WON].num](rule, lead);
    crm_lead_settle(lead, stage);

    return CRM_OK;
}


void
crm_lead_settle(crm_record_t *lead, const crm_record_t *stage)
{
    crm_value_t  *v = lead->v;

    switch (v[CRM_LEAD_STATE].num) {

    case CRM_STATE_WON:
        crm_value_set_num(&v[CRM_LEAD_PROBABILITY], CRM_PROBABILITY_WON);
        break;

    case CRM_STATE_LOST:
        crm_value_set_num(&v[CRM_LEAD_PROBABILITY], 0);
        break;

    default:
        if (stage != NULL
            && v[CRM_LEAD_PROBABILITY_MODE].num == CRM_MODE_AUTO)
        {
            crm_value_set_num(&v[CRM_LEAD_PROBABILITY],
                              stage->v[CRM_STAGE_PROBABILITY].num);
        }
    }
}


static void
crm_lead_stay(const crm_rule_t *rule, crm_record_t *lead)
{
    (void) rule;
    (void) lead;
}


static void
crm_lead_win(const crm_rule_t *rule, crm_record_t *lead)
{
    crm_value_set_num(&lead->v[CRM_LEAD_STATE], CRM_STATE_WON);
    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVE], 1);
    crm_value_set_num(&lead->v[CRM_LEAD_CLOSED_AT], rule->now);
    crm_value_clear(&lead->v[CRM_LEAD_LOST_REASON_ID]);
}


/* from one won stage to another: the day it was closed stays */

static void
crm_lead_win_again(const crm_rule_t *rule, crm_record_t *lead)
{
    (void) rule;

    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVE], 1);
}


static void
crm_lead_reopen(const crm_rule_t *rule, crm_record_t *lead)
{
    (void) rule;

    crm_value_set_num(&lead->v[CRM_LEAD_STATE], CRM_STATE_OPEN);
    crm_value_set_num(&lead->v[CRM_LEAD_PROBABILITY_MODE], CRM_MODE_AUTO);
    crm_value_clear(&lead->v[CRM_LEAD_CLOSED_AT]);
}
