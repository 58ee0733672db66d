/* records as JSON, straight from the tables (api.md, "Bodies") */

#include "crm_entity.h"
#include "crm_time.h"


static void
crm_percent_json(crm_out_t *out, int64_t bp)
{
    u_char  *p;

    p = crm_out_reserve(out, 24);
    if (p == NULL) {
        return;
    }

    p = crm_int_print(p, bp / 100);
    bp %= 100;

    if (bp != 0) {
        *p++ = '.';
        *p++ = '0' + bp / 10;

        if (bp % 10 != 0) {
            *p++ = '0' + bp % 10;
        }
    }

    out->chunk->last = p;
}


static void
crm_instant_json(crm_out_t *out, int64_t ms)
{
    u_char  *p;

    p = crm_out_reserve(out, CRM_INSTANT_LEN + 2);
    if (p == NULL) {
        return;
    }

    *p++ = '"';
    p = crm_instant_print(p, ms);
    *p++ = '"';

    out->chunk->last = p;
}


static void
crm_date_json(crm_out_t *out, int64_t day)
{
    u_char  *p;

    p = crm_out_reserve(out, CRM_DATE_LEN + 2);
    if (p == NULL) {
        return;
    }

    *p++ = '"';
    p = crm_date_print(p, day);
    *p++ = '"';

    out->chunk->last = p;
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


static void
crm_number_json(crm_out_t *out, const crm_field_t *f, int64_t num)
{
    switch (f->type) {

    case CRM_T_BOOL:
        if (num) {
            crm_out_lit(out, "true");
        } else {
            crm_out_lit(out, "false");
        }
        break;

    case CRM_T_PERCENT:
        crm_percent_json(out, num);
        break;

    case CRM_T_ENUM:
        crm_out_json(out, &f->words->word[num]);
        break;

    case CRM_T_DATE:
        crm_date_json(out, num);
        break;

    case CRM_T_INSTANT:
        crm_instant_json(out, num);
        break;

    default:
        crm_out_int(out, num);
    }
}


void
crm_value_json(crm_out_t *out, const crm_field_t *f, const crm_value_t *v)
{
    if (f->type >= CRM_T_STRING_MAX) {
        crm_list_json(out, f, v);

    } else if (!v->set) {
        crm_out_lit(out, "null");

    } else if (f->type == CRM_T_JSON) {
        crm_out_str(out, &v->str);

    } else if (f->type >= CRM_T_NUMERIC_MAX) {
        crm_out_json(out, &v->str);

    } else {
        crm_number_json(out, f, v->num);
    }
}


void
crm_record_json_fields(crm_out_t *out, const crm_record_t *rec,
    const crm_mask_t *mask)
{
    u_char             *p;
    unsigned            i, n;
    const crm_field_t  *f;

    for (n = 0, i = 0; i < rec->entity->nfields; i++) {
        f = &rec->entity->fields[i];

        if ((f->flags & CRM_F_HIDDEN)
            || (mask != NULL && !crm_mask_has(mask, i)))
        {
            continue;
        }

        p = crm_out_reserve(out, f->name.len + 4);
        if (p == NULL) {
            return;
        }

        if (n++ > 0) {
            *p++ = ',';
        }

        *p++ = '"';
        memcpy(p, f->name.data, f->name.len);
        p += f->name.len;
        *p++ = '"';
        *p++ = ':';

        out->chunk->last = p;

        crm_value_json(out, f, &rec->v[i]);
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
