/* query strings and pages of the routes of duplicates; see crm_dup_http.h */

#include "crm_dup_http.h"
#include "crm_respond.h"


static ngx_int_t crm_dup_view_counted(crm_flow_t *f);
static ngx_int_t crm_dup_viewed(crm_flow_t *f);


static const crm_str_t  crm_dup_params[] = {
    crm_string("limit"), crm_string("cursor"), crm_string("total"),
    crm_string("fields"), crm_string("include"), crm_string("active")
};

#define CRM_DUP_PARAMS  (sizeof(crm_dup_params) / sizeof(crm_dup_params[0]))


/* what is left for the list's own parser: without active */

static ngx_int_t
crm_dup_split(crm_flow_t *f, crm_dup_query_t *q, ngx_uint_t known,
    crm_params_t *rest)
{
    unsigned       i;
    ngx_uint_t     k;
    crm_param_t   *param;
    crm_params_t  *params = &crm_request(f)->params;

    rest->n = 0;
    rest->param = crm_arena_alloc(&f->arena, (params->n + 1)
                                             * sizeof(crm_param_t));
    if (rest->param == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < params->n; i++) {
        param = &params->param[i];
        param->used = 1;

        for (k = 0; k < known; k++) {
            if (crm_str_eq(&param->name, &crm_dup_params[k])) {
                break;
            }
        }

        if (k == known) {
            (void) crm_answer_bad_param(f, &param->name,
                                        crm_str_nearest(&param->name,
                                                        crm_dup_params,
                                                        known),
                                        1);
            return NGX_DECLINED;
        }

        if (k < CRM_DUP_PARAMS - 1) {
            rest->param[rest->n++] = *param;
            continue;
        }

        if (crm_str_is(&param->value, "any")) {
            q->archived = 1;

        } else if (!crm_str_is(&param->value, "true")) {
            (void) crm_answer_bad_param(f, &param->name, NULL, 0);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
crm_dup_query(crm_flow_t *f, crm_dup_query_t *q, ngx_uint_t active)
{
    int           rc;
    ngx_int_t     done;
    crm_params_t  rest;

    done = crm_dup_split(f, q, CRM_DUP_PARAMS - !active, &rest);

    if (done == NGX_OK) {
        done = crm_query_parse(f, &rest, &crm_entities[CRM_KIND_LEAD],
                               &q->query);
    }

    if (done != NGX_OK) {
        return done;
    }

    /* a cursor of one list is none of another, nor of another record */

    q->query.hash ^= (uint64_t) crm_request(f)->id[0] * 0x9e3779b97f4a7c15ULL
                     + 2 * active + q->archived + 1;

    if (q->query.cursor.len == 0) {
        return NGX_OK;
    }

    q->begun = 1;
    rc = crm_cursor_decode(&f->arena, q->query.hash, &q->query.cursor,
                           &q->after);

    if (rc == CRM_DECLINED) {
        (void) crm_flow_problem(f, CRM_P_INVALID_CURSOR, NULL);
        return NGX_DECLINED;
    }

    return rc == CRM_OK ? NGX_OK : NGX_ERROR;
}


typedef struct {
    crm_view_t     *view;
    crm_record_t  **lead;
    ngx_uint_t      n;
    void           *data;
    crm_step_pt     next;
} crm_dup_view_t;


ngx_int_t
crm_dup_view(crm_flow_t *f, crm_view_t *view, crm_record_t **lead,
    ngx_uint_t n, crm_step_pt next)
{
    ngx_uint_t       i;
    crm_dup_view_t  *v;

    for (i = 0; i < n; i++) {
        if (crm_lead_view(&f->arena, lead[i], f->conf, f->now) != CRM_OK) {
            return NGX_ERROR;
        }
    }

    v = crm_arena_alloc(&f->arena, sizeof(crm_dup_view_t));
    if (v == NULL) {
        return NGX_ERROR;
    }

    v->view = view;
    v->lead = lead;
    v->n = n;
    v->data = f->data;
    v->next = next;
    f->data = v;

    return view->duplicates
           ? crm_dup_count(f, view, lead, n, crm_dup_view_counted)
           : crm_dup_view_counted(f);
}


static ngx_int_t
crm_dup_view_counted(crm_flow_t *f)
{
    crm_dup_view_t  *v = f->data;

    if (crm_view_look_up(f, v->view, v->lead, v->n) > 0) {
        return crm_flow_wait(f, crm_dup_viewed);
    }

    f->data = v->data;

    return v->next(f);
}


static ngx_int_t
crm_dup_viewed(crm_flow_t *f)
{
    crm_dup_view_t  *v = f->data;

    f->data = v->data;

    return crm_view_looked_up(f, v->view) == NGX_OK ? v->next(f) : NGX_ERROR;
}


ngx_int_t
crm_dup_cursor_json(crm_flow_t *f, const crm_dup_query_t *q, crm_out_t *out,
    const crm_cursor_t *after)
{
    crm_str_t  text;

    crm_out_lit(out, ",\"next_cursor\":");

    if (after == NULL) {
        crm_out_lit(out, "null");
        return NGX_OK;
    }

    if (crm_cursor_encode(&f->arena, q->query.hash, after, &text) != CRM_OK) {
        return NGX_ERROR;
    }

    crm_out_json(out, &text);

    return NGX_OK;
}
