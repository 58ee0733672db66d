/*
 * The engine of steps; see crm_flow.h.  Knows neither HTTP nor any entity.
 */

#include <stdarg.h>
#include <stdio.h>
#include "crm_flow.h"


#define CRM_RETRY_JITTER_MAX  20        /* milliseconds */


crm_worker_t  *crm_worker;

static uint64_t  crm_flow_nretries;


static void crm_flow_run(crm_flow_t *f, crm_step_pt step);
static void crm_flow_replied(void *data, crm_batch_t *batch);
static void crm_flow_timer(ngx_event_t *ev);


void
crm_flow_init(crm_flow_t *f, crm_worker_t *worker, crm_finish_pt finish,
    void *owner)
{
    crm_arena_init(&f->arena);
    ngx_queue_init(&f->answered);
    crm_faults_init(&f->answer.faults, &f->arena);

    f->worker = worker;
    f->redis = worker->redis;
    f->finish = finish;
    f->owner = owner;
    f->role = -1;
    f->deadline = ngx_current_msec + worker->deadline;

    f->timer.handler = crm_flow_timer;
    f->timer.data = f;
    f->timer.log = worker->log;
}


static void
crm_flow_clock(crm_flow_t *f)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    f->now = (int64_t) tp->sec * 1000 + tp->msec;
}


void
crm_flow_start(crm_flow_t *f, crm_step_pt first)
{
    f->first = first;

    crm_flow_clock(f);
    crm_flow_run(f, first);
}


void
crm_flow_resume(crm_flow_t *f, crm_step_pt step)
{
    crm_flow_run(f, step);
}


static void
crm_flow_run(crm_flow_t *f, crm_step_pt step)
{
    ngx_int_t  rc;

    rc = step(f);

    if (rc == CRM_WAIT) {
        return;
    }

    if (rc != NGX_OK) {
        (void) crm_flow_error(f);
    }

    f->finished = 1;

    crm_gate_leave(f);

    f->finish(f);
}


/* answered batches, and the one being built, are of no more use */

static void
crm_flow_drop_batches(crm_flow_t *f)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&f->answered)) {
        q = ngx_queue_head(&f->answered);
        ngx_queue_remove(q);
        crm_batch_free(ngx_queue_data(q, crm_batch_t, link));
    }

    if (f->batch != NULL) {
        crm_batch_free(f->batch);
        f->batch = NULL;
    }

    f->reply = NULL;
    f->nreply = 0;
}


void
crm_flow_abandon(crm_flow_t *f)
{
    crm_finish_pt  detach;

    f->finished = 1;

    detach = f->detach;
    f->detach = NULL;

    if (detach != NULL) {
        detach(f);
    }

    if (f->waiting != NULL) {
        crm_batch_abandon(f->waiting);
        f->waiting = NULL;
    }

    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    if (f->timer.posted) {
        ngx_delete_posted_event(&f->timer);
    }

    crm_task_leave(f);
    crm_gate_leave(f);
}


void
crm_flow_destroy(crm_flow_t *f)
{
    crm_flow_abandon(f);
    crm_flow_drop_batches(f);

    if (f->conf != NULL) {
        crm_conf_release(f->conf);
        f->conf = NULL;
    }

    if (f->tenant != NULL) {
        crm_tenant_release(f->worker->tenants, f->tenant);
        f->tenant = NULL;
    }

    crm_arena_reset(&f->arena);
}


/* where a command is lost, the replies to those that follow would be taken for
   others' */

static crm_batch_t *
crm_flow_batch(crm_flow_t *f)
{
    if (f->batch == NULL) {
        f->batch = crm_batch_create(f->redis);
        f->lost |= f->batch == NULL;
    }

    return f->batch;
}


void
crm_flow_cmd(crm_flow_t *f, ngx_uint_t argc, const crm_str_t *argv)
{
    if (crm_flow_batch(f) != NULL) {
        crm_batch_add(f->batch, argc, argv);
    }
}


void
crm_flow_call(crm_flow_t *f, const char *command, crm_str_t key, crm_str_t a,
    crm_str_t b, crm_str_t c)
{
    ngx_uint_t  argc;
    crm_str_t   argv[5];

    argv[0].data = (u_char *) command;
    argv[0].len = ngx_strlen(command);
    argv[1] = key;
    argc = 2;

    if (a.data != NULL) {
        argv[argc++] = a;
    }

    if (b.data != NULL) {
        argv[argc++] = b;
    }

    if (c.data != NULL) {
        argv[argc++] = c;
    }

    crm_flow_cmd(f, argc, argv);
}


void
crm_flow_multi(crm_flow_t *f)
{
    static const crm_str_t  multi = crm_string("MULTI");

    crm_flow_cmd(f, 1, &multi);
}


void
crm_flow_exec(crm_flow_t *f)
{
    static const crm_str_t  exec = crm_string("EXEC");

    crm_flow_cmd(f, 1, &exec);
}


void
crm_flow_commit(crm_flow_t *f, const crm_ops_t *ops)
{
    if (crm_flow_batch(f) != NULL) {
        crm_batch_add_commit(f->batch, ops);
    }
}


ngx_int_t
crm_flow_wait(crm_flow_t *f, crm_step_pt next)
{
    if (f->batch == NULL || f->lost) {
        return crm_flow_error(f);
    }

    if (crm_batch_send(f->batch, crm_flow_replied, f) != NGX_OK) {
        return crm_flow_problem(f, f->batch->status == CRM_BATCH_DOWN
                                   ? CRM_P_STORE_UNAVAILABLE
                                   : CRM_P_INTERNAL, NULL);
    }

    f->waiting = f->batch;
    f->batch = NULL;
    f->next = next;

    return CRM_WAIT;
}


static ngx_int_t
crm_flow_failed(crm_flow_t *f)
{
    return crm_flow_problem(f, CRM_P_STORE_UNAVAILABLE, NULL);
}


static ngx_int_t
crm_flow_fault(crm_flow_t *f)
{
    return crm_flow_problem(f, CRM_P_INTERNAL, NULL);
}


static ngx_int_t
crm_flow_overflow(crm_flow_t *f)
{
    return crm_flow_problem(f, CRM_P_SUM_TOO_LARGE, NULL);
}


static void
crm_flow_replied(void *data, crm_batch_t *batch)
{
    crm_flow_t   *f = data;
    crm_step_pt   step;

    f->waiting = NULL;
    f->redis_time += (ngx_msec_int_t) (ngx_current_msec - batch->sent_at);

    ngx_queue_insert_tail(&f->answered, &batch->link);

    switch (batch->status) {

    case CRM_BATCH_OK:
        f->reply = batch->replies;
        f->nreply = batch->n;

        step = f->approve != NULL ? f->approve : f->next;
        f->approve = NULL;

        crm_flow_run(f, step);
        return;

    case CRM_BATCH_OVERFLOW:
        crm_flow_run(f, crm_flow_overflow);
        return;

    case CRM_BATCH_FAULT:
        crm_flow_run(f, crm_flow_fault);
        return;

    default:
        crm_flow_run(f, crm_flow_failed);
    }
}


void
crm_flow_forget(crm_flow_t *f)
{
    ngx_queue_t  *q = ngx_queue_last(&f->answered);

    ngx_queue_remove(q);
    crm_batch_free(ngx_queue_data(q, crm_batch_t, link));

    f->reply = NULL;
    f->nreply = 0;
}


void
crm_flow_shift(crm_flow_t *f, ngx_uint_t n)
{
    f->reply += n;
    f->nreply -= n;
}


static void
crm_answer_reset(crm_flow_t *f)
{
    ngx_memzero(&f->answer, sizeof(crm_answer_t));
    crm_faults_init(&f->answer.faults, &f->arena);
}


static ngx_int_t
crm_flow_again(crm_flow_t *f)
{
    crm_flow_clock(f);

    return f->first(f);
}


ngx_int_t
crm_flow_busy(crm_flow_t *f)
{
    return crm_flow_problem(f, CRM_P_BUSY, NULL);
}


static void
crm_flow_timer(ngx_event_t *ev)
{
    crm_flow_t  *f = ev->data;

    if ((ngx_msec_int_t) (f->deadline - ngx_current_msec) <= 0) {
        crm_flow_run(f, crm_flow_busy);
        return;
    }

    crm_flow_run(f, crm_flow_again);
}


ngx_int_t
crm_flow_retry(crm_flow_t *f)
{
    ngx_msec_t  jitter;

    crm_flow_drop_batches(f);
    crm_answer_reset(f);
    f->approve = NULL;

    if ((ngx_msec_int_t) (f->deadline - ngx_current_msec) <= 0) {
        return crm_flow_problem(f, CRM_P_BUSY, NULL);
    }

    crm_flow_nretries++;

    /* the first repetition needs no wait: usually the snapshot was old */

    jitter = f->attempts++ ? 1 + ngx_random() % CRM_RETRY_JITTER_MAX : 0;

    if (jitter == 0) {
        return crm_flow_again(f);
    }

    f->timer.handler = crm_flow_timer;
    ngx_add_timer(&f->timer, jitter);

    return CRM_WAIT;
}


uint64_t
crm_flow_retries(void)
{
    return crm_flow_nretries;
}


ngx_int_t
crm_flow_problem(crm_flow_t *f, crm_problem_t problem, const char *detail)
{
    f->answer.problem = problem;
    f->answer.status = crm_problems[problem].status;
    f->answer.has_body = 0;

    if (f->answer.status == 503) {
        f->answer.retry_after = 1;
    }

    if (detail != NULL) {
        (void) crm_arena_dup(&f->arena, &f->answer.detail, detail,
                             ngx_strlen(detail));
    }

    return NGX_OK;
}


ngx_int_t
crm_flow_error(crm_flow_t *f)
{
    ngx_log_error(NGX_LOG_ERR, f->worker->log, 0,
                  "crm: out of memory or inconsistent data");

    return crm_flow_problem(f, CRM_P_INTERNAL, NULL);
}


crm_str_t
crm_flow_key(crm_flow_t *f, const char *fmt, ...)
{
    int         n;
    va_list     args;
    crm_str_t   key;
    char        rest[512];

    va_start(args, fmt);
    n = vsnprintf(rest, sizeof(rest), fmt, args);
    va_end(args);

    key.len = f->tenant->prefix.len + n;
    key.data = n < (int) sizeof(rest) ? crm_arena_bytes(&f->arena, key.len)
                                      : NULL;

    if (n < 0 || key.data == NULL) {
        return (crm_str_t) crm_null_string;
    }

    ngx_memcpy(key.data, f->tenant->prefix.data, f->tenant->prefix.len);
    ngx_memcpy(key.data + f->tenant->prefix.len, rest, n);

    return key;
}
