/*
 * The change log: which tracked fields differ, and the message that says so
 * (api.md, section 3).
 */

#include "crm_change.h"


int
crm_lead_touch(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead)
{
    crm_mask_t  silent;

    memset(&silent, 0, sizeof(crm_mask_t));

    crm_mask_set(&silent, CRM_LEAD_RANK);
    crm_mask_set(&silent, CRM_LEAD_MESSAGES);
    crm_mask_set(&silent, CRM_LEAD_DUE);
    crm_mask_set(&silent, CRM_LEAD_ACTIVITIES);
    crm_mask_set(&silent, CRM_LEAD_KEPT);

    return crm_change_touch(rule, old, lead, &silent);
}


int
crm_lead_changes(crm_arena_t *a, const crm_record_t *old,
    const crm_record_t *lead, crm_str_t *changes)
{
    unsigned            i, n;
    crm_out_t           out;
    crm_mask_t          differ;
    const crm_field_t  *f;

    changes->len = 0;

    if (old == NULL || !crm_change_fields(old, lead, &differ)) {
        return CRM_OK;
    }

    crm_out_init(&out, a, 256);

    for (n = 0, i = 0; i < lead->entity->nfields; i++) {
        f = &lead->entity->fields[i];

        if (!crm_mask_has(&differ, i) || (f->flags & CRM_F_UNTRACKED)) {
            continue;
        }

        crm_out_char(&out, n++ > 0 ? ',' : '[');
        crm_out_lit(&out, "{\"field\":");
        crm_out_json(&out, &f->name);
        crm_out_lit(&out, ",\"old\":");
        crm_value_json(&out, f, &old->v[i]);
        crm_out_lit(&out, ",\"new\":");
        crm_value_json(&out, f, &lead->v[i]);
        crm_out_char(&out, '}');
    }

    if (n == 0) {
        return CRM_OK;
    }

    crm_out_char(&out, ']');

    return crm_out_join(&out, changes);
}


int
crm_lead_log(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *lead, crm_str_t note, crm_record_t **message)
{
    crm_str_t  changes;

    *message = NULL;

    if (crm_lead_changes(rule->arena, old, lead, &changes) != CRM_OK) {
        return CRM_ERROR;
    }

    if (changes.len == 0 && note.len == 0) {
        return CRM_OK;
    }

    *message = crm_message_new(rule, lead, CRM_MESSAGE_LOG, note);

    if (*message == NULL) {
        return CRM_ERROR;
    }

    if (changes.len > 0) {
        crm_value_set_str(&(*message)->v[CRM_MESSAGE_CHANGES], changes);
    }

    return CRM_OK;
}
