/* the Persian calendar; see crm_jalali.h */

#include "crm_jalali.h"


/* 1 Farvardin 1 (622-03-22), had every cycle been as those of now */
#define CRM_JALALI_EPOCH  (-492268)

#define CRM_JALALI_HALF   186       /* six months of 31 days */
#define CRM_JALALI_CYCLE  33
#define CRM_JALALI_DAYS   (33 * 365 + 8)


static int64_t
crm_jalali_floor(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}


/* 1 Farvardin: 365 days for each year before, and its leap days */

static int64_t
crm_jalali_new_year(int64_t y)
{
    return CRM_JALALI_EPOCH + 365 * (y - 1)
           + crm_jalali_floor(8 * y + 21, CRM_JALALI_CYCLE);
}


void
crm_jalali_from_date(int64_t date, int *y, int *m, int *d)
{
    int64_t  year, day;

    /* the mean length of a year is at most one year off */

    year = 1 + crm_jalali_floor((date - CRM_JALALI_EPOCH) * CRM_JALALI_CYCLE,
                                CRM_JALALI_DAYS);

    while (crm_jalali_new_year(year) > date) {
        year--;
    }

    while (crm_jalali_new_year(year + 1) <= date) {
        year++;
    }

    day = date - crm_jalali_new_year(year);

    *y = (int) year;

    if (day < CRM_JALALI_HALF) {
        *m = (int) (day / 31) + 1;
        *d = (int) (day % 31) + 1;
        return;
    }

    day -= CRM_JALALI_HALF;

    *m = (int) (day / 30) + 7;
    *d = (int) (day % 30) + 1;
}


int64_t
crm_jalali_to_date(int y, int m, int d)
{
    return crm_jalali_new_year(y) + 30 * (m - 1) + (m < 7 ? m - 1 : 6) + d - 1;
}
