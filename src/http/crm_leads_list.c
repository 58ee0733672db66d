/*
 * GET /leads.
 *
 * A cursor of sort=position holds the type, team, user and words of its
 * column, as the query named them: the board's cursors go on as
 * GET /leads?stage_id=...&sort=position&cursor=..., with or without the
 * board's parameters repeated (api.md, GET /board).  What the query does not
 * name is taken from the cursor, what it names must be the same.
 */

#include "crm_column.h"
#include "crm_handlers.h"
#include "crm_leads_plan.h"
#include "crm_respond.h"
#include "crm_text.h"


static const char *const  crm_column_names[CRM_COLUMN_PARAMS] = {
    "type", "team_id", "user_id", "q"
};


/* digits as the hash of a query has them; empty: not named */

static ngx_int_t
crm_column_param(crm_flow_t *f, crm_params_t *params, const char *name,
    crm_str_t *text)
{
    crm_str_t  *value;

    value = crm_param_get(params, name);

    if (value == NULL) {
        ngx_memzero(text, sizeof(crm_str_t));
        return NGX_OK;
    }

    return crm_text_digits(&f->arena, value, text) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_column_scope(crm_flow_t *f, crm_params_t *params, crm_str_t *scope)
{
    ngx_uint_t  i;
    crm_out_t   out;
    crm_str_t   text;

    crm_out_init(&out, &f->arena, 128);

    for (i = 0; i < CRM_COLUMN_PARAMS; i++) {
        if (crm_column_param(f, params, crm_column_names[i], &text)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        crm_out_str(&out, &text);

        if (i + 1 < CRM_COLUMN_PARAMS) {
            crm_out_char(&out, '\n');
        }
    }

    return crm_out_join(&out, scope) == CRM_OK ? NGX_OK : NGX_ERROR;
}


/* the query's parameters and those that only the cursor names */

static ngx_int_t
crm_column_merge(crm_flow_t *f, const crm_str_t *scope,
    crm_params_t *params)
{
    u_char       *end;
    ngx_uint_t    i;
    crm_str_t     rest, was, is;
    crm_param_t  *param;

    param = crm_arena_calloc(&f->arena, (params->n + CRM_COLUMN_PARAMS)
                                        * sizeof(crm_param_t));
    if (param == NULL) {
        return NGX_ERROR;
    }

    if (params->n > 0) {
        ngx_memcpy(param, params->param, params->n * sizeof(crm_param_t));
    }

    params->param = param;
    rest = *scope;

    for (i = 0; i < CRM_COLUMN_PARAMS; i++) {
        end = i + 1 < CRM_COLUMN_PARAMS && rest.len > 0
              ? memchr(rest.data, '\n', rest.len) : NULL;

        was.data = rest.data;
        was.len = end != NULL ? (size_t) (end - rest.data) : rest.len;

        rest.data += was.len + (end != NULL);
        rest.len -= was.len + (end != NULL);

        if (crm_column_param(f, params, crm_column_names[i], &is) != NGX_OK) {
            return NGX_ERROR;
        }

        if (is.len == 0 && was.len > 0) {
            param = &params->param[params->n++];
            param->name.data = (u_char *) crm_column_names[i];
            param->name.len = ngx_strlen(crm_column_names[i]);
            param->value = was;

        } else if (is.len > 0 && !crm_str_eq(&is, &was)) {
            (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* decodes the cursor; in a column the query is parsed anew with what the
   cursor adds to it */

static ngx_int_t
crm_leads_cursor(crm_flow_t *f, crm_scan_t *scan, crm_params_t *params)
{
    ngx_int_t     rc;
    crm_query_t  *query = &scan->query;

    if (query->cursor.len == 0) {
        return NGX_OK;
    }

    rc = crm_sort_key_decode(f, query, &scan->after);

    if (rc == NGX_OK && query->sort == CRM_LEAD_RANK) {
        rc = crm_column_merge(f, &scan->after.text, params);

        if (rc == NGX_OK) {
            rc = crm_query_parse(f, params, query->entity, query);
        }

        ngx_memzero(&scan->after.text, sizeof(crm_str_t));
    }

    scan->begun = 1;

    return rc;
}


ngx_int_t
crm_leads_list(crm_flow_t *f)
{
    ngx_int_t     rc;
    crm_scan_t   *scan;
    crm_params_t  params = crm_request(f)->params;

    scan = crm_arena_calloc(&f->arena, sizeof(crm_scan_t));
    if (scan == NULL) {
        return NGX_ERROR;
    }

    f->data = scan;

    rc = crm_query_parse(f, &params, &crm_entities[CRM_KIND_LEAD],
                         &scan->query);

    if (rc == NGX_OK) {
        rc = crm_leads_cursor(f, scan, &params);
    }

    if (rc == NGX_OK && scan->query.sort == CRM_LEAD_RANK) {
        rc = crm_column_scope(f, &params, &scan->scope);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (crm_leads_plan(f, scan) != NGX_OK) {
        return NGX_ERROR;
    }

    return crm_scan_start(f);
}
