/*
 * Message-IDs of the mails on record: which message was it, on which lead.
 *
 *   P lead:{id}:mid   hash: what has arrived at this lead.  It stays with the
 *                     record that the mail arrived at, also when that is
 *                     merged: who looks a mail up follows merged_into.
 *   P mid:{bucket}    hash: the same of all leads, where it is looked up; an
 *                     index of the former.
 *
 * In both the field is a hash of the Message-ID and the value the message's
 * id, which contains the lead's.
 */

#ifndef CRM_MID_H
#define CRM_MID_H

#include "crm_lead.h"


#define CRM_MID_BUCKETS  65536

/* more mails on one record than that are a loop of two machines: they are
   kept as messages, but no longer known by their Message-IDs, so that a
   deletion stays one short commit */
#define CRM_MID_MAX      2000

/* the lead that a message arrived at */
#define crm_mid_lead(message)  ((message) >> CRM_MESSAGE_SHIFT)


/* the field of a Message-ID, angle brackets included */
int crm_mid_field(crm_arena_t *a, const crm_str_t *message_id,
    crm_str_t *field);

/* P mid:{bucket} of a field; data NULL: out of memory */
crm_str_t crm_mid_key(crm_arena_t *a, const crm_str_t *prefix,
    const crm_str_t *field);

/* P lead:{id}:mid */
crm_str_t crm_mid_lead_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t lead);

/* the check that nobody has stored this message (CRM_FAILED_MAIL), and its
   entries */
int crm_mid_add(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *message);

/* a lead is deleted: its entries, from the fields and values of its hash */
int crm_mid_remove(crm_ops_t *ops, const crm_rule_t *rule, int64_t lead,
    const crm_str_t *pairs, unsigned n);

/* the entry of the index that one field asks for */
void crm_mid_index(crm_ix_list_t *list, const crm_str_t *field,
    const crm_str_t *message);

#endif /* CRM_MID_H */
