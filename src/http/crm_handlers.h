/* First steps of the routes in crm_routes.c, by file. */

#ifndef CRM_HANDLERS_H
#define CRM_HANDLERS_H

#include "crm_flow.h"


/* crm_config_api.c */
ngx_int_t crm_config_create(crm_flow_t *f);
ngx_int_t crm_config_patch(crm_flow_t *f);

/* crm_config_read.c */
ngx_int_t crm_config_read(crm_flow_t *f);

/* the fields of a configuration kind that the caller may see; NULL: all */
const crm_mask_t *crm_config_mask(crm_flow_t *f, crm_kind_t kind);

/* crm_config_delete.c */
ngx_int_t crm_config_delete(crm_flow_t *f);

/* crm_duplicates.c */
ngx_int_t crm_duplicates_of_lead(crm_flow_t *f);
ngx_int_t crm_duplicates_check(crm_flow_t *f);

/* crm_dup_groups.c, crm_dup_dismiss.c */
ngx_int_t crm_duplicates_groups(crm_flow_t *f);
ngx_int_t crm_duplicates_dismiss(crm_flow_t *f);

/* crm_dup_test.c */
ngx_int_t crm_rule_test_handler(crm_flow_t *f);

/* crm_list_conf.c */
ngx_int_t crm_conf_list_handler(crm_flow_t *f);

/* crm_me.c, crm_tokens_api.c */
ngx_int_t crm_me(crm_flow_t *f);
ngx_int_t crm_tokens_list(crm_flow_t *f);
ngx_int_t crm_token_create(crm_flow_t *f);
ngx_int_t crm_token_delete(crm_flow_t *f);

/* crm_plans.c */
ngx_int_t crm_plan_launch(crm_flow_t *f);

/* crm_calendar.c, crm_calendar_token.c, crm_calendar_feed.c */
ngx_int_t crm_calendar_list(crm_flow_t *f);
ngx_int_t crm_calendar_token_create(crm_flow_t *f);
ngx_int_t crm_calendar_token_delete(crm_flow_t *f);
ngx_int_t crm_calendar_feed(crm_flow_t *f);

/* crm_contacts.c */
ngx_int_t crm_contacts_list(crm_flow_t *f);
ngx_int_t crm_contact_create_handler(crm_flow_t *f);
ngx_int_t crm_contact_read(crm_flow_t *f);
ngx_int_t crm_contact_patch(crm_flow_t *f);
ngx_int_t crm_contact_delete(crm_flow_t *f);

/* crm_leads_list.c, crm_board.c */
ngx_int_t crm_leads_list(crm_flow_t *f);
ngx_int_t crm_board_handler(crm_flow_t *f);

/* crm_lead_read.c, crm_lead_write.c, crm_lead_batch.c */
ngx_int_t crm_lead_read(crm_flow_t *f);
ngx_int_t crm_lead_create_handler(crm_flow_t *f);
ngx_int_t crm_lead_patch(crm_flow_t *f);
ngx_int_t crm_lead_delete(crm_flow_t *f);
ngx_int_t crm_lead_move_handler(crm_flow_t *f);
ngx_int_t crm_lead_won_handler(crm_flow_t *f);
ngx_int_t crm_lead_lost_handler(crm_flow_t *f);
ngx_int_t crm_lead_restore_handler(crm_flow_t *f);
ngx_int_t crm_lead_archive_handler(crm_flow_t *f);
ngx_int_t crm_leads_batch(crm_flow_t *f);

/* crm_merge.c, crm_unmerge.c */
ngx_int_t crm_leads_merge(crm_flow_t *f);
ngx_int_t crm_lead_unmerge_handler(crm_flow_t *f);

/* crm_conversion_api.c */
ngx_int_t crm_lead_conversion(crm_flow_t *f);
ngx_int_t crm_lead_convert_handler(crm_flow_t *f);

/* crm_bulk.c, crm_bulk_undo.c */
ngx_int_t crm_leads_bulk(crm_flow_t *f);
ngx_int_t crm_job_undo(crm_flow_t *f);

/* crm_carry.c */
ngx_int_t crm_reason_merge_handler(crm_flow_t *f);

/* crm_messages.c, crm_message_note.c */
ngx_int_t crm_messages_list(crm_flow_t *f);
ngx_int_t crm_message_create(crm_flow_t *f);

/* crm_inbound.c */
ngx_int_t crm_mail_inbound(crm_flow_t *f);

/* crm_activities.c */
ngx_int_t crm_activity_create_handler(crm_flow_t *f);
ngx_int_t crm_activity_create_on_lead(crm_flow_t *f);
ngx_int_t crm_activity_create_on_contact(crm_flow_t *f);
ngx_int_t crm_activity_read(crm_flow_t *f);
ngx_int_t crm_activity_patch(crm_flow_t *f);
ngx_int_t crm_activity_delete(crm_flow_t *f);
ngx_int_t crm_activity_done_handler(crm_flow_t *f);
ngx_int_t crm_activity_cancel_handler(crm_flow_t *f);

/* crm_activities_list.c */
ngx_int_t crm_activities_list(crm_flow_t *f);
ngx_int_t crm_activities_of_lead(crm_flow_t *f);
ngx_int_t crm_activities_of_contact(crm_flow_t *f);

/* crm_activities_summary.c */
ngx_int_t crm_activities_summary(crm_flow_t *f);

/* crm_dashboard.c */
ngx_int_t crm_dashboard_handler(crm_flow_t *f);
ngx_int_t crm_dashboard_team_handler(crm_flow_t *f);

/* crm_orders.c, crm_orders_list.c */
ngx_int_t crm_orders_list(crm_flow_t *f);
ngx_int_t crm_order_create_handler(crm_flow_t *f);
ngx_int_t crm_order_read(crm_flow_t *f);
ngx_int_t crm_order_patch(crm_flow_t *f);
ngx_int_t crm_order_delete(crm_flow_t *f);
ngx_int_t crm_order_send_handler(crm_flow_t *f);
ngx_int_t crm_order_confirm_handler(crm_flow_t *f);
ngx_int_t crm_order_cancel_handler(crm_flow_t *f);
ngx_int_t crm_order_reset_handler(crm_flow_t *f);

/* crm_report.c, crm_report_acts.c */
ngx_int_t crm_report_pipeline(crm_flow_t *f);
ngx_int_t crm_report_lost(crm_flow_t *f);
ngx_int_t crm_report_forecast(crm_flow_t *f);
ngx_int_t crm_report_activities(crm_flow_t *f);

/* crm_job_api.c */
ngx_int_t crm_job_read(crm_flow_t *f);
ngx_int_t crm_job_cancel(crm_flow_t *f);

#endif /* CRM_HANDLERS_H */
