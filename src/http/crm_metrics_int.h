/*
 * What lies in the shared zone: crm_metrics.c fills it, crm_metrics_text.c
 * prints it.
 *
 * The zone outlives reloads, so that nothing in it may point into a cycle.
 * Rows are counters of all workers; a slot is one worker's own.
 */

#ifndef CRM_METRICS_INT_H
#define CRM_METRICS_INT_H

#include "crm_metrics.h"
#include "crm_route.h"


#define CRM_METRICS_BOUNDS       12
#define CRM_METRICS_BUCKETS      (CRM_METRICS_BOUNDS + 1)
#define CRM_METRICS_CLASSES      4      /* 2xx to 5xx */
#define CRM_METRICS_CONNECTIONS  2
#define CRM_METRICS_WORKERS      128    /* others report nothing */
#define CRM_METRICS_STALE        5000   /* of a worker that is gone, ms */


typedef struct {
    ngx_atomic_t        n[CRM_METRICS_CLASSES][CRM_METRICS_BUCKETS];
    ngx_atomic_t        ms;             /* of all requests */
} crm_metrics_row_t;

typedef struct {
    ngx_pid_t           pid;            /* 0: never used */
    ngx_msec_t          at;             /* ngx_current_msec, one clock for
                                           all processes */
    crm_redis_stats_t   redis[CRM_METRICS_CONNECTIONS];
} crm_metrics_slot_t;

typedef struct {
    ngx_atomic_t        limits;         /* that patterns have run into */
    ngx_atomic_t        retries;        /* of flows */
    crm_metrics_slot_t  worker[CRM_METRICS_WORKERS];
    crm_metrics_row_t   row[];          /* tenants' routes, none of them,
                                           operator's routes, none of them */
} crm_metrics_t;


/* upper bounds of the buckets in milliseconds; the last one has none */
extern const ngx_msec_t  crm_metrics_bounds[CRM_METRICS_BOUNDS];

/* rows of a table: its routes, and one for what none matched */
ngx_uint_t crm_metrics_rows(const crm_route_t *table);

/* everything, in Prometheus' text format 0.0.4 */
void crm_metrics_text(crm_out_t *out, const crm_metrics_t *metrics);

#endif /* CRM_METRICS_INT_H */
