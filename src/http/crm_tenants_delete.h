/* The job that deletes a tenant. */

#ifndef CRM_TENANTS_DELETE_H
#define CRM_TENANTS_DELETE_H

#include "crm_job.h"


/* params: {"tenant": slug} */
extern const crm_job_kind_t  crm_tenant_delete_job;

#endif /* CRM_TENANTS_DELETE_H */
