/*
 * Activities: creation and change (semantics.md, "Activities").  How they end
 * is in crm_activity_done.c, what their time means in crm_activity_due.c.
 */

#include "crm_activity.h"
#include "crm_change.h"
#include "crm_time.h"


static void crm_activity_meeting(const crm_rule_t *rule,
    const crm_input_t *input, const crm_record_t *old, crm_record_t *rec);


int64_t
crm_activity_delay(int64_t day, int64_t count, int64_t unit)
{
    switch (unit) {

    case CRM_UNIT_WEEKS:
        return crm_date_add_days(day, 7 * count);

    case CRM_UNIT_MONTHS:
        return crm_date_add_months(day, count);

    default:
        return crm_date_add_days(day, count);
    }
}


static void
crm_activity_default(crm_record_t *rec, unsigned field,
    const crm_record_t *type, unsigned from)
{
    if (!rec->v[field].set && type->v[from].set) {
        rec->v[field] = type->v[from];
    }
}


crm_record_t *
crm_activity_new(const crm_rule_t *rule, const crm_record_t *type,
    int64_t user, int64_t day)
{
    crm_record_t  *rec;

    rec = crm_record_new(rule->arena, &crm_entities[CRM_KIND_ACTIVITY]);

    if (rec == NULL || crm_record_defaults(rule->arena, rec) != CRM_OK) {
        return NULL;
    }

    crm_value_set_num(&rec->v[CRM_ACTIVITY_OF_TYPE], crm_record_id(type));
    crm_value_set_num(&rec->v[CRM_ACTIVITY_DUE_DATE], day);

    if (user != 0) {
        crm_value_set_num(&rec->v[CRM_ACTIVITY_USER_ID], user);
    }

    crm_activity_default(rec, CRM_ACTIVITY_SUMMARY, type,
                         CRM_ACTIVITY_TYPE_DEFAULT_SUMMARY);
    crm_activity_default(rec, CRM_ACTIVITY_NOTE, type,
                         CRM_ACTIVITY_TYPE_DEFAULT_NOTE);
    crm_change_created(rule, rec);

    return rec;
}


/* what the body leaves open: user, texts and day (api.md, section 4) */

static void
crm_activity_fill(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *type, crm_record_t *rec)
{
    int64_t       today;
    crm_value_t  *v = rec->v;

    if (!v[CRM_ACTIVITY_USER_ID].set
        && !crm_mask_has(&input->present, CRM_ACTIVITY_USER_ID)
        && !crm_mask_has(&input->refused, CRM_ACTIVITY_USER_ID))
    {
        crm_activity_default(rec, CRM_ACTIVITY_USER_ID, type,
                             CRM_ACTIVITY_TYPE_DEFAULT_USER_ID);

        if (!v[CRM_ACTIVITY_USER_ID].set && rule->actor != 0) {
            crm_value_set_num(&v[CRM_ACTIVITY_USER_ID], rule->actor);
        }
    }

    crm_activity_default(rec, CRM_ACTIVITY_SUMMARY, type,
                         CRM_ACTIVITY_TYPE_DEFAULT_SUMMARY);
    crm_activity_default(rec, CRM_ACTIVITY_NOTE, type,
                         CRM_ACTIVITY_TYPE_DEFAULT_NOTE);

    if (!v[CRM_ACTIVITY_DUE_DATE].set) {
        today = crm_activity_today(rule, v[CRM_ACTIVITY_USER_ID].num);

        crm_value_set_num(&v[CRM_ACTIVITY_DUE_DATE],
            crm_activity_delay(today,
                               type->v[CRM_ACTIVITY_TYPE_DELAY_COUNT].num,
                               type->v[CRM_ACTIVITY_TYPE_DELAY_UNIT].num));
    }
}


crm_problem_t
crm_activity_create(const crm_rule_t *rule, const crm_input_t *input,
    crm_record_t **activity)
{
    crm_record_t        *rec;
    const crm_record_t  *type;

    rec = crm_input_create(rule->arena, input);
    *activity = rec;

    if (rec == NULL) {
        return CRM_P_INTERNAL;
    }

    type = crm_conf_find(rule->conf, CRM_KIND_ACTIVITY_TYPE,
                         rec->v[CRM_ACTIVITY_OF_TYPE].num);

    if (type != NULL) {
        crm_activity_fill(rule, input, type, rec);
    }

    crm_activity_meeting(rule, input, NULL, rec);
    crm_change_created(rule, rec);

    return crm_change_verdict(rule);
}


static void
crm_activity_fault(const crm_rule_t *rule, const crm_record_t *rec,
    unsigned field, crm_fault_code_t code, const char *message)
{
    crm_fault(rule->faults, &rec->entity->fields[field].name, code, message);
}


/* a date wherever the assignee may be: no zone is a day away from UTC */

static int
crm_activity_dated(const crm_value_t *at)
{
    return at->num >= (CRM_DAY_MIN + 1) * CRM_DAY_MS
           && at->num < CRM_DAY_MAX * CRM_DAY_MS;
}


/* the calendar looks no further back than that */

static int
crm_activity_is_long(const crm_rule_t *rule, const crm_record_t *rec)
{
    const crm_value_t  *v = rec->v;

    if (v[CRM_ACTIVITY_END_AT].num - v[CRM_ACTIVITY_START_AT].num
        <= CRM_MEETING_MAX)
    {
        return 0;
    }

    crm_activity_fault(rule, rec, CRM_ACTIVITY_END_AT, CRM_FAULT_INVALID,
                       "a meeting lasts at most 31 days");

    return 1;
}


/* a start and an end, in this order and not too far apart, of a meeting */

static int
crm_activity_span(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *rec)
{
    unsigned             missing;
    const crm_value_t   *start = &rec->v[CRM_ACTIVITY_START_AT];
    const crm_value_t   *end = &rec->v[CRM_ACTIVITY_END_AT];
    const crm_record_t  *type;

    if (!start->set || !end->set) {
        missing = start->set ? CRM_ACTIVITY_END_AT : CRM_ACTIVITY_START_AT;

        if (!crm_mask_has(&input->refused, missing)) {
            crm_activity_fault(rule, rec, missing, CRM_FAULT_REQUIRED,
                               "a meeting has a start and an end");
        }

        return CRM_DECLINED;
    }

    type = crm_conf_find(rule->conf, CRM_KIND_ACTIVITY_TYPE,
                         rec->v[CRM_ACTIVITY_OF_TYPE].num);

    if (type != NULL
        && type->v[CRM_ACTIVITY_TYPE_CATEGORY].num != CRM_CATEGORY_MEETING
        && (crm_mask_has(&input->present, CRM_ACTIVITY_START_AT)
            || crm_mask_has(&input->present, CRM_ACTIVITY_OF_TYPE)))
    {
        crm_activity_fault(rule, rec, CRM_ACTIVITY_START_AT,
                           CRM_FAULT_INVALID,
                           "only a meeting has a start and an end");
        return CRM_DECLINED;
    }

    if (!crm_activity_dated(start) || !crm_activity_dated(end)) {
        crm_activity_fault(rule, rec, crm_activity_dated(start)
                                      ? CRM_ACTIVITY_END_AT
                                      : CRM_ACTIVITY_START_AT,
                           CRM_FAULT_INVALID, "is too far away");
        return CRM_DECLINED;
    }

    if (end->num <= start->num) {
        crm_activity_fault(rule, rec, CRM_ACTIVITY_END_AT, CRM_FAULT_INVALID,
                           "the end must be after the start");
        return CRM_DECLINED;
    }

    return crm_activity_is_long(rule, rec) ? CRM_DECLINED : CRM_OK;
}


/* so many days later at the same hour of the clock on the wall */

static int64_t
crm_activity_shift(const crm_zone_t *zone, int64_t ms, int64_t days)
{
    int64_t  local;

    local = ms + crm_zone_offset(zone, ms)
            - crm_zone_date(zone, ms) * CRM_DAY_MS;

    return crm_zone_instant(zone, crm_zone_date(zone, ms) + days, local);
}


static void
crm_activity_meeting(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *old, crm_record_t *rec)
{
    int64_t            day, length;
    crm_value_t       *v = rec->v, *start, *end;
    const crm_zone_t  *zone;

    start = &v[CRM_ACTIVITY_START_AT];
    end = &v[CRM_ACTIVITY_END_AT];

    if ((!start->set && !end->set)
        || crm_activity_span(rule, input, rec) != CRM_OK)
    {
        return;
    }

    zone = crm_conf_user_zone(rule->conf, v[CRM_ACTIVITY_USER_ID].num);
    day = crm_zone_date(zone, start->num);

    if (old == NULL || !old->v[CRM_ACTIVITY_START_AT].set
        || !v[CRM_ACTIVITY_DUE_DATE].set
        || !crm_mask_has(&input->present, CRM_ACTIVITY_DUE_DATE)
        || crm_mask_has(&input->present, CRM_ACTIVITY_START_AT))
    {
        crm_value_set_num(&v[CRM_ACTIVITY_DUE_DATE], day);
        return;
    }

    day = v[CRM_ACTIVITY_DUE_DATE].num - day;

    if (day == 0) {
        return;
    }

    length = end->num - start->num;

    crm_value_set_num(start, crm_activity_shift(zone, start->num, day));

    if (!crm_mask_has(&input->present, CRM_ACTIVITY_END_AT)) {
        crm_value_set_num(end, crm_activity_shift(zone, end->num, day));
    }

    /* an hour that the clock skips may swallow a short one */

    if (end->num <= start->num) {
        crm_value_set_num(end, start->num + length);
    }

    if (!crm_activity_dated(start) || !crm_activity_dated(end)) {
        crm_activity_fault(rule, rec, CRM_ACTIVITY_DUE_DATE,
                           CRM_FAULT_INVALID, "is too far away");
        return;
    }

    /* the end that is given stays where it is, and so may the clock */

    (void) crm_activity_is_long(rule, rec);
}


crm_problem_t
crm_activity_update(const crm_rule_t *rule, const crm_record_t *old,
    const crm_input_t *input, crm_record_t **activity, int *touched)
{
    crm_record_t   *seen, *rec;
    crm_problem_t   problem;

    seen = crm_record_copy(rule->arena, old);
    if (seen == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_activity_view(seen, rule->conf, rule->now);

    rec = crm_input_apply(rule->arena, input, seen, rule->faults);
    *activity = rec;

    if (rec == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_activity_meeting(rule, input, old, rec);

    if (!rec->v[CRM_ACTIVITY_DUE_DATE].set) {
        crm_activity_fault(rule, rec, CRM_ACTIVITY_DUE_DATE,
                           CRM_FAULT_REQUIRED, "a value is required");
    }

    if (rule->faults->n > 0) {
        return crm_change_verdict(rule);
    }

    problem = crm_activity_ended(old);

    if (problem != CRM_P_NONE) {
        return problem;
    }

    *touched = crm_change_touch(rule, old, rec, NULL);

    return crm_change_verdict(rule);
}


crm_record_t *
crm_activity_rezoned(const crm_rule_t *rule, crm_record_t *activity)
{
    int64_t             day;
    crm_record_t       *rec;
    const crm_value_t  *v = activity->v;

    if (!v[CRM_ACTIVITY_START_AT].set) {
        return activity;
    }

    day = crm_zone_date(crm_conf_user_zone(rule->conf,
                                           v[CRM_ACTIVITY_USER_ID].num),
                        v[CRM_ACTIVITY_START_AT].num);

    if (day == v[CRM_ACTIVITY_DUE_DATE].num) {
        return activity;
    }

    rec = crm_record_copy(rule->arena, activity);

    if (rec != NULL) {
        crm_value_set_num(&rec->v[CRM_ACTIVITY_DUE_DATE], day);
        (void) crm_change_touch(rule, activity, rec, NULL);
    }

    return rec;
}


void
crm_activity_place(crm_record_t *activity, const crm_record_t *lead)
{
    crm_value_t  *v = activity->v;

    crm_value_clear(&v[CRM_ACTIVITY_TEAM]);
    crm_value_clear(&v[CRM_ACTIVITY_OWNER]);
    crm_value_set_num(&v[CRM_ACTIVITY_HELD], 0);

    if (lead == NULL) {
        return;
    }

    crm_value_set_num(&v[CRM_ACTIVITY_LEAD_ID], crm_record_id(lead));
    v[CRM_ACTIVITY_TEAM] = lead->v[CRM_LEAD_TEAM_ID];
    v[CRM_ACTIVITY_OWNER] = lead->v[CRM_LEAD_USER_ID];
    crm_value_set_num(&v[CRM_ACTIVITY_HELD], !lead->v[CRM_LEAD_ACTIVE].num);
}


int
crm_activity_placed(const crm_record_t *activity, const crm_record_t *lead)
{
    const crm_value_t  *v = activity->v;

    return v[CRM_ACTIVITY_TEAM].num == lead->v[CRM_LEAD_TEAM_ID].num
           && v[CRM_ACTIVITY_OWNER].num == lead->v[CRM_LEAD_USER_ID].num
           && v[CRM_ACTIVITY_HELD].num == !lead->v[CRM_LEAD_ACTIVE].num;
}
