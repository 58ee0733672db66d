/*
 * A report as a job, for conditions that only the records can tell; see
 * crm_report.h.
 *
 * A slice sees the records of one string of rows.  The figures so far are
 * kept by the worker: should it die, another one begins again, which changes
 * nothing, since a report writes nothing.
 */

#include "crm_auth.h"
#include "crm_report.h"
#include "crm_respond.h"


typedef struct {
    crm_arena_t    arena;
    crm_figures_t  figures;
    int64_t        next;                /* string of rows */
    int64_t        seen;                /* records */
} crm_report_state_t;


static ngx_int_t crm_report_create(crm_flow_t *f);
static ngx_int_t crm_report_slice(crm_flow_t *f);
static ngx_int_t crm_report_slice_run(crm_flow_t *f);
static ngx_int_t crm_report_sliced(crm_flow_t *f);
static ngx_int_t crm_report_finish(crm_flow_t *f);
static void crm_report_release(crm_job_t *job);


const crm_job_kind_t  crm_report_job = {
    .name = crm_string("report"),
    .slice = crm_report_slice,
    .release = crm_report_release
};


/* ---- the request -------------------------------------------------------- */

ngx_int_t
crm_report_later(crm_flow_t *f)
{
    f->redis = f->worker->redis;

    crm_job_ask(f, &crm_report_job);

    return crm_flow_wait(f, crm_report_create);
}


static ngx_int_t
crm_report_create(crm_flow_t *f)
{
    json_t           *params;
    crm_ops_t         ops;
    crm_str_t         text, none = crm_null_string;
    crm_record_t     *job;
    crm_report_t     *report = f->data;
    const ngx_str_t  *args = &crm_request(f)->r->args;

    params = json_pack("{s:s%, s:s%}", "report",
                       (char *) crm_report_names[report->kind].data,
                       crm_report_names[report->kind].len,
                       "query", (char *) args->data, args->len);

    if (crm_job_params(f, params, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_ops_init(&ops, &f->arena);
    job = crm_job_create(f, &crm_report_job, text, -1, &f->reply[0], &ops);

    f->answer.etag = none;
    f->answer.vary = crm_str("Accept");

    return job != NULL ? crm_job_submit(f, &ops, job) : NGX_ERROR;
}


/* ---- the slices --------------------------------------------------------- */

static void
crm_report_release(crm_job_t *job)
{
    crm_report_state_t  *state = job->data;

    if (state != NULL) {
        crm_arena_reset(&state->arena);
        ngx_free(state);
    }
}


static crm_report_state_t *
crm_report_state(crm_flow_t *f)
{
    crm_job_t           *job = crm_job(f);
    crm_report_state_t  *state = job->data;

    if (state != NULL) {
        return state;
    }

    state = ngx_calloc(sizeof(crm_report_state_t), f->worker->log);

    if (state != NULL) {
        crm_arena_init(&state->arena);
        crm_figures_init(&state->figures, &state->arena);
        job->data = state;
    }

    return state;
}


/* what was asked, once more */

static ngx_int_t
crm_report_again(crm_flow_t *f, crm_report_t *report)
{
    crm_str_t     query, name;
    crm_job_t    *job = crm_job(f);
    crm_params_t  params;
    const json_t  *text;

    text = json_object_get(job->params, "report");
    name.data = (u_char *) json_string_value(text);
    name.len = json_string_length(text);

    while (report->kind < CRM_REPORT_KINDS
           && !crm_str_eq(&crm_report_names[report->kind], &name))
    {
        report->kind++;
    }

    text = json_object_get(job->params, "query");
    query.data = (u_char *) json_string_value(text);
    query.len = json_string_length(text);

    if (report->kind == CRM_REPORT_KINDS || f->user == NULL
        || !crm_sees_all(f))
    {
        (void) crm_flow_problem(f, CRM_P_FORBIDDEN, NULL);
        return NGX_DECLINED;
    }

    return crm_params_parse(&f->arena, &query, &params) == CRM_OK
           ? crm_report_parse(f, report, &params) : NGX_ERROR;
}


static ngx_int_t
crm_report_slice(crm_flow_t *f)
{
    crm_str_t            none = crm_null_string;
    ngx_int_t            rc;
    crm_report_t        *report;
    crm_report_state_t  *state;

    report = crm_arena_calloc(&f->arena, sizeof(crm_report_t));
    state = crm_report_state(f);

    if (report == NULL || state == NULL) {
        return NGX_ERROR;
    }

    f->data = report;

    rc = crm_report_again(f, report);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    report->figures = &state->figures;
    report->max = CRM_ROWS;
    report->counted = crm_report_sliced;
    report->rows.next = state->next;
    report->rows.limit = 1;

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lead"), none, none);

    return crm_flow_wait(f, crm_report_slice_run);
}


/* all strings are read: only the texts are missing */

static ngx_int_t
crm_report_slice_end(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    if (report->figures->full) {
        return crm_flow_problem(f, CRM_P_INVALID_PARAMETER, NULL);
    }

    return report->by == CRM_ROW_SOURCE
           ? crm_report_sources(f, crm_report_finish) : crm_report_finish(f);
}


static ngx_int_t
crm_report_slice_run(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    crm_tenant_seen_id(f->tenant, CRM_KIND_LEAD, &f->reply[0].str);

    return report->rows.next > f->tenant->last_id[CRM_KIND_LEAD] / CRM_ROWS
           ? crm_report_slice_end(f) : crm_report_run(f);
}


static ngx_int_t
crm_report_sliced(crm_flow_t *f)
{
    int64_t              last;
    crm_job_t           *job = crm_job(f);
    crm_report_t        *report = f->data;
    crm_report_state_t  *state = job->data;

    last = f->tenant->last_id[CRM_KIND_LEAD];

    state->next = report->scan.empty ? last / CRM_ROWS + 1
                                     : report->rows.next;
    state->seen += (int64_t) report->nleads;

    job->done = state->seen;

    return state->next > last / CRM_ROWS ? crm_report_slice_end(f) : NGX_OK;
}


static ngx_int_t
crm_report_finish(crm_flow_t *f)
{
    crm_out_t   out;
    crm_str_t   result;
    crm_job_t  *job = crm_job(f);

    crm_out_init(&out, &f->arena, 1024);

    if (crm_report_json(f, f->data, &out) != NGX_OK
        || crm_out_join(&out, &result) != CRM_OK)
    {
        return NGX_ERROR;
    }

    job->total = job->done;

    return crm_job_finish(f, NULL, &result);
}
