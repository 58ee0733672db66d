/* the kinds of jobs that there are (crm_job.h) */

#include "crm_activity_zones.h"
#include "crm_bulk.h"
#include "crm_check.h"
#include "crm_dup_job.h"
#include "crm_report.h"
#include "crm_tenants_delete.h"


const crm_job_kind_t  *const crm_job_kinds[] = {
    &crm_bulk_job,
    &crm_bulk_final_job,
    &crm_bulk_undo_job,
    &crm_stage_job,
    &crm_reason_job,
    &crm_zones_job,
    &crm_dup_job,
    &crm_report_job,
    &crm_check_job,
    &crm_tenant_delete_job,
    NULL
};
