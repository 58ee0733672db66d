/*
 * How activities end, and what follows: done, cancelled, the message, the
 * next one (semantics.md, "Activities").
 */

#include "crm_activity.h"
#include "crm_change.h"


static const crm_ids_t  crm_activity_no_ids;


crm_problem_t
crm_activity_ended(const crm_record_t *activity)
{
    switch (activity->v[CRM_ACTIVITY_OUTCOME].num) {

    case CRM_OUTCOME_DONE:
        return CRM_P_ALREADY_DONE;

    case CRM_OUTCOME_CANCELLED:
        return CRM_P_ALREADY_CANCELLED;

    default:
        return CRM_P_NONE;
    }
}


/* a copy of an open one, changed by the actor now */

static crm_problem_t
crm_activity_end(const crm_rule_t *rule, const crm_record_t *old,
    int outcome, crm_record_t **activity)
{
    crm_problem_t  problem;

    problem = crm_activity_ended(old);

    if (problem != CRM_P_NONE) {
        return problem;
    }

    *activity = crm_record_copy(rule->arena, old);
    if (*activity == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_value_set_num(&(*activity)->v[CRM_ACTIVITY_OUTCOME], outcome);
    (void) crm_change_touch(rule, old, *activity, NULL);

    return CRM_P_NONE;
}


crm_problem_t
crm_activity_done(const crm_rule_t *rule, const crm_record_t *old,
    crm_str_t feedback, crm_record_t **activity)
{
    crm_value_t    *v;
    crm_problem_t   problem;

    problem = crm_activity_end(rule, old, CRM_OUTCOME_DONE, activity);
    if (problem != CRM_P_NONE) {
        return problem;
    }

    v = (*activity)->v;

    crm_value_set_num(&v[CRM_ACTIVITY_DONE_AT], rule->now);
    crm_value_set_str(&v[CRM_ACTIVITY_FEEDBACK], feedback);

    if (rule->actor != 0) {
        crm_value_set_num(&v[CRM_ACTIVITY_DONE_BY], rule->actor);
    }

    return CRM_P_NONE;
}


crm_problem_t
crm_activity_cancel(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t **activity)
{
    return crm_activity_end(rule, old, CRM_OUTCOME_CANCELLED, activity);
}


/* ---- the message -------------------------------------------------------- */

static void
crm_activity_told(crm_out_t *out, const crm_record_t *activity,
    unsigned field, unsigned n)
{
    const crm_field_t  *f = &activity->entity->fields[field];

    crm_out_char(out, n > 0 ? ',' : '[');
    crm_out_lit(out, "{\"field\":");
    crm_out_json(out, &f->name);
    crm_out_lit(out, ",\"old\":null,\"new\":");
    crm_value_json(out, f, &activity->v[field]);
    crm_out_char(out, '}');
}


/* type, summary, and the assignee where another person completed it */

static int
crm_activity_tell(const crm_rule_t *rule, const crm_record_t *activity,
    crm_str_t *changes)
{
    crm_out_t           out;
    const crm_value_t  *v = activity->v;

    crm_out_init(&out, rule->arena, 256);
    crm_activity_told(&out, activity, CRM_ACTIVITY_OF_TYPE, 0);

    if (v[CRM_ACTIVITY_SUMMARY].set) {
        crm_activity_told(&out, activity, CRM_ACTIVITY_SUMMARY, 1);
    }

    if (v[CRM_ACTIVITY_USER_ID].set
        && v[CRM_ACTIVITY_USER_ID].num != rule->actor)
    {
        crm_activity_told(&out, activity, CRM_ACTIVITY_USER_ID, 1);
    }

    crm_out_char(&out, ']');

    return crm_out_join(&out, changes);
}


/* "Call: Ask for the order" */

static int
crm_activity_subject(const crm_rule_t *rule, const crm_record_t *activity,
    crm_str_t *subject)
{
    crm_out_t            out;
    const crm_value_t   *summary = &activity->v[CRM_ACTIVITY_SUMMARY];
    const crm_record_t  *type;

    type = crm_conf_find(rule->conf, CRM_KIND_ACTIVITY_TYPE,
                         activity->v[CRM_ACTIVITY_OF_TYPE].num);

    crm_out_init(&out, rule->arena, 256);

    if (type != NULL) {
        crm_out_str(&out, &type->v[CRM_ACTIVITY_TYPE_NAME].str);
    }

    if (summary->set) {
        if (type != NULL) {
            crm_out_lit(&out, ": ");
        }

        crm_out_str(&out, &summary->str);
    }

    return crm_out_join(&out, subject);
}


crm_record_t *
crm_activity_message(const crm_rule_t *rule, crm_record_t *lead,
    const crm_record_t *activity)
{
    crm_str_t      subject, changes;
    crm_record_t  *message;

    message = crm_message_new(rule, lead, CRM_MESSAGE_ACTIVITY,
                              activity->v[CRM_ACTIVITY_FEEDBACK].str);

    if (message == NULL
        || crm_activity_subject(rule, activity, &subject) != CRM_OK
        || crm_activity_tell(rule, activity, &changes) != CRM_OK)
    {
        return NULL;
    }

    crm_value_set_str(&message->v[CRM_MESSAGE_SUBJECT], subject);
    crm_value_set_str(&message->v[CRM_MESSAGE_CHANGES], changes);

    return message;
}


/* ---- what follows ------------------------------------------------------- */

static const crm_record_t *
crm_activity_chain(const crm_conf_t *conf, const crm_record_t *done,
    int chaining)
{
    const crm_record_t  *type;

    type = crm_conf_find(conf, CRM_KIND_ACTIVITY_TYPE,
                         done->v[CRM_ACTIVITY_OF_TYPE].num);

    return type != NULL && type->v[CRM_ACTIVITY_TYPE_CHAINING].num == chaining
           ? type : NULL;
}


const crm_ids_t *
crm_activity_suggested(const crm_conf_t *conf, const crm_record_t *done)
{
    const crm_record_t  *type;

    type = crm_activity_chain(conf, done, CRM_CHAINING_SUGGEST);

    return type ? &type->v[CRM_ACTIVITY_TYPE_NEXT_TYPE_IDS].ids
                : &crm_activity_no_ids;
}


const crm_record_t *
crm_activity_triggered(const crm_conf_t *conf, const crm_record_t *done)
{
    const crm_record_t  *type;

    type = crm_activity_chain(conf, done, CRM_CHAINING_TRIGGER);

    return type ? crm_conf_find(conf, CRM_KIND_ACTIVITY_TYPE,
                                type->v[CRM_ACTIVITY_TYPE_NEXT_TYPE_ID].num)
                : NULL;
}


crm_record_t *
crm_activity_next(const crm_rule_t *rule, const crm_record_t *done,
    const crm_record_t *type)
{
    int64_t             user, day;
    crm_record_t       *next;
    const crm_value_t  *t = type->v;

    user = t[CRM_ACTIVITY_TYPE_DEFAULT_USER_ID].set
           ? t[CRM_ACTIVITY_TYPE_DEFAULT_USER_ID].num : rule->actor;

    day = t[CRM_ACTIVITY_TYPE_DELAY_FROM].num == CRM_DELAY_FROM_DEADLINE
          ? done->v[CRM_ACTIVITY_DUE_DATE].num
          : crm_activity_today(rule, user);

    day = crm_activity_delay(day, t[CRM_ACTIVITY_TYPE_DELAY_COUNT].num,
                             t[CRM_ACTIVITY_TYPE_DELAY_UNIT].num);

    next = crm_activity_new(rule, type, user, day);

    if (next != NULL) {
        next->v[CRM_ACTIVITY_LEAD_ID] = done->v[CRM_ACTIVITY_LEAD_ID];
        next->v[CRM_ACTIVITY_CONTACT_ID] = done->v[CRM_ACTIVITY_CONTACT_ID];
        next->v[CRM_ACTIVITY_TEAM] = done->v[CRM_ACTIVITY_TEAM];
        next->v[CRM_ACTIVITY_OWNER] = done->v[CRM_ACTIVITY_OWNER];
        next->v[CRM_ACTIVITY_HELD] = done->v[CRM_ACTIVITY_HELD];
    }

    return next;
}
