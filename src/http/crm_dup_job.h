/*
 * Duplicate rules that change: the job that indexes leads under a new
 * generation and sweeps an old one away (crm_dup.h), and how rules fare.
 */

#ifndef CRM_DUP_JOB_H
#define CRM_DUP_JOB_H

#include "crm_dup.h"
#include "crm_job.h"


extern const crm_job_kind_t  crm_dup_job;


/*
 * Adds to the commit of a rule or of the settings (NULL in rec: deleted) what
 * follows for the indexes: new generations of other rules, and the job.
 * `asked' as for crm_job_create().
 */
ngx_int_t crm_dup_carry(crm_flow_t *f, const crm_record_t *old,
    const crm_record_t *rec, const crm_reply_t *asked, crm_ops_t *ops);


/* ---- crm_dup_health.c --------------------------------------------------- */

/* queues what tells a rule's health; returns how many replies there will be */
ngx_uint_t crm_dup_health_ask(crm_flow_t *f, const crm_record_t *rule);

/* another worker has given ids of more chunks since so many were asked for:
   to be asked anew */
ngx_uint_t crm_dup_health_outdated(crm_flow_t *f, ngx_uint_t nreplies);

/* a copy with its health from the replies; NULL: out of memory */
crm_record_t *crm_dup_health_take(crm_flow_t *f, const crm_record_t *rule,
    const crm_reply_t *replies, ngx_uint_t nreplies);

#endif /* CRM_DUP_JOB_H */
