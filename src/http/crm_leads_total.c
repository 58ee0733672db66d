/*
 * How many leads match, where their bitmaps do not say it: more are within a
 * range than are read, or what is due is asked for, which has no bitmap.
 *
 *   sums  of counts within sorted sets: the segments of a range, the columns
 *         of the board for what is due
 *   rows  of the leads that match otherwise, on the connection for long work
 *   read  one by one, those that may rot, if they are not too many
 *
 * What neither counts stays `total_at_least'.
 */

#include "crm_lead.h"
#include "crm_leads_plan.h"
#include "crm_rows.h"
#include "crm_time.h"


#define CRM_LEADS_COUNTS  5     /* of one column */


typedef struct {
    crm_scan_t   *scan;
    ngx_int_t    *sign;         /* of each count: they are added up */
    ngx_uint_t    n;
} crm_leads_sum_t;


static const struct {
    unsigned  field;
    unsigned  which;
} crm_leads_row_ranges[] = {
    { CRM_CREATED_AT, CRM_ROW_CREATED },
    { CRM_LEAD_CLOSED_AT, CRM_ROW_CLOSED },
    { CRM_LEAD_EXPECTED_CLOSE, CRM_ROW_CLOSE },
    { CRM_LEAD_EXPECTED_REVENUE, CRM_ROW_REVENUE }
};

#define CRM_LEADS_ROW_RANGES                                                  \
    (sizeof(crm_leads_row_ranges) / sizeof(crm_leads_row_ranges[0]))


static ngx_int_t crm_leads_summed(crm_flow_t *f);
static ngx_int_t crm_leads_rotting_counted(crm_flow_t *f);


/* ---- sums -------------------------------------------------------------- */

static crm_leads_sum_t *
crm_leads_sum(crm_flow_t *f, ngx_uint_t n)
{
    crm_leads_sum_t  *sum;

    sum = crm_arena_calloc(&f->arena, sizeof(crm_leads_sum_t)
                                      + n * sizeof(ngx_int_t));
    if (sum != NULL) {
        sum->scan = f->data;
        sum->sign = (ngx_int_t *) (sum + 1);
    }

    return sum;
}


static void
crm_leads_sum_add(crm_flow_t *f, crm_leads_sum_t *sum, ngx_int_t sign,
    crm_str_t key, int64_t low, int64_t high)
{
    if (sign == 0) {
        return;
    }

    sum->sign[sum->n++] = sign;

    crm_flow_call(f, "ZCOUNT", key, crm_walk_low(f, low),
                  crm_walk_high(f, high), (crm_str_t) crm_null_string);
}


static ngx_int_t
crm_leads_sum_up(crm_flow_t *f, crm_leads_sum_t *sum)
{
    f->data = sum;

    return sum->n > 0 ? crm_flow_wait(f, crm_leads_summed)
                      : crm_leads_summed(f);
}


static ngx_int_t
crm_leads_summed(crm_flow_t *f)
{
    ngx_uint_t        i;
    crm_leads_sum_t  *sum = f->data;
    crm_scan_t       *scan = sum->scan;

    f->data = scan;

    for (i = 0; i < sum->n; i++) {
        scan->total += sum->sign[i] * f->reply[i].num;
    }

    /* writes between two of the counts must not show below nothing */

    scan->total = ngx_max(scan->total, 0);
    scan->counted = 1;

    return crm_scan_gathered(f);
}


/* ---- ranges ------------------------------------------------------------ */

/* the terms are the segments and one range of their sorted sets */

static ngx_int_t
crm_leads_count_range(crm_flow_t *f)
{
    ngx_uint_t             i;
    crm_scan_t            *scan = f->data;
    crm_leads_sum_t       *sum;
    const crm_term_t      *term = scan->term[1];
    const crm_term_key_t  *k;

    sum = crm_leads_sum(f, term->n);
    if (sum == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < term->n; i++) {
        k = &term->key[i];
        crm_leads_sum_add(f, sum, 1, k->key, k->low, k->high);
    }

    return crm_leads_sum_up(f, sum);
}


static void
crm_leads_row_filter(const crm_query_t *query, crm_row_filter_t *rows)
{
    ngx_uint_t           i, k;
    crm_row_range_t     *range;
    const crm_filter_t  *filter;

    crm_row_filter_init(rows);

    for (i = 0; i < query->nfilters; i++) {
        filter = &query->filter[i];

        for (k = 0; filter->range && k < CRM_LEADS_ROW_RANGES; k++) {

            if (crm_leads_row_ranges[k].field == filter->field) {
                range = &rows->num[crm_leads_row_ranges[k].which];
                range->low = filter->low;
                range->high = filter->high;
                range->some = 1;
            }
        }
    }
}


static void
crm_leads_row_take(crm_rows_t *rows, int64_t id, const crm_row_t *row)
{
    crm_scan_t  *scan = rows->data;

    (void) id;
    (void) row;

    scan->total++;
}


static ngx_int_t
crm_leads_rows_taken(crm_flow_t *f)
{
    crm_scan_t  *scan = f->data;

    scan->counted = 1;

    return crm_scan_gathered(f);
}


/* the bitmap holds what all but the ranges let pass */

static ngx_int_t
crm_leads_count_rows(crm_flow_t *f)
{
    crm_scan_t        *scan = f->data;
    crm_rows_t        *rows;
    crm_row_filter_t  *filter;

    rows = crm_arena_calloc(&f->arena, sizeof(crm_rows_t));
    filter = crm_arena_alloc(&f->arena, sizeof(crm_row_filter_t));

    if (rows == NULL || filter == NULL) {
        return NGX_ERROR;
    }

    crm_leads_row_filter(&scan->query, filter);

    rows->filter = filter;
    rows->bits = &scan->bits;
    rows->last = scan->last_id;
    rows->take = crm_leads_row_take;
    rows->data = scan;

    return crm_rows_read(f, rows, crm_leads_rows_taken);
}


/* ---- what is due ------------------------------------------------------- */

/* as the board's figures: all that are due, those whose day has begun, those
   whose day is over; the filter's values as a sum of these */

static ngx_int_t
crm_leads_column_counts(crm_leads_plan_t *p, crm_leads_sum_t *sum,
    int64_t type, int64_t stage, int64_t team, int64_t user)
{
    int64_t              now, yesterday;
    ngx_int_t            state[CRM_ACT_PLANNED + 1], over;
    crm_str_t            due, end, start;
    ngx_uint_t           i;
    crm_flow_t          *f = p->flow;
    const crm_filter_t  *filter;

    if (crm_lead_board_key(&f->arena, &f->tenant->prefix, "d", type, stage,
                           team, user, &due) != CRM_OK
        || crm_lead_board_key(&f->arena, &f->tenant->prefix, "o", type,
                              stage, team, user, &end) != CRM_OK
        || crm_lead_board_key(&f->arena, &f->tenant->prefix, "ot", type,
                              stage, team, user, &start) != CRM_OK)
    {
        return NGX_ERROR;
    }

    filter = crm_query_filter(p->query, CRM_LEAD_ACTIVITY_STATE);

    ngx_memzero(state, sizeof(state));

    for (i = 0; i < filter->n; i++) {
        state[filter->num[i]] = 1;
    }

    now = f->now + 1;
    yesterday = now - CRM_DAY_MS;
    over = state[CRM_ACT_OVERDUE] - state[CRM_ACT_TODAY];

    crm_leads_sum_add(f, sum, state[CRM_ACT_PLANNED] - filter->none,
                      due, INT64_MIN, INT64_MAX);
    crm_leads_sum_add(f, sum, state[CRM_ACT_TODAY] - state[CRM_ACT_PLANNED],
                      due, INT64_MIN, now);
    crm_leads_sum_add(f, sum, over, due, INT64_MIN, yesterday);
    crm_leads_sum_add(f, sum, over, end, INT64_MIN, now);
    crm_leads_sum_add(f, sum, -over, start, INT64_MIN, yesterday);

    return NGX_OK;
}


/* every column of the query, in the scopes of its users and teams */

static ngx_int_t
crm_leads_due_counts(crm_leads_plan_t *p, crm_leads_sum_t *sum,
    const crm_leads_columns_t *c)
{
    ngx_uint_t  i, k;

    for (i = 0; i < p->types.n * c->stages.n; i++) {
        for (k = 0; k < c->users.n * c->teams.n; k++) {

            if (crm_leads_column_counts(p, sum, p->types.id[i / c->stages.n],
                                        c->stages.id[i % c->stages.n],
                                        c->teams.id[k % c->teams.n],
                                        c->users.id[k / c->teams.n])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
crm_leads_count_due(crm_flow_t *f)
{
    ngx_uint_t            n;
    crm_scan_t           *scan = f->data;
    crm_leads_sum_t      *sum;
    crm_leads_plan_t      p;
    const crm_filter_t   *filter;
    crm_leads_columns_t   c;

    if (crm_leads_plan_init(f, scan, &p) != NGX_OK
        || crm_leads_column_scopes(&p, &c) != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = p.types.n * c.stages.n * c.users.n * c.teams.n;

    if (n > CRM_SCAN_SOURCES
        || (!p.users.all && !p.by_user) || (!p.teams.all && !p.by_team))
    {
        return crm_scan_gathered(f);
    }

    sum = crm_leads_sum(f, n * CRM_LEADS_COUNTS);
    if (sum == NULL) {
        return NGX_ERROR;
    }

    /* archived ones are in no column, and have nothing due */

    if ((p.actives.n > 1 || p.actives.id[0] == 1)
        && crm_leads_due_counts(&p, sum, &c) != NGX_OK)
    {
        return NGX_ERROR;
    }

    filter = crm_query_filter(&scan->query, CRM_LEAD_ACTIVITY_STATE);

    if (filter->none) {
        scan->total = crm_bitmap_count(&scan->bits);
    }

    return crm_leads_sum_up(f, sum);
}


/* ---- what rots --------------------------------------------------------- */

static ngx_uint_t
crm_leads_may_rot(const crm_conf_t *conf)
{
    unsigned                i;
    const crm_conf_list_t  *list = &conf->list[CRM_KIND_STAGE];

    for (i = 0; i < list->n; i++) {
        if (list->rec[i]->v[CRM_STAGE_ROTTING_DAYS].num > 0) {
            return 1;
        }
    }

    return 0;
}


static const unsigned  crm_leads_rotting_fields[] = {
    CRM_LEAD_STATE, CRM_LEAD_STAGE_ID, CRM_LEAD_STAGE_CHANGED_AT
};

#define CRM_LEADS_ROTTING_FIELDS                                              \
    (sizeof(crm_leads_rotting_fields) / sizeof(crm_leads_rotting_fields[0]))


static ngx_int_t
crm_leads_count_rotting(crm_flow_t *f)
{
    int64_t      id, n;
    crm_scan_t  *scan = f->data;

    n = crm_bitmap_count(&scan->bits);

    /* then it is asked for those that do not */

    if (n == 0 || !crm_leads_may_rot(f->conf)) {
        scan->total = n;
        scan->counted = 1;
        return crm_scan_gathered(f);
    }

    if (n > CRM_SCAN_MORE) {
        return crm_scan_gathered(f);
    }

    f->redis = f->worker->bulk;

    for (id = crm_bitmap_next(&scan->bits, 0, 0);
         id > 0;
         id = crm_bitmap_next(&scan->bits, id, 0))
    {
        crm_scan_part_ask(f, scan, id, crm_leads_rotting_fields,
                          CRM_LEADS_ROTTING_FIELDS);
    }

    return crm_flow_wait(f, crm_leads_rotting_counted);
}


static ngx_int_t
crm_leads_rotting_counted(crm_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    crm_scan_t          *scan = f->data;
    crm_record_t        *lead;
    const crm_filter_t  *filter;

    filter = crm_query_filter(&scan->query, CRM_LEAD_ROTTING);

    for (i = 0; i < f->nreply; i++) {
        rc = crm_scan_part(f, scan, 1, crm_leads_rotting_fields, &f->reply[i],
                           &lead);

        if (rc == NGX_DECLINED) {
            continue;                   /* it has gone */
        }

        if (rc != NGX_OK
            || crm_lead_view(&f->arena, lead, f->conf, f->now) != CRM_OK)
        {
            return NGX_ERROR;
        }

        scan->total += lead->v[CRM_LEAD_ROTTING].num == filter->num[0];
    }

    scan->counted = 1;

    return crm_scan_gathered(f);
}


/* ---- which ------------------------------------------------------------- */

/* the sorted sets of the range hold the segments asked for, and no more */

static ngx_uint_t
crm_leads_range_alone(const crm_leads_plan_t *p)
{
    return p->scan->nterms == 2
           && (crm_query_filter(p->query, CRM_LEAD_CLOSED_AT) == NULL
               || (p->types.n == 2 && p->actives.n == 2));
}


void
crm_leads_total(crm_leads_plan_t *p)
{
    ngx_uint_t           i, ranges, due, rots, columns, values;
    const crm_filter_t  *filter;

    if (!p->query->total || p->query->words.n > 0) {
        return;
    }

    ranges = due = rots = columns = values = 0;

    for (i = 0; i < p->query->nfilters; i++) {
        filter = &p->query->filter[i];

        ranges += filter->range;
        values |= filter->n > CRM_SCAN_VALUES;

        switch (filter->field) {

        case CRM_LEAD_ACTIVITY_STATE:
            due = 1;
            columns++;
            break;

        case CRM_LEAD_ROTTING:
            rots = filter->n == 1;
            columns += rots;
            break;

        case CRM_LEAD_TYPE:
        case CRM_LEAD_ACTIVE:
        case CRM_LEAD_USER_ID:
        case CRM_LEAD_TEAM_ID:
        case CRM_LEAD_STAGE_ID:
            columns++;
            break;

        case CRM_LEAD_CONTACT_ID:
            values |= filter->n > 0;
        }
    }

    if (values || (due && rots)) {
        return;
    }

    if (rots && columns == p->query->nfilters) {
        p->scan->count = crm_leads_count_rotting;

    } else if (due && columns == p->query->nfilters) {
        p->scan->count = crm_leads_count_due;

    } else if (!due && ranges > 0 && !p->scan->loose) {
        p->scan->count = crm_leads_range_alone(p) ? crm_leads_count_range
                                                  : crm_leads_count_rows;
    }
}
