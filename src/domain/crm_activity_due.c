/*
 * What an activity's day means at an instant, and what a lead knows of its
 * open ones (semantics.md, "Activities"; design.md, "Time, money, text").
 */

#include "crm_activity.h"


int64_t
crm_activity_today(const crm_rule_t *rule, int64_t user)
{
    return crm_zone_date(crm_conf_user_zone(rule->conf, user), rule->now);
}


int
crm_activity_state(const crm_record_t *activity, const crm_conf_t *conf,
    int64_t now)
{
    int64_t             today;
    const crm_value_t  *v = activity->v;

    switch (v[CRM_ACTIVITY_OUTCOME].num) {

    case CRM_OUTCOME_DONE:
        return CRM_ACT_DONE;

    case CRM_OUTCOME_CANCELLED:
        return CRM_ACT_CANCELLED;

    default:
        break;
    }

    today = crm_zone_date(crm_conf_user_zone(conf,
                                             v[CRM_ACTIVITY_USER_ID].num),
                          now);

    if (v[CRM_ACTIVITY_DUE_DATE].num < today) {
        return CRM_ACT_OVERDUE;
    }

    return v[CRM_ACTIVITY_DUE_DATE].num == today ? CRM_ACT_TODAY
                                                 : CRM_ACT_PLANNED;
}


void
crm_activity_view(crm_record_t *activity, const crm_conf_t *conf,
    int64_t now)
{
    const crm_value_t   *user = &activity->v[CRM_ACTIVITY_USER_ID];
    const crm_record_t  *rec;

    crm_value_set_num(&activity->v[CRM_ACTIVITY_STATE],
                      crm_activity_state(activity, conf, now));

    rec = user->set ? crm_conf_find(conf, CRM_KIND_USER, user->num) : NULL;

    crm_value_set_num(&activity->v[CRM_ACTIVITY_USER_ACTIVE],
                      rec == NULL || rec->v[CRM_USER_ACTIVE].num);
}


/* ---- CRM_LEAD_DUE ------------------------------------------------------- */

static void
crm_activity_due_join(const crm_conf_t *conf, crm_due_t *due, unsigned *any,
    const crm_record_t *activity)
{
    crm_due_t           one;
    const crm_zone_t   *zone;
    const crm_value_t  *v = activity->v;

    if (v[CRM_ACTIVITY_OUTCOME].num != CRM_OUTCOME_OPEN) {
        return;
    }

    zone = crm_conf_user_zone(conf, v[CRM_ACTIVITY_USER_ID].num);

    one.start = crm_zone_day_start(zone, v[CRM_ACTIVITY_DUE_DATE].num);
    one.end = crm_zone_day_start(zone, v[CRM_ACTIVITY_DUE_DATE].num + 1);
    one.id = crm_record_id(activity);
    one.type = v[CRM_ACTIVITY_OF_TYPE].num;
    one.day = v[CRM_ACTIVITY_DUE_DATE].num;
    one.user = v[CRM_ACTIVITY_USER_ID].num;

    if (*any) {
        crm_due_join(due, &one);
    } else {
        *due = one;
    }

    *any = 1;
}


static int
crm_activity_due_set(const crm_rule_t *rule, crm_record_t *lead,
    const crm_due_t *due, unsigned any)
{
    crm_str_t  text;

    crm_value_set_num(&lead->v[CRM_LEAD_ACTIVITIES],
                      lead->v[CRM_LEAD_ACTIVITIES].num + 1);
    crm_value_clear(&lead->v[CRM_LEAD_DUE]);

    if (!any) {
        return CRM_OK;
    }

    if (crm_due_print(rule->arena, due, &text) != CRM_OK) {
        return CRM_ERROR;
    }

    crm_value_set_str(&lead->v[CRM_LEAD_DUE], text);

    return CRM_OK;
}


int
crm_activity_due(const crm_rule_t *rule, crm_record_t *lead,
    crm_record_t *const *activities, unsigned n)
{
    unsigned   i, any;
    crm_due_t  due;

    memset(&due, 0, sizeof(crm_due_t));

    for (any = 0, i = 0; i < n; i++) {
        if (activities[i] != NULL) {
            crm_activity_due_join(rule->conf, &due, &any, activities[i]);
        }
    }

    return crm_activity_due_set(rule, lead, &due, any);
}


int
crm_activity_due_add(const crm_rule_t *rule, crm_record_t *lead,
    const crm_record_t *activity)
{
    unsigned   any;
    crm_due_t  due;

    any = lead->v[CRM_LEAD_DUE].set
          && crm_due_parse(&lead->v[CRM_LEAD_DUE].str, &due) == CRM_OK;

    crm_activity_due_join(rule->conf, &due, &any, activity);

    return crm_activity_due_set(rule, lead, &due, any);
}
