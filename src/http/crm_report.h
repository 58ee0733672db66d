/*
 * Reports (api.md, section 9): figures of leads by group.
 *
 * All of them come from the rows of the leads (crm_rows.h).  What a filter
 * asks for that no row has (words, tags, contacts) comes from the bitmaps
 * that lists use; what has no index at all is seen at the records, which is
 * done by a job where there are many.
 *
 *   crm_report.c         what is asked; the answer's tag
 *   crm_report_query.c   filters as conditions on rows, and the rest
 *   crm_report_run.c     from rows and records to figures
 *   crm_report_tags.c    groups by tag
 *   crm_report_out.c     figures as JSON and CSV
 *   crm_report_job.c     the same in slices
 *   crm_report_acts.c    activities, from counts of their sorted sets
 */

#ifndef CRM_REPORT_H
#define CRM_REPORT_H

#include "crm_figures.h"
#include "crm_job.h"
#include "crm_leads_plan.h"
#include "crm_rows.h"


#define CRM_REPORT_LOADS   1000         /* records, within a request */


typedef enum {
    CRM_REPORT_PIPELINE = 0,
    CRM_REPORT_LOST,
    CRM_REPORT_FORECAST,
    CRM_REPORT_KINDS
} crm_report_kind_t;

/* what a group has in common; the first are the ids of rows */
enum {
    CRM_BY_TAG = CRM_ROW_IDS,
    CRM_BY_CREATED,                     /* months */
    CRM_BY_CLOSED,
    CRM_BY_CLOSE
};

/* keys of figures that are no month */
#define CRM_REPORT_NONE     INT64_MIN
#define CRM_REPORT_OVERDUE  (INT64_MIN + 1)

typedef struct {
    int64_t               id;
    crm_row_t             row;
} crm_report_lead_t;

typedef struct crm_report_tags_s  crm_report_tags_t;    /* crm_report_tags.c */

typedef struct {
    crm_scan_t            scan;         /* what rows do not say */

    crm_report_kind_t     kind;
    unsigned              by;
    crm_calendar_t        calendar;
    int64_t               first;        /* months of a forecast */
    int64_t               end;
    unsigned              scanned:1;    /* there is something of that */
    unsigned              csv:1;
    unsigned              failed:1;     /* out of memory */

    crm_row_filter_t      filter;
    crm_months_t          months;
    crm_figures_t        *figures;
    crm_rows_t            rows;
    crm_step_pt           counted;      /* once the figures are there */

    crm_report_tags_t    *tags;         /* by tag */

    /* records that must be seen */
    crm_report_lead_t    *lead;
    ngx_uint_t            nleads;
    ngx_uint_t            max;          /* one more, and there are too many */
    ngx_uint_t            loaded;

    /* by figure: the text of a source */
    crm_str_t            *source;
    ngx_uint_t            nsources;
} crm_report_t;


extern const crm_str_t       crm_report_names[CRM_REPORT_KINDS];
extern const crm_job_kind_t  crm_report_job;


/* NGX_DECLINED: 400 is prepared */
ngx_int_t crm_report_parse(crm_flow_t *f, crm_report_t *report,
    const crm_params_t *params);

/* splits report->scan.query */
ngx_int_t crm_report_split(crm_flow_t *f, crm_report_t *report);

/* reads and adds; f->data is the report.  Needs the last id given. */
ngx_int_t crm_report_run(crm_flow_t *f);

/* adds a lead to a group */
void crm_report_put(crm_report_t *report, int64_t key, int64_t id,
    const crm_row_t *row);

/* by tag: reads the bitmaps beside the rows, each of which is told */
ngx_int_t crm_report_tags_init(crm_flow_t *f, crm_report_t *report);
void crm_report_tags_row(crm_report_t *report, int64_t id,
    const crm_row_t *row);

/* the texts of sources, then `next' */
ngx_int_t crm_report_sources(crm_flow_t *f, crm_step_pt next);

/* {"data":[...],"next_cursor":null} */
ngx_int_t crm_report_json(crm_flow_t *f, crm_report_t *report,
    crm_out_t *out);

ngx_int_t crm_report_answer(crm_flow_t *f);

/* the whole as a job: 202 */
ngx_int_t crm_report_later(crm_flow_t *f);


/* ---- what all reports write ---------------------------------------------- */

/* ETag: holds while nothing is written, for this moment (a day, say) */
void crm_report_tag(crm_flow_t *f, ngx_uint_t csv, int64_t moment);

/* 200 in the form that was asked for; Vary */
crm_out_t *crm_report_open(crm_flow_t *f, ngx_uint_t csv);

/* {"id":1,"name":"New"}: what a group is, of a kind of configuration; 0:
   none.  As JSON, or two cells */
void crm_report_group(crm_flow_t *f, crm_out_t *out, crm_kind_t kind,
    int64_t id, ngx_uint_t csv);

#endif /* CRM_REPORT_H */
