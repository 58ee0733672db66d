/*
 * The queue of unfinished jobs, and the jobs that this worker has.
 *
 * A worker starts what its own requests created at once; for the rest it
 * looks into the queue from time to time.  The score of a member says when
 * that is worth while: a running job's is the end of its lease.
 */

#include "crm_job_int.h"


#define CRM_JOB_POLL  1000              /* milliseconds, about */
#define CRM_JOB_MAX   4                 /* at once in a worker */
#define CRM_JOB_LOOK  16                /* members of the queue at a time */


typedef struct {
    crm_worker_t  *worker;
    ngx_queue_t    jobs;                /* of crm_job_t.link */
    ngx_uint_t     n;
    ngx_event_t    timer;
    crm_flow_t     flow;                /* of the look into the queue */
    unsigned       looking:1;
} crm_jobs_t;


static crm_jobs_t  *crm_jobs;


static void crm_jobs_timer(ngx_event_t *ev);
static ngx_int_t crm_jobs_look(crm_flow_t *f);
static ngx_int_t crm_jobs_found(crm_flow_t *f);
static void crm_jobs_looked(crm_flow_t *f);


ngx_int_t
crm_job_worker_start(crm_worker_t *worker)
{
    crm_jobs = ngx_calloc(sizeof(crm_jobs_t), worker->log);
    if (crm_jobs == NULL) {
        return NGX_ERROR;
    }

    crm_jobs->worker = worker;
    ngx_queue_init(&crm_jobs->jobs);

    /* while nothing runs, nothing holds a worker that wants to leave */

    crm_jobs->timer.handler = crm_jobs_timer;
    crm_jobs->timer.data = crm_jobs;
    crm_jobs->timer.log = worker->log;
    crm_jobs->timer.cancelable = 1;

    ngx_add_timer(&crm_jobs->timer,
                  1 + (ngx_msec_t) ngx_random() % CRM_JOB_POLL);

    return NGX_OK;
}


void
crm_job_worker_stop(void)
{
    ngx_queue_t  *q;

    if (crm_jobs == NULL) {
        return;
    }

    while (!ngx_queue_empty(&crm_jobs->jobs)) {
        q = ngx_queue_head(&crm_jobs->jobs);
        ngx_queue_remove(q);
        crm_job_run_stop(ngx_queue_data(q, crm_job_t, link));
    }

    if (crm_jobs->timer.timer_set) {
        ngx_del_timer(&crm_jobs->timer);
    }

    if (crm_jobs->looking) {
        crm_flow_destroy(&crm_jobs->flow);
    }

    ngx_free(crm_jobs);
    crm_jobs = NULL;
}


static void
crm_jobs_again(ngx_msec_t delay)
{
    if (ngx_exiting || crm_jobs->timer.timer_set) {
        return;
    }

    ngx_add_timer(&crm_jobs->timer, delay);
}


static void
crm_jobs_timer(ngx_event_t *ev)
{
    crm_jobs_t  *jobs = ev->data;

    if (ngx_exiting || jobs->looking) {
        return;
    }

    if (jobs->n == CRM_JOB_MAX || !crm_redis_ready(jobs->worker->bulk)) {
        crm_jobs_again(CRM_JOB_POLL);
        return;
    }

    ngx_memzero(&jobs->flow, sizeof(crm_flow_t));

    crm_flow_init(&jobs->flow, jobs->worker, crm_jobs_looked, jobs);

    jobs->flow.redis = jobs->worker->bulk;
    jobs->looking = 1;

    crm_flow_start(&jobs->flow, crm_jobs_look);
}


static ngx_int_t
crm_jobs_look(crm_flow_t *f)
{
    crm_str_t  argv[8];

    argv[0] = crm_str("ZRANGEBYSCORE");
    argv[1] = crm_str(CRM_REGISTRY_QUEUE);
    argv[2] = crm_str("-inf");
    argv[3] = crm_arena_printf(&f->arena, "%lld", (long long) f->now);
    argv[4] = crm_str("WITHSCORES");
    argv[5] = crm_str("LIMIT");
    argv[6] = crm_str("0");
    argv[7] = crm_arena_printf(&f->arena, "%d", CRM_JOB_LOOK);

    crm_flow_cmd(f, 8, argv);

    return crm_flow_wait(f, crm_jobs_found);
}


static ngx_int_t
crm_jobs_found(crm_flow_t *f)
{
    int64_t             queued;
    ngx_uint_t          i;
    const crm_reply_t  *reply = &f->reply[0];

    for (i = 0; crm_reply_is_array(reply) && i + 1 < reply->n; i += 2) {

        if (crm_str_int(&reply->item[i + 1].str, &queued) != CRM_OK) {
            queued = 1;
        }

        crm_job_run(f->worker, &reply->item[i].str, queued);
    }

    return NGX_OK;
}


static void
crm_jobs_looked(crm_flow_t *f)
{
    crm_jobs_t  *jobs = f->owner;

    crm_flow_destroy(f);

    jobs->looking = 0;

    crm_jobs_again(CRM_JOB_POLL / 2 + (ngx_msec_t) ngx_random()
                                      % CRM_JOB_POLL);
}


static ngx_uint_t
crm_jobs_have(const crm_str_t *member)
{
    crm_job_t    *job;
    ngx_queue_t  *q;

    for (q = ngx_queue_head(&crm_jobs->jobs);
         q != ngx_queue_sentinel(&crm_jobs->jobs);
         q = ngx_queue_next(q))
    {
        job = ngx_queue_data(q, crm_job_t, link);

        if (crm_str_eq(&job->member, member)) {
            return 1;
        }
    }

    return 0;
}


void
crm_job_run(crm_worker_t *worker, const crm_str_t *member, int64_t queued)
{
    crm_str_t   slug;
    crm_job_t  *job;

    if (crm_jobs == NULL || ngx_exiting || crm_jobs->n == CRM_JOB_MAX
        || crm_jobs_have(member))
    {
        return;
    }

    job = ngx_calloc(sizeof(crm_job_t), worker->log);
    if (job == NULL) {
        return;
    }

    crm_arena_init(&job->arena);

    job->worker = worker;
    job->queued = queued;

    if (crm_arena_dup(&job->arena, &job->member, member->data, member->len)
        != CRM_OK
        || crm_job_member_parse(&job->member, &slug, &job->id) != NGX_OK)
    {
        crm_arena_reset(&job->arena);
        ngx_free(job);

        crm_job_dequeue(worker, member);
        return;
    }

    ngx_queue_insert_tail(&crm_jobs->jobs, &job->link);
    crm_jobs->n++;

    crm_job_run_start(job);
}


void
crm_job_left(crm_job_t *job)
{
    ngx_queue_remove(&job->link);
    crm_jobs->n--;

    /* whatever found no room here is looked for at once */

    if (crm_jobs->n == CRM_JOB_MAX - 1 && crm_jobs->timer.timer_set
        && !ngx_exiting)
    {
        ngx_add_timer(&crm_jobs->timer, 1);
    }
}


/* one command that nobody waits for */

static void
crm_job_tell(crm_redis_t *redis, ngx_uint_t argc, const crm_str_t *argv)
{
    crm_batch_t  *batch;

    batch = crm_batch_create(redis);
    if (batch == NULL) {
        return;
    }

    crm_batch_add(batch, argc, argv);

    if (crm_batch_send(batch, NULL, NULL) != NGX_OK) {
        crm_batch_free(batch);
    }
}


void
crm_job_enqueue(crm_redis_t *redis, const crm_str_t *member, int64_t when)
{
    u_char     text[NGX_INT64_LEN + 1];
    crm_str_t  argv[4];

    argv[0] = crm_str("ZADD");
    argv[1] = crm_str(CRM_REGISTRY_QUEUE);
    argv[2].data = text;
    argv[2].len = crm_int_print(text, when) - text;
    argv[3] = *member;

    crm_job_tell(redis, 4, argv);
}


void
crm_job_dequeue(crm_worker_t *worker, const crm_str_t *member)
{
    crm_str_t  argv[3];

    argv[0] = crm_str("ZREM");
    argv[1] = crm_str(CRM_REGISTRY_QUEUE);
    argv[2] = *member;

    crm_job_tell(worker->bulk, 3, argv);
}
