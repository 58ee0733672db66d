/* figures as JSON and CSV; see crm_report.h */

#include "crm_csv.h"
#include "crm_report.h"
#include "crm_respond.h"


static ngx_int_t crm_report_write(crm_flow_t *f);


crm_out_t *
crm_report_open(crm_flow_t *f, ngx_uint_t csv)
{
    crm_out_t  *out = crm_answer_json(f, NGX_HTTP_OK);

    f->answer.vary = crm_str("Accept");

    if (csv) {
        f->answer.content_type = crm_str(CRM_CSV_TYPE);
    }

    return out;
}


void
crm_report_group(crm_flow_t *f, crm_out_t *out, crm_kind_t kind, int64_t id,
    ngx_uint_t csv)
{
    crm_str_t      name = crm_null_string;
    crm_record_t  *rec;

    rec = id != 0 ? crm_conf_find(f->conf, kind, id) : NULL;

    if (rec != NULL) {
        name = rec->v[CRM_COMMON_FIELDS].str;
    }

    if (csv) {
        if (id != 0) {
            crm_out_int(out, id);
        }

        crm_out_char(out, ',');
        crm_csv_cell(out, &name);
        return;
    }

    crm_out_lit(out, "{\"id\":");

    if (id != 0) {
        crm_out_int(out, id);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_lit(out, ",\"name\":");

    if (rec != NULL) {
        crm_out_json(out, &name);
    } else {
        crm_out_lit(out, "null");
    }

    crm_out_char(out, '}');
}


/* hundredths: 66.67, 50; below 0: null, or an empty cell */

static void
crm_report_hundredths(crm_out_t *out, int64_t n, ngx_uint_t csv)
{
    if (n < 0) {
        crm_out_bytes(out, "null", csv ? 0 : 4);
        return;
    }

    crm_out_int(out, n / 100);

    if (n % 100 == 0) {
        return;
    }

    crm_out_char(out, '.');
    crm_out_char(out, (u_char) ('0' + n % 100 / 10));

    if (n % 10 != 0) {
        crm_out_char(out, (u_char) ('0' + n % 10));
    }
}


/* ---- groups ------------------------------------------------------------- */

static crm_kind_t
crm_report_kind_of(const crm_report_t *report)
{
    switch (report->by) {

    case CRM_ROW_STAGE:
        return CRM_KIND_STAGE;

    case CRM_ROW_TEAM:
        return CRM_KIND_TEAM;

    case CRM_ROW_USER:
        return CRM_KIND_USER;

    case CRM_ROW_REASON:
        return CRM_KIND_LOST_REASON;

    case CRM_BY_TAG:
        return CRM_KIND_TAG;

    default:
        return CRM_KIND_NONE;           /* a value */
    }
}


/* what a group is that has a value; len 0: none */

static crm_str_t
crm_report_value(crm_flow_t *f, const crm_report_t *report,
    const crm_figure_t *figure)
{
    u_char     *p;
    int64_t     key = figure->key;
    crm_str_t   text = crm_null_string;

    if (report->by == CRM_ROW_SOURCE) {
        return report->source[figure - report->figures->figure];
    }

    if (key == (report->by == CRM_ROW_COUNTRY ? 0 : CRM_REPORT_NONE)) {
        return text;
    }

    if (key == CRM_REPORT_OVERDUE) {
        return crm_str("overdue");
    }

    p = crm_arena_bytes(&f->arena, CRM_MONTH_LEN);
    if (p == NULL) {
        return text;
    }

    text.data = p;

    if (report->by == CRM_ROW_COUNTRY) {
        *p++ = (u_char) key;
        *p++ = (u_char) (key >> 8);

    } else {
        p = crm_months_print(p, key);
    }

    text.len = p - text.data;

    return text;
}


/* groups in their order */

typedef struct {
    const crm_figure_t  *figure;
    crm_kind_t           kind;
    crm_str_t            value;
    int64_t              sequence;
    unsigned             none:1;
} crm_report_line_t;


/* by sequence where the kind has one, then id; months and texts by
   themselves; what has no value last */

static int
crm_report_line_cmp(const void *one, const void *two)
{
    const crm_report_line_t  *a = one, *b = two;

    if (a->none != b->none) {
        return (int) a->none - (int) b->none;
    }

    if (a->sequence != b->sequence) {
        return a->sequence < b->sequence ? -1 : 1;
    }

    if (a->kind == CRM_KIND_NONE && a->value.len > 0) {
        return crm_str_cmp(&a->value, &b->value);
    }

    return (a->figure->key > b->figure->key)
           - (a->figure->key < b->figure->key);
}


static int64_t
crm_report_sequence(crm_flow_t *f, crm_kind_t kind, int64_t id)
{
    unsigned             field;
    const crm_record_t  *rec;

    if (kind != CRM_KIND_STAGE && kind != CRM_KIND_TEAM) {
        return 0;
    }

    rec = crm_conf_find(f->conf, kind, id);
    field = kind == CRM_KIND_STAGE ? CRM_STAGE_SEQUENCE : CRM_TEAM_SEQUENCE;

    return rec != NULL && rec->v[field].set ? rec->v[field].num : INT64_MAX;
}


/* a month of a forecast is there also where nothing closes in it */

static ngx_int_t
crm_report_fill(crm_report_t *report)
{
    int64_t  month;

    if (report->kind != CRM_REPORT_FORECAST) {
        return NGX_OK;
    }

    for (month = report->first; month < report->end; month++) {
        if (crm_figures_group(report->figures, month) == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_report_lines(crm_flow_t *f, crm_report_t *report,
    crm_report_line_t **lines, ngx_uint_t *n)
{
    unsigned             i;
    crm_kind_t           kind;
    crm_figures_t       *figures = report->figures;
    crm_report_line_t   *line;

    if (crm_report_fill(report) != NGX_OK) {
        return NGX_ERROR;
    }

    kind = crm_report_kind_of(report);
    line = crm_arena_calloc(&f->arena, (figures->n + 1)
                                       * sizeof(crm_report_line_t));
    if (line == NULL) {
        return NGX_ERROR;
    }

    *lines = line;

    for (i = 0; i < figures->n; i++) {

        /* a group of a lost report that has only won ones */

        if (figures->figure[i].count == 0
            && report->kind != CRM_REPORT_FORECAST)
        {
            continue;
        }

        line->figure = &figures->figure[i];
        line->kind = kind;

        if (kind == CRM_KIND_NONE) {
            line->value = crm_report_value(f, report, line->figure);
            line->none = line->value.len == 0;
            line->sequence = line->figure->key != CRM_REPORT_OVERDUE;

        } else {
            line->none = line->figure->key == 0;
            line->sequence = crm_report_sequence(f, kind, line->figure->key);
        }

        line++;
    }

    *n = line - *lines;

    if (*n > 0) {
        qsort(*lines, *n, sizeof(crm_report_line_t), crm_report_line_cmp);
    }

    return NGX_OK;
}


/* ---- the body ----------------------------------------------------------- */

static void
crm_report_line_json(crm_flow_t *f, const crm_report_t *report,
    crm_out_t *out, const crm_report_line_t *line)
{
    const crm_figure_t  *figure = line->figure;

    crm_out_lit(out, "{\"group\":");

    if (line->kind != CRM_KIND_NONE) {
        crm_report_group(f, out, line->kind, figure->key, 0);

    } else if (line->none) {
        crm_out_lit(out, "{\"value\":null}");

    } else {
        crm_out_lit(out, "{\"value\":");
        crm_out_json(out, &line->value);
        crm_out_char(out, '}');
    }

    crm_out_lit(out, ",\"count\":");
    crm_out_int(out, figure->count);
    crm_out_lit(out, ",\"expected_revenue\":");
    crm_out_int(out, figure->revenue);
    crm_out_lit(out, ",\"weighted_revenue\":");
    crm_out_int(out, figure->weighted);

    if (report->kind != CRM_REPORT_FORECAST) {
        crm_out_lit(out, ",\"won\":");
        crm_out_int(out, figure->won);
        crm_out_lit(out, ",\"lost\":");
        crm_out_int(out, figure->lost);
        crm_out_lit(out, ",\"win_rate\":");
        crm_report_hundredths(out, crm_figures_win_rate(figure), 0);
        crm_out_lit(out, ",\"days_to_close\":");
        crm_report_hundredths(out, crm_figures_days(figure), 0);
    }

    crm_out_char(out, '}');
}


ngx_int_t
crm_report_json(crm_flow_t *f, crm_report_t *report, crm_out_t *out)
{
    ngx_uint_t          i, n;
    crm_report_line_t  *lines;

    if (crm_report_lines(f, report, &lines, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    crm_out_lit(out, "{\"data\":[");

    for (i = 0; i < n; i++) {
        if (i > 0) {
            crm_out_char(out, ',');
        }

        crm_report_line_json(f, report, out, &lines[i]);
    }

    crm_out_lit(out, "],\"next_cursor\":null}");

    return NGX_OK;
}


static void
crm_report_line_csv(crm_flow_t *f, const crm_report_t *report,
    crm_out_t *out, const crm_report_line_t *line)
{
    ngx_uint_t           i;
    const crm_figure_t  *figure = line->figure;

    const int64_t  numbers[] = {
        figure->count, figure->revenue, figure->weighted, figure->won,
        figure->lost
    };

    if (line->kind != CRM_KIND_NONE) {
        crm_report_group(f, out, line->kind, figure->key, 1);
    } else {
        crm_csv_cell(out, &line->value);
    }

    for (i = 0; i < (report->kind == CRM_REPORT_FORECAST ? 3 : 5); i++) {
        crm_out_char(out, ',');
        crm_out_int(out, numbers[i]);
    }

    if (report->kind != CRM_REPORT_FORECAST) {
        crm_out_char(out, ',');
        crm_report_hundredths(out, crm_figures_win_rate(figure), 1);
        crm_out_char(out, ',');
        crm_report_hundredths(out, crm_figures_days(figure), 1);
    }

    crm_out_lit(out, "\r\n");
}


static ngx_int_t
crm_report_table(crm_flow_t *f, crm_report_t *report, crm_out_t *out)
{
    ngx_uint_t          i, n;
    crm_report_line_t  *lines;

    if (crm_report_lines(f, report, &lines, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    if (crm_report_kind_of(report) != CRM_KIND_NONE) {
        crm_out_lit(out, "id,name");
    } else {
        crm_out_lit(out, "value");
    }

    crm_out_lit(out, ",count,expected_revenue,weighted_revenue");

    if (report->kind != CRM_REPORT_FORECAST) {
        crm_out_lit(out, ",won,lost,win_rate,days_to_close");
    }

    crm_out_lit(out, "\r\n");

    for (i = 0; i < n; i++) {
        crm_report_line_csv(f, report, out, &lines[i]);
    }

    return NGX_OK;
}


ngx_int_t
crm_report_answer(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    if (report->figures->full) {
        (void) crm_query_bad(f, "group_by");
        f->answer.detail = crm_str("there are more than 10000 such groups");
        return NGX_OK;
    }

    return report->by == CRM_ROW_SOURCE
           ? crm_report_sources(f, crm_report_write) : crm_report_write(f);
}


static ngx_int_t
crm_report_write(crm_flow_t *f)
{
    crm_out_t     *out;
    crm_report_t  *report = f->data;

    out = crm_report_open(f, report->csv);

    return report->csv ? crm_report_table(f, report, out)
                       : crm_report_json(f, report, out);
}
