/* the filter of a bulk change: GET /leads' own, in a body; see crm_bulk.h */

#include "crm_bulk.h"
#include "crm_problem.h"


/* what shapes a page says nothing about which records are meant */

static ngx_uint_t
crm_bulk_shapes(const char *name)
{
    ngx_uint_t  i;

    static const char *const  names[] = {
        "limit", "cursor", "sort", "total", "fields", "include"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ngx_strcmp(name, names[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
crm_bulk_fault(crm_flow_t *f, const char *name, crm_fault_code_t code,
    const char *message)
{
    crm_str_t  field;

    field = crm_arena_printf(&f->arena, "filter.%s", name);

    if (field.data == NULL) {
        return NGX_ERROR;
    }

    crm_fault(&f->answer.faults, &field, code, message);

    return NGX_DECLINED;
}


static ngx_int_t
crm_bulk_filter_params(crm_flow_t *f, json_t *filter, crm_params_t *params)
{
    ngx_int_t     rc;
    json_t       *value;
    const char   *key;
    crm_param_t  *param;

    rc = NGX_OK;
    params->n = 0;
    params->param = crm_arena_calloc(&f->arena, (json_object_size(filter) + 1)
                                                * sizeof(crm_param_t));
    if (params->param == NULL) {
        return NGX_ERROR;
    }

    json_object_foreach(filter, key, value) {

        if (crm_bulk_shapes(key)) {
            rc = crm_bulk_fault(f, key, CRM_FAULT_UNKNOWN_FIELD,
                                "there is no such filter");
            continue;
        }

        if (!json_is_string(value)) {
            rc = crm_bulk_fault(f, key, CRM_FAULT_INVALID,
                                "must be a string, as in the query");
            continue;
        }

        param = &params->param[params->n++];

        param->name.data = (u_char *) key;
        param->name.len = ngx_strlen(key);
        param->value.data = (u_char *) json_string_value(value);
        param->value.len = json_string_length(value);
    }

    return rc;
}


/* the one that the query stopped at; names are those of Jansson, and end */

static crm_str_t
crm_bulk_filter_refused(const crm_params_t *params)
{
    unsigned  i;

    for (i = params->n - 1; i > 0 && !params->param[i].used; i--) {
        /* void */
    }

    return params->param[i].name;
}


ngx_int_t
crm_bulk_query(crm_flow_t *f, json_t *filter, crm_query_t *query)
{
    ngx_int_t      rc;
    crm_str_t      name;
    ngx_uint_t     unknown;
    crm_params_t   params;
    crm_answer_t   answer;

    rc = crm_bulk_filter_params(f, filter, &params);
    if (rc != NGX_OK) {
        return rc;
    }

    answer = f->answer;
    rc = crm_query_parse(f, &params, &crm_entities[CRM_KIND_LEAD], query);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* a fault of the body, not of the query string */

    unknown = f->answer.problem == CRM_P_UNKNOWN_PARAMETER;
    f->answer = answer;
    crm_faults_init(&f->answer.faults, &f->arena);

    name = crm_bulk_filter_refused(&params);

    return crm_bulk_fault(f, (char *) name.data,
                          unknown ? CRM_FAULT_UNKNOWN_FIELD
                                  : CRM_FAULT_INVALID,
                          unknown ? "not a filter of GET /leads"
                                  : "not a value of this filter");
}
