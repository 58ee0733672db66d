/* figures by group, and months; see crm_figures.h */

#include "crm_fields.h"
#include "crm_figures.h"
#include "crm_jalali.h"
#include "crm_money.h"
#include "crm_time.h"


#define CRM_FIGURES_FIRST  64           /* slots; a power of two */

/* 2^31 ms are 24.8 days, and the shortest month has 28 */
#define CRM_MONTHS_SHIFT   31


void
crm_figures_init(crm_figures_t *f, crm_arena_t *a)
{
    memset(f, 0, sizeof(crm_figures_t));

    f->arena = a;
}


static uint32_t
crm_figures_hash(int64_t key)
{
    return (uint32_t) (((uint64_t) key * 0x9e3779b97f4a7c15ULL) >> 32);
}


/* the slot of the key, or the empty one where it belongs */

static uint32_t
crm_figures_slot(const crm_figures_t *f, int64_t key)
{
    uint32_t  i;

    i = crm_figures_hash(key) & f->mask;

    while (f->slot[i] != 0 && f->figure[f->slot[i] - 1].key != key) {
        i = (i + 1) & f->mask;
    }

    return i;
}


/* twice the room, at most half of the slots in use */

static int
crm_figures_grow(crm_figures_t *f)
{
    uint32_t       i, n, *slot;
    crm_figure_t  *figure;

    n = f->slot == NULL ? CRM_FIGURES_FIRST : 2 * (f->mask + 1);

    figure = crm_arena_alloc(f->arena, n / 2 * sizeof(crm_figure_t));
    slot = crm_arena_calloc(f->arena, n * sizeof(uint32_t));

    if (figure == NULL || slot == NULL) {
        return CRM_ERROR;
    }

    if (f->n > 0) {
        memcpy(figure, f->figure, f->n * sizeof(crm_figure_t));
    }

    f->figure = figure;
    f->slot = slot;
    f->mask = n - 1;
    f->cap = n / 2;

    for (i = 0; i < f->n; i++) {
        f->slot[crm_figures_slot(f, f->figure[i].key)] = i + 1;
    }

    return CRM_OK;
}


crm_figure_t *
crm_figures_group(crm_figures_t *f, int64_t key)
{
    uint32_t       i;
    crm_figure_t  *figure;

    if (f->slot != NULL) {
        i = crm_figures_slot(f, key);

        if (f->slot[i] != 0) {
            return &f->figure[f->slot[i] - 1];
        }
    }

    if (f->n == CRM_FIGURES_MAX) {
        f->full = 1;
        return NULL;
    }

    if (f->n == f->cap && crm_figures_grow(f) != CRM_OK) {
        return NULL;
    }

    figure = &f->figure[f->n++];
    memset(figure, 0, sizeof(crm_figure_t));
    figure->key = key;

    f->slot[crm_figures_slot(f, key)] = f->n;

    return figure;
}


void
crm_figures_outcome(crm_figure_t *figure, const crm_row_t *row)
{
    figure->won += row->word[CRM_ROW_STATE] == CRM_STATE_WON;
    figure->lost += row->word[CRM_ROW_STATE] == CRM_STATE_LOST;
}


void
crm_figures_add(crm_figure_t *figure, const crm_row_t *row, int64_t id)
{
    int64_t  revenue = row->num[CRM_ROW_REVENUE];

    figure->count++;

    if (figure->sample == 0) {
        figure->sample = id;
    }

    if (revenue != CRM_ROW_UNSET) {
        crm_money_sum(&figure->revenue, revenue);
        crm_money_sum(&figure->weighted,
                      crm_money_weighted(revenue, row->probability));
    }

    crm_figures_outcome(figure, row);

    if (row->num[CRM_ROW_CLOSED] != CRM_ROW_UNSET) {
        figure->closed++;
        figure->closing += (double) (row->num[CRM_ROW_CLOSED]
                                     - row->num[CRM_ROW_CREATED])
                           / CRM_DAY_MS;
    }
}


int
crm_figures_win_rate(const crm_figure_t *figure)
{
    int64_t  all = figure->won + figure->lost;

    return all == 0 ? -1 : (int) ((figure->won * 20000 + all) / (2 * all));
}


int64_t
crm_figures_days(const crm_figure_t *figure)
{
    double  mean;

    if (figure->closed == 0) {
        return -1;
    }

    mean = figure->closing / (double) figure->closed;

    return mean > 0 ? (int64_t) (mean * 100 + 0.5) : 0;
}


/* ---- months -------------------------------------------------------------- */

void
crm_months_init(crm_months_t *m, const crm_zone_t *zone,
    crm_calendar_t calendar)
{
    memset(m, 0, sizeof(crm_months_t));

    m->zone = zone;
    m->calendar = calendar;
}


int64_t
crm_months_of_date(crm_calendar_t calendar, int64_t date)
{
    int  y, m, d;

    if (calendar == CRM_CALENDAR_JALALI) {
        crm_jalali_from_date(date, &y, &m, &d);

    } else {
        crm_date_to_civil(date, &y, &m, &d);
    }

    return 12LL * y + m - 1;
}


int64_t
crm_months_first(crm_calendar_t calendar, int64_t month)
{
    int  y, m;

    y = (int) (month / 12);
    m = (int) (month % 12);

    if (m < 0) {
        m += 12;
        y--;
    }

    return calendar == CRM_CALENDAR_JALALI ? crm_jalali_to_date(y, m + 1, 1)
                                           : crm_date_from_civil(y, m + 1, 1);
}


/* leads come in the order of their creation: nearly always from the spans
   that are known */

int64_t
crm_months_of(crm_months_t *m, int64_t instant)
{
    int64_t             span = instant >> CRM_MONTHS_SHIFT, start;
    crm_months_span_t  *known = &m->known[span & (CRM_MONTHS_SPANS - 1)];

    if (known->span != span || known->end == 0) {
        start = crm_zone_date(m->zone, span * (1LL << CRM_MONTHS_SHIFT));

        known->span = span;
        known->month = crm_months_of_date(m->calendar, start);
        known->end = crm_zone_day_start(m->zone,
                                        crm_months_first(m->calendar,
                                                         known->month + 1));
    }

    return known->month + (instant >= known->end);
}


static u_char *
crm_months_digits(u_char *p, int64_t value, int width)
{
    int  i;

    for (i = width - 1; i >= 0; i--) {
        p[i] = (u_char) ('0' + value % 10);
        value /= 10;
    }

    return p + width;
}


u_char *
crm_months_print(u_char *p, int64_t month)
{
    int64_t  y;

    y = month >= 0 ? month / 12 : -((11 - month) / 12);

    if (y < 0) {
        *p++ = '-';
    }

    p = crm_months_digits(p, y < 0 ? -y : y, 4);
    *p++ = '-';

    return crm_months_digits(p, month - 12 * y + 1, 2);
}
