/* the tables of crm_fields.h, expanded */

#include "crm_fields.h"
#include "crm_text.h"


#define RO     CRM_F_READ_ONLY
#define REQ    CRM_F_REQUIRED
#define COMP   (CRM_F_COMPUTED|CRM_F_READ_ONLY)
#define HID    (CRM_F_HIDDEN|CRM_F_READ_ONLY|CRM_F_UNTRACKED)
#define AUTO   (CRM_F_READ_ONLY|CRM_F_UNTRACKED)
#define CARD   CRM_F_CARD
#define FILT   CRM_F_FILTER
#define RANGE  CRM_F_RANGE
#define SORT   CRM_F_SORT
#define WORDS  CRM_F_WORDS
#define FACET  (CRM_F_FACET|CRM_F_FILTER)
#define UNIQ   CRM_F_UNIQUE


#define CRM_WORDS(name, ...)                                                  \
    static const crm_str_t  name##_list[] = { __VA_ARGS__ };                  \
    const crm_words_t  name = {                                               \
        sizeof(name##_list) / sizeof(name##_list[0]), name##_list             \
    }

CRM_WORDS(crm_words_role, crm_string("salesperson"), crm_string("manager"),
          crm_string("admin"), crm_string("mail_gateway"));
CRM_WORDS(crm_words_alias_policy, crm_string("everyone"),
          crm_string("contacts"), crm_string("users"));
CRM_WORDS(crm_words_convert, crm_string("convert"), crm_string("merge"));
CRM_WORDS(crm_words_customer, crm_string("link"), crm_string("create"),
          crm_string("none"));
CRM_WORDS(crm_words_bulk_customer, crm_string("link_or_create"),
          crm_string("none"));
CRM_WORDS(crm_words_category, crm_string("todo"), crm_string("call"),
          crm_string("email"), crm_string("meeting"));
CRM_WORDS(crm_words_delay_unit, crm_string("days"), crm_string("weeks"),
          crm_string("months"));
CRM_WORDS(crm_words_delay_from, crm_string("completion"),
          crm_string("deadline"));
CRM_WORDS(crm_words_chaining, crm_string("none"), crm_string("suggest"),
          crm_string("trigger"));
CRM_WORDS(crm_words_rule_field, crm_string("email"), crm_string("phone"),
          crm_string("contact_name"), crm_string("company_name"),
          crm_string("website"));
CRM_WORDS(crm_words_when, crm_string("after"), crm_string("before"));
CRM_WORDS(crm_words_contact_kind, crm_string("person"),
          crm_string("company"));
CRM_WORDS(crm_words_lead_type, crm_string("lead"),
          crm_string("opportunity"));
CRM_WORDS(crm_words_lead_state, crm_string("open"), crm_string("won"),
          crm_string("lost"));
CRM_WORDS(crm_words_probability_mode, crm_string("auto"),
          crm_string("manual"));
CRM_WORDS(crm_words_activity_state, crm_string("overdue"),
          crm_string("today"), crm_string("planned"));
CRM_WORDS(crm_words_activity_status, crm_string("overdue"),
          crm_string("today"), crm_string("planned"), crm_string("done"),
          crm_string("cancelled"));
CRM_WORDS(crm_words_activity_outcome, crm_string("open"),
          crm_string("done"), crm_string("cancelled"));
CRM_WORDS(crm_words_order_state, crm_string("draft"), crm_string("sent"),
          crm_string("sale"), crm_string("cancelled"));
CRM_WORDS(crm_words_message_kind, crm_string("note"), crm_string("email"),
          crm_string("activity"), crm_string("log"));
CRM_WORDS(crm_words_job_state, crm_string("queued"), crm_string("running"),
          crm_string("done"), crm_string("failed"), crm_string("cancelled"));


#define CRM_ROW(id, json, redis, kind, bits, ...)                             \
    { CRM_NAMED(json), .stored = crm_string(redis),                           \
      .type = CRM_T_##kind, .flags = (bits), __VA_ARGS__ },

#define CRM_TABLE(name, list)                                                 \
    static const crm_field_t  name[] = { list(CRM_ROW) }

CRM_TABLE(crm_settings_fields, CRM_SETTINGS_FIELDS);
CRM_TABLE(crm_user_fields, CRM_USER_FIELDS);
CRM_TABLE(crm_token_fields, CRM_TOKEN_FIELDS);
CRM_TABLE(crm_team_fields, CRM_TEAM_FIELDS);
CRM_TABLE(crm_stage_fields, CRM_STAGE_FIELDS);
CRM_TABLE(crm_lost_reason_fields, CRM_LOST_REASON_FIELDS);
CRM_TABLE(crm_tag_fields, CRM_TAG_FIELDS);
CRM_TABLE(crm_activity_type_fields, CRM_ACTIVITY_TYPE_FIELDS);
CRM_TABLE(crm_duplicate_rule_fields, CRM_DUPLICATE_RULE_FIELDS);
CRM_TABLE(crm_dup_was_fields, CRM_DUP_WAS_FIELDS);
CRM_TABLE(crm_rule_test_fields, CRM_RULE_TEST_FIELDS);
CRM_TABLE(crm_plan_step_fields, CRM_PLAN_STEP_FIELDS);
CRM_TABLE(crm_activity_plan_fields, CRM_ACTIVITY_PLAN_FIELDS);
CRM_TABLE(crm_contact_fields, CRM_CONTACT_FIELDS);
CRM_TABLE(crm_lead_fields, CRM_LEAD_FIELDS);
CRM_TABLE(crm_activity_fields, CRM_ACTIVITY_FIELDS);
CRM_TABLE(crm_order_line_fields, CRM_ORDER_LINE_FIELDS);
CRM_TABLE(crm_order_fields, CRM_ORDER_FIELDS);
CRM_TABLE(crm_message_fields, CRM_MESSAGE_FIELDS);
CRM_TABLE(crm_job_fields, CRM_JOB_FIELDS);


#define CRM_ITEM(variable, one, many, fields)                                 \
    const crm_entity_t  variable = {                                          \
        CRM_KIND_NONE, crm_string(one), crm_string(many), fields,             \
        sizeof(fields) / sizeof(fields[0])                                    \
    }

CRM_ITEM(crm_plan_step, "step", "steps", crm_plan_step_fields);
CRM_ITEM(crm_order_line, "line", "lines", crm_order_line_fields);
CRM_ITEM(crm_dup_was, "was", "was", crm_dup_was_fields);
CRM_ITEM(crm_rule_test, "rule_test", "rule_tests", crm_rule_test_fields);


#define CRM_ENTITY(kind, one, many, fields)                                   \
    [kind] = { kind, crm_string(one), crm_string(many), fields,               \
               sizeof(fields) / sizeof(fields[0]) }

const crm_entity_t  crm_entities[CRM_KINDS] = {
    CRM_ENTITY(CRM_KIND_SETTINGS, "settings", "settings",
               crm_settings_fields),
    CRM_ENTITY(CRM_KIND_USER, "user", "users", crm_user_fields),
    CRM_ENTITY(CRM_KIND_TEAM, "team", "teams", crm_team_fields),
    CRM_ENTITY(CRM_KIND_STAGE, "stage", "stages", crm_stage_fields),
    CRM_ENTITY(CRM_KIND_LOST_REASON, "lost_reason", "lost-reasons",
               crm_lost_reason_fields),
    CRM_ENTITY(CRM_KIND_TAG, "tag", "tags", crm_tag_fields),
    CRM_ENTITY(CRM_KIND_ACTIVITY_TYPE, "activity_type", "activity-types",
               crm_activity_type_fields),
    CRM_ENTITY(CRM_KIND_DUPLICATE_RULE, "duplicate_rule", "duplicate-rules",
               crm_duplicate_rule_fields),
    CRM_ENTITY(CRM_KIND_ACTIVITY_PLAN, "activity_plan", "activity-plans",
               crm_activity_plan_fields),
    CRM_ENTITY(CRM_KIND_TOKEN, "token", "tokens", crm_token_fields),
    CRM_ENTITY(CRM_KIND_CONTACT, "contact", "contacts", crm_contact_fields),
    CRM_ENTITY(CRM_KIND_LEAD, "lead", "leads", crm_lead_fields),
    CRM_ENTITY(CRM_KIND_ACTIVITY, "activity", "activities",
               crm_activity_fields),
    CRM_ENTITY(CRM_KIND_ORDER, "order", "orders", crm_order_fields),
    CRM_ENTITY(CRM_KIND_MESSAGE, "message", "messages", crm_message_fields),
    CRM_ENTITY(CRM_KIND_JOB, "job", "jobs", crm_job_fields),
};
