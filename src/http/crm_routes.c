/* the routes of the tenants' API (api.md) */

#include "crm_actions.h"
#include "crm_handlers.h"
#include "crm_openapi.h"
#include "crm_route.h"


#define GET     NGX_HTTP_GET
#define POST    NGX_HTTP_POST
#define PATCH   NGX_HTTP_PATCH
#define DELETE  NGX_HTTP_DELETE


#define CRM_ROUTE(method, path, may, handler, kind, gives, input, text)       \
    { method, crm_string(path), CRM_MAY_##may, handler, kind,                 \
      CRM_GIVES_##gives, input, text }

/* list, create, read, patch and delete of a configuration kind */

#define CRM_CONFIG_ROUTES(path, kind, one, many)                              \
    CRM_ROUTE(GET, path, SALES, crm_conf_list_handler, kind, LIST, NULL,      \
              "List " many),                                                  \
    CRM_ROUTE(POST, path, ADMIN, crm_config_create, kind, CREATED, NULL,      \
              "Create " one),                                                 \
    CRM_ROUTE(GET, path "/{id}", SALES, crm_config_read, kind, OBJECT, NULL,  \
              "Read " one),                                                   \
    CRM_ROUTE(PATCH, path "/{id}", ADMIN, crm_config_patch, kind, OBJECT,     \
              NULL, "Change " one)

#define CRM_CONFIG_DELETE(path, may, kind, one)                               \
    CRM_ROUTE(DELETE, path "/{id}", may, crm_config_delete, kind, NOTHING,    \
              NULL, "Delete " one)


/* lost reasons and tags are the manager's (api.md, roles) */

#define CRM_MANAGED_ROUTES(path, kind, one, many)                             \
    CRM_ROUTE(GET, path, SALES, crm_conf_list_handler, kind, LIST, NULL,      \
              "List " many),                                                  \
    CRM_ROUTE(POST, path, MANAGER, crm_config_create, kind, CREATED, NULL,    \
              "Create " one),                                                 \
    CRM_ROUTE(GET, path "/{id}", SALES, crm_config_read, kind, OBJECT, NULL,  \
              "Read " one),                                                   \
    CRM_ROUTE(PATCH, path "/{id}", MANAGER, crm_config_patch, kind, OBJECT,   \
              NULL, "Change " one),                                           \
    CRM_CONFIG_DELETE(path, MANAGER, kind, one)


const crm_route_t  crm_routes[] = {

    CRM_ROUTE(GET, "/leads", SALES, crm_leads_list, CRM_KIND_LEAD, LIST,
              NULL, "List leads and opportunities"),
    CRM_ROUTE(POST, "/leads", SALES, crm_lead_create_handler, CRM_KIND_LEAD,
              CREATED, NULL, "Create a lead or an opportunity"),
    CRM_ROUTE(GET, "/leads/{id}", SALES, crm_lead_read, CRM_KIND_LEAD,
              OBJECT, NULL, "Read a lead"),
    CRM_ROUTE(PATCH, "/leads/{id}", SALES, crm_lead_patch, CRM_KIND_LEAD,
              OBJECT, NULL, "Change a lead"),
    CRM_ROUTE(DELETE, "/leads/{id}", MANAGER, crm_lead_delete, CRM_KIND_LEAD,
              NOTHING, NULL, "Delete a lead with its messages"),
    CRM_ROUTE(POST, "/leads/{id}/move", SALES, crm_lead_move_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_move,
              "Move a lead to a place on the board"),
    CRM_ROUTE(POST, "/leads/{id}/won", SALES, crm_lead_won_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_none, "Win a lead"),
    CRM_ROUTE(POST, "/leads/{id}/lost", SALES, crm_lead_lost_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_lost, "Lose a lead"),
    CRM_ROUTE(POST, "/leads/{id}/restore", SALES, crm_lead_restore_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_none,
              "Bring a lost or archived lead back"),
    CRM_ROUTE(POST, "/leads/{id}/archive", SALES, crm_lead_archive_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_none, "Archive a lead"),
    CRM_ROUTE(POST, "/leads/merge", SALES, crm_leads_merge, CRM_KIND_LEAD,
              OBJECT, &crm_action_merge,
              "Merge records into the one that was created first"),
    CRM_ROUTE(POST, "/leads/{id}/unmerge", SALES, crm_lead_unmerge_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_unmerge,
              "Take a merge back"),
    CRM_ROUTE(GET, "/leads/{id}/conversion", SALES, crm_lead_conversion,
              CRM_KIND_NONE, OTHER, NULL,
              "What the dialog of a conversion should preselect"),
    CRM_ROUTE(POST, "/leads/{id}/convert", SALES, crm_lead_convert_handler,
              CRM_KIND_LEAD, OBJECT, &crm_action_none,
              "Make a lead an opportunity, with its customer"),
    CRM_ROUTE(GET, "/leads/{id}/messages", SALES, crm_messages_list,
              CRM_KIND_MESSAGE, LIST, NULL, "List the messages of a lead"),
    CRM_ROUTE(POST, "/leads/{id}/messages", SALES, crm_message_create,
              CRM_KIND_MESSAGE, CREATED, NULL,
              "Write a note on a lead"),
    CRM_ROUTE(GET, "/leads/{id}/duplicates", SALES, crm_duplicates_of_lead,
              CRM_KIND_LEAD, OTHER, NULL,
              "Records that look like this one, best first"),
    CRM_ROUTE(POST, "/duplicates/check", SALES, crm_duplicates_check,
              CRM_KIND_LEAD, OTHER, &crm_entities[CRM_KIND_LEAD],
              "Records that look like what is being typed"),
    CRM_ROUTE(GET, "/duplicates", SALES, crm_duplicates_groups, CRM_KIND_LEAD,
              OTHER, NULL, "Groups of open records that look alike"),
    CRM_ROUTE(POST, "/duplicates/dismiss", SALES, crm_duplicates_dismiss,
              CRM_KIND_NONE, OTHER, &crm_action_dismiss,
              "Keep records separate"),
    CRM_ROUTE(POST, "/leads/batch", SALES, crm_leads_batch, CRM_KIND_NONE,
              OTHER, NULL, "Up to 1000 operations on leads"),
    CRM_ROUTE(POST, "/leads/bulk", SALES, crm_leads_bulk, CRM_KIND_NONE,
              OTHER, NULL, "One action over many leads"),

    CRM_ROUTE(GET, "/board", SALES, crm_board_handler, CRM_KIND_NONE, OTHER,
              NULL, "The board: columns with figures and first cards"),

    CRM_ROUTE(GET, "/contacts", SALES, crm_contacts_list, CRM_KIND_CONTACT,
              LIST, NULL, "List contacts"),
    CRM_ROUTE(POST, "/contacts", SALES, crm_contact_create_handler,
              CRM_KIND_CONTACT, CREATED, NULL, "Create a contact"),
    CRM_ROUTE(GET, "/contacts/{id}", SALES, crm_contact_read,
              CRM_KIND_CONTACT, OBJECT, NULL, "Read a contact"),
    CRM_ROUTE(PATCH, "/contacts/{id}", SALES, crm_contact_patch,
              CRM_KIND_CONTACT, OBJECT, NULL, "Change a contact"),
    CRM_ROUTE(DELETE, "/contacts/{id}", MANAGER, crm_contact_delete,
              CRM_KIND_CONTACT, NOTHING, NULL, "Delete a contact"),

    CRM_ROUTE(GET, "/activities", SALES, crm_activities_list,
              CRM_KIND_ACTIVITY, LIST, NULL, "List activities"),
    CRM_ROUTE(POST, "/activities", SALES, crm_activity_create_handler,
              CRM_KIND_ACTIVITY, CREATED, NULL,
              "Plan an activity on a lead or a contact"),
    CRM_ROUTE(GET, "/activities/summary", SALES, crm_activities_summary,
              CRM_KIND_NONE, OTHER, NULL,
              "How many activities are overdue, today, planned"),
    CRM_ROUTE(GET, "/activities/{id}", SALES, crm_activity_read,
              CRM_KIND_ACTIVITY, OBJECT, NULL, "Read an activity"),
    CRM_ROUTE(PATCH, "/activities/{id}", SALES, crm_activity_patch,
              CRM_KIND_ACTIVITY, OBJECT, NULL,
              "Reschedule, reassign, edit an open activity"),
    CRM_ROUTE(DELETE, "/activities/{id}", SALES, crm_activity_delete,
              CRM_KIND_ACTIVITY, NOTHING, NULL, "Delete an activity"),
    CRM_ROUTE(POST, "/activities/{id}/done", SALES, crm_activity_done_handler,
              CRM_KIND_NONE, OTHER, &crm_action_done,
              "Complete an activity, and say what is next"),
    CRM_ROUTE(POST, "/activities/{id}/cancel", SALES,
              crm_activity_cancel_handler, CRM_KIND_ACTIVITY, OBJECT,
              &crm_action_none, "Cancel an activity"),
    CRM_ROUTE(GET, "/leads/{id}/activities", SALES, crm_activities_of_lead,
              CRM_KIND_ACTIVITY, LIST, NULL, "List the activities of a lead"),
    CRM_ROUTE(POST, "/leads/{id}/activities", SALES,
              crm_activity_create_on_lead, CRM_KIND_ACTIVITY, CREATED, NULL,
              "Plan an activity on a lead"),
    CRM_ROUTE(GET, "/contacts/{id}/activities", SALES,
              crm_activities_of_contact, CRM_KIND_ACTIVITY, LIST, NULL,
              "List the activities of a contact"),
    CRM_ROUTE(POST, "/contacts/{id}/activities", SALES,
              crm_activity_create_on_contact, CRM_KIND_ACTIVITY, CREATED,
              NULL, "Plan an activity on a contact"),

    CRM_ROUTE(GET, "/orders", SALES, crm_orders_list, CRM_KIND_ORDER, LIST,
              NULL, "List orders: of leads that the caller may see; without "
              "a lead, assigned to the caller or to nobody"),
    CRM_ROUTE(POST, "/orders", SALES, crm_order_create_handler,
              CRM_KIND_ORDER, CREATED, NULL,
              "Create an order; contact, team and user are by default the "
              "lead's, without a lead the caller and the caller's team"),
    CRM_ROUTE(GET, "/orders/{id}", SALES, crm_order_read, CRM_KIND_ORDER,
              OBJECT, NULL, "Read an order"),
    CRM_ROUTE(PATCH, "/orders/{id}", SALES, crm_order_patch, CRM_KIND_ORDER,
              OBJECT, NULL,
              "Change an order; its lines only while it is draft or sent"),
    CRM_ROUTE(DELETE, "/orders/{id}", SALES, crm_order_delete,
              CRM_KIND_ORDER, NOTHING, NULL,
              "Delete a draft or cancelled order; salespersons only drafts "
              "that they created or are assigned"),
    CRM_ROUTE(POST, "/orders/{id}/send", SALES, crm_order_send_handler,
              CRM_KIND_ORDER, OBJECT, &crm_action_none,
              "Draft to sent: the quotation is with the customer"),
    CRM_ROUTE(POST, "/orders/{id}/confirm", SALES, crm_order_confirm_handler,
              CRM_KIND_ORDER, OBJECT, &crm_action_none,
              "Draft or sent to sale; raises the lead's expected_revenue to "
              "the total where that is higher"),
    CRM_ROUTE(POST, "/orders/{id}/cancel", SALES, crm_order_cancel_handler,
              CRM_KIND_ORDER, OBJECT, &crm_action_none,
              "Draft, sent or sale to cancelled"),
    CRM_ROUTE(POST, "/orders/{id}/reset", SALES, crm_order_reset_handler,
              CRM_KIND_ORDER, OBJECT, &crm_action_none,
              "Cancelled to draft"),

    CRM_ROUTE(GET, "/settings", SALES, crm_config_read, CRM_KIND_SETTINGS,
              OBJECT, NULL, "Read the tenant's settings"),
    CRM_ROUTE(PATCH, "/settings", ADMIN, crm_config_patch, CRM_KIND_SETTINGS,
              OBJECT, NULL, "Change the tenant's settings"),

    CRM_CONFIG_ROUTES("/users", CRM_KIND_USER, "a user", "users"),
    CRM_ROUTE(GET, "/users/{id}/tokens", ADMIN, crm_tokens_list,
              CRM_KIND_TOKEN, LIST, NULL, "List the tokens of a user"),
    CRM_ROUTE(POST, "/users/{id}/tokens", ADMIN, crm_token_create,
              CRM_KIND_TOKEN, CREATED, NULL,
              "Make a token; it is shown once"),
    CRM_ROUTE(DELETE, "/users/{id}/tokens/{token_id}", ADMIN,
              crm_token_delete, CRM_KIND_TOKEN, NOTHING, NULL,
              "Revoke a token"),

    CRM_ROUTE(GET, "/teams/dashboard", SALES, crm_dashboard_handler,
              CRM_KIND_NONE, OTHER, NULL,
              "The cards of the teams; for salespersons the figures of their "
              "own and nobody's records"),
    CRM_CONFIG_ROUTES("/teams", CRM_KIND_TEAM, "a team", "teams"),
    CRM_ROUTE(GET, "/teams/{id}/dashboard", MANAGER,
              crm_dashboard_team_handler, CRM_KIND_NONE, OTHER, NULL,
              "One team's card, with its last twelve weeks and its members"),
    CRM_CONFIG_DELETE("/teams", ADMIN, CRM_KIND_TEAM, "a team"),

    CRM_CONFIG_ROUTES("/stages", CRM_KIND_STAGE, "a stage", "stages"),
    CRM_CONFIG_DELETE("/stages", ADMIN, CRM_KIND_STAGE, "a stage"),

    CRM_MANAGED_ROUTES("/lost-reasons", CRM_KIND_LOST_REASON,
                       "a lost reason", "lost reasons"),
    CRM_ROUTE(POST, "/lost-reasons/{id}/merge", MANAGER,
              crm_reason_merge_handler, CRM_KIND_LOST_REASON, JOB,
              &crm_reason_merge, "Merge a lost reason into another"),
    CRM_MANAGED_ROUTES("/tags", CRM_KIND_TAG, "a tag", "tags"),

    CRM_CONFIG_ROUTES("/activity-types", CRM_KIND_ACTIVITY_TYPE,
                      "an activity type", "activity types"),
    CRM_CONFIG_DELETE("/activity-types", ADMIN, CRM_KIND_ACTIVITY_TYPE,
                      "an activity type"),

    CRM_CONFIG_ROUTES("/duplicate-rules", CRM_KIND_DUPLICATE_RULE,
                      "a duplicate rule", "duplicate rules"),
    CRM_CONFIG_DELETE("/duplicate-rules", ADMIN, CRM_KIND_DUPLICATE_RULE,
                      "a duplicate rule"),
    CRM_ROUTE(POST, "/duplicate-rules/test", ADMIN, crm_rule_test_handler,
              CRM_KIND_NONE, OTHER, &crm_rule_test,
              "The keys that a rule would make of samples"),

    CRM_CONFIG_ROUTES("/activity-plans", CRM_KIND_ACTIVITY_PLAN,
                      "an activity plan", "activity plans"),
    CRM_CONFIG_DELETE("/activity-plans", ADMIN, CRM_KIND_ACTIVITY_PLAN,
                      "an activity plan"),

    CRM_ROUTE(POST, "/leads/{id}/activity-plans/{plan_id}", SALES,
              crm_plan_launch, CRM_KIND_NONE, CREATED, &crm_action_plan,
              "Launch an activity plan on a lead: every step or none"),
    CRM_ROUTE(GET, "/calendar", SALES, crm_calendar_list, CRM_KIND_NONE,
              OTHER, NULL, "List the meetings that overlap a span"),

    CRM_ROUTE(GET, "/reports/pipeline", MANAGER, crm_report_pipeline,
              CRM_KIND_LEAD, REPORT, NULL,
              "Figures of leads by stage, team, user, source, tag, country "
              "or month of creation"),
    CRM_ROUTE(GET, "/reports/lost", MANAGER, crm_report_lost, CRM_KIND_LEAD,
              REPORT, NULL,
              "Figures of lost leads by reason, stage, team, user or month "
              "of closing"),
    CRM_ROUTE(GET, "/reports/activities", MANAGER, crm_report_activities,
              CRM_KIND_NONE, REPORT, NULL,
              "How many activities are done, overdue, planned"),
    CRM_ROUTE(GET, "/reports/forecast", MANAGER, crm_report_forecast,
              CRM_KIND_LEAD, REPORT, NULL,
              "Open opportunities by month of expected_close"),
    CRM_ROUTE(POST, "/mail/inbound", MAIL, crm_mail_inbound, CRM_KIND_NONE,
              OTHER, &crm_action_mail,
              "Take a mail: a new lead, or a message on the one it answers"),

    CRM_ROUTE(GET, "/jobs/{id}", SALES, crm_job_read, CRM_KIND_JOB, OBJECT,
              NULL, "Read a job"),
    CRM_ROUTE(POST, "/jobs/{id}/cancel", SALES, crm_job_cancel, CRM_KIND_JOB,
              OBJECT, &crm_action_none,
              "Cancel a job, unless it carries a change to the records"),
    CRM_ROUTE(POST, "/jobs/{id}/undo", SALES, crm_job_undo, CRM_KIND_JOB,
              JOB, &crm_action_none, "Take back what a job did"),

    CRM_ROUTE(GET, "/me", SALES, crm_me, CRM_KIND_USER, OBJECT, NULL,
              "The caller and the tenant"),
    CRM_ROUTE(POST, "/me/calendar-token", SALES, crm_calendar_token_create,
              CRM_KIND_NONE, CREATED, &crm_action_none,
              "Make the token of the caller's feed; it replaces the old one"),
    CRM_ROUTE(DELETE, "/me/calendar-token", SALES, crm_calendar_token_delete,
              CRM_KIND_NONE, NOTHING, NULL,
              "Revoke the token of the caller's feed"),
    CRM_ROUTE(GET, "/calendar.ics", PUBLIC, crm_calendar_feed, CRM_KIND_NONE,
              OTHER, NULL, "A user's calendar for calendar programs"),
    CRM_ROUTE(GET, "/openapi.json", PUBLIC, crm_openapi_handler,
              CRM_KIND_NONE, OTHER, NULL, "This document"),

    { 0, crm_null_string, 0, NULL, CRM_KIND_NONE, CRM_GIVES_OTHER, NULL,
      NULL }
};
