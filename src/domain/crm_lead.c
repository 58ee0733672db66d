/*
 * Leads: creation and change by a body (semantics.md).
 *
 * Owns defaults, the choice of team and stage, what a contact fills, and
 * whose word on the probability counts.  What entering a stage means is in
 * crm_lead_state.c.
 */

#include "crm_change.h"


/* where a record belongs after the change */

typedef struct {
    int64_t              type;
    int64_t              user;      /* 0: nobody */
    int64_t              team;      /* 0: none */
    const crm_record_t  *stage;     /* NULL: none fits */
} crm_place_t;


static void crm_lead_place(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_faults_t *faults, crm_place_t *place);
static const crm_record_t *crm_lead_place_given(const crm_rule_t *rule,
    const crm_input_t *input, const crm_record_t *old,
    crm_faults_t *faults);
static int64_t crm_lead_given_id(const crm_input_t *input,
    const crm_record_t *old, unsigned field);
static int64_t crm_stage_id(const crm_record_t *stage);
static crm_problem_t crm_lead_chance(const crm_input_t *input,
    const crm_record_t *stage, crm_record_t *lead);
static crm_record_t *crm_lead_patched(const crm_rule_t *rule,
    const crm_record_t *old, const crm_input_t *input);


static const crm_str_t *
crm_lead_name(unsigned field)
{
    return &crm_entities[CRM_KIND_LEAD].fields[field].name;
}


int
crm_lead_column(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_column_t *column)
{
    crm_place_t  place;

    crm_lead_place(rule, input, old, NULL, &place);

    column->type = place.type;
    column->stage = crm_stage_id(place.stage);
    column->empty = 1;
    column->top = 0;

    return old != NULL && old->v[CRM_LEAD_STAGE_ID].num == column->stage
           ? CRM_DECLINED : CRM_OK;
}


crm_problem_t
crm_lead_create(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *contact, const crm_record_t *company,
    const crm_column_t *column, crm_record_t **result)
{
    crm_place_t     place;
    crm_record_t   *lead;
    crm_problem_t   problem;

    lead = crm_input_create(rule->arena, input);
    if (lead == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_lead_place(rule, input, NULL, rule->faults, &place);

    if (place.type == CRM_TYPE_LEAD
        && !rule->conf->settings->v[CRM_SETTINGS_USE_LEADS].num)
    {
        crm_fault(rule->faults, crm_lead_name(CRM_LEAD_TYPE),
                  CRM_FAULT_INVALID, "leads are switched off (use_leads)");
    }

    if (lead->v[CRM_LEAD_LOST_REASON_ID].set) {
        crm_fault(rule->faults, crm_lead_name(CRM_LEAD_LOST_REASON_ID),
                  CRM_FAULT_INVALID, "only a lost record has a lost reason");
    }

    problem = crm_change_verdict(rule);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    crm_lead_put_id(lead, CRM_LEAD_TEAM_ID, place.team);
    crm_lead_assign(rule, NULL, lead, place.user);
    crm_value_set_num(&lead->v[CRM_LEAD_RANK], crm_rank_top(column));
    crm_value_set_num(&lead->v[CRM_LEAD_PROBABILITY_MODE], CRM_MODE_AUTO);
    crm_value_clear(&lead->v[CRM_LEAD_STAGE_ID]);

    if (place.stage != NULL
        && crm_lead_enter(rule, lead, place.stage) != CRM_OK)
    {
        return CRM_P_INTERNAL;
    }

    problem = crm_lead_chance(input, place.stage, lead);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    crm_lead_fill(lead, contact, company);
    crm_change_created(rule, lead);

    *result = lead;

    return CRM_P_NONE;
}


crm_problem_t
crm_lead_update(const crm_rule_t *rule, const crm_record_t *old,
    const crm_input_t *input, const crm_record_t *contact,
    const crm_record_t *company, const crm_column_t *column,
    crm_record_t **result)
{
    crm_place_t     place;
    crm_record_t   *lead;
    crm_problem_t   problem;

    lead = crm_lead_patched(rule, old, input);
    if (lead == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_lead_place(rule, input, old, rule->faults, &place);

    crm_lead_put_id(lead, CRM_LEAD_TEAM_ID, place.team);
    crm_lead_assign(rule, old, lead, place.user);

    if (crm_stage_id(place.stage) != old->v[CRM_LEAD_STAGE_ID].num) {
        crm_value_set_num(&lead->v[CRM_LEAD_RANK], crm_rank_top(column));

        if (place.stage == NULL) {
            crm_value_clear(&lead->v[CRM_LEAD_STAGE_ID]);

        } else if (crm_lead_enter(rule, lead, place.stage) != CRM_OK) {
            return CRM_P_INTERNAL;
        }
    }

    if (input->values->v[CRM_LEAD_LOST_REASON_ID].set
        && lead->v[CRM_LEAD_STATE].num != CRM_STATE_LOST)
    {
        crm_fault(rule->faults, crm_lead_name(CRM_LEAD_LOST_REASON_ID),
                  CRM_FAULT_INVALID, "only a lost record has a lost reason");
    }

    problem = crm_change_verdict(rule);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    problem = crm_lead_chance(input, place.stage, lead);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    if (!crm_value_eq(CRM_T_ID, &lead->v[CRM_LEAD_CONTACT_ID],
                      &old->v[CRM_LEAD_CONTACT_ID]))
    {
        crm_lead_fill(lead, contact, company);
    }

    *result = lead;

    return CRM_P_NONE;
}


/* faults is NULL where only the place is asked for */

static void
crm_lead_place(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_faults_t *faults, crm_place_t *place)
{
    unsigned             team_given;
    const crm_record_t  *stage;

    if (old != NULL) {
        place->type = old->v[CRM_LEAD_TYPE].num;

    } else {
        place->type = input->values->v[CRM_LEAD_TYPE].set
                      ? input->values->v[CRM_LEAD_TYPE].num
                      : CRM_TYPE_OPPORTUNITY;
    }

    place->user = crm_lead_given_id(input, old, CRM_LEAD_USER_ID);
    place->team = crm_lead_given_id(input, old, CRM_LEAD_TEAM_ID);

    if (old == NULL && !crm_mask_has(&input->present, CRM_LEAD_USER_ID)) {
        place->user = rule->actor;
    }

    stage = crm_lead_place_given(rule, input, old, faults);
    team_given = old != NULL
                 || crm_mask_has(&input->present, CRM_LEAD_TEAM_ID);

    if (!team_given) {
        place->team = stage != NULL && stage->v[CRM_STAGE_TEAM_ID].set
                      ? stage->v[CRM_STAGE_TEAM_ID].num
                      : crm_team_default(rule->conf, place->user);
    }

    if (stage != NULL && !crm_stage_fits(stage, place->team)) {
        if (faults != NULL) {
            crm_fault(faults, crm_lead_name(CRM_LEAD_STAGE_ID),
                      CRM_FAULT_INVALID, "the stage is another team's");
        }

        stage = NULL;
    }

    if (stage == NULL && old != NULL) {
        stage = crm_conf_find(rule->conf, CRM_KIND_STAGE,
                              old->v[CRM_LEAD_STAGE_ID].num);

        if (stage != NULL && !crm_stage_fits(stage, place->team)) {
            stage = NULL;
        }
    }

    place->stage = stage ? stage : crm_stage_first(rule->conf, place->team);
}


/* the stage that the input names; NULL: it names none that exists, which
   crm_input_refs() has told */

static const crm_record_t *
crm_lead_place_given(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_faults_t *faults)
{
    const crm_value_t  *v = &input->values->v[CRM_LEAD_STAGE_ID];

    if (v->set) {
        return crm_conf_find(rule->conf, CRM_KIND_STAGE, v->num);
    }

    if (faults != NULL
        && old != NULL && old->v[CRM_LEAD_STAGE_ID].set
        && crm_mask_has(&input->present, CRM_LEAD_STAGE_ID))
    {
        crm_fault(faults, crm_lead_name(CRM_LEAD_STAGE_ID),
                  CRM_FAULT_REQUIRED, "a record has a stage");
    }

    return NULL;
}


static int64_t
crm_lead_given_id(const crm_input_t *input, const crm_record_t *old,
    unsigned field)
{
    if (crm_mask_has(&input->present, field) || old == NULL) {
        return input->values->v[field].num;
    }

    return old->v[field].num;
}


void
crm_lead_put_id(crm_record_t *lead, unsigned field, int64_t id)
{
    crm_value_clear(&lead->v[field]);

    if (id != 0) {
        crm_value_set_num(&lead->v[field], id);
    }
}


static int64_t
crm_stage_id(const crm_record_t *stage)
{
    return stage ? crm_record_id(stage) : 0;
}


void
crm_lead_assign(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead, int64_t user)
{
    crm_lead_put_id(lead, CRM_LEAD_USER_ID, user);

    if (old != NULL && old->v[CRM_LEAD_USER_ID].num == user) {
        return;
    }

    crm_value_clear(&lead->v[CRM_LEAD_ASSIGNED_AT]);

    if (user != 0) {
        crm_value_set_num(&lead->v[CRM_LEAD_ASSIGNED_AT], rule->now);
    }
}


static void
crm_lead_fill_one(crm_record_t *lead, unsigned field,
    const crm_record_t *from, unsigned source)
{
    if (!lead->v[field].set && from->v[source].set) {
        lead->v[field] = from->v[source];
    }
}


void
crm_lead_fill(crm_record_t *lead, const crm_record_t *contact,
    const crm_record_t *company)
{
    unsigned  i;

    /* CRM_ADDRESS() keeps both in the same order */

    if (contact == NULL) {
        return;
    }

    crm_lead_fill_one(lead, CRM_LEAD_EMAIL, contact, CRM_CONTACT_EMAIL);
    crm_lead_fill_one(lead, CRM_LEAD_PHONE, contact, CRM_CONTACT_PHONE);
    crm_lead_fill_one(lead, CRM_LEAD_JOB_TITLE, contact,
                      CRM_CONTACT_JOB_TITLE);

    if (contact->v[CRM_CONTACT_KIND].num == CRM_CONTACT_COMPANY) {
        company = contact;

    } else {
        crm_lead_fill_one(lead, CRM_LEAD_CONTACT_NAME, contact,
                          CRM_CONTACT_NAME);
    }

    if (company != NULL) {
        crm_lead_fill_one(lead, CRM_LEAD_COMPANY_NAME, company,
                          CRM_CONTACT_NAME);
    }

    for (i = CRM_LEAD_STREET; i <= CRM_LEAD_COUNTRY; i++) {
        if (lead->v[i].set) {
            return;
        }
    }

    for (i = CRM_LEAD_STREET; i <= CRM_LEAD_COUNTRY; i++) {
        lead->v[i] = contact->v[CRM_CONTACT_STREET + i - CRM_LEAD_STREET];
    }
}


/*
 * A probability that is given makes the mode manual, unless the input asks
 * for the automatic one; null gives it back to the stage.  While won or lost
 * it is not free to choose.
 */

static crm_problem_t
crm_lead_chance(const crm_input_t *input, const crm_record_t *stage,
    crm_record_t *lead)
{
    int64_t             state, mode;
    unsigned            mode_given;
    const crm_value_t  *given;

    given = &input->values->v[CRM_LEAD_PROBABILITY];
    state = lead->v[CRM_LEAD_STATE].num;
    mode = lead->v[CRM_LEAD_PROBABILITY_MODE].num;
    mode_given = crm_mask_has(&input->present, CRM_LEAD_PROBABILITY_MODE);

    if (given->set && state == CRM_STATE_WON && given->num != 10000) {
        return CRM_P_IS_WON;
    }

    if (given->set && state == CRM_STATE_LOST && given->num != 0) {
        return CRM_P_IS_LOST;
    }

    if (mode_given) {
        mode = input->values->v[CRM_LEAD_PROBABILITY_MODE].set
               ? input->values->v[CRM_LEAD_PROBABILITY_MODE].num
               : CRM_MODE_AUTO;

    } else if (state == CRM_STATE_OPEN
               && crm_mask_has(&input->present, CRM_LEAD_PROBABILITY))
    {
        mode = given->set ? CRM_MODE_MANUAL : CRM_MODE_AUTO;
    }

    crm_value_set_num(&lead->v[CRM_LEAD_PROBABILITY_MODE], mode);

    if (given->set) {
        lead->v[CRM_LEAD_PROBABILITY] = *given;
    }

    crm_lead_settle(lead, stage);

    return CRM_P_NONE;
}


/* what the stage machine decides stays as it was for now; read-only fields
   that the body repeats are compared with what an answer shows */

static crm_record_t *
crm_lead_patched(const crm_rule_t *rule, const crm_record_t *old,
    const crm_input_t *input)
{
    unsigned       i;
    crm_record_t  *seen, *lead;

    static const unsigned  kept[] = {
        CRM_LEAD_STAGE_ID, CRM_LEAD_PROBABILITY, CRM_LEAD_PROBABILITY_MODE,
        CRM_LEAD_ROTTING, CRM_LEAD_ACTIVITY_STATE, CRM_LEAD_NEXT_ACTIVITY
    };

    seen = crm_record_copy(rule->arena, old);

    if (seen == NULL
        || crm_lead_view(rule->arena, seen, rule->conf, rule->now) != CRM_OK)
    {
        return NULL;
    }

    lead = crm_input_apply(rule->arena, input, seen, rule->faults);

    for (i = 0; lead != NULL && i < sizeof(kept) / sizeof(kept[0]); i++) {
        lead->v[kept[i]] = old->v[kept[i]];
    }

    return lead;
}
