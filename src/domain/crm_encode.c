/* records as JSON, straight from the tables (api.md, "Bodies") */

#include "crm_entity.h"
#include "crm_time.h"


#define CRM_NUMBER_MAX  64      /* bytes of any number, date or word */


/* a number that is stored without its decimal point */

static u_char *
crm_decimal_print(u_char *p, int64_t num, int64_t one)
{
    if (num < 0) {
        *p++ = '-';
        num = -num;
    }

    p = crm_int_print(p, num / one);
    num %= one;

    if (num == 0) {
        return p;
    }

    *p++ = '.';

    while (num != 0) {
        one /= 10;
        *p++ = '0' + num / one;
        num %= one;
    }

    return p;
}


/* every type below CRM_T_NUMERIC_MAX; p has CRM_NUMBER_MAX bytes */

static u_char *
crm_number_print(u_char *p, const crm_field_t *f, int64_t num)
{
    const crm_str_t  *word;

    switch (f->type) {

    case CRM_T_BOOL:
        memcpy(p, num ? "true" : "false", num ? 4 : 5);
        return p + (num ? 4 : 5);

    case CRM_T_PERCENT:
        return crm_decimal_print(p, num, 100);

    case CRM_T_QUANTITY:
        return crm_decimal_print(p, num, 1000);

    case CRM_T_ENUM:
        word = &f->words->word[num];
        *p++ = '"';
        memcpy(p, word->data, word->len);
        p += word->len;
        *p++ = '"';
        return p;

    case CRM_T_DATE:
        *p++ = '"';
        p = crm_date_print(p, num);
        *p++ = '"';
        return p;

    case CRM_T_INSTANT:
        *p++ = '"';
        p = crm_instant_print(p, num);
        *p++ = '"';
        return p;

    default:
        return crm_int_print(p, num);
    }
}


static void
crm_list_json(crm_out_t *out, const crm_field_t *f, const crm_value_t *v)
{
    unsigned  i;

    crm_out_char(out, '[');

    if (f->type == CRM_T_IDS) {
        for (i = 0; i < v->ids.n; i++) {
            if (i > 0) {
                crm_out_char(out, ',');
            }

            crm_out_int(out, v->ids.id[i]);
        }

    } else if (f->type == CRM_T_OBJECTS) {
        for (i = 0; i < v->objects.n; i++) {
            if (i > 0) {
                crm_out_char(out, ',');
            }

            crm_record_json(out, v->objects.rec[i], NULL);
        }

    } else {
        for (i = 0; i < v->strs.n; i++) {
            if (i > 0) {
                crm_out_char(out, ',');
            }

            crm_out_json(out, &v->strs.str[i]);
        }
    }

    crm_out_char(out, ']');
}


void
crm_value_json(crm_out_t *out, const crm_field_t *f, const crm_value_t *v)
{
    u_char  *p;

    if (f->type >= CRM_T_STRING_MAX) {
        crm_list_json(out, f, v);

    } else if (!v->set) {
        crm_out_lit(out, "null");

    } else if (f->type == CRM_T_JSON) {
        crm_out_str(out, &v->str);

    } else if (f->type >= CRM_T_NUMERIC_MAX) {
        crm_out_json(out, &v->str);

    } else {
        p = crm_out_reserve(out, CRM_NUMBER_MAX);

        if (p != NULL) {
            out->chunk->last = crm_number_print(p, f, v->num);
        }
    }
}


/* name and value of one field; what has no text goes out in one piece */

static void
crm_member_json(crm_out_t *out, const crm_field_t *f, const crm_value_t *v,
    unsigned first)
{
    u_char  *p;

    p = crm_out_reserve(out, f->member.len + CRM_NUMBER_MAX);
    if (p == NULL) {
        return;
    }

    if (!first) {
        *p++ = ',';
    }

    memcpy(p, f->member.data, f->member.len);
    p += f->member.len;

    if (!v->set && f->type < CRM_T_STRING_MAX) {
        out->chunk->last = p;
        return;
    }

    p -= sizeof("null") - 1;

    if (f->type < CRM_T_NUMERIC_MAX) {
        out->chunk->last = crm_number_print(p, f, v->num);
        return;
    }

    out->chunk->last = p;
    crm_value_json(out, f, v);
}


void
crm_record_json_fields(crm_out_t *out, const crm_record_t *rec,
    const crm_mask_t *mask)
{
    unsigned            i, first;
    const crm_field_t  *f;

    for (first = 1, i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if ((f->flags & CRM_F_HIDDEN)
            || ((f->flags & CRM_F_SPARSE) && !rec->v[i].set)
            || (mask != NULL && !crm_mask_has(mask, i)))
        {
            continue;
        }

        crm_member_json(out, f, &rec->v[i], first);
        first = 0;
    }
}


void
crm_record_json(crm_out_t *out, const crm_record_t *rec,
    const crm_mask_t *mask)
{
    crm_out_char(out, '{');
    crm_record_json_fields(out, rec, mask);
    crm_out_char(out, '}');
}
