/* nginx's variables of a request: $crm_tenant, $crm_user, $crm_route,
   $crm_redis_time. */

#ifndef CRM_VARIABLES_H
#define CRM_VARIABLES_H

#include "crm_request.h"


/* at configuration time */
ngx_int_t crm_variables_add(ngx_conf_t *cf);

#endif /* CRM_VARIABLES_H */
