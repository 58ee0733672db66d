/* one slice of a job, and what is stored behind it; see crm_job.h */

#include "crm_change.h"
#include "crm_conf_load.h"
#include "crm_job_int.h"
#include "crm_time.h"


static ngx_int_t crm_job_conf_loaded(crm_flow_t *f);
static ngx_int_t crm_job_left_it(crm_flow_t *f);
static ngx_int_t crm_job_saved(crm_flow_t *f);


/* counts are those of the slice's start, whenever it begins */

static void
crm_job_count(crm_flow_t *f)
{
    crm_job_t  *job = crm_job(f);

    if (f->attempts == 0) {
        job->before.total = job->total;
        job->before.done = job->done;
        job->before.failed = job->failed;
        return;
    }

    job->total = job->before.total;
    job->done = job->before.done;
    job->failed = job->before.failed;
}


ngx_int_t
crm_job_slice(crm_flow_t *f)
{
    crm_job_t  *job = crm_job(f);

    crm_job_count(f);

    if (f->tenant == NULL) {
        f->tenant = crm_tenant_get(job->worker->tenants, &job->slug);

        if (f->tenant == NULL) {
            return NGX_ERROR;
        }
    }

    if (job->kind->operator) {
        return job->kind->slice(f);
    }

    /* an old snapshot is found out by the slice's commit */

    if (job->loaded && f->attempts == 0) {
        f->conf = crm_tenant_conf(f->tenant);
    }

    if (f->conf == NULL || f->attempts > 0) {
        return crm_conf_load_begin(f, crm_job_conf_loaded);
    }

    return crm_job_conf_loaded(f);
}


static ngx_int_t
crm_job_conf_loaded(crm_flow_t *f)
{
    crm_job_t  *job = crm_job(f);

    job->loaded = 1;
    f->tenant->known = 1;

    f->user = crm_conf_find(f->conf, CRM_KIND_USER, job->user);
    f->role = f->user != NULL ? f->user->v[CRM_USER_ROLE].num : -1;

    return job->kind->slice(f);
}


ngx_int_t
crm_job_set_cursor(crm_job_t *job, const crm_str_t *cursor)
{
    u_char  *p;

    if (cursor->len > job->cursor_size) {
        p = realloc(job->cursor.data, cursor->len);

        if (p == NULL) {
            return NGX_ERROR;
        }

        job->cursor.data = p;
        job->cursor_size = cursor->len;
    }

    if (cursor->len > 0) {
        ngx_memmove(job->cursor.data, cursor->data, cursor->len);
    }

    job->cursor.len = cursor->len;

    return NGX_OK;
}


/* the job is this run's, and in that state */

static void
crm_job_held(crm_job_t *job, crm_ops_t *ops, crm_str_t key, crm_str_t state)
{
    crm_str_t  owner;

    owner.data = job->owner;
    owner.len = CRM_JOB_OWNER_LEN;

    crm_change_check(ops, CRM_CHECK_FIELD_EQ, key, crm_str(CRM_JOB_OWNER),
                     owner, CRM_JOB_TAG);
    crm_change_check(ops, CRM_CHECK_FIELD_EQ, key, crm_str("state"),
                     state, CRM_JOB_TAG);
}


void
crm_job_mine(crm_job_t *job, crm_ops_t *ops, crm_str_t key)
{
    crm_job_held(job, ops, key, crm_str("running"));
}


/* the record of what a save changes */

static crm_record_t *
crm_job_progress(crm_flow_t *f)
{
    crm_job_t     *job = crm_job(f);
    crm_record_t  *rec;

    rec = crm_record_new(&f->arena, &crm_entities[CRM_KIND_JOB]);
    if (rec == NULL) {
        return NULL;
    }

    crm_value_set_num(&rec->v[CRM_VERSION], job->version + 1);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], f->now);
    crm_value_set_num(&rec->v[CRM_JOB_DONE], job->done);
    crm_value_set_num(&rec->v[CRM_JOB_FAILED], job->failed);

    if (job->total >= 0) {
        crm_value_set_num(&rec->v[CRM_JOB_TOTAL], job->total);
    }

    return rec;
}


static ngx_int_t
crm_job_commit(crm_flow_t *f, crm_ops_t *ops, const crm_record_t *rec,
    int64_t lease)
{
    crm_ops_t   own;
    crm_str_t   key, none = crm_null_string;
    crm_job_t  *job = crm_job(f);

    if (ops == NULL) {
        ops = &own;
        crm_ops_init(ops, &f->arena);
    }

    key = crm_job_key(&f->arena, &job->home, job->id);

    crm_job_mine(job, ops, key);

    crm_ops_put(ops, "HSET", key, crm_str(CRM_JOB_LEASE_FIELD),
                crm_arena_printf(&f->arena, "%lld", (long long) lease), none);

    if (rec != NULL) {
        crm_job_store(ops, key, rec);
        crm_ops_put(ops, "HSET", key, crm_str(CRM_JOB_TRIES), crm_str("0"),
                    none);
    }

    if (ops->failed) {
        return NGX_ERROR;
    }

    job->checks = ops->checks;

    crm_flow_commit(f, ops);

    return crm_flow_wait(f, crm_job_saved);
}


static void
crm_job_applied(crm_job_t *job)
{
    job->version++;
    job->saved = ngx_current_msec;
    job->faults = 0;

    if (job->ending) {
        job->finished = 1;
        crm_job_dequeue(job->worker, &job->member);
        return;
    }

    if (job->saved - job->announced >= CRM_JOB_RENEW) {
        job->announced = job->saved;
        crm_job_enqueue(job->worker->bulk, &job->member,
                        job->flow.now + CRM_JOB_LEASE);
    }
}


ngx_int_t
crm_job_stopped(crm_flow_t *f)
{
    crm_ops_t      ops;
    crm_str_t      key, none = crm_null_string;
    crm_job_t     *job = crm_job(f);
    crm_record_t  *rec;

    job->lost = 1;

    rec = crm_record_new(&f->arena, &crm_entities[CRM_KIND_JOB]);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&rec->v[CRM_JOB_DONE], job->done);
    crm_value_set_num(&rec->v[CRM_JOB_FAILED], job->failed);

    key = crm_job_key(&f->arena, &job->home, job->id);

    crm_ops_init(&ops, &f->arena);
    crm_job_held(job, &ops, key, crm_str("cancelled"));
    crm_ops_put(&ops, "HINCRBY", key, crm_str("v"), crm_str("1"), none);
    crm_job_store(&ops, key, rec);

    if (ops.failed) {
        return NGX_ERROR;
    }

    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_job_left_it);
}


/* refused where another run has the job: that one counts */

static ngx_int_t
crm_job_left_it(crm_flow_t *f)
{
    ngx_uint_t  failed;

    return crm_commit_reply(&f->reply[0], &failed, NULL) == NGX_ERROR
           ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
crm_job_saved(crm_flow_t *f)
{
    ngx_uint_t  failed;
    crm_job_t  *job = crm_job(f);

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        if (job->checks[failed].tag != CRM_JOB_TAG) {
            return crm_flow_retry(f);
        }

        return crm_job_stopped(f);

    default:
        return NGX_ERROR;
    }

    crm_job_applied(job);

    return job->next_cursor.data == NULL
           ? NGX_OK : crm_job_set_cursor(job, &job->next_cursor);
}


ngx_int_t
crm_job_save(crm_flow_t *f, crm_ops_t *ops, const crm_str_t *cursor)
{
    crm_job_t     *job = crm_job(f);
    crm_record_t  *rec;

    rec = crm_job_progress(f);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    /* the slice before this repetition may have been about to end it */

    job->ending = 0;
    job->next_cursor.data = NULL;

    if (cursor != NULL) {
        job->next_cursor = *cursor;
        crm_value_set_str(&rec->v[CRM_JOB_CURSOR], *cursor);
    }

    return crm_job_commit(f, ops, rec, f->now + CRM_JOB_LEASE);
}


static ngx_int_t
crm_job_end(crm_flow_t *f, crm_ops_t *ops, int64_t state,
    const crm_str_t *result)
{
    crm_job_t     *job = crm_job(f);
    crm_record_t  *rec;

    rec = crm_job_progress(f);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&rec->v[CRM_JOB_STATE], state);
    crm_value_set_num(&rec->v[CRM_JOB_FINISHED_AT], f->now);
    crm_value_set_str(&rec->v[CRM_JOB_RESULT], *result);

    if (job->kind->undoable && state == CRM_JOB_FINISHED) {
        crm_value_set_num(&rec->v[CRM_JOB_UNDO_UNTIL],
                          f->now + CRM_JOB_UNDO_MS);
    }

    job->next_cursor.data = NULL;
    job->ending = 1;

    return crm_job_commit(f, ops, rec, 0);
}


ngx_int_t
crm_job_finish(crm_flow_t *f, crm_ops_t *ops, const crm_str_t *result)
{
    return crm_job_end(f, ops, CRM_JOB_FINISHED, result);
}


ngx_int_t
crm_job_give_up(crm_flow_t *f)
{
    crm_str_t                  result;
    const crm_problem_info_t  *info;

    info = &crm_problems[crm_job(f)->problem];

    result = crm_arena_printf(&f->arena, "{\"code\":\"%.*s\"}",
                              (int) info->code.len, info->code.data);

    return crm_job_end(f, NULL, CRM_JOB_BROKEN, &result);
}


ngx_int_t
crm_job_renew(crm_flow_t *f)
{
    crm_job(f)->step = crm_job_slice;

    return crm_job_save(f, NULL, NULL);
}


/* the worker leaves: whoever sees the queue next may go on at once */

ngx_int_t
crm_job_give_back(crm_flow_t *f)
{
    crm_job_t  *job = crm_job(f);

    job->ending = 0;
    job->lost = 1;
    job->next_cursor.data = NULL;

    crm_job_enqueue(f->redis, &job->member, f->now);

    return crm_job_commit(f, NULL, NULL, 0);
}
