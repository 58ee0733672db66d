/* records and values in memory; knows no particular entity */

#include "crm_entity.h"


crm_record_t *
crm_record_new(crm_arena_t *a, const crm_entity_t *entity)
{
    crm_record_t  *rec;

    rec = crm_arena_calloc(a, sizeof(crm_record_t)
                              + entity->nfields * sizeof(crm_value_t));
    if (rec != NULL) {
        rec->entity = entity;
    }

    return rec;
}


crm_record_t *
crm_record_copy(crm_arena_t *a, const crm_record_t *rec)
{
    size_t         size;
    crm_record_t  *copy;

    size = sizeof(crm_record_t) + rec->entity->nfields * sizeof(crm_value_t);

    copy = crm_arena_alloc(a, size);
    if (copy != NULL) {
        memcpy(copy, rec, size);
    }

    return copy;
}


int
crm_field_find(const crm_entity_t *entity, const crm_str_t *name,
    unsigned hint)
{
    unsigned  i;

    if (hint < entity->nfields
        && crm_str_eq(&entity->fields[hint].name, name))
    {
        return hint;
    }

    for (i = 0; i < entity->nfields; i++) {
        if (crm_str_eq(&entity->fields[i].name, name)) {
            return i;
        }
    }

    return -1;
}


int
crm_word_find(const crm_words_t *words, const crm_str_t *word)
{
    unsigned  i;

    for (i = 0; i < words->n; i++) {
        if (crm_str_eq(&words->word[i], word)) {
            return i;
        }
    }

    return -1;
}


static int
crm_strs_eq(const crm_strs_t *a, const crm_strs_t *b)
{
    unsigned  i;

    if (a->n != b->n) {
        return 0;
    }

    for (i = 0; i < a->n; i++) {
        if (!crm_str_eq(&a->str[i], &b->str[i])) {
            return 0;
        }
    }

    return 1;
}


static int
crm_objects_eq(const crm_objects_t *a, const crm_objects_t *b)
{
    unsigned             i, k;
    const crm_entity_t  *items;

    if (a->n != b->n) {
        return 0;
    }

    for (i = 0; i < a->n; i++) {
        items = a->rec[i]->entity;

        for (k = 0; k < items->nfields; k++) {
            if (!crm_value_eq(items->fields[k].type, &a->rec[i]->v[k],
                              &b->rec[i]->v[k]))
            {
                return 0;
            }
        }
    }

    return 1;
}


int
crm_value_eq(crm_type_t type, const crm_value_t *a, const crm_value_t *b)
{
    if (a->set != b->set) {
        return 0;
    }

    if (!a->set) {
        return 1;
    }

    if (type < CRM_T_NUMERIC_MAX) {
        return a->num == b->num;
    }

    if (type < CRM_T_STRING_MAX) {
        return crm_str_eq(&a->str, &b->str);
    }

    if (type == CRM_T_IDS) {
        return a->ids.n == b->ids.n
               && (a->ids.n == 0
                   || memcmp(a->ids.id, b->ids.id,
                             a->ids.n * sizeof(int64_t)) == 0);
    }

    return type == CRM_T_OBJECTS ? crm_objects_eq(&a->objects, &b->objects)
                                 : crm_strs_eq(&a->strs, &b->strs);
}


void
crm_value_clear(crm_value_t *v)
{
    memset(v, 0, sizeof(crm_value_t));
}


void
crm_value_set_num(crm_value_t *v, int64_t num)
{
    crm_value_clear(v);
    v->set = 1;
    v->num = num;
}


void
crm_value_set_str(crm_value_t *v, crm_str_t str)
{
    crm_value_clear(v);

    if (str.len > 0) {
        v->set = 1;
        v->str = str;
    }
}


int
crm_ids_has(const crm_ids_t *ids, int64_t id)
{
    unsigned  i;

    for (i = 0; i < ids->n; i++) {
        if (ids->id[i] == id) {
            return 1;
        }
    }

    return 0;
}
