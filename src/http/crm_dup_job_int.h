/* what the files of the job of duplicate rules share */

#ifndef CRM_DUP_JOB_INT_H
#define CRM_DUP_JOB_INT_H

#include "crm_dup_job.h"


/* the numbers behind the phase in the job's cursor, 0 where there are less */
void crm_dup_cursor(const crm_job_t *job, int64_t *number, ngx_uint_t n);

/* the last phase of a slice: what is in d:gone */
ngx_int_t crm_dup_sweep(crm_flow_t *f);

#endif /* CRM_DUP_JOB_INT_H */
