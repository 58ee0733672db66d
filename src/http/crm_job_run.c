/*
 * The life of a job in one worker: step after step from a timer, and what
 * follows when one fails.
 */

#include "crm_job_int.h"


#define CRM_JOB_PAUSE      1            /* between slices: for requests */
#define CRM_JOB_DELAY_MIN  100          /* after a failure */
#define CRM_JOB_DELAY_MAX  2000
#define CRM_JOB_FAULTS     3            /* internal errors in a row */
#define CRM_JOB_SLICE_MAX  3000         /* deadline of a slice's repetitions */


static void crm_job_timer(ngx_event_t *ev);
static void crm_job_stepped(crm_flow_t *f);


void
crm_job_run_start(crm_job_t *job)
{
    job->timer.handler = crm_job_timer;
    job->timer.data = job;
    job->timer.log = job->worker->log;

    job->step = crm_job_claim;

    ngx_add_timer(&job->timer, 0);
}


/* what a run keeps in memory */

static void
crm_job_forget(crm_job_t *job)
{
    if (job->kind != NULL && job->kind->release != NULL) {
        job->kind->release(job);
    }

    job->data = NULL;
}


void
crm_job_run_stop(crm_job_t *job)
{
    if (job->timer.timer_set) {
        ngx_del_timer(&job->timer);
    }

    if (job->flow.worker != NULL) {
        crm_flow_destroy(&job->flow);
    }

    crm_job_forget(job);

    json_decref(job->params);
    free(job->cursor.data);
    crm_arena_reset(&job->arena);
    ngx_free(job);
}


static void
crm_job_drop(crm_job_t *job)
{
    crm_job_left(job);
    crm_job_run_stop(job);
}


static void
crm_job_timer(ngx_event_t *ev)
{
    crm_job_t  *job = ev->data;

    if (ngx_exiting && job->step == crm_job_claim) {
        crm_job_drop(job);
        return;
    }

    if (ngx_exiting && job->step != crm_job_give_up) {
        job->step = crm_job_give_back;
    }

    ngx_memzero(&job->flow, sizeof(crm_flow_t));

    crm_flow_init(&job->flow, job->worker, crm_job_stepped, job);

    job->flow.redis = job->worker->bulk;
    job->flow.deadline = ngx_current_msec + CRM_JOB_SLICE_MAX;

    crm_flow_start(&job->flow, job->step);
}


/* from what was saved last: another worker may have it by then */

static void
crm_job_begin_anew(crm_job_t *job)
{
    crm_job_forget(job);

    job->loaded = 0;
    job->ending = 0;
    job->step = crm_job_claim;

    job->delay = job->delay == 0
                 ? CRM_JOB_DELAY_MIN
                 : ngx_min(job->delay * 2, CRM_JOB_DELAY_MAX);

    ngx_add_timer(&job->timer, job->delay / 2
                               + (ngx_msec_t) ngx_random() % job->delay);
}


static void
crm_job_trouble(crm_job_t *job, crm_problem_t problem)
{
    ngx_uint_t  status = crm_problems[problem].status;

    if (status == 503 || (status == 500 && ++job->faults < CRM_JOB_FAULTS)
        || job->step == crm_job_claim)
    {
        crm_job_begin_anew(job);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, job->worker->log, 0,
                  "crm: job \"%*s\" has failed: %*s", job->member.len,
                  job->member.data, crm_problems[problem].code.len,
                  crm_problems[problem].code.data);

    job->problem = problem;
    job->step = crm_job_give_up;

    ngx_add_timer(&job->timer, CRM_JOB_PAUSE);
}


static void
crm_job_stepped(crm_flow_t *f)
{
    crm_job_t      *job = f->owner;
    crm_problem_t   problem = f->answer.problem;

    crm_flow_destroy(f);
    job->flow.worker = NULL;

    if (job->lost || job->finished) {
        crm_job_drop(job);
        return;
    }

    if (problem != CRM_P_NONE) {
        crm_job_trouble(job, problem);
        return;
    }

    job->delay = 0;

    if (job->step == crm_job_slice
        && ngx_current_msec - job->saved >= CRM_JOB_RENEW)
    {
        job->step = crm_job_renew;
    }

    ngx_add_timer(&job->timer, CRM_JOB_PAUSE);
}
