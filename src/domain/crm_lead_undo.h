/*
 * Taking back what a bulk change did to a lead (api.md, "POST
 * /jobs/{id}/undo"): what is remembered, and the rule that restores it.
 */

#ifndef CRM_LEAD_UNDO_H
#define CRM_LEAD_UNDO_H

#include "crm_lead.h"


/* the fields that differ, with both values, as one line of text each */
int crm_lead_undo_text(crm_arena_t *a, const crm_record_t *old,
    const crm_record_t *lead, crm_str_t *text);

/*
 * Each field that still holds what the text says was written gets its old
 * value; those that depend on one another only together.  *kept is set where
 * one did not; CRM_P_CHANGED_SINCE where none did.  CRM_P_INTERNAL also for
 * a malformed text.
 */
crm_problem_t crm_lead_undo(const crm_rule_t *rule, const crm_record_t *now,
    const crm_str_t *text, crm_record_t **lead, int *kept);

#endif /* CRM_LEAD_UNDO_H */
