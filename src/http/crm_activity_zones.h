/* The job behind a changed time zone of a user or the tenant. */

#ifndef CRM_ACTIVITY_ZONES_H
#define CRM_ACTIVITY_ZONES_H

#include "crm_job.h"


extern const crm_job_kind_t  crm_zones_job;

/* whether a change of a user or of the settings needs it */
ngx_uint_t crm_zones_carries(const crm_record_t *old,
    const crm_record_t *rec);

/* adds the job to the commit of the change; asked: as of crm_job_create() */
ngx_int_t crm_zones_carry(crm_flow_t *f, const crm_record_t *rec,
    const crm_reply_t *asked, crm_ops_t *ops);

#endif /* CRM_ACTIVITY_ZONES_H */
