/*
 * Jobs: what takes long, in slices, by one worker at a time (api.md, 10).
 *
 * A job is a record (CRM_KIND_JOB) in the tenant's keys and a member of one
 * global queue; a worker takes it with a lease, runs one slice after another
 * and stores the cursor with each, so that another worker can go on after a
 * crash.
 */

#ifndef CRM_JOB_H
#define CRM_JOB_H

#include "crm_flow.h"


ngx_int_t crm_job_worker_start(crm_worker_t *worker);
void crm_job_worker_stop(crm_worker_t *worker);

#endif /* CRM_JOB_H */
