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


ngx_int_t
crm_lead_columns(crm_flow_t *f, crm_lead_op_t *o)
{
    int64_t  stages[2];

    stages[0] = o->old->v[CRM_LEAD_STAGE_ID].num;
    stages[1] = o->lead->v[CRM_LEAD_STAGE_ID].num;

    return crm_board_figures_of(f, o->lead->v[CRM_LEAD_TYPE].num, stages,
                                stages[0] == stages[1] ? 1 : 2,
                                crm_lead_columns_add, o);
}
