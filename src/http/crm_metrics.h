/* Counters shared by all workers, and Prometheus' text of them. */

#ifndef CRM_METRICS_H
#define CRM_METRICS_H

#include "crm_request.h"


/* the shared zone; at configuration time */
ngx_int_t crm_metrics_zone(ngx_conf_t *cf, void *tag);

/* counts a finished request */
void crm_metrics_request(crm_request_t *q);

/* GET /metrics */
ngx_int_t crm_metrics_handler(crm_flow_t *f);

#endif /* CRM_METRICS_H */
