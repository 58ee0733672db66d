/* Reading a tenant's configuration into a snapshot, as steps of a flow. */

#ifndef CRM_CONF_LOAD_H
#define CRM_CONF_LOAD_H

#include "crm_flow.h"


/* f->tenant is set; `next` runs with f->conf the newest snapshot.  A snapshot
   that the worker has already is proven, not trusted. */
ngx_int_t crm_conf_load_begin(crm_flow_t *f, crm_step_pt next);

#endif /* CRM_CONF_LOAD_H */
