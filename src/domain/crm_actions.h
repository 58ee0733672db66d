/* Bodies of actions as tables of fields, as entities are (crm_fields.h). */

#ifndef CRM_ACTIONS_H
#define CRM_ACTIONS_H

#include "crm_entity.h"
#include "crm_problem.h"


enum { CRM_PLAN_LAUNCH_DATE, CRM_PLAN_LAUNCH_USER_ID };
enum { CRM_MOVE_STAGE_ID, CRM_MOVE_BEFORE_ID, CRM_MOVE_AFTER_ID };
enum { CRM_LOST_REASON_ID_GIVEN, CRM_LOST_REASON_NAMED, CRM_LOST_NOTE };
enum { CRM_DONE_FEEDBACK };
enum { CRM_DISMISS_IDS };
enum { CRM_MERGE_IDS, CRM_MERGE_TEAM_ID, CRM_MERGE_USER_ID,
       CRM_MERGE_DRY_RUN };
enum { CRM_UNMERGE_MERGE_ID };
enum { CRM_CONVERT_ACTION, CRM_CONVERT_DUPLICATE_IDS, CRM_CONVERT_TEAM_ID,
       CRM_CONVERT_USER_ID };
enum { CRM_CUSTOMER_ACTION, CRM_CUSTOMER_CONTACT_ID };

extern const crm_entity_t  crm_action_none;     /* no fields at all */
extern const crm_entity_t  crm_action_mail;     /* the body is no JSON but a
                                                   raw message */
extern const crm_entity_t  crm_action_move;
extern const crm_entity_t  crm_action_lost;
extern const crm_entity_t  crm_action_plan;
extern const crm_entity_t  crm_action_done;
extern const crm_entity_t  crm_action_dismiss;
extern const crm_entity_t  crm_action_merge;
extern const crm_entity_t  crm_action_unmerge;
extern const crm_entity_t  crm_action_convert;
extern const crm_entity_t  crm_action_customer;
extern const crm_entity_t  crm_reason_merge;    /* of one lost reason into
                                                   another */

/* faults of a parsed body of any kind, beside those of its single fields */
void crm_action_check(const crm_record_t *values, crm_faults_t *faults);

#endif /* CRM_ACTIONS_H */
