/*
 * What the changes of all records have in common: versions, stamps, checks,
 * and the fields of a hash that differ.
 */

#ifndef CRM_CHANGE_H
#define CRM_CHANGE_H

#include "crm_lead.h"


/* every index entry of a record */
typedef void (*crm_index_pt)(crm_ix_list_t *list, const crm_record_t *rec);


/* CRM_P_NONE, or what the faults found so far amount to */
crm_problem_t crm_change_verdict(const crm_rule_t *rule);

/* version 1, now, by the actor */
void crm_change_created(const crm_rule_t *rule, crm_record_t *rec);

/* version + 1, now, by the actor, if any stored field differs that is not in
   `silent` (may be NULL); returns whether it did */
int crm_change_touch(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec, const crm_mask_t *silent);

/* the stored fields that differ, without the id; returns whether any does.
   old NULL: all that are set. */
int crm_change_fields(const crm_record_t *old, const crm_record_t *rec,
    crm_mask_t *differ);

/* a check with its tag; field and value may be empty */
void crm_change_check(crm_ops_t *ops, crm_check_type_t type, crm_str_t key,
    crm_str_t field, crm_str_t value, int tag);

/* the stored field still holds what rec holds */
void crm_change_same(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec,
    unsigned field, int tag);

/* the contact that the field of rec names, and of old (may be NULL) did not,
   is there */
void crm_change_contact(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec, unsigned field);

/* the snapshot is still the present one */
void crm_change_conf(crm_ops_t *ops, const crm_rule_t *rule);

/* the root hash of the tenant; its field with the last id given to such
   records; a number as text */
crm_str_t crm_change_root(crm_ops_t *ops, const crm_rule_t *rule);
crm_str_t crm_change_counter(crm_ops_t *ops, const crm_entity_t *entity);
crm_str_t crm_change_number(crm_ops_t *ops, int64_t number);

/* a commit that takes the next id from the counter: what the HINCRBY comes
   to.  Nothing where the snapshot is old, or the tenant gone. */
void crm_change_id_take(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_entity_t *entity);

/* the id of a new record is above all that were given; and nobody else has
   it */
void crm_change_id_above(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *rec);
void crm_change_id_free(crm_ops_t *ops, const crm_rule_t *rule,
    crm_str_t key, const crm_record_t *rec);

/* counts the commit in `writes` (board ETag, checker); as every counter
   before all other writes */
void crm_change_count(crm_ops_t *ops, const crm_rule_t *rule);

/* remembers the id of a new record as given: every creation writes id:{kind}
   or, if it was taken, late:{kind} */
void crm_change_id_given(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *rec);

/* HSET of what is set, HDEL of what is cleared among `fields`; `first` is a
   name and a value to go before them, or NULL */
void crm_change_store(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec,
    const crm_mask_t *fields, const crm_str_t *first);

/*
 * Behind the checks, the writes that turn old (NULL: creation) into rec (NULL:
 * deletion), whose indexes follow from it alone; none where nothing differs.
 * `count': it is counted here (crm_change_count).
 */
int crm_change_write(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *rec, crm_index_pt index,
    unsigned count);

/* prefix, name, id: "crm:{slug}:lead:7"; the second with what is kept beside
   the record: "crm:{slug}:lead:7:m".  data is NULL when out of memory */
crm_str_t crm_change_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *name, int64_t id);
crm_str_t crm_change_part_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *name, int64_t id, const char *part);

#endif /* CRM_CHANGE_H */
