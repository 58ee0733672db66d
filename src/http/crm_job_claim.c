/*
 * Taking a job: the lease (crm_job.h).
 *
 * Whoever takes it writes a name into the record that is new every time, so
 * that what was sent before, and lost sight of, cannot be applied later.
 */

#include "crm_digest.h"
#include "crm_job_int.h"
#include "crm_write.h"


/* a place in the queue whose job did not come to be: its creator is slow, or
   its commit was refused */
#define CRM_JOB_GRACE      60000

/* a job that kills every worker that takes it is given up */
#define CRM_JOB_TRIES_MAX  20


static ngx_int_t crm_job_claim_read(crm_flow_t *f);
static ngx_int_t crm_job_claimed(crm_flow_t *f);


/* where the job is kept, once */

static ngx_int_t
crm_job_place(crm_job_t *job)
{
    if (crm_job_member_parse(&job->member, &job->slug, &job->id) != NGX_OK) {
        return NGX_ERROR;
    }

    job->home = job->slug.len == 0
        ? crm_str(CRM_REGISTRY_PREFIX)
        : crm_arena_printf(&job->arena, "crm:{%.*s}:", (int) job->slug.len,
                           job->slug.data);

    return job->home.data != NULL ? NGX_OK : NGX_ERROR;
}


ngx_int_t
crm_job_claim(crm_flow_t *f)
{
    crm_str_t   none = crm_null_string;
    crm_job_t  *job = crm_job(f);

    if (job->home.data == NULL && crm_job_place(job) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_flow_call(f, "HGETALL", crm_job_key(&f->arena, &job->home, job->id),
                  none, none, none);

    return crm_flow_wait(f, crm_job_claim_read);
}


static int64_t
crm_job_number(const crm_reply_t *reply, const char *name)
{
    int64_t           num;
    const crm_str_t  *text;

    text = crm_job_field(reply, name);

    return text != NULL && crm_str_int(text, &num) == CRM_OK ? num : 0;
}


/* not for us; somebody should look again then, 0: never */

static ngx_int_t
crm_job_pass(crm_flow_t *f, int64_t when)
{
    crm_job_t  *job = crm_job(f);

    job->lost = 1;

    if (when == 0) {
        crm_job_dequeue(job->worker, &job->member);

    } else {
        crm_job_enqueue(f->redis, &job->member, when);
    }

    return NGX_OK;
}


/* the record into the run; what an earlier one left here is gone */

static ngx_int_t
crm_job_take(crm_job_t *job, const crm_record_t *rec)
{
    json_t             *tenant;
    const crm_str_t    *params = &rec->v[CRM_JOB_PARAMS].str;
    const crm_value_t  *v = rec->v;

    json_decref(job->params);

    job->params = json_loadb((char *) params->data, params->len, 0, NULL);
    job->version = crm_record_version(rec);
    job->user = v[CRM_JOB_USER_ID].num;
    job->total = v[CRM_JOB_TOTAL].set ? v[CRM_JOB_TOTAL].num : -1;
    job->done = v[CRM_JOB_DONE].num;
    job->failed = v[CRM_JOB_FAILED].num;

    if (!json_is_object(job->params)
        || crm_job_set_cursor(job, &v[CRM_JOB_CURSOR].str) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!job->kind->operator) {
        return NGX_OK;
    }

    tenant = json_object_get(job->params, "tenant");

    if (!json_is_string(tenant)) {
        return NGX_ERROR;
    }

    job->slug.data = (u_char *) json_string_value(tenant);
    job->slug.len = json_string_length(tenant);

    return NGX_OK;
}


/* a field is as it was read */

static void
crm_job_same(crm_ops_t *ops, crm_str_t key, const crm_reply_t *reply,
    const char *name)
{
    crm_str_t         field;
    const crm_str_t  *text;

    field.data = (u_char *) name;
    field.len = ngx_strlen(name);
    text = crm_job_field(reply, name);

    crm_ops_check(ops, text ? CRM_CHECK_FIELD_EQ : CRM_CHECK_FIELD_FREE, key,
                  field, text ? *text : crm_str(""));
}


static ngx_int_t
crm_job_claim_commit(crm_flow_t *f, const crm_reply_t *reply, int64_t tries)
{
    u_char         random[CRM_JOB_OWNER_LEN / 2];
    crm_ops_t      ops;
    crm_str_t      key, owner, none = crm_null_string;
    crm_job_t     *job = crm_job(f);
    crm_record_t  *rec;

    rec = crm_record_new(&f->arena, &crm_entities[CRM_KIND_JOB]);
    if (rec == NULL) {
        return NGX_ERROR;
    }

    crm_value_set_num(&rec->v[CRM_VERSION], job->version + 1);
    crm_value_set_num(&rec->v[CRM_UPDATED_AT], f->now);
    crm_value_set_num(&rec->v[CRM_JOB_STATE], CRM_JOB_RUNNING);

    crm_random_bytes(random, sizeof(random));
    (void) ngx_hex_dump(job->owner, random, sizeof(random));
    owner.data = job->owner;
    owner.len = CRM_JOB_OWNER_LEN;

    key = crm_job_key(&f->arena, &job->home, job->id);

    crm_ops_init(&ops, &f->arena);

    crm_job_same(&ops, key, reply, "state");
    crm_job_same(&ops, key, reply, CRM_JOB_OWNER);
    crm_job_same(&ops, key, reply, CRM_JOB_LEASE_FIELD);

    crm_job_store(&ops, key, rec);
    crm_ops_put(&ops, "HSET", key, crm_str(CRM_JOB_OWNER), owner, none);
    crm_ops_put(&ops, "HSET", key, crm_str(CRM_JOB_LEASE_FIELD),
                crm_arena_printf(&f->arena, "%lld",
                                 (long long) (f->now + CRM_JOB_LEASE)), none);
    crm_ops_put(&ops, "HSET", key, crm_str(CRM_JOB_TRIES),
                crm_arena_printf(&f->arena, "%lld", (long long) tries + 1),
                none);

    crm_job_enqueue(f->redis, &job->member, f->now + CRM_JOB_LEASE);
    crm_flow_commit(f, &ops);

    return crm_flow_wait(f, crm_job_claimed);
}


/* whether another worker has it; *until: then its lease ends */

static ngx_uint_t
crm_job_taken(crm_flow_t *f, const crm_reply_t *reply, int64_t *until)
{
    crm_job_t        *job = crm_job(f);
    const crm_str_t  *owner;

    owner = crm_job_field(reply, CRM_JOB_OWNER);
    *until = crm_job_number(reply, CRM_JOB_LEASE_FIELD);

    return *until > f->now && owner != NULL
           && (owner->len != CRM_JOB_OWNER_LEN
               || ngx_memcmp(owner->data, job->owner, CRM_JOB_OWNER_LEN)
                  != 0);
}


static ngx_int_t
crm_job_claim_read(crm_flow_t *f)
{
    int64_t             until, tries;
    ngx_int_t           rc;
    crm_job_t          *job = crm_job(f);
    crm_record_t       *rec;
    const crm_reply_t  *reply = &f->reply[0];

    rc = crm_read_record(f, &crm_entities[CRM_KIND_JOB], job->id, reply, &rec);

    if (rc == NGX_DECLINED) {

        if (job->queued != 0 && job->queued < f->now - CRM_JOB_GRACE) {
            return crm_job_pass(f, 0);
        }

        job->lost = 1;
        return NGX_OK;
    }

    if (rc == NGX_OK && rec->v[CRM_JOB_STATE].num > CRM_JOB_RUNNING) {
        return crm_job_pass(f, 0);
    }

    if (crm_job_taken(f, reply, &until)) {
        return crm_job_pass(f, until);
    }

    job->kind = rc == NGX_OK ? crm_job_kind_of(rec) : NULL;

    if (rc == NGX_OK && job->kind == NULL) {

        /* of a newer program, whose workers run beside us */

        return crm_job_pass(f, f->now + CRM_JOB_LEASE);
    }

    if (rc != NGX_OK || crm_job_take(job, rec) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, job->worker->log, 0,
                      "crm: job \"%*s\" cannot be read", job->member.len,
                      job->member.data);
        return crm_job_pass(f, 0);
    }

    tries = crm_job_number(reply, CRM_JOB_TRIES);

    job->problem = tries < CRM_JOB_TRIES_MAX ? CRM_P_NONE : CRM_P_INTERNAL;

    return crm_job_claim_commit(f, reply, tries);
}


static ngx_int_t
crm_job_claimed(crm_flow_t *f)
{
    ngx_uint_t  failed;
    crm_job_t  *job = crm_job(f);

    switch (crm_commit_reply(&f->reply[0], &failed, NULL)) {

    case NGX_OK:
        job->version++;
        job->saved = ngx_current_msec;
        job->announced = ngx_current_msec;
        job->step = job->problem == CRM_P_NONE ? crm_job_slice
                                               : crm_job_give_up;
        return NGX_OK;

    case NGX_DECLINED:
        job->lost = 1;                  /* somebody else was faster */
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}
