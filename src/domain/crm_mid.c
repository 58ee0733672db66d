/* Message-IDs of the mails on record; see crm_mid.h */

#include "crm_change.h"
#include "crm_digest.h"
#include "crm_mid.h"


#define CRM_MID_FIELD  22               /* base64url characters: 132 bits */


int
crm_mid_field(crm_arena_t *a, const crm_str_t *message_id, crm_str_t *field)
{
    u_char  hash[CRM_SHA256_TEXT];

    (void) crm_sha256_text(hash, message_id->data, message_id->len);

    return crm_arena_dup(a, field, hash, CRM_MID_FIELD);
}


crm_str_t
crm_mid_key(crm_arena_t *a, const crm_str_t *prefix, const crm_str_t *field)
{
    return crm_change_key(a, prefix, "mid",
                          (int64_t) (crm_hash64(field->data, field->len)
                                     % CRM_MID_BUCKETS));
}


crm_str_t
crm_mid_lead_key(crm_arena_t *a, const crm_str_t *prefix, int64_t lead)
{
    return crm_change_part_key(a, prefix, "lead", lead, ":mid");
}


int
crm_mid_add(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *message)
{
    crm_str_t  field, key, own, value, none = crm_null_string;

    if (crm_mid_field(ops->arena, &message->v[CRM_MESSAGE_MESSAGE_ID].str,
                      &field)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    value = crm_change_number(ops, crm_record_id(message));
    key = crm_mid_key(ops->arena, &rule->prefix, &field);
    own = crm_mid_lead_key(ops->arena, &rule->prefix,
                           message->v[CRM_MESSAGE_LEAD_ID].num);

    if (key.data == NULL || own.data == NULL) {
        return CRM_ERROR;
    }

    crm_change_check(ops, CRM_CHECK_FIELD_FREE, key, field, none,
                     CRM_FAILED_MAIL);

    crm_ops_put(ops, "HSET", key, field, value, none);
    crm_ops_put(ops, "HSET", own, field, value, none);

    return ops->failed ? CRM_ERROR : CRM_OK;
}


int
crm_mid_remove(crm_ops_t *ops, const crm_rule_t *rule, int64_t lead,
    const crm_str_t *pairs, unsigned n)
{
    unsigned   i;
    crm_str_t  key, field, none = crm_null_string;

    if (n == 0) {
        return CRM_OK;
    }

    for (i = 0; i + 1 < n; i += 2) {
        key = crm_mid_key(ops->arena, &rule->prefix, &pairs[i]);

        if (key.data == NULL
            || crm_arena_dup(ops->arena, &field, pairs[i].data, pairs[i].len)
               != CRM_OK)
        {
            return CRM_ERROR;
        }

        crm_ops_put(ops, "HDEL", key, field, none, none);
    }

    key = crm_mid_lead_key(ops->arena, &rule->prefix, lead);
    crm_ops_put(ops, "DEL", key, none, none, none);

    return ops->failed || key.data == NULL ? CRM_ERROR : CRM_OK;
}


void
crm_mid_index(crm_ix_list_t *list, const crm_str_t *field,
    const crm_str_t *message)
{
    crm_str_t  key;

    key = crm_mid_key(list->arena, &list->prefix, field);

    if (key.data == NULL) {
        list->failed = 1;
        return;
    }

    crm_ix_field(list, key, *field, *message);
}
