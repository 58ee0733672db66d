/* Params of the bulk actions (api.md, section 3), as tables of fields. */

#ifndef CRM_BULK_ACTIONS_H
#define CRM_BULK_ACTIONS_H

#include "crm_entity.h"


enum { CRM_BULK_USER_ID, CRM_BULK_TEAM_ID };
enum {
    CRM_BULK_CONVERT_CUSTOMER,
    CRM_BULK_CONVERT_DEDUPE,
    CRM_BULK_CONVERT_USER_IDS,
    CRM_BULK_CONVERT_TEAM_ID,
    CRM_BULK_CONVERT_FORCE
};
enum { CRM_BULK_STAGE_ID };
enum { CRM_BULK_TAG_IDS };
enum { CRM_BULK_PRIORITY };
enum { CRM_BULK_SUBJECT, CRM_BULK_BODY };
enum {
    CRM_BULK_TYPE_ID,
    CRM_BULK_DUE_DATE,
    CRM_BULK_SUMMARY,
    CRM_BULK_NOTE,
    CRM_BULK_ASSIGNEE
};

extern const crm_entity_t  crm_bulk_assign;
extern const crm_entity_t  crm_bulk_convert;
extern const crm_entity_t  crm_bulk_move;
extern const crm_entity_t  crm_bulk_tags;
extern const crm_entity_t  crm_bulk_priority;
extern const crm_entity_t  crm_bulk_email;
extern const crm_entity_t  crm_bulk_schedule;

#endif /* CRM_BULK_ACTIONS_H */
