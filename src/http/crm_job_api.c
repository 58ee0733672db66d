/* jobs over HTTP: look at one, cancel it (api.md, section 10) */

#include "crm_actions.h"
#include "crm_auth.h"
#include "crm_change.h"
#include "crm_handlers.h"
#include "crm_job_int.h"
#include "crm_respond.h"
#include "crm_write.h"


static ngx_int_t crm_job_answer(crm_flow_t *f);
static ngx_int_t crm_job_cancel_read(crm_flow_t *f);


static ngx_int_t
crm_job_look_up(crm_flow_t *f, crm_str_t home, crm_step_pt next)
{
    crm_str_t  none = crm_null_string;

    if (crm_answer_no_params(f) != NGX_OK) {
        return NGX_OK;
    }

    crm_flow_call(f, "HGETALL",
                  crm_job_key(&f->arena, &home, crm_request(f)->id[0]),
                  none, none, none);

    return crm_flow_wait(f, next);
}


/* a salesperson sees their own */

ngx_int_t
crm_job_see(crm_flow_t *f, crm_record_t **rec)
{
    ngx_int_t  rc;

    rc = crm_read_record(f, &crm_entities[CRM_KIND_JOB],
                         crm_request(f)->id[0], &f->reply[0], rec);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED
        || (f->user != NULL && !crm_sees_all(f)
            && (*rec)->v[CRM_JOB_USER_ID].num != crm_record_id(f->user)))
    {
        (void) crm_flow_problem(f, CRM_P_NOT_FOUND, NULL);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
crm_job_read(crm_flow_t *f)
{
    return crm_job_look_up(f, f->tenant->prefix, crm_job_answer);
}


ngx_int_t
crm_job_operator_read(crm_flow_t *f)
{
    return crm_job_look_up(f, crm_str(CRM_REGISTRY_PREFIX), crm_job_answer);
}


static ngx_int_t
crm_job_answer(crm_flow_t *f)
{
    ngx_int_t      rc;
    crm_record_t  *rec;

    rc = crm_job_see(f, &rec);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_write_answer(f, NGX_HTTP_OK, rec, NULL);

    return NGX_OK;
}


ngx_int_t
crm_job_cancel(crm_flow_t *f)
{
    ngx_int_t    rc;
    crm_input_t  input;

    rc = crm_write_action(f, &crm_action_none, &input);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    return crm_job_look_up(f, f->tenant->prefix, crm_job_cancel_read);
}


static ngx_int_t
crm_job_cancel_read(crm_flow_t *f)
{
    int64_t        state;
    crm_ops_t      ops;
    crm_str_t      key;
    ngx_int_t      rc;
    crm_record_t  *rec;

    const crm_job_kind_t  *kind;

    rc = crm_job_see(f, &rec);

    if (rc == NGX_OK) {
        rc = crm_write_match(f, rec);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    state = rec->v[CRM_JOB_STATE].num;

    if (state != CRM_JOB_QUEUED && state != CRM_JOB_RUNNING) {
        return crm_flow_problem(f, CRM_P_NOT_CANCELLABLE, "it has ended");
    }

    kind = crm_job_kind_of(rec);

    if (kind != NULL && kind->carries) {
        return crm_flow_problem(f, CRM_P_NOT_CANCELLABLE,
                                "it carries a change of the configuration to "
                                "the records");
    }

    key = crm_job_key(&f->arena, &f->tenant->prefix, crm_record_id(rec));

    /* the run, wherever it is, sees it at its next commit */

    crm_ops_init(&ops, &f->arena);
    crm_change_same(&ops, key, rec, CRM_VERSION, CRM_FAILED_VERSION);

    crm_value_set_num(&rec->v[CRM_VERSION], crm_record_version(rec) + 1);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], f->now);
    crm_value_set_num(&rec->v[CRM_JOB_STATE], CRM_JOB_CANCELLED);
    crm_value_set_num(&rec->v[CRM_JOB_FINISHED_AT], f->now);

    /* what it has done until now can be taken back */

    if (kind != NULL && kind->undoable) {
        crm_value_set_num(&rec->v[CRM_JOB_UNDO_UNTIL],
                          f->now + CRM_JOB_UNDO_MS);
    }

    crm_job_store(&ops, key, rec);
    crm_write_answer(f, NGX_HTTP_OK, rec, NULL);

    return crm_write_commit(f, &ops);
}
