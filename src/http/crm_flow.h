/*
 * A piece of work as a chain of named steps (style.md, Evidence 2).
 *
 * A step queues Redis commands and names the step that takes the replies
 * (returns CRM_WAIT), or prepares f->answer and returns NGX_OK.  It never
 * sends, finalizes or counts: whoever started the flow is told by `finish`
 * exactly once.  HTTP requests (crm_request.c), the records of a batch and
 * jobs are all flows, so that one rule serves them all.
 *
 * Locals do not survive a step; what must survive is in f->data.
 */

#ifndef CRM_FLOW_H
#define CRM_FLOW_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_thread_pool.h>
#include "crm_conf.h"
#include "crm_redis.h"
#include "crm_tenant.h"


#define CRM_WAIT  NGX_AGAIN


typedef struct crm_flow_s    crm_flow_t;
typedef struct crm_answer_s  crm_answer_t;
typedef struct crm_route_s   crm_route_t;
typedef struct crm_worker_s  crm_worker_t;
typedef struct crm_task_s    crm_task_t;

typedef ngx_int_t (*crm_step_pt)(crm_flow_t *f);
typedef void (*crm_finish_pt)(crm_flow_t *f);


/* what a flow came to; strings live in the flow's arena */
struct crm_answer_s {
    ngx_uint_t            status;
    crm_out_t             body;         /* JSON unless content_type says */
    crm_str_t             content_type;
    crm_str_t             location;
    crm_str_t             etag;
    crm_str_t             cache_control;
    crm_str_t             vary;
    crm_str_t             columns;      /* crm_lead_columns.c */
    crm_problem_t         problem;      /* status >= 400 */
    crm_str_t             detail;
    crm_str_t             members;      /* more members of the problem, as
                                           JSON: "\"survivor_id\":7" */
    crm_faults_t          faults;       /* of a validation problem */
    int64_t               id;           /* of the record it is about */
    int64_t               version;
    ngx_uint_t            retry_after;  /* seconds */
    unsigned              secret:1;     /* never stored in the clear */
    unsigned              replayed:1;
    unsigned              has_body:1;
};


struct crm_flow_s {
    crm_arena_t           arena;        /* everything of this flow */
    crm_worker_t         *worker;
    crm_redis_t          *redis;        /* the shared or the long one */
    crm_batch_t          *batch;        /* being built */
    crm_batch_t          *waiting;      /* sent */
    ngx_queue_t           answered;     /* batches whose replies are in use */
    crm_reply_t          *reply;        /* to the commands of this step */
    ngx_uint_t            nreply;
    crm_step_pt           first;        /* where a retry begins */
    crm_step_pt           next;
    crm_step_pt           approve;      /* runs before next: authentication */
    crm_step_pt           after_conf;   /* crm_conf_load.c */
    void                 *data;         /* the handler's own */

    crm_finish_pt         finish;
    crm_finish_pt         detach;       /* flows below this one, when it ends
                                           early; may be NULL */
    void                 *owner;        /* what finish needs */
    ngx_event_t           timer;        /* jitter of a retry, gate deadline */
    crm_task_t           *task;         /* on the thread pool, or done there */
    ngx_queue_t           gate_link;    /* crm_gate.c */
    void                 *gate;

    int64_t               now;          /* of this attempt */
    ngx_msec_t            deadline;     /* ngx_current_msec */
    ngx_uint_t            attempts;
    uint64_t              redis_time;   /* milliseconds spent waiting */

    crm_tenant_t         *tenant;
    crm_conf_t           *conf;         /* referenced until the flow ends */
    crm_record_t         *user;         /* the caller; NULL: nobody */
    ngx_int_t             role;         /* CRM_ROLE_*; -1 nobody */
    int64_t               writes;       /* the tenant's counter, as read */

    crm_str_t             idem_key;     /* Redis key; empty: none */
    crm_str_t             idem_mark;    /* hash of the body */
    crm_str_t             idem_secret;  /* known to the sender only */

    crm_answer_t          answer;

    unsigned              lost:1;       /* a command, out of memory */
    unsigned              finished:1;
    unsigned              of_request:1; /* owner is a crm_request_t */
};


/* f is zeroed memory of the owner; nothing is sent yet */
void crm_flow_init(crm_flow_t *f, crm_worker_t *worker, crm_finish_pt finish,
    void *owner);

/* runs the first step; finish may be called before this returns */
void crm_flow_start(crm_flow_t *f, crm_step_pt first);

/* continues a flow that waits for something else than Redis (a gate, a
   timer, a child) with a step */
void crm_flow_resume(crm_flow_t *f, crm_step_pt step);

/* the owner goes away before the end: finish will not be called */
void crm_flow_abandon(crm_flow_t *f);

/* frees batches, arena and references; the last call on a flow */
void crm_flow_destroy(crm_flow_t *f);


/* ---- for steps ---------------------------------------------------------- */

/* one more command for the next crm_flow_wait() */
void crm_flow_cmd(crm_flow_t *f, ngx_uint_t argc, const crm_str_t *argv);

/* the same for command, key and up to three arguments; data NULL ends */
void crm_flow_call(crm_flow_t *f, const char *command, crm_str_t key,
    crm_str_t a, crm_str_t b, crm_str_t c);

/*
 * Reads between the two see one state of the store.  The replies: one to the
 * beginning, one for each of them, which say nothing, and the array of what
 * they found.
 */
#define CRM_FLOW_MULTI_N(n)  ((n) + 2)

void crm_flow_multi(crm_flow_t *f);
void crm_flow_exec(crm_flow_t *f);

void crm_flow_commit(crm_flow_t *f, const crm_ops_t *ops);

/* sends what was queued; `next` runs when every reply is in.  Redis' own
   errors never reach a step: they end the flow with 503 or 500. */
ngx_int_t crm_flow_wait(crm_flow_t *f, crm_step_pt next);

/* a check failed or a snapshot is old: from f->first again, with jitter,
   until the deadline, then 503 busy */
ngx_int_t crm_flow_retry(crm_flow_t *f);

/* how often flows of this process have begun anew */
uint64_t crm_flow_retries(void);

/*
 * Runs task->run() on the thread pool and then the step, in the event loop
 * again.  The flow owns the task until it ends.  When it ends earlier than
 * the thread, the task lives on by itself: it uses nothing of the flow, the
 * request or its pool.  At the flow's deadline: 503.
 */
struct crm_task_s {
    void                (*run)(crm_task_t *task);
    void                (*release)(crm_task_t *task);   /* in the event loop,
                                                           frees the task */
    crm_flow_t           *flow;         /* NULL: nobody waits any more */
    ngx_thread_task_t     thread;
    unsigned              running:1;
};

ngx_int_t crm_flow_thread(crm_flow_t *f, ngx_thread_pool_t *pool,
    crm_task_t *task, crm_step_pt next);

/* the flow ends: its task is released, or let go while it runs */
void crm_task_leave(crm_flow_t *f);

/* ends with a problem; returns what the step returns */
ngx_int_t crm_flow_problem(crm_flow_t *f, crm_problem_t problem,
    const char *detail);

/* out of memory and broken invariants */
ngx_int_t crm_flow_error(crm_flow_t *f);

/* step of a flow whose deadline passed while it waited its turn */
ngx_int_t crm_flow_busy(crm_flow_t *f);

/* key = the tenant's prefix + printf, in the flow's arena */
crm_str_t crm_flow_key(crm_flow_t *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* the replies of this step are of no more use: for what reads much */
void crm_flow_forget(crm_flow_t *f);

/* replies to commands that the engine queued before the step's own */
void crm_flow_shift(crm_flow_t *f, ngx_uint_t n);


/*
 * Writes of one worker to one entity go one after another, so that hot
 * records do not spin (design.md, "One request", 5).  Runs `next` at once
 * (returns its result) or when the key's turn comes; the gate opens when the
 * flow ends.  A retry keeps it.
 */
ngx_int_t crm_gate_enter(crm_flow_t *f, crm_str_t key, crm_step_pt next);
void crm_gate_leave(crm_flow_t *f);


/* what a worker process has */
struct crm_worker_s {
    ngx_cycle_t          *cycle;
    ngx_log_t            *log;
    crm_redis_t          *redis;        /* requests */
    crm_redis_t          *bulk;         /* what is long */
    crm_tenants_t        *tenants;
    ngx_rbtree_t          gates;
    ngx_rbtree_node_t     gates_sentinel;
    ngx_msec_t            deadline;     /* of a flow */
    ngx_uint_t            id;           /* number of the worker */
};

extern crm_worker_t  *crm_worker;

#endif /* CRM_FLOW_H */
