/*
 * Figures by group: what reports and cards add up of rows (crm_row.h).
 *
 *     crm_figures_init(&figures, arena);
 *     ...
 *     if (crm_row_match(&filter, &row)) {
 *         crm_figures_add(crm_figures_group(&figures, row.id[CRM_ROW_TEAM]),
 *                         &row, id);
 *     }
 *
 * Which rows are shown and which group they belong to is the caller's
 * business; sums are exact 64-bit integers that stop at their ends.
 */

#ifndef CRM_FIGURES_H
#define CRM_FIGURES_H

#include "crm_row.h"
#include "crm_zone.h"


/* groups of one report: sources are as many as there are texts */
#define CRM_FIGURES_MAX  10000


typedef struct {
    int64_t  key;
    int64_t  count;
    int64_t  revenue;
    int64_t  weighted;
    int64_t  won;
    int64_t  lost;
    int64_t  closed;                /* that were closed, */
    double   closing;               /* days that took, in all */
    int64_t  sample;                /* one of the leads */
} crm_figure_t;

typedef struct {
    crm_arena_t   *arena;
    crm_figure_t  *figure;
    uint32_t      *slot;            /* number + 1 by hash of the key */
    uint32_t       mask;
    unsigned       n;
    unsigned       cap;
    unsigned       full:1;          /* there were more than may be */
} crm_figures_t;


void crm_figures_init(crm_figures_t *f, crm_arena_t *a);

/* made where there is none; NULL: out of memory, or f->full.  Valid until the
   next call. */
crm_figure_t *crm_figures_group(crm_figures_t *f, int64_t key);

/* the whole of it; or only whether it was won or lost */
void crm_figures_add(crm_figure_t *figure, const crm_row_t *row, int64_t id);
void crm_figures_outcome(crm_figure_t *figure, const crm_row_t *row);

/* won of won and lost in basis points, half up; -1: neither */
int crm_figures_win_rate(const crm_figure_t *figure);

/* mean days from creation to closing in hundredths; -1: none was closed */
int64_t crm_figures_days(const crm_figure_t *figure);


/* ---- months -------------------------------------------------------------- */

typedef enum {
    CRM_CALENDAR_GREGORIAN = 0,
    CRM_CALENDAR_JALALI
} crm_calendar_t;

/* a span of time so short that at most one month ends within it */
typedef struct {
    int64_t            span;        /* its number */
    int64_t            end;         /* of the month that it begins in; 0:
                                       unknown */
    int64_t            month;       /* the same */
} crm_months_span_t;

#define CRM_MONTHS_SPANS  512

typedef struct {
    const crm_zone_t  *zone;
    crm_calendar_t     calendar;
    crm_months_span_t  known[CRM_MONTHS_SPANS];
} crm_months_t;


void crm_months_init(crm_months_t *m, const crm_zone_t *zone,
    crm_calendar_t calendar);

/* a month as the number of months since year 0: 12 * year + month - 1 */
int64_t crm_months_of(crm_months_t *m, int64_t instant);
int64_t crm_months_of_date(crm_calendar_t calendar, int64_t date);

/* its first day */
int64_t crm_months_first(crm_calendar_t calendar, int64_t month);

/* "2026-11", in CRM_MONTH_LEN bytes at most; returns the end */
#define CRM_MONTH_LEN  24
u_char *crm_months_print(u_char *p, int64_t month);

#endif /* CRM_FIGURES_H */
