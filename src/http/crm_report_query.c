/* filters as conditions on rows, and what they leave; see crm_report.h */

#include "crm_report.h"


/* what filters ask about, and where a row has it */

typedef enum {
    CRM_ASK_WORD = 0,
    CRM_ASK_ID,
    CRM_ASK_TEXT,
    CRM_ASK_RANGE
} crm_report_ask_t;

static const struct {
    unsigned          field;
    crm_report_ask_t  ask;
    unsigned          which;
} crm_report_fields[] = {
    { CRM_LEAD_TYPE, CRM_ASK_WORD, CRM_ROW_TYPE },
    { CRM_LEAD_ACTIVE, CRM_ASK_WORD, CRM_ROW_ACTIVE },
    { CRM_LEAD_STATE, CRM_ASK_WORD, CRM_ROW_STATE },
    { CRM_LEAD_PRIORITY, CRM_ASK_WORD, CRM_ROW_PRIORITY },
    { CRM_LEAD_STAGE_ID, CRM_ASK_ID, CRM_ROW_STAGE },
    { CRM_LEAD_TEAM_ID, CRM_ASK_ID, CRM_ROW_TEAM },
    { CRM_LEAD_USER_ID, CRM_ASK_ID, CRM_ROW_USER },
    { CRM_LEAD_LOST_REASON_ID, CRM_ASK_ID, CRM_ROW_REASON },
    { CRM_LEAD_SOURCE, CRM_ASK_TEXT, CRM_ROW_SOURCE },
    { CRM_LEAD_COUNTRY, CRM_ASK_TEXT, CRM_ROW_COUNTRY },
    { CRM_CREATED_AT, CRM_ASK_RANGE, CRM_ROW_CREATED },
    { CRM_LEAD_CLOSED_AT, CRM_ASK_RANGE, CRM_ROW_CLOSED },
    { CRM_LEAD_EXPECTED_CLOSE, CRM_ASK_RANGE, CRM_ROW_CLOSE },
    { CRM_LEAD_EXPECTED_REVENUE, CRM_ASK_RANGE, CRM_ROW_REVENUE }
};

#define CRM_REPORT_FIELDS                                                     \
    (sizeof(crm_report_fields) / sizeof(crm_report_fields[0]))


static void
crm_report_word(crm_row_filter_t *rows, const crm_filter_t *filter,
    unsigned which)
{
    unsigned  i;

    rows->word[which] = 0;

    for (i = 0; i < filter->n; i++) {
        if (filter->num[i] >= 0 && filter->num[i] < 32) {
            rows->word[which] |= 1u << filter->num[i];
        }
    }
}


static ngx_int_t
crm_report_ids(crm_flow_t *f, crm_row_filter_t *rows,
    const crm_filter_t *filter, crm_report_ask_t ask, unsigned which)
{
    int64_t   *id;
    unsigned   i;

    id = crm_arena_alloc(&f->arena, (filter->n + 1) * sizeof(int64_t));
    if (id == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < filter->n; i++) {

        if (ask == CRM_ASK_ID) {
            id[i] = filter->num[i];

        } else if (which == CRM_ROW_COUNTRY) {
            id[i] = crm_row_country(&filter->str[i]);

        } else if (crm_row_source(&f->arena, &filter->str[i], &id[i])
                   != CRM_OK)
        {
            return NGX_ERROR;
        }
    }

    if (filter->none) {
        id[i++] = 0;
    }

    return crm_row_filter_ids(rows, &f->arena, which, id, i) == CRM_OK
           ? NGX_OK : NGX_ERROR;
}


/* NGX_DECLINED: no row says */

static ngx_int_t
crm_report_condition(crm_flow_t *f, crm_row_filter_t *rows,
    const crm_filter_t *filter)
{
    unsigned          which;
    ngx_uint_t        i;
    crm_row_range_t  *range;

    for (i = 0; i < CRM_REPORT_FIELDS; i++) {
        if (crm_report_fields[i].field == filter->field
            && (crm_report_fields[i].ask == CRM_ASK_RANGE) == filter->range)
        {
            break;
        }
    }

    if (i == CRM_REPORT_FIELDS) {
        return NGX_DECLINED;
    }

    which = crm_report_fields[i].which;

    switch (crm_report_fields[i].ask) {

    case CRM_ASK_WORD:
        crm_report_word(rows, filter, which);
        return NGX_OK;

    case CRM_ASK_RANGE:
        range = &rows->num[which];
        range->low = filter->low;
        range->high = filter->high;
        range->some = 1;
        return NGX_OK;

    default:
        return crm_report_ids(f, rows, filter, crm_report_fields[i].ask,
                              which);
    }
}


/* what the report is about whatever is asked */

static void
crm_report_about(crm_report_t *report)
{
    unsigned  *word = report->filter.word;

    switch (report->kind) {

    case CRM_REPORT_LOST:
        word[CRM_ROW_STATE] &= report->by == CRM_ROW_REASON
                               ? 1u << CRM_STATE_LOST
                               : 1u << CRM_STATE_LOST | 1u << CRM_STATE_WON;
        return;

    case CRM_REPORT_FORECAST:
        word[CRM_ROW_STATE] &= 1u << CRM_STATE_OPEN;
        word[CRM_ROW_TYPE] &= 1u << CRM_TYPE_OPPORTUNITY;
        return;

    default:
        return;
    }
}


ngx_int_t
crm_report_split(crm_flow_t *f, crm_report_t *report)
{
    unsigned       i, n;
    ngx_int_t      rc;
    crm_query_t   *query = &report->scan.query;
    crm_filter_t  *rest;

    rest = crm_arena_alloc(&f->arena, (query->nfilters + 1)
                                      * sizeof(crm_filter_t));
    if (rest == NULL) {
        return NGX_ERROR;
    }

    crm_row_filter_init(&report->filter);

    for (n = 0, i = 0; i < query->nfilters; i++) {
        rc = crm_report_condition(f, &report->filter, &query->filter[i]);

        if (rc == NGX_DECLINED) {
            rest[n++] = query->filter[i];

        } else if (rc != NGX_OK) {
            return rc;
        }
    }

    crm_report_about(report);

    query->filter = rest;
    query->nfilters = n;

    report->scanned = n > 0 || query->words.n > 0;

    return NGX_OK;
}
