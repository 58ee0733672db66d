/*
 * Contacts: creation, change, commit.  Their index entries are in
 * crm_contact_index.c.
 */

#include "crm_change.h"
#include "crm_contact.h"


/* the rules that join several fields; the parent matters only where parent_id
   is another one than in old (may be NULL) */

static void
crm_contact_parent(const crm_rule_t *rule, const crm_record_t *old,
    const crm_record_t *contact, const crm_record_t *parent)
{
    const crm_str_t    *name;
    const crm_value_t  *v = contact->v;

    if (!v[CRM_CONTACT_PARENT_ID].set) {
        return;
    }

    name = &contact->entity->fields[CRM_CONTACT_PARENT_ID].name;

    if (v[CRM_CONTACT_KIND].num == CRM_CONTACT_COMPANY) {
        crm_fault(rule->faults, name, CRM_FAULT_INVALID,
                  "a company has no parent");
        return;
    }

    if (old != NULL
        && crm_value_eq(CRM_T_ID, &old->v[CRM_CONTACT_PARENT_ID],
                        &v[CRM_CONTACT_PARENT_ID]))
    {
        return;
    }

    if (parent == NULL) {
        crm_fault(rule->faults, name, CRM_FAULT_NOT_FOUND,
                  "there is no such record");

    } else if (parent->v[CRM_CONTACT_KIND].num != CRM_CONTACT_COMPANY
               || (old != NULL && crm_record_id(old) == crm_record_id(parent)))
    {
        crm_fault(rule->faults, name, CRM_FAULT_INVALID,
                  "the parent must be a company");
    }
}


crm_problem_t
crm_contact_create(const crm_rule_t *rule, const crm_input_t *input,
    const crm_record_t *parent, crm_record_t **contact)
{
    *contact = crm_input_create(rule->arena, input);

    if (*contact == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_contact_parent(rule, NULL, *contact, parent);
    crm_change_created(rule, *contact);

    return crm_change_verdict(rule);
}


crm_problem_t
crm_contact_update(const crm_rule_t *rule, const crm_record_t *old,
    const crm_input_t *input, const crm_record_t *parent,
    crm_record_t **contact, int *touched)
{
    *contact = crm_input_apply(rule->arena, input, old, rule->faults);

    if (*contact == NULL) {
        return CRM_P_INTERNAL;
    }

    crm_contact_parent(rule, old, *contact, parent);
    *touched = crm_change_touch(rule, old, *contact, NULL);

    return crm_change_verdict(rule);
}


crm_str_t
crm_contact_key(crm_arena_t *a, const crm_str_t *prefix, int64_t id)
{
    return crm_change_key(a, prefix, "contact", id);
}


static void
crm_contact_checks(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *contact)
{
    const crm_field_t  *kind;
    const crm_value_t  *parent;

    crm_change_conf(ops, rule);

    if (old == NULL) {
        crm_change_id_free(ops, rule, key, contact);

    } else {
        crm_change_same(ops, key, old, CRM_VERSION, CRM_FAILED_VERSION);
    }

    if (contact == NULL) {
        return;
    }

    parent = &contact->v[CRM_CONTACT_PARENT_ID];

    if (parent->set
        && (old == NULL || old->v[CRM_CONTACT_PARENT_ID].num != parent->num))
    {
        kind = &contact->entity->fields[CRM_CONTACT_KIND];

        crm_change_check(ops, CRM_CHECK_FIELD_EQ,
                         crm_contact_key(ops->arena, &rule->prefix,
                                         parent->num),
                         kind->stored, kind->words->word[CRM_CONTACT_COMPANY],
                         CRM_FAILED_PARENT);
    }
}


int
crm_contact_commit(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *contact)
{
    crm_str_t  key;

    key = crm_contact_key(ops->arena, &rule->prefix,
                          crm_record_id(contact ? contact : old));
    if (key.data == NULL) {
        return CRM_ERROR;
    }

    crm_contact_checks(ops, rule, key, old, contact);

    return crm_change_write(ops, rule, key, old, contact, crm_contact_index,
                            1);
}
