/*
 * The Persian (Solar Hijri) calendar by arithmetic on dates.
 *
 * A year is a leap year as the cycle of 33 years has it, which is what the
 * observed equinoxes give from 1178 (1799) up to 1633 (2254) but for a handful
 * of years behind 1500, and so for every year that a CRM has records of.
 */

#ifndef CRM_JALALI_H
#define CRM_JALALI_H

#include <stdint.h>


/* a date (days since 1970-01-01) as year, month 1-12 and day 1-31 */
void crm_jalali_from_date(int64_t date, int *y, int *m, int *d);

/* the reverse; y, m and d are a day that there is */
int64_t crm_jalali_to_date(int y, int m, int d);

#endif /* CRM_JALALI_H */
