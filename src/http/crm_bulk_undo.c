/*
 * POST /jobs/{id}/undo: a job that takes back what another did, once, while
 * the marks are kept (api.md, section 3).
 */

#include "crm_actions.h"
#include "crm_bulk.h"
#include "crm_change.h"
#include "crm_handlers.h"


static ngx_int_t crm_job_undo_read(crm_flow_t *f);


ngx_int_t
crm_job_undo(crm_flow_t *f)
{
    ngx_int_t    rc;
    crm_str_t    none = crm_null_string;
    crm_input_t  input;

    rc = crm_write_action(f, &crm_action_none, &input);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    crm_flow_call(f, "HGETALL",
                  crm_job_key(&f->arena, &f->tenant->prefix,
                              crm_request(f)->id[0]),
                  none, none, none);
    crm_job_ask(f, &crm_bulk_undo_job);

    return crm_flow_wait(f, crm_job_undo_read);
}


/* the same records as the job to undo */

static ngx_int_t
crm_job_undo_params(crm_flow_t *f, const crm_record_t *of, crm_str_t *text)
{
    size_t       i;
    json_t      *was, *params;
    const char  *key;

    static const char *const  kept[] = { "ids", "chunks" };

    was = json_loadb((char *) of->v[CRM_JOB_PARAMS].str.data,
                     of->v[CRM_JOB_PARAMS].str.len, 0, NULL);
    params = json_object();

    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        key = kept[i];
        (void) json_object_set(params, key, json_object_get(was, key));
    }

    (void) json_object_set_new(params, "of",
                               json_integer(crm_record_id(of)));

    json_decref(was);

    return crm_job_params(f, params, text);
}


static ngx_int_t
crm_job_undo_read(crm_flow_t *f)
{
    int64_t              total;
    crm_ops_t            ops;
    crm_str_t            key, text, none = crm_null_string;
    ngx_int_t            rc;
    crm_record_t        *rec, *job;
    const crm_field_t   *undo;

    rc = crm_job_see(f, &rec);

    if (rc == NGX_OK) {
        rc = crm_write_match(f, rec);
    }

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    if (!rec->v[CRM_JOB_UNDO_UNTIL].set
        || rec->v[CRM_JOB_UNDO_UNTIL].num <= f->now)
    {
        return crm_flow_problem(f, CRM_P_NOT_UNDOABLE, NULL);
    }

    if (crm_job_undo_params(f, rec, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    key = crm_job_key(&f->arena, &f->tenant->prefix, crm_record_id(rec));
    undo = &rec->entity->fields[CRM_JOB_UNDO_UNTIL];
    total = rec->v[CRM_JOB_DONE].num;

    crm_ops_init(&ops, &f->arena);
    crm_change_same(&ops, key, rec, CRM_VERSION, CRM_FAILED_VERSION);

    job = crm_job_create(f, &crm_bulk_undo_job, text, total, &f->reply[1],
                         &ops);

    crm_ops_put(&ops, "HDEL", key, undo->stored, none, none);
    crm_ops_put(&ops, "HSET", key, crm_str("v"),
                crm_arena_printf(&f->arena, "%lld",
                                 (long long) crm_record_version(rec) + 1),
                none);

    return crm_job_submit(f, &ops, job);
}
