/* messages of a lead: notes and the log (model.md: a list, newest first) */

#include "crm_lead.h"


crm_record_t *
crm_message_new(const crm_rule_t *rule, crm_record_t *lead, int kind,
    crm_str_t body)
{
    int64_t        count;
    crm_value_t   *v;
    crm_record_t  *message;

    message = crm_record_new(rule->arena, &crm_entities[CRM_KIND_MESSAGE]);

    if (message == NULL
        || crm_record_defaults(rule->arena, message) != CRM_OK)
    {
        return NULL;
    }

    count = lead->v[CRM_LEAD_MESSAGES].num + 1;
    crm_value_set_num(&lead->v[CRM_LEAD_MESSAGES], count);

    v = message->v;

    crm_value_set_num(&v[CRM_ID],
                      (crm_record_id(lead) << CRM_MESSAGE_SHIFT) + count);
    crm_value_set_num(&v[CRM_VERSION], 1);
    crm_value_set_num(&v[CRM_CREATED_AT], rule->now);
    crm_value_set_num(&v[CRM_UPDATED_AT], rule->now);
    crm_value_set_num(&v[CRM_MESSAGE_LEAD_ID], crm_record_id(lead));
    crm_value_set_num(&v[CRM_MESSAGE_KIND], kind);
    crm_value_set_str(&v[CRM_MESSAGE_BODY], body);

    if (rule->actor != 0) {
        crm_value_set_num(&v[CRM_MESSAGE_AUTHOR_ID], rule->actor);
    }

    return message;
}
