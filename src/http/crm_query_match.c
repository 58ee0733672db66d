/*
 * Whether a record is what a query asks for, and where it stands in its
 * order.
 *
 * The last word on every record of every list: whatever index a candidate
 * came from, it is answered only after it was loaded and has passed here.
 */

#include "crm_lead.h"
#include "crm_query.h"
#include "crm_text.h"
#include "crm_words.h"


#define CRM_PHONE_TAIL   9      /* digits that make two numbers the same */


static ngx_uint_t
crm_match_phone(const crm_str_t *a, const crm_str_t *b)
{
    return a->len >= CRM_PHONE_TAIL && b->len >= CRM_PHONE_TAIL
           && ngx_memcmp(a->data + a->len - CRM_PHONE_TAIL,
                         b->data + b->len - CRM_PHONE_TAIL, CRM_PHONE_TAIL)
              == 0;
}


static ngx_uint_t
crm_match_text(crm_flow_t *f, const crm_filter_t *filter,
    const crm_field_t *field, const crm_value_t *v)
{
    int        rc, phone;
    unsigned   i;
    crm_str_t  text;

    phone = field->type == CRM_T_PHONE;

    rc = phone ? crm_text_phone(&f->arena, &v->str, &text)
               : crm_text_fold(&f->arena, &v->str, &text);

    if (rc != CRM_OK) {
        return 0;
    }

    for (i = 0; i < filter->n; i++) {
        if (crm_str_eq(&filter->str[i], &text)
            || (phone && crm_match_phone(&filter->str[i], &text)))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
crm_match_number(const crm_filter_t *filter, int64_t num)
{
    unsigned  i;

    for (i = 0; i < filter->n; i++) {
        if (filter->num[i] == num) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
crm_match_filter(crm_flow_t *f, const crm_filter_t *filter,
    const crm_field_t *field, const crm_value_t *v)
{
    unsigned  i;

    if (field->type == CRM_T_IDS) {
        for (i = 0; i < v->ids.n; i++) {
            if (crm_match_number(filter, v->ids.id[i])) {
                return 1;
            }
        }

        return filter->none && v->ids.n == 0;
    }

    if (!v->set) {
        return filter->none
               || (field->type == CRM_T_BOOL && crm_match_number(filter, 0));
    }

    if (filter->range) {
        return v->num >= filter->low && v->num < filter->high;
    }

    return field->type < CRM_T_NUMERIC_MAX
           ? crm_match_number(filter, v->num)
           : crm_match_text(f, filter, field, v);
}


ngx_uint_t
crm_query_match(crm_flow_t *f, const crm_query_t *query,
    const crm_record_t *rec)
{
    unsigned             i;
    const crm_filter_t  *filter;

    for (i = 0; i < query->nfilters; i++) {
        filter = &query->filter[i];

        if (!crm_match_filter(f, filter,
                              &query->entity->fields[filter->field],
                              &rec->v[filter->field]))
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
crm_query_match_words(crm_flow_t *f, const crm_query_t *query,
    const crm_record_t *rec)
{
    return query->words.n == 0
           || crm_words_match(&f->arena, rec, &query->words);
}


int
crm_sort_key(crm_arena_t *a, const crm_query_t *query,
    const crm_record_t *rec, crm_sort_key_t *key)
{
    int                 rc;
    const crm_value_t  *v = &rec->v[query->sort];
    const crm_field_t  *field = &query->entity->fields[query->sort];

    ngx_memzero(key, sizeof(crm_sort_key_t));

    key->id = crm_record_id(rec);

    if (query->entity->kind == CRM_KIND_LEAD) {

        /* only the active have a place in their column */

        if (query->sort == CRM_LEAD_RANK && !rec->v[CRM_LEAD_ACTIVE].num) {
            return CRM_OK;
        }

        rc = crm_lead_sort_key(a, rec, query->sort, &key->score, &key->text);

        key->set = rc == CRM_OK;

        return rc == CRM_DECLINED ? CRM_OK : rc;
    }

    key->set = v->set;

    if (!v->set) {
        return CRM_OK;
    }

    if (field->type < CRM_T_NUMERIC_MAX) {
        key->score = v->num;
        return CRM_OK;
    }

    return crm_text_fold(a, &v->str, &key->text);
}


int
crm_sort_key_cmp(const crm_query_t *query, const crm_sort_key_t *a,
    const crm_sort_key_t *b)
{
    int  rc;

    if (a->set != b->set) {
        return a->set ? -1 : 1;
    }

    if (a->score != b->score) {
        rc = a->score < b->score ? -1 : 1;

    } else {
        rc = crm_str_cmp(&a->text, &b->text);
    }

    if (rc == 0) {
        rc = a->id < b->id ? -1 : a->id > b->id;
    }

    return query->desc ? -rc : rc;
}


ngx_int_t
crm_sort_key_cursor(crm_flow_t *f, const crm_query_t *query,
    const crm_sort_key_t *key, crm_str_t *cursor)
{
    crm_cursor_t  c;

    c.source = !key->set;
    c.score = key->score;
    c.id = key->id;
    c.text = key->text;

    return crm_cursor_encode(&f->arena, query->hash, &c, cursor) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_sort_key_decode(crm_flow_t *f, const crm_query_t *query,
    crm_sort_key_t *key)
{
    crm_cursor_t  c;

    switch (crm_cursor_decode(&f->arena, query->hash, &query->cursor, &c)) {

    case CRM_OK:
        key->set = !c.source;
        key->score = c.score;
        key->id = c.id;
        key->text = c.text;
        return NGX_OK;

    case CRM_DECLINED:
        (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        return NGX_DECLINED;

    default:
        return NGX_ERROR;
    }
}
