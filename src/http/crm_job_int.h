/* What the files of the jobs share, and nobody else sees. */

#ifndef CRM_JOB_INT_H
#define CRM_JOB_INT_H

#include "crm_job.h"
#include "crm_registry.h"
#include "crm_time.h"


/*
 * A lease ends by itself: so long after its last renewal another worker may
 * take the job, and so often it is renewed.
 */
#define CRM_JOB_LEASE       5000
#define CRM_JOB_RENEW       1500

/* a check with this tag fails: the job is not this worker's any more */
#define CRM_JOB_TAG         2000

/* what a job did can be taken back for so long after its end */
#define CRM_JOB_UNDO_MS     CRM_DAY_MS

/* fields of the hash beside those of the record: who has the job, until
   when, how often it was begun without getting anywhere */
#define CRM_JOB_OWNER       "owner"
#define CRM_JOB_LEASE_FIELD "lease"
#define CRM_JOB_TRIES       "tries"


/* ---- crm_job_store.c ---------------------------------------------------- */

/* key of a job kept under a prefix */
crm_str_t crm_job_key(crm_arena_t *a, const crm_str_t *home, int64_t id);

/* a field of the reply to HGETALL, NULL where it is absent */
const crm_str_t *crm_job_field(const crm_reply_t *reply, const char *name);

/* the kind of a record, NULL where this program does not know it */
const crm_job_kind_t *crm_job_kind_of(const crm_record_t *rec);

/* adds the writes that store the set fields of rec (no id) */
void crm_job_store(crm_ops_t *ops, crm_str_t key, const crm_record_t *rec);

/* "slug:id" as member of the queue, and back */
crm_str_t crm_job_member(crm_arena_t *a, const crm_str_t *slug, int64_t id);
ngx_int_t crm_job_member_parse(const crm_str_t *member, crm_str_t *slug,
    int64_t *id);


/* ---- crm_job_api.c ------------------------------------------------------ */

/* the job of the path in the first reply; NGX_DECLINED: 404 is prepared */
ngx_int_t crm_job_see(crm_flow_t *f, crm_record_t **rec);


/* ---- crm_job_queue.c ---------------------------------------------------- */

/* somebody should look at the job then; not awaited */
void crm_job_enqueue(crm_redis_t *redis, const crm_str_t *member,
    int64_t when);
void crm_job_dequeue(crm_worker_t *worker, const crm_str_t *member);

/* takes the job into this worker, if there is room and it is not here yet;
   queued: the instant, 0 where its record is known to be there */
void crm_job_run(crm_worker_t *worker, const crm_str_t *member,
    int64_t queued);

/* takes a job off the list of this worker */
void crm_job_left(crm_job_t *job);


/* ---- crm_job_run.c, crm_job_claim.c, crm_job_slice.c -------------------- */

void crm_job_run_start(crm_job_t *job);

/* ends what is under way, frees the job, which has left the list */
void crm_job_run_stop(crm_job_t *job);

/*
 * Steps that begin a flow of a job.  They say in job->step what is next, in
 * lost and finished that nothing is.
 */
ngx_int_t crm_job_claim(crm_flow_t *f);
ngx_int_t crm_job_slice(crm_flow_t *f);
ngx_int_t crm_job_renew(crm_flow_t *f);         /* the lease, and progress */
ngx_int_t crm_job_give_back(crm_flow_t *f);     /* to other workers */
ngx_int_t crm_job_give_up(crm_flow_t *f);       /* failed: job->problem */

/* adds the checks that the job is still this run's */
void crm_job_mine(crm_job_t *job, crm_ops_t *ops, crm_str_t key);

/* copies, so that the flow it came from can go */
ngx_int_t crm_job_set_cursor(crm_job_t *job, const crm_str_t *cursor);

#endif /* CRM_JOB_INT_H */
