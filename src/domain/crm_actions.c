/* bodies of actions; see crm_actions.h */

#include "crm_actions.h"
#include "crm_fields.h"
#include "crm_lead_merge.h"


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

static const crm_field_t  crm_dismiss_fields[] = {
    { CRM_NAMED("ids"), .type = CRM_T_IDS, .flags = CRM_F_REQUIRED,
      .ref = CRM_KIND_LEAD, .max = 100 }
};

static const crm_field_t  crm_done_fields[] = {
    { CRM_NAMED("feedback"), .type = CRM_T_LONG, .max = CRM_LONG_MAX,
      .ref = CRM_KIND_NONE }
};

static const crm_field_t  crm_merge_fields[] = {
    { CRM_NAMED("ids"), .type = CRM_T_IDS, .flags = CRM_F_REQUIRED,
      .max = CRM_MERGE_MAX, .ref = CRM_KIND_LEAD },
    { CRM_NAMED("team_id"), .type = CRM_T_ID, .ref = CRM_KIND_TEAM },
    { CRM_NAMED("user_id"), .type = CRM_T_ID, .ref = CRM_KIND_USER },
    { CRM_NAMED("dry_run"), .type = CRM_T_BOOL, .ref = CRM_KIND_NONE }
};

/* `customer' is an object of its own (crm_convert_api.c) */
static const crm_field_t  crm_convert_fields[] = {
    { CRM_NAMED("action"), .type = CRM_T_ENUM, .ref = CRM_KIND_NONE,
      .words = &crm_words_convert },
    { CRM_NAMED("duplicate_ids"), .type = CRM_T_IDS, .max = CRM_MERGE_MAX,
      .ref = CRM_KIND_LEAD },
    { CRM_NAMED("team_id"), .type = CRM_T_ID, .ref = CRM_KIND_TEAM },
    { CRM_NAMED("user_id"), .type = CRM_T_ID, .ref = CRM_KIND_USER }
};

static const crm_field_t  crm_customer_fields[] = {
    { CRM_NAMED("action"), .type = CRM_T_ENUM, .ref = CRM_KIND_NONE,
      .words = &crm_words_customer },
    { CRM_NAMED("contact_id"), .type = CRM_T_ID, .ref = CRM_KIND_CONTACT }
};

static const crm_field_t  crm_unmerge_fields[] = {
    { CRM_NAMED("merge_id"), .type = CRM_T_ID, .ref = CRM_KIND_MESSAGE }
};

static const crm_field_t  crm_reason_merge_fields[] = {
    { CRM_NAMED("into_id"), .type = CRM_T_ID, .flags = CRM_F_REQUIRED,
      .ref = CRM_KIND_LOST_REASON }
};


const crm_entity_t  crm_action_none = {
    CRM_KIND_NONE, crm_string("none"), crm_string("none"), NULL, 0
};

const crm_entity_t  crm_action_mail = {
    CRM_KIND_NONE, crm_string("mail"), crm_string("mail"), NULL, 0
};

CRM_BODY(crm_action_move, "move", crm_move_fields);
CRM_BODY(crm_action_plan, "plan", crm_plan_fields);
CRM_BODY(crm_action_lost, "lost", crm_lost_fields);
CRM_BODY(crm_action_done, "done", crm_done_fields);
CRM_BODY(crm_action_dismiss, "dismiss", crm_dismiss_fields);
CRM_BODY(crm_action_merge, "merge", crm_merge_fields);
CRM_BODY(crm_action_convert, "convert", crm_convert_fields);
CRM_BODY(crm_action_customer, "customer", crm_customer_fields);
CRM_BODY(crm_action_unmerge, "unmerge", crm_unmerge_fields);
CRM_BODY(crm_reason_merge, "reason_merge", crm_reason_merge_fields);


/* what an action takes one of */

static const struct {
    const crm_entity_t  *action;
    unsigned             one;
    unsigned             other;
    const char          *message;
} crm_action_either[] = {
    { &crm_action_move, CRM_MOVE_BEFORE_ID, CRM_MOVE_AFTER_ID,
      "only one of before_id and after_id" },
    { &crm_action_lost, CRM_LOST_REASON_ID_GIVEN, CRM_LOST_REASON_NAMED,
      "only one of lost_reason_id and lost_reason" }
};

#define CRM_ACTION_EITHER                                                     \
    (sizeof(crm_action_either) / sizeof(crm_action_either[0]))


void
crm_action_check(const crm_record_t *values, crm_faults_t *faults)
{
    unsigned  i;

    for (i = 0; i < CRM_ACTION_EITHER; i++) {
        if (values->entity == crm_action_either[i].action
            && values->v[crm_action_either[i].one].set
            && values->v[crm_action_either[i].other].set)
        {
            crm_fault(faults,
                      &values->entity->fields[crm_action_either[i].other].name,
                      CRM_FAULT_INVALID, crm_action_either[i].message);
        }
    }
}
