/* the shared zone of counters; see crm_metrics.h */

#include "crm_metrics_int.h"
#include "crm_pattern.h"
#include "crm_respond.h"


#define CRM_METRICS_INTERVAL  1000


static ngx_int_t crm_metrics_init_zone(ngx_shm_zone_t *zone, void *data);
static void crm_metrics_timer(ngx_event_t *ev);


static ngx_str_t  crm_metrics_name = ngx_string("crm_metrics");

/* of this worker; NULL: no zone */
static crm_metrics_t       *crm_metrics;
static crm_metrics_slot_t  *crm_metrics_slot;
static ngx_event_t          crm_metrics_event;

const ngx_msec_t  crm_metrics_bounds[CRM_METRICS_BOUNDS] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000
};


ngx_uint_t
crm_metrics_rows(const crm_route_t *table)
{
    const crm_route_t  *route;

    for (route = table; route->path.len != 0; route++) { /* void */ }

    return crm_route_number(table, route) + 1;
}


static size_t
crm_metrics_size(void)
{
    return sizeof(crm_metrics_t)
           + (crm_metrics_rows(crm_routes)
              + crm_metrics_rows(crm_operator_routes))
             * sizeof(crm_metrics_row_t);
}


ngx_int_t
crm_metrics_zone(ngx_conf_t *cf)
{
    size_t           size;
    ngx_shm_zone_t  *zone;

    /* nginx wants a slab pool in every zone: some pages for its own use */

    size = crm_metrics_size();
    size = ngx_align(size + size / 64 + 8 * ngx_pagesize, ngx_pagesize);

    zone = ngx_shared_memory_add(cf, &crm_metrics_name, size,
                                 &ngx_http_crm_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = crm_metrics_init_zone;

    return NGX_OK;
}


static ngx_int_t
crm_metrics_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t  *pool;

    if (data != NULL) {
        zone->data = data;              /* a reload: counting goes on */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    zone->data = ngx_slab_calloc(pool, crm_metrics_size());
    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    pool->data = zone->data;

    return NGX_OK;
}


/*
 * By the cycle's list, not by a pointer kept since the configuration was
 * read: after a reload that failed, that would be one into a cycle that is
 * gone, and the master starts new workers for the old one.
 */

static crm_metrics_t *
crm_metrics_find(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *zone;
    ngx_list_part_t  *part;

    for (part = &cycle->shared_memory.part; part != NULL; part = part->next) {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].tag == &ngx_http_crm_module
                && zone[i].shm.name.len == crm_metrics_name.len
                && ngx_memcmp(zone[i].shm.name.data, crm_metrics_name.data,
                              crm_metrics_name.len)
                   == 0)
            {
                return zone[i].data;
            }
        }
    }

    return NULL;
}


void
crm_metrics_worker_start(crm_worker_t *worker)
{
    crm_metrics = crm_metrics_find(worker->cycle);

    if (crm_metrics == NULL || worker->id >= CRM_METRICS_WORKERS) {
        return;
    }

    /* taken over from a worker that still drains after a reload */

    crm_metrics_slot = &crm_metrics->worker[worker->id];
    crm_metrics_slot->pid = ngx_pid;

    crm_metrics_event.handler = crm_metrics_timer;
    crm_metrics_event.data = worker;
    crm_metrics_event.log = worker->log;
    crm_metrics_event.cancelable = 1;

    crm_metrics_timer(&crm_metrics_event);
}


/* what a counter of this process has come to since it was told before */

static void
crm_metrics_add(ngx_atomic_t *all, uint64_t *told, uint64_t now)
{
    if (now > *told) {
        (void) ngx_atomic_fetch_add(all, now - *told);
        *told = now;
    }
}


static void
crm_metrics_report(crm_worker_t *worker)
{
    static uint64_t  limits, retries;

    if (crm_metrics != NULL) {
        crm_metrics_add(&crm_metrics->limits, &limits, crm_pattern_limits());
        crm_metrics_add(&crm_metrics->retries, &retries, crm_flow_retries());
    }

    if (crm_metrics_slot == NULL || crm_metrics_slot->pid != ngx_pid) {
        return;
    }

    crm_redis_stats(worker->redis, &crm_metrics_slot->redis[0]);
    crm_redis_stats(worker->bulk, &crm_metrics_slot->redis[1]);

    crm_metrics_slot->at = ngx_current_msec;
}


static void
crm_metrics_timer(ngx_event_t *ev)
{
    crm_metrics_report(ev->data);

    if (!ngx_exiting && crm_metrics_slot->pid == ngx_pid) {
        ngx_add_timer(ev, CRM_METRICS_INTERVAL);
    }
}


static crm_metrics_row_t *
crm_metrics_row(crm_request_t *q)
{
    ngx_uint_t          first;
    const crm_route_t  *table;

    static ngx_uint_t   rows;           /* of the first table */

    if (rows == 0) {
        rows = crm_metrics_rows(crm_routes);
    }

    table = q->conf->operator ? crm_operator_routes : crm_routes;
    first = q->conf->operator ? rows : 0;

    if (q->route != NULL) {
        return &crm_metrics->row[first + crm_route_number(table, q->route)];
    }

    return &crm_metrics->row[first + crm_metrics_rows(table) - 1];
}


void
crm_metrics_request(crm_request_t *q)
{
    ngx_msec_t          ms;
    ngx_uint_t          class, bucket;
    crm_metrics_row_t  *row;

    if (crm_metrics == NULL) {
        return;
    }

    ms = ngx_current_msec - q->started;

    for (bucket = 0; bucket < CRM_METRICS_BOUNDS; bucket++) {
        if (ms <= crm_metrics_bounds[bucket]) {
            break;
        }
    }

    class = q->flow.answer.status / 100;
    class = ngx_max(class, 2) - 2;
    class = ngx_min(class, CRM_METRICS_CLASSES - 1);

    row = crm_metrics_row(q);

    (void) ngx_atomic_fetch_add(&row->n[class][bucket], 1);
    (void) ngx_atomic_fetch_add(&row->ms, ms);
}


ngx_int_t
crm_metrics_handler(crm_flow_t *f)
{
    crm_out_t  *out;

    out = crm_answer_json(f, NGX_HTTP_OK);

    f->answer.content_type = crm_str("text/plain; version=0.0.4");
    f->answer.cache_control = crm_str("no-store");

    if (crm_metrics != NULL) {
        crm_metrics_report(f->worker);
        crm_metrics_text(out, crm_metrics);
    }

    return NGX_OK;
}
