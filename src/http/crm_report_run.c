/* from rows and records to figures; see crm_report.h */

#include "crm_lead.h"
#include "crm_report.h"
#include "crm_write.h"


#define CRM_REPORT_BATCH  100           /* records in one round trip */


static ngx_int_t crm_report_gathered(crm_flow_t *f);
static ngx_int_t crm_report_rows(crm_flow_t *f, const crm_bitmap_t *bits);
static ngx_int_t crm_report_seen(crm_flow_t *f);
static ngx_int_t crm_report_load(crm_flow_t *f);
static ngx_int_t crm_report_loaded(crm_flow_t *f);
static ngx_int_t crm_report_source_read(crm_flow_t *f);


/* ---- groups ------------------------------------------------------------- */

/* NGX_DECLINED: outside of the forecast */

static ngx_int_t
crm_report_key(crm_report_t *report, const crm_row_t *row, int64_t *key)
{
    switch (report->by) {

    case CRM_BY_CREATED:
        *key = crm_months_of(&report->months, row->num[CRM_ROW_CREATED]);
        return NGX_OK;

    case CRM_BY_CLOSED:
        *key = row->num[CRM_ROW_CLOSED] == CRM_ROW_UNSET
               ? CRM_REPORT_NONE
               : crm_months_of(&report->months, row->num[CRM_ROW_CLOSED]);
        return NGX_OK;

    case CRM_BY_CLOSE:
        if (row->num[CRM_ROW_CLOSE] == CRM_ROW_UNSET) {
            *key = CRM_REPORT_NONE;
            return NGX_OK;
        }

        *key = crm_months_of_date(report->calendar, row->num[CRM_ROW_CLOSE]);

        if (*key < report->first) {
            *key = CRM_REPORT_OVERDUE;
        }

        return *key < report->end ? NGX_OK : NGX_DECLINED;

    default:
        *key = row->id[report->by];
        return NGX_OK;
    }
}


void
crm_report_put(crm_report_t *report, int64_t key, int64_t id,
    const crm_row_t *row)
{
    crm_figure_t  *figure;

    figure = crm_figures_group(report->figures, key);

    if (figure == NULL) {
        report->failed = !report->figures->full;
        return;
    }

    /* of a lost report, what was won is there for the rate alone */

    if (report->kind == CRM_REPORT_LOST
        && row->word[CRM_ROW_STATE] != CRM_STATE_LOST)
    {
        crm_figures_outcome(figure, row);
        return;
    }

    crm_figures_add(figure, row, id);
}


static void
crm_report_add(crm_report_t *report, int64_t id, const crm_row_t *row)
{
    int64_t  key;

    if (crm_report_key(report, row, &key) == NGX_OK) {
        crm_report_put(report, key, id, row);
    }
}


/* ---- rows --------------------------------------------------------------- */

static void
crm_report_take(crm_rows_t *rows, int64_t id, const crm_row_t *row)
{
    crm_report_t  *report = rows->data;

    if (report->scan.loose) {
        if (report->nleads < report->max) {
            report->lead[report->nleads].id = id;
            report->lead[report->nleads].row = *row;
        }

        report->nleads++;
        return;
    }

    if (report->by == CRM_BY_TAG) {
        crm_report_tags_row(report, id, row);
        return;
    }

    crm_report_add(report, id, row);
}


static ngx_int_t
crm_report_rows(crm_flow_t *f, const crm_bitmap_t *bits)
{
    crm_report_t  *report = f->data;

    report->rows.filter = &report->filter;
    report->rows.bits = bits;
    report->rows.last = f->tenant->last_id[CRM_KIND_LEAD];
    report->rows.take = crm_report_take;
    report->rows.data = report;

    if (report->scan.loose) {
        report->lead = crm_arena_alloc(&f->arena, report->max
                                               * sizeof(crm_report_lead_t));
        if (report->lead == NULL) {
            return NGX_ERROR;
        }

    } else if (report->by == CRM_BY_TAG
               && crm_report_tags_init(f, report) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return crm_rows_read(f, &report->rows, crm_report_seen);
}


/* ---- what rows do not say ----------------------------------------------- */

ngx_int_t
crm_report_run(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    crm_months_init(&report->months, f->conf->zone, report->calendar);

    if (!report->scanned) {
        return crm_report_rows(f, NULL);
    }

    report->scan.query.sort = CRM_ID;
    report->scan.query.desc = 0;

    if (crm_leads_plan(f, &report->scan) != NGX_OK) {
        return NGX_ERROR;
    }

    if (report->scan.empty) {
        return report->counted(f);
    }

    report->scan.use_bits = 1;
    report->scan.gathered = crm_report_gathered;

    return crm_scan_start(f);
}


static ngx_int_t
crm_report_gathered(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    return crm_report_rows(f, &report->scan.bits);
}


static ngx_int_t
crm_report_seen(crm_flow_t *f)
{
    crm_report_t  *report = f->data;

    if (report->failed) {
        return NGX_ERROR;
    }

    if (report->nleads > report->max) {
        return crm_report_later(f);
    }

    return crm_report_load(f);
}


static ngx_int_t
crm_report_load(crm_flow_t *f)
{
    ngx_uint_t     i, end;
    crm_str_t      none = crm_null_string;
    crm_report_t  *report = f->data;

    if (report->loaded == report->nleads) {
        return report->counted(f);
    }

    end = ngx_min(report->loaded + CRM_REPORT_BATCH, report->nleads);

    for (i = report->loaded; i < end; i++) {
        crm_flow_call(f, "HGETALL",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   report->lead[i].id),
                      none, none, none);
    }

    return crm_flow_wait(f, crm_report_loaded);
}


static void
crm_report_tagged(crm_report_t *report, const crm_report_lead_t *lead,
    const crm_ids_t *tags)
{
    unsigned  i;

    if (tags->n == 0) {
        crm_report_put(report, 0, lead->id, &lead->row);
    }

    for (i = 0; i < tags->n; i++) {
        crm_report_put(report, tags->id[i], lead->id, &lead->row);
    }
}


static ngx_int_t
crm_report_loaded(crm_flow_t *f)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    crm_record_t       *rec;
    crm_report_t       *report = f->data;
    crm_report_lead_t  *lead;

    for (i = 0; i < f->nreply; i++) {
        lead = &report->lead[report->loaded++];

        rc = crm_read_record(f, &crm_entities[CRM_KIND_LEAD], lead->id,
                             &f->reply[i], &rec);

        if (rc == NGX_OK) {
            rc = crm_leads_admit(f, rec);
        }

        if (rc == NGX_ERROR) {
            return rc;
        }

        if (rc != NGX_OK || !crm_query_match(f, &report->scan.query, rec)
            || !crm_query_match_words(f, &report->scan.query, rec))
        {
            continue;
        }

        if (report->by == CRM_BY_TAG) {
            crm_report_tagged(report, lead, &rec->v[CRM_LEAD_TAG_IDS].ids);

        } else {
            crm_report_add(report, lead->id, &lead->row);
        }
    }

    crm_flow_forget(f);

    return crm_report_load(f);
}


/* ---- the texts of sources ----------------------------------------------- */

/* as one of the leads of the group has it; then report->counted again */

ngx_int_t
crm_report_sources(crm_flow_t *f, crm_step_pt next)
{
    crm_str_t      none = crm_null_string;
    ngx_uint_t     i, end;
    crm_report_t  *report = f->data;

    if (report->source == NULL) {
        report->source = crm_arena_calloc(&f->arena,
                                          (report->figures->n + 1)
                                          * sizeof(crm_str_t));
        if (report->source == NULL) {
            return NGX_ERROR;
        }
    }

    if (report->nsources == report->figures->n) {
        return next(f);
    }

    report->counted = next;
    end = ngx_min(report->nsources + CRM_REPORT_BATCH, report->figures->n);

    for (i = report->nsources; i < end; i++) {
        crm_flow_call(f, "HGET",
                      crm_lead_key(&f->arena, &f->tenant->prefix,
                                   report->figures->figure[i].sample),
                      crm_entities[CRM_KIND_LEAD]
                          .fields[CRM_LEAD_SOURCE].stored,
                      none, none);
    }

    return crm_flow_wait(f, crm_report_source_read);
}


static ngx_int_t
crm_report_source_read(crm_flow_t *f)
{
    int64_t              key;
    ngx_uint_t           i;
    crm_report_t        *report = f->data;
    const crm_str_t     *text;
    const crm_figure_t  *figure;

    for (i = 0; i < f->nreply; i++) {
        figure = &report->figures->figure[report->nsources];
        text = &f->reply[i].str;

        if (figure->key != 0) {

            /* the lead has got another one meanwhile, or is gone */

            if (!crm_reply_is_string(&f->reply[i])
                || crm_row_source(&f->arena, text, &key) != CRM_OK
                || key != figure->key)
            {
                return crm_flow_retry(f);
            }

            if (crm_arena_dup(&f->arena, &report->source[report->nsources],
                              text->data, text->len)
                != CRM_OK)
            {
                return NGX_ERROR;
            }
        }

        report->nsources++;
    }

    return crm_report_sources(f, report->counted);
}
