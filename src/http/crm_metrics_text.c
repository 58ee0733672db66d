/* Prometheus' text format; see crm_metrics_int.h */

#include <stdarg.h>
#include <stdio.h>
#include "crm_metrics_int.h"


#define CRM_METRICS_LINE  512           /* the longest one */


typedef struct {
    crm_out_t            *out;
    const crm_metrics_t  *metrics;
    const char           *api;          /* of the row */
    const char           *method;
    crm_str_t             path;
    crm_metrics_row_t     row;          /* a copy: one state for its lines */
} crm_metrics_line_t;

typedef void (*crm_metrics_row_pt)(crm_metrics_line_t *line);

static const char  *crm_metrics_connections[] = { "requests", "bulk" };


static void
crm_metrics_print(crm_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
crm_metrics_print(crm_out_t *out, const char *fmt, ...)
{
    int       n;
    u_char   *p;
    va_list   args;

    p = crm_out_reserve(out, CRM_METRICS_LINE);
    if (p == NULL) {
        return;
    }

    va_start(args, fmt);
    n = vsnprintf((char *) p, CRM_METRICS_LINE, fmt, args);
    va_end(args);

    if (n > 0 && n < CRM_METRICS_LINE) {
        out->chunk->last = p + n;
    }
}


static void
crm_metrics_head(crm_out_t *out, const char *name, const char *type,
    const char *help)
{
    crm_metrics_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                      type);
}


static const char *
crm_metrics_method(ngx_uint_t method)
{
    switch (method) {

    case NGX_HTTP_GET:
        return "GET";

    case NGX_HTTP_POST:
        return "POST";

    case NGX_HTTP_PATCH:
        return "PATCH";

    case NGX_HTTP_DELETE:
        return "DELETE";

    default:
        return "";
    }
}


static void
crm_metrics_status(crm_metrics_line_t *line)
{
    uint64_t    sum;
    ngx_uint_t  class, i;

    for (class = 0; class < CRM_METRICS_CLASSES; class++) {

        for (sum = 0, i = 0; i < CRM_METRICS_BUCKETS; i++) {
            sum += line->row.n[class][i];
        }

        if (sum > 0) {
            crm_metrics_print(line->out, "crm_requests_total{api=\"%s\","
                              "method=\"%s\",route=\"%.*s\",status=\"%dxx\"} "
                              "%llu\n", line->api, line->method,
                              (int) line->path.len, line->path.data,
                              (int) class + 2, (unsigned long long) sum);
        }
    }
}


static uint64_t
crm_metrics_bucket(const crm_metrics_row_t *row, ngx_uint_t bucket)
{
    uint64_t    sum;
    ngx_uint_t  class;

    for (sum = 0, class = 0; class < CRM_METRICS_CLASSES; class++) {
        sum += row->n[class][bucket];
    }

    return sum;
}


static void
crm_metrics_duration(crm_metrics_line_t *line)
{
    char        labels[256], le[32];
    uint64_t    sum;
    ngx_uint_t  i;

    (void) snprintf(labels, sizeof(labels),
                    "api=\"%s\",method=\"%s\",route=\"%.*s\"", line->api,
                    line->method, (int) line->path.len, line->path.data);

    for (sum = 0, i = 0; i < CRM_METRICS_BUCKETS; i++) {
        sum += crm_metrics_bucket(&line->row, i);

        if (i < CRM_METRICS_BOUNDS) {
            (void) snprintf(le, sizeof(le), "%g",
                            crm_metrics_bounds[i] / 1000.0);
        }

        crm_metrics_print(line->out, "crm_request_duration_seconds_bucket{"
                          "%s,le=\"%s\"} %llu\n", labels,
                          i < CRM_METRICS_BOUNDS ? le : "+Inf",
                          (unsigned long long) sum);
    }

    crm_metrics_print(line->out, "crm_request_duration_seconds_sum{%s} "
                      "%.3f\ncrm_request_duration_seconds_count{%s} %llu\n",
                      labels, line->row.ms / 1000.0, labels,
                      (unsigned long long) sum);
}


/* routes that were never asked for have no lines */

static void
crm_metrics_rows_of(crm_metrics_line_t *line, const crm_route_t *table,
    ngx_uint_t first, crm_metrics_row_pt print)
{
    ngx_uint_t  i, bucket, n;

    n = crm_metrics_rows(table);

    for (i = 0; i < n; i++) {
        line->row = line->metrics->row[first + i];

        for (bucket = 0; bucket < CRM_METRICS_BUCKETS; bucket++) {
            if (crm_metrics_bucket(&line->row, bucket) > 0) {
                break;
            }
        }

        if (bucket == CRM_METRICS_BUCKETS) {
            continue;
        }

        line->method = crm_metrics_method(table[i].method);
        line->path = i + 1 < n ? table[i].path : crm_str("none");

        print(line);
    }
}


static void
crm_metrics_routes(crm_out_t *out, const crm_metrics_t *metrics,
    crm_metrics_row_pt print)
{
    crm_metrics_line_t  line;

    line.out = out;
    line.metrics = metrics;

    line.api = "crm";
    crm_metrics_rows_of(&line, crm_routes, 0, print);

    line.api = "operator";
    crm_metrics_rows_of(&line, crm_operator_routes,
                        crm_metrics_rows(crm_routes), print);
}


static const struct {
    const char  *name;
    const char  *type;
    const char  *help;
    size_t       offset;
    ngx_uint_t   wide;                  /* uint64_t */
} crm_metrics_redis[] = {
    { "crm_redis_connected", "gauge",
      "Whether the connection is up and Redis accepts commands.",
      offsetof(crm_redis_stats_t, connected), 0 },
    { "crm_redis_in_flight", "gauge",
      "Command batches sent and not yet answered.",
      offsetof(crm_redis_stats_t, in_flight), 0 },
    { "crm_redis_commands_total", "counter", "Commands sent to Redis.",
      offsetof(crm_redis_stats_t, commands), 1 },
    { "crm_redis_reconnects_total", "counter",
      "Times that the connection was opened again.",
      offsetof(crm_redis_stats_t, reconnects), 0 },
    { "crm_redis_timeouts_total", "counter",
      "Command batches not answered in time.",
      offsetof(crm_redis_stats_t, timeouts), 0 },
    { "crm_redis_refused_total", "counter",
      "Command batches not sent: no connection, or the queue was full.",
      offsetof(crm_redis_stats_t, refused), 0 }
};


static ngx_uint_t
crm_metrics_alive(const crm_metrics_slot_t *slot)
{
    return slot->pid != 0
           && (ngx_msec_int_t) (ngx_current_msec - slot->at)
              < CRM_METRICS_STALE;
}


static void
crm_metrics_redis_one(crm_out_t *out, const crm_metrics_t *metrics,
    ngx_uint_t k)
{
    uint64_t                   value;
    ngx_uint_t                 w, c;
    const u_char              *p;
    const crm_metrics_slot_t  *slot;

    crm_metrics_head(out, crm_metrics_redis[k].name,
                     crm_metrics_redis[k].type, crm_metrics_redis[k].help);

    for (w = 0; w < CRM_METRICS_WORKERS; w++) {
        slot = &metrics->worker[w];

        if (!crm_metrics_alive(slot)) {
            continue;
        }

        for (c = 0; c < CRM_METRICS_CONNECTIONS; c++) {
            p = (const u_char *) &slot->redis[c]
                + crm_metrics_redis[k].offset;

            value = crm_metrics_redis[k].wide ? *(const uint64_t *) p
                                              : *(const ngx_uint_t *) p;

            crm_metrics_print(out, "%s{worker=\"%u\",connection=\"%s\"} "
                              "%llu\n", crm_metrics_redis[k].name,
                              (unsigned) w, crm_metrics_connections[c],
                              (unsigned long long) value);
        }
    }
}


void
crm_metrics_text(crm_out_t *out, const crm_metrics_t *metrics)
{
    ngx_uint_t  k;

    crm_metrics_head(out, "crm_requests_total", "counter",
                     "Answered requests by route and class of status.");
    crm_metrics_routes(out, metrics, crm_metrics_status);

    crm_metrics_head(out, "crm_request_duration_seconds", "histogram",
                     "Time from a request's header to its answer.");
    crm_metrics_routes(out, metrics, crm_metrics_duration);

    crm_metrics_head(out, "crm_duplicate_rule_limits_total", "counter",
                     "Texts that were too costly for a duplicate rule.");
    crm_metrics_print(out, "crm_duplicate_rule_limits_total %llu\n",
                      (unsigned long long) metrics->limits);

    crm_metrics_head(out, "crm_retries_total", "counter",
                     "Times that a request or a part of a job began anew, as "
                     "what it had read was written meanwhile.");
    crm_metrics_print(out, "crm_retries_total %llu\n",
                      (unsigned long long) metrics->retries);

    for (k = 0;
         k < sizeof(crm_metrics_redis) / sizeof(crm_metrics_redis[0]);
         k++)
    {
        crm_metrics_redis_one(out, metrics, k);
    }
}
