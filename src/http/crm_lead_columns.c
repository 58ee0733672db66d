/* POST /leads/{id}/move?include=columns: the figures beside the lead */

#include "crm_board.h"
#include "crm_lead_op.h"


static ngx_int_t
crm_lead_columns_add(crm_flow_t *f)
{
    ngx_uint_t    i;
    crm_out_t    *out = &f->answer.body;
    crm_board_t  *board = f->data;

    out->chunk->last--;                 /* the closing brace */
    crm_out_lit(out, ",\"columns\":[");

    for (i = 0; i < board->ncolumns; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_out_lit(out, "{\"stage\":");
        crm_record_json(out, board->column[i].stage, NULL);
        crm_board_figures_json(board, &board->column[i], out);
        crm_out_char(out, '}');
    }

    crm_out_lit(out, "]}");

    return NGX_OK;
}


static ngx_uint_t
crm_lead_columns_of(crm_lead_op_t *o, int64_t *stages)
{
    stages[0] = o->old->v[CRM_LEAD_STAGE_ID].num;
    stages[1] = o->lead->v[CRM_LEAD_STAGE_ID].num;

    return stages[0] == stages[1] ? 1 : 2;
}


ngx_int_t
crm_lead_columns(crm_flow_t *f, crm_lead_op_t *o)
{
    int64_t     stages[2];
    ngx_uint_t  n;

    n = crm_lead_columns_of(o, stages);

    return crm_board_figures_of(f, o->lead->v[CRM_LEAD_TYPE].num, stages, n,
                                crm_lead_columns_add);
}


/* the type, the stages */

ngx_int_t
crm_lead_columns_keep(crm_flow_t *f, crm_lead_op_t *o)
{
    int64_t     stages[2];
    crm_out_t   out;
    ngx_uint_t  i, n;

    n = crm_lead_columns_of(o, stages);

    crm_out_init(&out, &f->arena, 64);
    crm_out_int(&out, o->lead->v[CRM_LEAD_TYPE].num);

    for (i = 0; i < n; i++) {
        crm_out_char(&out, ' ');
        crm_out_int(&out, stages[i]);
    }

    return crm_out_join(&out, &f->answer.columns) == CRM_OK ? NGX_OK
                                                            : NGX_ERROR;
}


/* a stage may have been deleted since */

ngx_int_t
crm_lead_columns_again(crm_flow_t *f, const crm_str_t *columns)
{
    u_char      *p, *last, *end;
    int64_t      num[3];
    ngx_uint_t   n, parts;
    crm_str_t    part;

    last = columns->data + columns->len;

    for (n = 0, parts = 0, p = columns->data;
         p < last && parts < 3;
         p = end + 1)
    {
        end = ngx_strlchr(p, last, ' ');
        end = end != NULL ? end : last;

        part.data = p;
        part.len = end - p;

        if (crm_str_int(&part, &num[n]) != CRM_OK) {
            return NGX_ERROR;
        }

        if (parts++ == 0
            || crm_conf_find(f->conf, CRM_KIND_STAGE, num[n]) != NULL)
        {
            n++;
        }
    }

    return crm_board_figures_of(f, num[0], num + 1, n - 1,
                                crm_lead_columns_add);
}
