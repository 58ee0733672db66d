/*
 * Checks and writes of one record; see crm_change.h.
 *
 * Knows fields by their flags only: what an entity's indexes are is the
 * entity's business.
 */

#include "crm_change.h"
#include "crm_keyer.h"


/* not stored in the record's hash */

static int
crm_change_skips(const crm_record_t *rec, unsigned i)
{
    return i == CRM_ID || (rec->entity->fields[i].flags & CRM_F_COMPUTED);
}


static void
crm_change_by(const crm_rule_t *rule, crm_record_t *rec, unsigned field)
{
    const crm_field_t  *f = &rec->entity->fields[field];

    /* configuration has no authors: another field stands there */

    if (f->ref != CRM_KIND_USER || !(f->flags & CRM_F_READ_ONLY)) {
        return;
    }

    crm_value_clear(&rec->v[field]);

    if (rule->actor != 0) {
        crm_value_set_num(&rec->v[field], rule->actor);
    }
}


crm_problem_t
crm_change_verdict(const crm_rule_t *rule)
{
    if (rule->faults->failed) {
        return CRM_P_INTERNAL;
    }

    return rule->faults->n > 0 ? CRM_P_VALIDATION : CRM_P_NONE;
}


void
crm_change_created(const crm_rule_t *rule, crm_record_t *rec)
{
    crm_value_set_num(&rec->v[CRM_VERSION], 1);
    crm_value_set_num(&rec->v[CRM_CREATED_AT], rule->now);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], rule->now);

    crm_change_by(rule, rec, CRM_CREATED_BY);
    crm_change_by(rule, rec, CRM_UPDATED_BY);
}


int
crm_change_touch(const crm_rule_t *rule, const crm_record_t *old,
    crm_record_t *rec, const crm_mask_t *silent)
{
    crm_mask_t  differ;

    crm_change_fields(old, rec, &differ);

    if (silent != NULL) {
        differ.bits[0] &= ~silent->bits[0];
        differ.bits[1] &= ~silent->bits[1];
    }

    if ((differ.bits[0] | differ.bits[1]) == 0) {
        return 0;
    }

    crm_value_set_num(&rec->v[CRM_VERSION], crm_record_version(old) + 1);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], rule->now);
    crm_change_by(rule, rec, CRM_UPDATED_BY);

    return 1;
}


int
crm_change_fields(const crm_record_t *old, const crm_record_t *rec,
    crm_mask_t *differ)
{
    int       any;
    unsigned  i;

    memset(differ, 0, sizeof(crm_mask_t));

    for (any = 0, i = 0; i < rec->entity->nfields; i++) {

        if (crm_change_skips(rec, i)
            || (old != NULL
                ? crm_value_eq(rec->entity->fields[i].type, &old->v[i],
                               &rec->v[i])
                : !rec->v[i].set))
        {
            continue;
        }

        crm_mask_set(differ, i);
        any = 1;
    }

    return any;
}


void
crm_change_check(crm_ops_t *ops, crm_check_type_t type, crm_str_t key,
    crm_str_t field, crm_str_t value, int tag)
{
    crm_check_t  *check;

    check = crm_ops_check(ops, type, key, field, value);

    if (check != NULL) {
        check->tag = tag;
    }
}


void
crm_change_same(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec,
    unsigned field, int tag)
{
    crm_str_t           text;
    const crm_field_t  *f = &rec->entity->fields[field];

    if (!rec->v[field].set) {
        crm_change_check(ops, CRM_CHECK_FIELD_FREE, key, f->stored,
                         crm_str(""), tag);
        return;
    }

    if (crm_value_store(ops->arena, f, &rec->v[field], &text) != CRM_OK) {
        ops->failed = 1;
        return;
    }

    crm_change_check(ops, CRM_CHECK_FIELD_EQ, key, f->stored, text, tag);
}


crm_str_t
crm_change_number(crm_ops_t *ops, int64_t number)
{
    crm_str_t  text;

    text = crm_arena_int(ops->arena, number);

    if (text.data == NULL) {
        ops->failed = 1;
    }

    return text;
}


crm_str_t
crm_change_root(crm_ops_t *ops, const crm_rule_t *rule)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, ops->arena, &rule->prefix, 6) != CRM_OK) {
        ops->failed = 1;
        return crm_str("");
    }

    crm_keyer_lit(&k, "tenant");

    return crm_keyer_done(&k);
}


static crm_str_t
crm_change_field(crm_ops_t *ops, crm_str_t start, const crm_entity_t *entity)
{
    crm_keyer_t  k;

    if (crm_keyer_init(&k, ops->arena, &start, entity->name.len) != CRM_OK) {
        ops->failed = 1;
        return start;
    }

    crm_keyer_str(&k, &entity->name);

    return crm_keyer_done(&k);
}


/* "id:lead" */

crm_str_t
crm_change_counter(crm_ops_t *ops, const crm_entity_t *entity)
{
    return crm_change_field(ops, crm_str("id:"), entity);
}


void
crm_change_conf(crm_ops_t *ops, const crm_rule_t *rule)
{
    crm_change_check(ops, CRM_CHECK_FIELD_EQ, crm_change_root(ops, rule),
                     crm_str("conf"),
                     crm_change_number(ops, rule->conf->version),
                     CRM_FAILED_CONF);
}


void
crm_change_contact(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec, unsigned field)
{
    const crm_value_t  *contact = &rec->v[field];

    if (contact->set && (old == NULL || old->v[field].num != contact->num)) {
        crm_change_check(ops, CRM_CHECK_KEY_THERE,
                         crm_change_key(ops->arena, &rule->prefix, "contact",
                                        contact->num),
                         crm_str(""), crm_str(""), CRM_FAILED_CONTACT);
    }
}


void
crm_change_id_above(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *rec)
{
    crm_change_check(ops, CRM_CHECK_FIELD_BELOW, crm_change_root(ops, rule),
                     crm_change_counter(ops, rec->entity),
                     crm_change_number(ops, crm_record_id(rec)),
                     CRM_FAILED_ID);
}


void
crm_change_id_take(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_entity_t *entity)
{
    crm_str_t  none = crm_null_string;

    crm_change_conf(ops, rule);
    crm_ops_put(ops, "HINCRBY", crm_change_root(ops, rule),
                crm_change_counter(ops, entity), crm_str("1"), none);
}


static int
crm_change_taken(const crm_rule_t *rule, const crm_record_t *rec)
{
    return (rule->taken & (1U << rec->entity->kind)) != 0;
}


void
crm_change_id_free(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *rec)
{
    crm_change_check(ops, CRM_CHECK_KEY_FREE, key, crm_str(""), crm_str(""),
                     CRM_FAILED_ID);

    if (!crm_change_taken(rule, rec)) {
        crm_change_id_above(ops, rule, rec);
        return;
    }

    /* a counter that has been set back would give the id once more: Redis has
       lost what it held last */

    crm_change_check(ops, CRM_CHECK_FIELD_REACHED, crm_change_root(ops, rule),
                     crm_change_counter(ops, rec->entity),
                     crm_change_number(ops, crm_record_id(rec)),
                     CRM_FAILED_ID);
}


void
crm_change_count(crm_ops_t *ops, const crm_rule_t *rule)
{
    crm_str_t  none = crm_null_string;

    crm_ops_put(ops, "HINCRBY", crm_change_root(ops, rule),
                crm_str("writes"), crm_str("1"), none);
}


void
crm_change_id_given(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *rec)
{
    crm_str_t  none = crm_null_string;

    crm_ops_put(ops, "HSET", crm_change_root(ops, rule),
                crm_change_field(ops, crm_change_taken(rule, rec)
                                      ? crm_str("late:") : crm_str("id:"),
                                 rec->entity),
                crm_change_number(ops, crm_record_id(rec)), none);
}


void
crm_change_store(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec,
    const crm_mask_t *fields, const crm_str_t *first)
{
    unsigned            i, nset, ndel;
    crm_str_t          *set, *del;
    const crm_field_t  *f;

    set = crm_arena_alloc(ops->arena, (rec->entity->nfields * 3 + 6)
                                      * sizeof(crm_str_t));
    if (set == NULL) {
        ops->failed = 1;
        return;
    }

    del = set + rec->entity->nfields * 2 + 4;
    nset = 2;
    ndel = 2;

    set[0] = crm_str("HSET");
    set[1] = key;
    del[0] = crm_str("HDEL");
    del[1] = key;

    if (first != NULL) {
        set[nset++] = first[0];
        set[nset++] = first[1];
    }

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if (!crm_mask_has(fields, i)) {
            continue;
        }

        if (!rec->v[i].set) {
            del[ndel++] = f->stored;
            continue;
        }

        set[nset++] = f->stored;

        if (crm_value_store(ops->arena, f, &rec->v[i], &set[nset++])
            != CRM_OK)
        {
            ops->failed = 1;
            return;
        }
    }

    if (nset > 2) {
        crm_ops_write(ops, nset, set);
    }

    if (ndel > 2) {
        crm_ops_write(ops, ndel, del);
    }
}


static void
crm_change_index(crm_ops_t *ops, const crm_rule_t *rule,
    const crm_record_t *old, const crm_record_t *rec, crm_index_pt index)
{
    crm_ix_list_t  was, is;

    crm_ix_init(&was, ops->arena, rule->prefix);
    crm_ix_init(&is, ops->arena, rule->prefix);

    if (old != NULL) {
        index(&was, old);
    }

    if (rec != NULL) {
        index(&is, rec);
    }

    crm_ix_diff(ops, &was, &is);
}


int
crm_change_write(crm_ops_t *ops, const crm_rule_t *rule, crm_str_t key,
    const crm_record_t *old, const crm_record_t *rec, crm_index_pt index,
    unsigned count)
{
    crm_str_t   none = crm_null_string;
    crm_mask_t  differ;

    if (rec != NULL && !crm_change_fields(old, rec, &differ)) {
        return ops->failed ? CRM_ERROR : CRM_OK;
    }

    if (count) {
        crm_change_count(ops, rule);
    }

    crm_change_index(ops, rule, old, rec, index);

    if (rec == NULL) {
        crm_ops_put(ops, "DEL", key, none, none, none);

    } else {
        crm_change_store(ops, key, rec, &differ, NULL);
    }

    if (old == NULL) {
        crm_change_id_given(ops, rule, rec);
    }

    return ops->failed ? CRM_ERROR : CRM_OK;
}


crm_str_t
crm_change_key(crm_arena_t *a, const crm_str_t *prefix, const char *name,
    int64_t id)
{
    return crm_change_part_key(a, prefix, name, id, "");
}


crm_str_t
crm_change_part_key(crm_arena_t *a, const crm_str_t *prefix,
    const char *name, int64_t id, const char *part)
{
    size_t       len, rest;
    crm_str_t    none = crm_null_string;
    crm_keyer_t  k;

    len = strlen(name);
    rest = strlen(part);

    if (crm_keyer_init(&k, a, prefix, len + 1 + CRM_KEYER_INT + rest)
        != CRM_OK)
    {
        return none;
    }

    crm_keyer_bytes(&k, name, len);
    crm_keyer_char(&k, ':');
    crm_keyer_int(&k, id);
    crm_keyer_bytes(&k, part, rest);

    return crm_keyer_done(&k);
}
