/*
 * Jobs: what takes long, in slices, by one worker at a time (api.md, 10).
 *
 * A job is a record (CRM_KIND_JOB), kept in its tenant's keys or, where it
 * may outlive the tenant, beside the registry; and a member of one queue.
 * A worker takes it with a lease and runs one slice after another, each a
 * flow of its own on the connection for long work.  What a slice writes and
 * the cursor behind it are one commit, which also proves that the job is
 * still this worker's: so a slice happens once, also when the worker dies in
 * the middle and another goes on from the cursor.
 *
 * A kind of job is a crm_job_kind_t, listed in crm_job_kinds.c.
 *
 * It is started by a handler:
 *
 *     crm_job_ask(f, &crm_bulk_job);      with the reads of the step before
 *     ...
 *     job = crm_job_create(f, &crm_bulk_job, params, total, &f->reply[0],
 *                          &ops);
 *     return crm_job_submit(f, &ops, job);            202, Location, the job
 *
 * The first step of its slice finds in f what a handler finds: conf, user
 * and role of who asked, tenant, now (f->user can be NULL, and the user can
 * have been deactivated since); crm_job(f) is the job.  f->owner is no
 * request: what needs one (crm_request(f), the idempotency key, Location)
 * must not be used.  A slice should take a few milliseconds of Redis' and
 * the worker's time, at most a second.  It ends by one of
 *
 *     return crm_job_save(f, &ops, &cursor);     more to do, from the cursor
 *     return crm_job_finish(f, &ops, &result);   that was the last one
 *     return NGX_OK;                             more to do, nothing to save
 *     return crm_flow_problem(f, ...);           the job has failed
 *
 * after counting job->done and job->failed.  A check of `ops' that fails
 * begins the slice anew, with those counts as they were at its start; 503
 * begins the job anew from what was saved last, and then job->data is gone.
 */

#ifndef CRM_JOB_H
#define CRM_JOB_H

#include <jansson.h>
#include "crm_flow.h"


#define CRM_JOB_OWNER_LEN  24


typedef struct crm_job_s  crm_job_t;

typedef struct {
    crm_str_t              name;        /* `kind' of the record */
    crm_step_pt            slice;       /* first step of every slice */
    void                 (*release)(crm_job_t *job);    /* of job->data;
                                           NULL: there is none */
    unsigned               operator:1;  /* kept beside the registry: its
                                           params name the `tenant', its
                                           flows have no conf and no user */
    unsigned               undoable:1;  /* undo_until: a day after its end */
    unsigned               carries:1;   /* what a change of the configuration
                                           leaves to do: not cancellable */
} crm_job_kind_t;

typedef struct {
    int64_t                total;       /* -1: not known */
    int64_t                done;
    int64_t                failed;
} crm_job_progress_t;

struct crm_job_s {
    /* what a slice may look at */
    const crm_job_kind_t  *kind;
    crm_worker_t          *worker;
    int64_t                id;
    crm_str_t              slug;        /* of the tenant it is about */
    json_t                *params;      /* an object */
    crm_str_t              cursor;      /* as saved; empty at the beginning */
    int64_t                user;        /* who asked; 0: the operator */

    /* what a slice may change */
    int64_t                total;       /* -1: not known */
    int64_t                done;
    int64_t                failed;
    void                  *data;        /* between the slices of this run */

    /* crm_job_run.c */
    ngx_queue_t            link;
    ngx_event_t            timer;
    crm_flow_t             flow;        /* of the step that runs */
    crm_step_pt            step;        /* of the next flow */
    crm_arena_t            arena;       /* names */
    crm_str_t              member;      /* of the queue */
    crm_str_t              home;        /* prefix of the keys it is kept in */
    u_char                 owner[CRM_JOB_OWNER_LEN];    /* new at each claim */
    size_t                 cursor_size; /* of cursor.data, from malloc() */
    crm_str_t              next_cursor; /* while it is being saved */
    const crm_check_t     *checks;      /* of the commit under way */
    crm_job_progress_t     before;      /* this slice */
    int64_t                version;
    int64_t                queued;      /* its score; 0: just created */
    ngx_msec_t             saved;       /* ngx_current_msec */
    ngx_msec_t             announced;   /* in the queue; ngx_current_msec */
    ngx_msec_t             delay;       /* before the next attempt */
    ngx_uint_t             faults;      /* internal errors in a row */
    crm_problem_t          problem;     /* why it is given up */
    unsigned               loaded:1;    /* conf was read in this run */
    unsigned               ending:1;    /* the commit under way is the last */
    unsigned               lost:1;      /* cancelled, or another's now */
    unsigned               finished:1;
};


#define crm_job(f)  ((crm_job_t *) (f)->owner)

/* all kinds; NULL ends */
extern const crm_job_kind_t  *const crm_job_kinds[];


/* ---- for handlers ------------------------------------------------------- */

/* queues the read of which crm_job_create() takes the reply */
void crm_job_ask(crm_flow_t *f, const crm_job_kind_t *kind);

/* its params as text, for the next; takes the object, NULL is out of memory */
ngx_int_t crm_job_params(crm_flow_t *f, json_t *params, crm_str_t *text);

/*
 * Adds the creation of a job to a commit; params is the text of a JSON
 * object, total -1 where it is not known.  The record, or NULL when out of
 * memory.
 */
crm_record_t *crm_job_create(crm_flow_t *f, const crm_job_kind_t *kind,
    crm_str_t params, int64_t total, const crm_reply_t *asked,
    crm_ops_t *ops);

/*
 * The same for what is done at once, below the request: the record of a job
 * that has ended, so that it can be looked at and undone.  Its counts follow
 * by crm_job_tally() in a second commit.
 */
crm_record_t *crm_job_create_ended(crm_flow_t *f, const crm_job_kind_t *kind,
    crm_str_t params, int64_t total, const crm_reply_t *asked,
    crm_ops_t *ops);
void crm_job_tally(crm_flow_t *f, crm_record_t *job, int64_t done,
    int64_t failed, crm_ops_t *ops);

/* sends the commit, starts the job and answers 202; a failed check begins
   the handler anew */
ngx_int_t crm_job_submit(crm_flow_t *f, crm_ops_t *ops, crm_record_t *job);

/* handlers of GET /jobs/{id} and POST /jobs/{id}/cancel are in
   crm_handlers.h; this is the operator's GET */
ngx_int_t crm_job_operator_read(crm_flow_t *f);


/* ---- for slices --------------------------------------------------------- */

/* ops may be NULL; of an operator's job only for keys beside the registry */
ngx_int_t crm_job_save(crm_flow_t *f, crm_ops_t *ops,
    const crm_str_t *cursor);
ngx_int_t crm_job_finish(crm_flow_t *f, crm_ops_t *ops,
    const crm_str_t *result);

/*
 * Instead of these, where a commit was refused since the job is no longer
 * this run's: ends the run.  If it was cancelled, what the slice has done by
 * then is counted, since it can be taken back.
 */
ngx_int_t crm_job_stopped(crm_flow_t *f);


/* ---- for the worker ----------------------------------------------------- */

/* from now on it takes jobs of the queue; NGX_ERROR: out of memory */
ngx_int_t crm_job_worker_start(crm_worker_t *worker);

/* at its exit: what is under way is left where it was saved last */
void crm_job_worker_stop(void);

#endif /* CRM_JOB_H */
