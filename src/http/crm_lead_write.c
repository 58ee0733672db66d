/*
 * POST, PATCH and DELETE of leads and their actions: the body by its table,
 * then the operation (crm_lead_op.c).
 */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_handlers.h"
#include "crm_lead_op.h"
#include "crm_respond.h"


/* the body of each operation; NULL: the lead itself, or none at all */

const crm_entity_t *const  crm_lead_op_bodies[CRM_OP_MAX] = {
    [CRM_OP_MOVE] = &crm_action_move,
    [CRM_OP_WON] = &crm_action_none,
    [CRM_OP_LOST] = &crm_action_lost,
    [CRM_OP_RESTORE] = &crm_action_none,
    [CRM_OP_ARCHIVE] = &crm_action_none,
};


static ngx_int_t
crm_lead_write_parse(crm_flow_t *f, crm_lead_op_t *o)
{
    const crm_entity_t  *lead = &crm_entities[CRM_KIND_LEAD];

    switch (o->op) {

    case CRM_OP_CREATE:
        return crm_write_collect(f, lead, CRM_INPUT_CREATE, CRM_LEAD_USER_ID,
                                 &o->input);

    case CRM_OP_PATCH:
        return crm_write_collect(f, lead, CRM_INPUT_PATCH, -1, &o->input);

    case CRM_OP_DELETE:
        return NGX_OK;

    case CRM_OP_MOVE:
        return crm_write_collect(f, &crm_action_move, CRM_INPUT_CREATE, -1,
                                 &o->input);

    default:
        return crm_write_action(f, crm_lead_op_bodies[o->op], &o->input);
    }
}


/* none, but include=columns of a move */

static ngx_int_t
crm_lead_write_params(crm_flow_t *f, crm_lead_op_t *o)
{
    crm_str_t      *include;
    crm_param_t    *param;
    crm_params_t   *params = &crm_request(f)->params;

    static const crm_str_t  name = crm_string("include");

    include = o->op == CRM_OP_MOVE ? crm_param_get(params, "include") : NULL;

    if (include != NULL) {

        if (!crm_str_is(include, "columns")) {
            (void) crm_answer_bad_param(f, &name, NULL, 0);
            return NGX_DECLINED;
        }

        o->after = crm_lead_columns;
    }

    param = crm_param_unknown(params);

    if (param != NULL) {
        (void) crm_answer_bad_param(f, &param->name,
                                    o->op == CRM_OP_MOVE ? &name : NULL, 1);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
crm_lead_write(crm_flow_t *f, crm_op_t op)
{
    ngx_int_t       rc;
    crm_lead_op_t  *o;

    o = crm_arena_calloc(&f->arena, sizeof(crm_lead_op_t));
    if (o == NULL) {
        return NGX_ERROR;
    }

    f->data = o;

    o->op = op;
    o->id = crm_request(f)->id[0];
    o->use_header = 1;

    if (crm_lead_write_params(f, o) != NGX_OK) {
        return NGX_OK;
    }

    rc = crm_lead_write_parse(f, o);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_lead_op_start(f);
}


ngx_int_t
crm_lead_create_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_CREATE);
}


ngx_int_t
crm_lead_patch(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_PATCH);
}


ngx_int_t
crm_lead_delete(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_DELETE);
}


ngx_int_t
crm_lead_move_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_MOVE);
}


ngx_int_t
crm_lead_won_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_WON);
}


ngx_int_t
crm_lead_lost_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_LOST);
}


ngx_int_t
crm_lead_restore_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_RESTORE);
}


ngx_int_t
crm_lead_archive_handler(crm_flow_t *f)
{
    return crm_lead_write(f, CRM_OP_ARCHIVE);
}
