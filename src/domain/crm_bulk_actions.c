/* params of the bulk actions; see crm_bulk_actions.h */

#include "crm_bulk_actions.h"
#include "crm_fields.h"


static const crm_field_t  crm_bulk_assign_fields[] = {
    { CRM_NAMED("user_id"), .type = CRM_T_ID, .ref = CRM_KIND_USER },
    { CRM_NAMED("team_id"), .type = CRM_T_ID, .ref = CRM_KIND_TEAM }
};

static const crm_field_t  crm_bulk_convert_fields[] = {
    { CRM_NAMED("customer"), .type = CRM_T_ENUM, .ref = CRM_KIND_NONE,
      .words = &crm_words_bulk_customer },
    { CRM_NAMED("dedupe"), .type = CRM_T_BOOL, .ref = CRM_KIND_NONE },
    { CRM_NAMED("user_ids"), .type = CRM_T_IDS, .max = 100,
      .ref = CRM_KIND_USER },
    { CRM_NAMED("team_id"), .type = CRM_T_ID, .ref = CRM_KIND_TEAM },
    { CRM_NAMED("force"), .type = CRM_T_BOOL, .ref = CRM_KIND_NONE }
};

static const crm_field_t  crm_bulk_move_fields[] = {
    { CRM_NAMED("stage_id"), .type = CRM_T_ID, .flags = CRM_F_REQUIRED,
      .ref = CRM_KIND_STAGE }
};

static const crm_field_t  crm_bulk_tags_fields[] = {
    { CRM_NAMED("tag_ids"), .type = CRM_T_IDS, .flags = CRM_F_REQUIRED,
      .max = 100, .ref = CRM_KIND_TAG }
};

static const crm_field_t  crm_bulk_priority_fields[] = {
    { CRM_NAMED("priority"), .type = CRM_T_INT, .flags = CRM_F_REQUIRED,
      .max = 3, .ref = CRM_KIND_NONE }
};

static const crm_field_t  crm_bulk_email_fields[] = {
    { CRM_NAMED("subject"), .type = CRM_T_TEXT, .flags = CRM_F_REQUIRED,
      .max = CRM_NAME_MAX, .ref = CRM_KIND_NONE },
    { CRM_NAMED("body"), .type = CRM_T_LONG, .flags = CRM_F_REQUIRED,
      .max = CRM_LONG_MAX, .ref = CRM_KIND_NONE }
};

static const crm_field_t  crm_bulk_schedule_fields[] = {
    { CRM_NAMED("type_id"), .type = CRM_T_ID, .flags = CRM_F_REQUIRED,
      .ref = CRM_KIND_ACTIVITY_TYPE },
    { CRM_NAMED("due_date"), .type = CRM_T_DATE, .ref = CRM_KIND_NONE },
    { CRM_NAMED("summary"), .type = CRM_T_TEXT, .max = CRM_NAME_MAX,
      .ref = CRM_KIND_NONE },
    { CRM_NAMED("note"), .type = CRM_T_LONG, .max = CRM_LONG_MAX,
      .ref = CRM_KIND_NONE },
    { CRM_NAMED("user_id"), .type = CRM_T_ID, .ref = CRM_KIND_USER }
};


CRM_BODY(crm_bulk_assign, "assign", crm_bulk_assign_fields);
CRM_BODY(crm_bulk_convert, "bulk_convert", crm_bulk_convert_fields);
CRM_BODY(crm_bulk_move, "bulk_move", crm_bulk_move_fields);
CRM_BODY(crm_bulk_tags, "tags", crm_bulk_tags_fields);
CRM_BODY(crm_bulk_priority, "priority", crm_bulk_priority_fields);
CRM_BODY(crm_bulk_email, "email", crm_bulk_email_fields);
CRM_BODY(crm_bulk_schedule, "schedule_activity", crm_bulk_schedule_fields);
