/* The operator API (api.md, section 11): tenants, health, metrics. */

#ifndef CRM_OPERATOR_H
#define CRM_OPERATOR_H

#include "crm_request.h"


/* whoever has the key, in the roles of crm_operator_routes[] */
#define CRM_MAY_OPERATOR  (1 << 8)


/* first step of every request in a location with crm_operator */
ngx_int_t crm_operator_start(crm_flow_t *f);


/* ---- first steps of the routes ------------------------------------------ */

/* crm_operator.c */
ngx_int_t crm_health_live(crm_flow_t *f);
ngx_int_t crm_health_ready(crm_flow_t *f);

/* crm_tenants_create.c */
ngx_int_t crm_operator_create(crm_flow_t *f);

/* crm_tenants_list.c, crm_tenants_api.c, crm_tenants_token.c */
ngx_int_t crm_operator_list(crm_flow_t *f);
ngx_int_t crm_operator_read(crm_flow_t *f);
ngx_int_t crm_operator_patch(crm_flow_t *f);
ngx_int_t crm_operator_token(crm_flow_t *f);

/* crm_tenants_jobs.c */
ngx_int_t crm_operator_delete(crm_flow_t *f);
ngx_int_t crm_operator_check(crm_flow_t *f);

#endif /* CRM_OPERATOR_H */
