/*
 * The stored form of values and records: readable text.
 *
 * Numbers are decimal (instants in milliseconds, percentages in basis
 * points), dates as 2026-11-23, enumerations as their word, id lists joined
 * by commas, string lists by newlines, lists of objects as JSON.  An unset
 * value is not stored.
 */

#include <jansson.h>
#include "crm_fields.h"
#include "crm_time.h"


static int crm_record_unpack_members(crm_arena_t *a, json_t *object,
    crm_record_t *rec);


static int
crm_ids_store(crm_arena_t *a, const crm_ids_t *ids, crm_str_t *text)
{
    u_char    *p;
    unsigned   i;

    text->data = crm_arena_bytes(a, ids->n * 21 + 1);
    if (text->data == NULL) {
        return CRM_ERROR;
    }

    p = text->data;

    for (i = 0; i < ids->n; i++) {
        if (i > 0) {
            *p++ = ',';
        }

        p = crm_int_print(p, ids->id[i]);
    }

    text->len = p - text->data;

    return CRM_OK;
}


static int
crm_strs_store(crm_arena_t *a, const crm_strs_t *strs, crm_str_t *text)
{
    size_t     size;
    u_char    *p;
    unsigned   i;

    for (size = 1, i = 0; i < strs->n; i++) {
        size += strs->str[i].len + 1;
    }

    p = crm_arena_bytes(a, size);
    if (p == NULL) {
        return CRM_ERROR;
    }

    text->data = p;

    for (i = 0; i < strs->n; i++) {
        if (i > 0) {
            *p++ = '\n';
        }

        memcpy(p, strs->str[i].data, strs->str[i].len);
        p += strs->str[i].len;
    }

    text->len = p - text->data;

    return CRM_OK;
}


static int
crm_objects_store(crm_arena_t *a, const crm_objects_t *objects,
    crm_str_t *text)
{
    unsigned   i;
    crm_out_t  out;
    crm_str_t  item;

    crm_out_init(&out, a, 512);
    crm_out_char(&out, '[');

    for (i = 0; i < objects->n; i++) {
        if (i > 0) {
            crm_out_char(&out, ',');
        }

        if (crm_record_pack(a, objects->rec[i], &item) != CRM_OK) {
            return CRM_ERROR;
        }

        crm_out_str(&out, &item);
    }

    crm_out_char(&out, ']');

    return crm_out_join(&out, text);
}


int
crm_value_store(crm_arena_t *a, const crm_field_t *f, const crm_value_t *v,
    crm_str_t *text)
{
    switch (f->type) {

    case CRM_T_ENUM:
        *text = f->words->word[v->num];
        return CRM_OK;

    case CRM_T_IDS:
        return crm_ids_store(a, &v->ids, text);

    case CRM_T_STRINGS:
        return crm_strs_store(a, &v->strs, text);

    case CRM_T_OBJECTS:
        return crm_objects_store(a, &v->objects, text);

    default:
        break;
    }

    if (f->type >= CRM_T_NUMERIC_MAX) {
        *text = v->str;
        return CRM_OK;
    }

    text->data = crm_arena_bytes(a, 21);
    if (text->data == NULL) {
        return CRM_ERROR;
    }

    text->len = (f->type == CRM_T_DATE
                 ? crm_date_print(text->data, v->num)
                 : crm_int_print(text->data, v->num))
                - text->data;

    return CRM_OK;
}


static unsigned
crm_text_parts(const crm_str_t *text, u_char separator)
{
    size_t    i;
    unsigned  n;

    if (text->len == 0) {
        return 0;
    }

    for (n = 1, i = 0; i < text->len; i++) {
        n += text->data[i] == separator;
    }

    return n;
}


static int
crm_ids_load(crm_arena_t *a, crm_str_t text, crm_ids_t *ids)
{
    unsigned   i, n;
    crm_str_t  part;

    n = crm_text_parts(&text, ',');

    ids->id = crm_arena_alloc(a, (n + 1) * sizeof(int64_t));
    if (ids->id == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < n; i++) {
        part = crm_str_part(&text, ',');

        if (crm_str_int(&part, &ids->id[i]) != CRM_OK) {
            return CRM_DECLINED;
        }
    }

    ids->n = n;

    return CRM_OK;
}


static int
crm_strs_load(crm_arena_t *a, crm_str_t text, crm_strs_t *strs)
{
    unsigned  i, n;

    n = crm_text_parts(&text, '\n');

    strs->str = crm_arena_alloc(a, (n + 1) * sizeof(crm_str_t));
    if (strs->str == NULL) {
        return CRM_ERROR;
    }

    for (i = 0; i < n; i++) {
        strs->str[i] = crm_str_part(&text, '\n');
    }

    strs->n = n;

    return CRM_OK;
}


static int
crm_objects_unpack(crm_arena_t *a, const crm_entity_t *items, json_t *list,
    crm_objects_t *objects)
{
    int      rc;
    size_t   i;
    json_t  *item;

    objects->rec = crm_arena_alloc(a, (json_array_size(list) + 1)
                                      * sizeof(crm_record_t *));
    if (objects->rec == NULL) {
        return CRM_ERROR;
    }

    json_array_foreach(list, i, item) {
        objects->rec[i] = crm_record_new(a, items);

        if (objects->rec[i] == NULL) {
            return CRM_ERROR;
        }

        if (!json_is_object(item)) {
            return CRM_DECLINED;
        }

        rc = crm_record_unpack_members(a, item, objects->rec[i]);

        if (rc != CRM_OK) {
            return rc;
        }
    }

    objects->n = json_array_size(list);

    return CRM_OK;
}


static int
crm_objects_load(crm_arena_t *a, const crm_entity_t *items,
    const crm_str_t *text, crm_objects_t *objects)
{
    int      rc;
    json_t  *list;

    list = json_loadb((char *) text->data, text->len, 0, NULL);

    rc = json_is_array(list) ? crm_objects_unpack(a, items, list, objects)
                             : CRM_DECLINED;
    json_decref(list);

    return rc;
}


int
crm_value_load(crm_arena_t *a, const crm_field_t *f, const crm_str_t *text,
    crm_value_t *v)
{
    int  word;

    crm_value_clear(v);
    v->set = 1;

    switch (f->type) {

    case CRM_T_ENUM:
        word = crm_word_find(f->words, text);
        v->num = word;
        return word < 0 ? CRM_DECLINED : CRM_OK;

    case CRM_T_DATE:
        return crm_date_parse(text, &v->num);

    case CRM_T_IDS:
        return crm_ids_load(a, *text, &v->ids);

    case CRM_T_STRINGS:
        return crm_strs_load(a, *text, &v->strs);

    case CRM_T_OBJECTS:
        return crm_objects_load(a, f->items, text, &v->objects);

    default:
        break;
    }

    if (f->type < CRM_T_NUMERIC_MAX) {
        return crm_str_int(text, &v->num);
    }

    v->str = *text;

    return CRM_OK;
}


static int
crm_stored_find(const crm_entity_t *entity, const crm_str_t *stored,
    unsigned hint)
{
    u_char              c;
    unsigned            i, k;
    const crm_field_t  *f;

    if (stored->len == 0) {
        return -1;
    }

    c = stored->data[0];

    for (k = hint, i = 0; i < entity->nfields; k++, i++) {

        if (k >= entity->nfields) {
            k = 0;
        }

        f = &entity->fields[k];

        /* hot: most are told apart by length and first letter */

        if (f->stored.len == stored->len && f->stored.data[0] == c
            && memcmp(f->stored.data, stored->data, stored->len) == 0
            && !(f->flags & CRM_F_COMPUTED))
        {
            return k;
        }
    }

    return -1;
}


int
crm_record_load(crm_arena_t *a, const crm_entity_t *entity, int64_t id,
    const crm_str_t *pairs, unsigned n, crm_record_t **rec)
{
    int            k, rc;
    unsigned       i, hint;
    crm_record_t  *r;

    r = crm_record_new(a, entity);
    if (r == NULL) {
        return CRM_ERROR;
    }

    crm_value_set_num(&r->v[CRM_ID], id);

    for (hint = 0, i = 0; i + 1 < n; i += 2) {
        k = crm_stored_find(entity, &pairs[i], hint);

        if (k < 0) {
            continue;
        }

        rc = crm_value_load(a, &entity->fields[k], &pairs[i + 1], &r->v[k]);

        if (rc != CRM_OK) {
            return rc;
        }

        hint = k + 1;
    }

    *rec = r;

    return CRM_OK;
}


int
crm_record_pack(crm_arena_t *a, const crm_record_t *rec, crm_str_t *text)
{
    unsigned            i, n;
    crm_out_t           out;
    crm_str_t           value;
    const crm_field_t  *f;

    crm_out_init(&out, a, 512);
    crm_out_char(&out, '{');

    for (n = 0, i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if (!rec->v[i].set || (f->flags & CRM_F_COMPUTED)) {
            continue;
        }

        if (crm_value_store(a, f, &rec->v[i], &value) != CRM_OK) {
            return CRM_ERROR;
        }

        if (n++ > 0) {
            crm_out_char(&out, ',');
        }

        crm_out_json(&out, &f->stored);
        crm_out_char(&out, ':');
        crm_out_json(&out, &value);
    }

    crm_out_char(&out, '}');

    return crm_out_join(&out, text);
}


static int
crm_record_unpack_members(crm_arena_t *a, json_t *object, crm_record_t *rec)
{
    int          k, rc;
    void        *iter;
    json_t      *value;
    unsigned     hint;
    crm_str_t    name, text;

    hint = 0;

    for (iter = json_object_iter(object);
         iter != NULL;
         iter = json_object_iter_next(object, iter))
    {
        name.data = (u_char *) json_object_iter_key(iter);
        name.len = strlen((char *) name.data);
        value = json_object_iter_value(iter);

        k = crm_stored_find(rec->entity, &name, hint);

        if (k < 0) {
            continue;
        }

        hint = k + 1;

        if (!json_is_string(value)) {
            return CRM_DECLINED;
        }

        if (crm_arena_dup(a, &text, json_string_value(value),
                          json_string_length(value))
            != CRM_OK)
        {
            return CRM_ERROR;
        }

        rc = crm_value_load(a, &rec->entity->fields[k], &text, &rec->v[k]);

        if (rc != CRM_OK) {
            return rc;
        }
    }

    return CRM_OK;
}


int
crm_record_unpack(crm_arena_t *a, const crm_entity_t *entity,
    const crm_str_t *text, crm_record_t **rec)
{
    int            rc;
    json_t        *object;
    json_error_t   error;

    *rec = crm_record_new(a, entity);
    if (*rec == NULL) {
        return CRM_ERROR;
    }

    object = json_loadb((char *) text->data, text->len, 0, &error);

    if (!json_is_object(object)) {
        json_decref(object);
        return CRM_DECLINED;
    }

    rc = crm_record_unpack_members(a, object, *rec);

    json_decref(object);

    return rc;
}


int
crm_record_defaults(crm_arena_t *a, crm_record_t *rec)
{
    unsigned            i;
    crm_str_t           text;
    const crm_field_t  *f;

    for (i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if (rec->v[i].set || f->value == NULL) {
            continue;
        }

        text.data = (u_char *) f->value;
        text.len = strlen(f->value);

        if (crm_value_load(a, f, &text, &rec->v[i]) != CRM_OK) {
            return CRM_ERROR;
        }
    }

    return CRM_OK;
}
