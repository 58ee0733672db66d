/* the routes of the operator API (api.md, section 11) */

#include "crm_job.h"
#include "crm_metrics.h"
#include "crm_operator.h"
#include "crm_route.h"
#include "crm_tenants.h"


const crm_route_t  crm_operator_routes[] = {

    { NGX_HTTP_GET, crm_string("/health/live"), CRM_MAY_PUBLIC,
      crm_health_live, CRM_KIND_NONE, CRM_GIVES_OTHER, NULL,
      "Whether the worker runs" },

    { NGX_HTTP_GET, crm_string("/health/ready"), CRM_MAY_PUBLIC,
      crm_health_ready, CRM_KIND_NONE, CRM_GIVES_OTHER, NULL,
      "Whether Redis is there and can be written to" },

    { NGX_HTTP_GET, crm_string("/metrics"), CRM_MAY_OPERATOR,
      crm_metrics_handler, CRM_KIND_NONE, CRM_GIVES_OTHER, NULL,
      "Counters as Prometheus' text" },

    { NGX_HTTP_GET, crm_string("/tenants"), CRM_MAY_OPERATOR,
      crm_operator_list, CRM_KIND_NONE, CRM_GIVES_LIST, NULL,
      "The tenants by slug" },

    { NGX_HTTP_POST, crm_string("/tenants"), CRM_MAY_OPERATOR,
      crm_operator_create, CRM_KIND_NONE, CRM_GIVES_CREATED,
      &crm_tenant_entity, "A new tenant with its admin and their token" },

    { NGX_HTTP_GET, crm_string("/tenants/{slug}"), CRM_MAY_OPERATOR,
      crm_operator_read, CRM_KIND_NONE, CRM_GIVES_OBJECT, NULL,
      "A tenant with its counts and size" },

    { NGX_HTTP_PATCH, crm_string("/tenants/{slug}"), CRM_MAY_OPERATOR,
      crm_operator_patch, CRM_KIND_NONE, CRM_GIVES_OBJECT,
      &crm_tenant_entity, "Suspends or renames a tenant" },

    { NGX_HTTP_DELETE, crm_string("/tenants/{slug}"), CRM_MAY_OPERATOR,
      crm_operator_delete, CRM_KIND_NONE, CRM_GIVES_JOB, NULL,
      "Everything of a tenant, gone for good" },

    { NGX_HTTP_POST, crm_string("/tenants/{slug}/tokens"), CRM_MAY_OPERATOR,
      crm_operator_token, CRM_KIND_NONE, CRM_GIVES_CREATED,
      &crm_tenant_token_entity, "A new token for a user" },

    { NGX_HTTP_POST, crm_string("/tenants/{slug}/check"), CRM_MAY_OPERATOR,
      crm_operator_check, CRM_KIND_NONE, CRM_GIVES_JOB,
      &crm_tenant_check_entity, "Compares the indexes with the records" },

    { NGX_HTTP_GET, crm_string("/jobs/{id}"), CRM_MAY_OPERATOR,
      crm_job_operator_read, CRM_KIND_JOB, CRM_GIVES_OBJECT, NULL,
      "A job of the operator" },

    { 0, crm_null_string, 0, NULL, CRM_KIND_NONE, CRM_GIVES_OTHER, NULL,
      NULL }
};
