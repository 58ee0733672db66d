/*
 * Contacts: people and companies.
 *
 * As crm_lead.h: pure functions over records, with the same crm_rule_t and
 * the same meaning of crm_problem_t.
 */

#ifndef CRM_CONTACT_H
#define CRM_CONTACT_H

#include "crm_lead.h"


/*
 * parent: the record that the input's parent_id names, NULL where it names
 * none that exists.  The caller has run crm_input_refs(); after a creation
 * it sets the id.  An update raises the version where something differs, and
 * says so by *touched.  That a company with people below it stays one is for
 * the caller to see.
 */
crm_problem_t crm_contact_create(const crm_rule_t *rule,
    const crm_input_t *input, const crm_record_t *parent,
    crm_record_t **contact);
crm_problem_t crm_contact_update(const crm_rule_t *rule,
    const crm_record_t *old, const crm_input_t *input,
    const crm_record_t *parent, crm_record_t **contact, int *touched);

/* every index entry of the contact (keys.md) */
void crm_contact_index(crm_ix_list_t *list, const crm_record_t *contact);

/*
 * Where contacts with this e-mail address or phone number (field:
 * CRM_CONTACT_EMAIL, CRM_CONTACT_PHONE) are: the members of the sorted set
 * `key` with this score, each to be compared, as hashes collide.
 * CRM_DECLINED for a number without digits.
 */
int crm_contact_bucket(crm_arena_t *a, const crm_str_t *prefix,
    unsigned field, const crm_str_t *text, crm_str_t *key, int64_t *score);

/* P contact:{id} */
crm_str_t crm_contact_key(crm_arena_t *a, const crm_str_t *prefix,
    int64_t id);

/* checks (CRM_FAILED_*) and writes that turn old (NULL: creation) into
   contact (NULL: deletion); no writes where nothing differs */
int crm_contact_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *contact);

#endif /* CRM_CONTACT_H */
