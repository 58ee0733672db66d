/*
 * Counters shared by all workers, and Prometheus' text of them.
 *
 * One row for each route of the two tables and one for what no route
 * matched.  Nothing in here is by tenant, user or record.
 */

#ifndef CRM_METRICS_H
#define CRM_METRICS_H

#include "crm_request.h"


/* the shared zone; at configuration time */
ngx_int_t crm_metrics_zone(ngx_conf_t *cf);

/* finds the zone of the worker's cycle and begins to report to it; a worker
   without a zone counts nothing */
void crm_metrics_worker_start(crm_worker_t *worker);

/* counts a request whose answer has its final status */
void crm_metrics_request(crm_request_t *q);

/* GET /metrics */
ngx_int_t crm_metrics_handler(crm_flow_t *f);

#endif /* CRM_METRICS_H */
