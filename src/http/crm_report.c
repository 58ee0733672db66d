/* reports over leads: what is asked, and the answer's tag; see crm_report.h */

#include "crm_csv.h"
#include "crm_digest.h"
#include "crm_handlers.h"
#include "crm_report.h"
#include "crm_respond.h"
#include "crm_route.h"


#define CRM_REPORT_MONTHS  6            /* of a forecast */


static ngx_int_t crm_report_begun(crm_flow_t *f);


const crm_str_t  crm_report_names[CRM_REPORT_KINDS] = {
    [CRM_REPORT_PIPELINE] = crm_string("pipeline"),
    [CRM_REPORT_LOST] = crm_string("lost"),
    [CRM_REPORT_FORECAST] = crm_string("forecast")
};


/* values of group_by; the first is meant where it is not given */

static const struct {
    crm_report_kind_t  kind;
    crm_str_t          name;
    unsigned           by;
} crm_report_groups[] = {
    { CRM_REPORT_PIPELINE, crm_string("stage"), CRM_ROW_STAGE },
    { CRM_REPORT_PIPELINE, crm_string("team"), CRM_ROW_TEAM },
    { CRM_REPORT_PIPELINE, crm_string("user"), CRM_ROW_USER },
    { CRM_REPORT_PIPELINE, crm_string("source"), CRM_ROW_SOURCE },
    { CRM_REPORT_PIPELINE, crm_string("tag"), CRM_BY_TAG },
    { CRM_REPORT_PIPELINE, crm_string("country"), CRM_ROW_COUNTRY },
    { CRM_REPORT_PIPELINE, crm_string("month"), CRM_BY_CREATED },
    { CRM_REPORT_LOST, crm_string("reason"), CRM_ROW_REASON },
    { CRM_REPORT_LOST, crm_string("stage"), CRM_ROW_STAGE },
    { CRM_REPORT_LOST, crm_string("team"), CRM_ROW_TEAM },
    { CRM_REPORT_LOST, crm_string("user"), CRM_ROW_USER },
    { CRM_REPORT_LOST, crm_string("month"), CRM_BY_CLOSED },
    { CRM_REPORT_FORECAST, crm_string("month"), CRM_BY_CLOSE }
};

#define CRM_REPORT_GROUPS                                                     \
    (sizeof(crm_report_groups) / sizeof(crm_report_groups[0]))


/* ---- parameters --------------------------------------------------------- */

static ngx_int_t
crm_report_group_by(crm_flow_t *f, crm_report_t *report,
    const crm_str_t *value)
{
    ngx_uint_t  i;

    for (i = 0; i < CRM_REPORT_GROUPS; i++) {
        if (crm_report_groups[i].kind == report->kind
            && (value == NULL
                || crm_str_eq(&crm_report_groups[i].name, value)))
        {
            report->by = crm_report_groups[i].by;
            return NGX_OK;
        }
    }

    return crm_query_bad(f, "group_by");
}


static ngx_int_t
crm_report_calendar(crm_flow_t *f, crm_report_t *report,
    const crm_str_t *value)
{
    if (value == NULL || crm_str_is(value, "gregorian")) {
        report->calendar = CRM_CALENDAR_GREGORIAN;

    } else if (crm_str_is(value, "jalali")) {
        report->calendar = CRM_CALENDAR_JALALI;

    } else {
        return crm_query_bad(f, "calendar");
    }

    return NGX_OK;
}


/* so many months, with the one that today belongs to */

static ngx_int_t
crm_report_months(crm_flow_t *f, crm_report_t *report, crm_params_t *params)
{
    int64_t  months = CRM_REPORT_MONTHS;

    if (crm_param_int(&f->arena, params, "months", 1, 60, &months) != CRM_OK)
    {
        return crm_query_bad(f, "months");
    }

    report->first = crm_months_of_date(report->calendar,
                                       crm_zone_date(f->conf->zone, f->now));
    report->end = report->first + months;

    return NGX_OK;
}


/* 400 that names what was meant: one of ours, or a filter */

static ngx_int_t
crm_report_unknown(crm_flow_t *f, const crm_report_t *report,
    const crm_str_t *param)
{
    ngx_uint_t    n;
    crm_str_t     name[2 + CRM_QUERY_NAMES];
    crm_query_t   query;

    ngx_memzero(&query, sizeof(crm_query_t));
    query.entity = &crm_entities[CRM_KIND_LEAD];
    crm_view_init(f, query.entity, &query.view);

    n = 0;
    name[n++] = crm_str("calendar");
    name[n++] = report->kind == CRM_REPORT_FORECAST ? crm_str("months")
                                                    : crm_str("group_by");
    n += crm_query_filters(f, &query, name + n);

    (void) crm_answer_bad_param(f, param, crm_str_nearest(param, name, n), 1);

    return NGX_DECLINED;
}


/* those that GET /leads knows; what shapes a page is no filter */

static ngx_int_t
crm_report_filters(crm_flow_t *f, crm_report_t *report,
    const crm_params_t *params, crm_params_t *rest)
{
    ngx_uint_t    i, k;
    crm_param_t  *param;

    static const crm_str_t  shapes[] = {
        crm_string("limit"), crm_string("cursor"), crm_string("sort"),
        crm_string("total"), crm_string("fields"), crm_string("include")
    };

    rest->n = 0;
    rest->param = crm_arena_calloc(&f->arena, (params->n + 1)
                                              * sizeof(crm_param_t));
    if (rest->param == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < params->n; i++) {
        param = &params->param[i];

        for (k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
            if (crm_str_eq(&param->name, &shapes[k])) {
                return crm_report_unknown(f, report, &param->name);
            }
        }

        if (!param->used) {
            rest->param[rest->n++] = *param;
        }
    }

    if (report->kind != CRM_REPORT_FORECAST
        && crm_param_get(rest, "active") == NULL)
    {
        rest->param[rest->n].name = crm_str("active");
        rest->param[rest->n++].value = crm_str("any");
    }

    return NGX_OK;
}


/* the parameter that the query did not know is the last one it looked at */

static ngx_int_t
crm_report_refused(crm_flow_t *f, const crm_report_t *report,
    const crm_params_t *rest)
{
    ngx_uint_t  i;

    if (f->answer.problem != CRM_P_UNKNOWN_PARAMETER) {
        return NGX_DECLINED;
    }

    for (i = rest->n; i > 1 && !rest->param[i - 1].used; i--) { /* void */ }

    return crm_report_unknown(f, report, &rest->param[i - 1].name);
}


ngx_int_t
crm_report_parse(crm_flow_t *f, crm_report_t *report,
    const crm_params_t *params)
{
    ngx_int_t      rc;
    ngx_uint_t     i, k;
    crm_str_t     *group_by, *calendar;
    crm_params_t   own = *params, rest;

    for (i = 0; i < params->n; i++) {
        params->param[i].used = 0;

        for (k = 0; k < i; k++) {
            if (crm_str_eq(&params->param[k].name, &params->param[i].name)) {
                (void) crm_answer_bad_param(f, &params->param[i].name, NULL,
                                            0);
                return NGX_DECLINED;
            }
        }
    }

    calendar = crm_param_get(&own, "calendar");
    group_by = report->kind != CRM_REPORT_FORECAST
               ? crm_param_get(&own, "group_by") : NULL;

    rc = crm_report_calendar(f, report, calendar);

    if (rc == NGX_OK) {
        rc = crm_report_group_by(f, report, group_by);
    }

    if (rc == NGX_OK && report->kind == CRM_REPORT_FORECAST) {
        rc = crm_report_months(f, report, &own);
    }

    if (rc == NGX_OK) {
        rc = crm_report_filters(f, report, params, &rest);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = crm_query_parse(f, &rest, &crm_entities[CRM_KIND_LEAD],
                         &report->scan.query);

    if (rc == NGX_DECLINED) {
        return crm_report_refused(f, report, &rest);
    }

    return rc == NGX_OK ? crm_report_split(f, report) : rc;
}


/* ---- the answer's tag --------------------------------------------------- */

/* of the path, the query and the form, under this configuration; `me' is
   somebody else for another caller */

void
crm_report_tag(crm_flow_t *f, ngx_uint_t csv, int64_t moment)
{
    crm_str_t       text;
    crm_request_t  *q = crm_request(f);

    text = crm_arena_printf(&f->arena, "%.*s;%.*s;%d;%lld;%lld;%lld",
                            (int) q->route->path.len, q->route->path.data,
                            (int) q->r->args.len, q->r->args.data, (int) csv,
                            (long long) crm_record_id(f->user),
                            (long long) f->conf->version,
                            (long long) moment);

    if (text.data != NULL) {
        crm_answer_etag(f, f->writes, crm_hash64(text.data, text.len));
    }
}


/* where the answer changes at no time that is known before */

static ngx_uint_t
crm_report_moving(const crm_report_t *report)
{
    return crm_query_filter(&report->scan.query, CRM_LEAD_ROTTING) != NULL
           || crm_query_filter(&report->scan.query, CRM_LEAD_ACTIVITY_STATE)
              != NULL;
}


/* ---- handlers ----------------------------------------------------------- */

static ngx_int_t
crm_report_handle(crm_flow_t *f, crm_report_kind_t kind)
{
    ngx_int_t       rc;
    crm_str_t       none = crm_null_string;
    crm_report_t   *report;
    crm_request_t  *q = crm_request(f);

    report = crm_arena_calloc(&f->arena, sizeof(crm_report_t));
    if (report == NULL) {
        return NGX_ERROR;
    }

    f->data = report;

    report->kind = kind;
    report->csv = crm_csv_wanted(q);
    report->max = CRM_REPORT_LOADS;
    report->counted = crm_report_answer;

    rc = crm_report_parse(f, report, &q->params);
    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : rc;
    }

    report->figures = crm_arena_calloc(&f->arena, sizeof(crm_figures_t));
    if (report->figures == NULL) {
        return NGX_ERROR;
    }

    crm_figures_init(report->figures, &f->arena);

    crm_flow_call(f, "HGET", f->tenant->root, crm_str("id:lead"), none, none);

    return crm_flow_wait(f, crm_report_begun);
}


static ngx_int_t
crm_report_begun(crm_flow_t *f)
{
    crm_report_t     *report = f->data;
    ngx_table_elt_t  *known = crm_request(f)->r->headers_in.if_none_match;

    crm_tenant_seen_id(f->tenant, CRM_KIND_LEAD, &f->reply[0].str);

    if (crm_report_moving(report)) {
        return crm_report_run(f);
    }

    crm_report_tag(f, report->csv, crm_zone_date(f->conf->zone, f->now));

    if (known == NULL || !crm_etag_match(&known->value, &f->answer.etag)) {
        return crm_report_run(f);
    }

    (void) crm_report_open(f, report->csv);     /* 304: no body is sent */

    return NGX_OK;
}


ngx_int_t
crm_report_pipeline(crm_flow_t *f)
{
    return crm_report_handle(f, CRM_REPORT_PIPELINE);
}


ngx_int_t
crm_report_lost(crm_flow_t *f)
{
    return crm_report_handle(f, CRM_REPORT_LOST);
}


ngx_int_t
crm_report_forecast(crm_flow_t *f)
{
    return crm_report_handle(f, CRM_REPORT_FORECAST);
}
