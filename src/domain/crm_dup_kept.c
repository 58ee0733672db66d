/*
 * Pairs of leads that are kept separate (semantics.md, "Duplicates").
 *
 * Each lead of a pair holds the other's id and the fields by which they
 * matched: "7:3,9:1".  A pair counts while both hold it, so that a change of
 * one lead, or its end, needs no write to the others.
 */

#include "crm_dup.h"
#include "crm_keyer.h"


#define CRM_DUP_KEPT_MAX  200
#define CRM_DUP_EVERY     ((1 << (CRM_DUP_FIELDS + 1)) - 1)


/* the next entry; 0 at the end */

static int
crm_dup_kept_next(crm_str_t *rest, int64_t *id, int64_t *fields)
{
    crm_str_t  one, number;

    one = crm_str_part(rest, ',');
    number = crm_str_part(&one, ':');

    return crm_str_int(&number, id) == CRM_OK
           && crm_str_int(&one, fields) == CRM_OK;
}


static int
crm_dup_names(const crm_record_t *lead, int64_t other)
{
    int64_t    id, fields;
    crm_str_t  rest;

    rest = lead->v[CRM_LEAD_KEPT].str;

    while (crm_dup_kept_next(&rest, &id, &fields)) {
        if (id == other) {
            return 1;
        }
    }

    return 0;
}


int
crm_dup_kept(const crm_record_t *one, const crm_record_t *other)
{
    return one->v[CRM_LEAD_KEPT].set && other->v[CRM_LEAD_KEPT].set
           && crm_dup_names(one, crm_record_id(other))
           && crm_dup_names(other, crm_record_id(one));
}


/* the first `max' entries without `gone' and without those of `fields' */

static int
crm_dup_kept_filter(crm_arena_t *a, const crm_str_t *kept, int64_t gone,
    unsigned fields, unsigned max, crm_keyer_t *k)
{
    int64_t    id, mask;
    unsigned   n;
    crm_str_t  rest, none = crm_string("");

    n = 0;
    rest = *kept;

    if (crm_keyer_init(k, a, &none, kept->len + 2 * CRM_KEYER_INT + 2)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    while (n < max && crm_dup_kept_next(&rest, &id, &mask)) {
        if (id == gone || ((unsigned) mask & fields)) {
            continue;
        }

        if (n++ > 0) {
            crm_keyer_char(k, ',');
        }

        crm_keyer_int(k, id);
        crm_keyer_char(k, ':');
        crm_keyer_int(k, mask);
    }

    return CRM_OK;
}


/* the newest stands first, so that the oldest are forgotten first */

int
crm_dup_keep(crm_arena_t *a, crm_record_t *lead, int64_t other,
    unsigned fields)
{
    crm_str_t    rest, none = crm_string("");
    crm_keyer_t  k, all;

    if (crm_dup_kept_filter(a, &lead->v[CRM_LEAD_KEPT].str, other, 0,
                            CRM_DUP_KEPT_MAX - 1, &k)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    rest = crm_keyer_done(&k);

    if (crm_keyer_init(&all, a, &none, rest.len + 2 * CRM_KEYER_INT + 2)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    crm_keyer_int(&all, other);
    crm_keyer_char(&all, ':');
    crm_keyer_int(&all, fields != 0 ? fields : CRM_DUP_EVERY);

    if (rest.len > 0) {
        crm_keyer_char(&all, ',');
        crm_keyer_str(&all, &rest);
    }

    crm_value_set_str(&lead->v[CRM_LEAD_KEPT], crm_keyer_done(&all));

    return CRM_OK;
}


unsigned
crm_dup_differ(const crm_record_t *old, const crm_record_t *lead)
{
    unsigned  i, field, differ;

    for (differ = 0, i = 0; i <= CRM_DUP_FIELDS; i++) {
        field = crm_dup_fields[i];

        if (!crm_value_eq(lead->entity->fields[field].type, &old->v[field],
                          &lead->v[field]))
        {
            differ |= 1U << i;
        }
    }

    return differ;
}


int
crm_dup_keep_prune(crm_arena_t *a, const crm_record_t *old,
    crm_record_t *lead)
{
    unsigned      differ;
    crm_value_t  *kept = &lead->v[CRM_LEAD_KEPT];
    crm_keyer_t   k;

    if (!kept->set) {
        return CRM_OK;
    }

    differ = crm_dup_differ(old, lead);

    if (differ == 0) {
        return CRM_OK;
    }

    if (crm_dup_kept_filter(a, &kept->str, 0, differ, CRM_DUP_KEPT_MAX, &k)
        != CRM_OK)
    {
        return CRM_ERROR;
    }

    crm_value_set_str(kept, crm_keyer_done(&k));

    return CRM_OK;
}
