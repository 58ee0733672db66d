/* bodies of actions; see crm_actions.h */

#include "crm_actions.h"
#include "crm_fields.h"


#define CRM_ACTION(variable, text, list)                                      \
    const crm_entity_t  variable = {                                          \
        CRM_KIND_NONE, crm_string(text), crm_string(text), list,              \
        sizeof(list) / sizeof(list[0])                                        \
    }


static const crm_field_t  crm_move_fields[] = {
    { CRM_NAMED("stage_id"), .type = CRM_T_ID,
      .ref = CRM_KIND_STAGE },
    { CRM_NAMED("before_id"), .type = CRM_T_ID,
      .ref = CRM_KIND_LEAD },
    { CRM_NAMED("after_id"), .type = CRM_T_ID,
      .ref = CRM_KIND_LEAD }
};

static const crm_field_t  crm_plan_fields[] = {
    { CRM_NAMED("date"), .type = CRM_T_DATE, .ref = CRM_KIND_NONE },
    { CRM_NAMED("user_id"), .type = CRM_T_ID, .ref = CRM_KIND_USER }
};

static const crm_field_t  crm_lost_fields[] = {
    { CRM_NAMED("lost_reason_id"), .type = CRM_T_ID,
      .ref = CRM_KIND_LOST_REASON },
    { CRM_NAMED("lost_reason"), .type = CRM_T_TEXT,
      .max = CRM_NAME_MAX, .ref = CRM_KIND_NONE },
    { CRM_NAMED("note"), .type = CRM_T_LONG, .max = CRM_LONG_MAX,
      .ref = CRM_KIND_NONE }
};

static const crm_field_t  crm_done_fields[] = {
    { CRM_NAMED("feedback"), .type = CRM_T_LONG, .max = CRM_LONG_MAX,
      .ref = CRM_KIND_NONE }
};


const crm_entity_t  crm_action_none = {
    CRM_KIND_NONE, crm_string("none"), crm_string("none"), NULL, 0
};

CRM_ACTION(crm_action_move, "move", crm_move_fields);
CRM_ACTION(crm_action_plan, "plan", crm_plan_fields);
CRM_ACTION(crm_action_lost, "lost", crm_lost_fields);
CRM_ACTION(crm_action_done, "done", crm_done_fields);
