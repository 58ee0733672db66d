/*
 * Names and values of filters, and the hash that binds a cursor to its query.
 */

#include "crm_digest.h"
#include "crm_money.h"
#include "crm_query.h"
#include "crm_respond.h"
#include "crm_text.h"
#include "crm_time.h"


#define CRM_QUERY_ALWAYS  6         /* names that every list knows */


ngx_uint_t
crm_query_has_words(const crm_entity_t *entity)
{
    unsigned  i;

    for (i = 0; i < entity->nfields; i++) {
        if (entity->fields[i].flags & CRM_F_WORDS) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
crm_query_filters(crm_flow_t *f, const crm_query_t *query, crm_str_t *name)
{
    ngx_uint_t           i, n;
    const crm_field_t   *field;
    const crm_entity_t  *entity = query->entity;

    n = 0;

    if (crm_query_has_words(entity)) {
        name[n++] = crm_str("q");
    }

    for (i = 0; i < entity->nfields; i++) {
        field = &entity->fields[i];

        if (!crm_mask_has(&query->view.visible, i)
            && !(field->flags & CRM_F_HIDDEN))
        {
            continue;
        }

        if (field->flags & CRM_F_FILTER) {
            name[n++] = field->name;
        }

        if (field->flags & CRM_F_RANGE) {
            name[n++] = crm_arena_printf(&f->arena, "%.*s_from",
                                         (int) field->name.len,
                                         field->name.data);
            name[n++] = crm_arena_printf(&f->arena, "%.*s_to",
                                         (int) field->name.len,
                                         field->name.data);
        }

        if (field->type == CRM_T_IDS && entity->kind >= CRM_CONF_KINDS) {
            name[n] = field->name;
            name[n++].len--;
        }
    }

    return n;
}


ngx_int_t
crm_query_unknown(crm_flow_t *f, const crm_query_t *query,
    const crm_str_t *param)
{
    ngx_uint_t  n;
    crm_str_t   name[CRM_QUERY_ALWAYS + CRM_QUERY_NAMES];

    static const crm_str_t  always[CRM_QUERY_ALWAYS] = {
        crm_string("sort"), crm_string("limit"), crm_string("cursor"),
        crm_string("total"), crm_string("fields"), crm_string("include")
    };

    ngx_memcpy(name, always, sizeof(always));
    n = CRM_QUERY_ALWAYS + crm_query_filters(f, query,
                                             name + CRM_QUERY_ALWAYS);

    (void) crm_answer_bad_param(f, param, crm_str_nearest(param, name, n),
                                1);

    return NGX_DECLINED;
}


ngx_uint_t
crm_query_unset(const crm_field_t *field)
{
    return field->value == NULL && field->type != CRM_T_BOOL
           && !(field->flags & CRM_F_REQUIRED)
           && !(field->type == CRM_T_INT && (field->flags & CRM_F_READ_ONLY));
}


static ngx_int_t
crm_query_number(const crm_field_t *field, const crm_str_t *text,
    int64_t *num)
{
    if (crm_str_int(text, num) != CRM_OK) {
        return NGX_DECLINED;
    }

    if (field->type == CRM_T_ID || field->type == CRM_T_IDS) {
        return *num > 0 ? NGX_OK : NGX_DECLINED;
    }

    if (field->type == CRM_T_INT && (*num < field->min || *num > field->max)) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* folded, as it is compared */

static int
crm_query_country(crm_flow_t *f, const crm_str_t *text, crm_str_t *str)
{
    int        rc;
    u_char     upper[2];
    crm_str_t  code;

    rc = crm_text_fold(&f->arena, text, str);

    if (rc != CRM_OK || str->len != 2) {
        return rc != CRM_OK ? rc : CRM_DECLINED;
    }

    upper[0] = ngx_toupper(str->data[0]);
    upper[1] = ngx_toupper(str->data[1]);

    code.data = upper;
    code.len = 2;

    return crm_country_valid(&code) ? CRM_OK : CRM_DECLINED;
}


ngx_int_t
crm_query_value(crm_flow_t *f, const crm_field_t *field, crm_str_t *text,
    int64_t *num, crm_str_t *str)
{
    int  rc;

    if (text->len == 0) {
        return NGX_DECLINED;
    }

    switch (field->type) {

    case CRM_T_BOOL:
        *num = crm_str_is(text, "true");
        return *num || crm_str_is(text, "false") ? NGX_OK : NGX_DECLINED;

    case CRM_T_ENUM:
        *num = crm_word_find(field->words, text);
        return *num >= 0 ? NGX_OK : NGX_DECLINED;

    case CRM_T_DATE:
        rc = crm_date_parse(text, num);
        break;

    case CRM_T_INSTANT:
        rc = crm_instant_parse(text, num);
        break;

    case CRM_T_ID:
    case CRM_T_IDS:
        if (field->ref == CRM_KIND_USER && crm_str_is(text, "me")) {
            *num = crm_record_id(f->user);
            return NGX_OK;
        }

        return crm_query_number(field, text, num);

    case CRM_T_PHONE:
        rc = crm_text_phone(&f->arena, text, str);
        break;

    case CRM_T_COUNTRY:
        rc = crm_query_country(f, text, str);
        break;

    default:
        if (field->type < CRM_T_NUMERIC_MAX) {
            return crm_query_number(field, text, num);
        }

        rc = crm_text_fold(&f->arena, text, str);
    }

    return rc == CRM_OK ? NGX_OK
                        : rc == CRM_DECLINED ? NGX_DECLINED : NGX_ERROR;
}


/* not part of what a cursor is bound to; of a column also not what its
   cursor holds itself (crm_column.h) */

static ngx_uint_t
crm_query_hashed(const crm_query_t *query, const crm_str_t *name)
{
    ngx_uint_t  i, n;

    static const char  *free[] = {
        "sort", "limit", "cursor", "total", "fields", "include",
        "type", "team_id", "user_id", "q"
    };

    n = query->entity->kind == CRM_KIND_LEAD && query->sort == CRM_LEAD_RANK
        ? 10 : 6;

    for (i = 0; i < n; i++) {
        if (crm_str_is(name, free[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
crm_query_hash(crm_flow_t *f, crm_query_t *query, const crm_params_t *params)
{
    unsigned             i, k, n;
    crm_out_t            out;
    crm_str_t            text;
    const crm_param_t  **order, *param;

    order = crm_arena_alloc(&f->arena, (params->n + 1) * sizeof(*order));
    if (order == NULL) {
        return NGX_ERROR;
    }

    for (n = 0, i = 0; i < params->n; i++) {
        param = &params->param[i];

        if (!crm_query_hashed(query, &param->name)) {
            continue;
        }

        for (k = n++; k > 0 && crm_str_cmp(&order[k - 1]->name,
                                           &param->name) > 0; k--)
        {
            order[k] = order[k - 1];
        }

        order[k] = param;
    }

    crm_out_init(&out, &f->arena, 256);
    crm_out_str(&out, &f->tenant->prefix);
    crm_out_int(&out, crm_record_id(f->user));
    crm_out_char(&out, ';');
    crm_out_str(&out, &query->entity->name);
    crm_out_char(&out, query->desc ? '-' : '+');
    crm_out_int(&out, query->sort);

    for (i = 0; i < n; i++) {
        if (crm_text_digits(&f->arena, &order[i]->value, &text) != CRM_OK) {
            return NGX_ERROR;
        }

        crm_out_char(&out, '\0');
        crm_out_str(&out, &order[i]->name);
        crm_out_char(&out, '=');
        crm_out_str(&out, &text);
    }

    if (crm_out_join(&out, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    query->hash = crm_hash64(text.data, text.len);

    return NGX_OK;
}
