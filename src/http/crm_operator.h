/* The operator API (api.md, section 11): tenants, health, metrics. */

#ifndef CRM_OPERATOR_H
#define CRM_OPERATOR_H

#include "crm_request.h"


/* first step of every request in a location with crm_operator */
ngx_int_t crm_operator_start(crm_flow_t *f);

#endif /* CRM_OPERATOR_H */
