/*
 * What the routes of configuration kinds share.
 */

#ifndef CRM_CONFIG_HTTP_H
#define CRM_CONFIG_HTTP_H

#include "crm_request.h"


/* the route's kind */
const crm_entity_t *crm_config_entity(crm_flow_t *f);

/* the record named in the path, of the flow's snapshot; NULL: none.  Settings
   have no id in theirs */
crm_record_t *crm_config_named(crm_flow_t *f);

#endif /* CRM_CONFIG_HTTP_H */
