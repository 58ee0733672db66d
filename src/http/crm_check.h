/*
 * The index checker: what Redis holds of a tenant against what its records
 * say it must hold (api.md, section 11; design.md, "Redis").
 */

#ifndef CRM_CHECK_H
#define CRM_CHECK_H

#include "crm_job.h"


/* params: {"tenant": slug, "repair": bool} */
extern const crm_job_kind_t  crm_check_job;

#endif /* CRM_CHECK_H */
