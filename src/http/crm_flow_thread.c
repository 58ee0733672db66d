/*
 * Steps that wait for the thread pool; see crm_flow.h.
 *
 * A flow may be gone before its task is done: the thread is not told, and
 * nobody frees anything under it.  The timer is more than the deadline: it
 * also keeps a worker that shuts down alive until the answer is sent.
 */

#include "crm_flow.h"


static void crm_task_run(void *data, ngx_log_t *log);
static void crm_task_done(ngx_event_t *ev);
static void crm_task_late(ngx_event_t *ev);


ngx_int_t
crm_flow_thread(crm_flow_t *f, ngx_thread_pool_t *pool, crm_task_t *task,
    crm_step_pt next)
{
    ngx_thread_task_t  *thread = &task->thread;

    crm_task_leave(f);

    f->task = task;
    f->next = next;

    task->flow = f;

    thread->ctx = task;
    thread->handler = crm_task_run;
    thread->event.handler = crm_task_done;
    thread->event.data = task;
    thread->event.log = f->worker->log;

    if (ngx_thread_task_post(pool, thread) != NGX_OK) {
        return crm_flow_problem(f, CRM_P_BUSY, "too much work is waiting");
    }

    task->running = 1;

    f->timer.handler = crm_task_late;

    ngx_add_timer(&f->timer,
                  ngx_max((ngx_msec_int_t) (f->deadline - ngx_current_msec),
                          1));

    return CRM_WAIT;
}


static void
crm_task_run(void *data, ngx_log_t *log)
{
    crm_task_t  *task = data;

    (void) log;

    task->run(task);
}


static void
crm_task_done(ngx_event_t *ev)
{
    crm_task_t  *task = ev->data;
    crm_flow_t  *f = task->flow;

    task->running = 0;

    if (f == NULL) {
        task->release(task);
        return;
    }

    ngx_del_timer(&f->timer);
    crm_flow_resume(f, f->next);
}


static void
crm_task_late(ngx_event_t *ev)
{
    crm_flow_t  *f = ev->data;

    crm_task_leave(f);
    crm_flow_resume(f, crm_flow_busy);
}


void
crm_task_leave(crm_flow_t *f)
{
    crm_task_t  *task = f->task;

    if (task == NULL) {
        return;
    }

    f->task = NULL;
    task->flow = NULL;

    if (!task->running) {
        task->release(task);
    }
}
